"""Comparison: one request planned in every way, played in worlds whose truth is known."""

from rmnctl.comparison.config import CompareConfig
from rmnctl.comparison.document import COMPARISON_SCHEMA, ComparisonResult
from rmnctl.comparison.executor import Crew
from rmnctl.comparison.gate import Gate
from rmnctl.comparison.play import Play, Study, play_world

__all__ = [
    "COMPARISON_SCHEMA",
    "CompareConfig",
    "ComparisonResult",
    "Crew",
    "Gate",
    "Play",
    "Study",
    "play_world",
]

"""Reflection: what speaks against a plan, computed from data and never asserted."""

from rmnctl.agents.reflection.case import Case, Learned
from rmnctl.agents.reflection.checks import CHECKS, BiasCheck, Verdict, run_checks
from rmnctl.agents.reflection.config import BiasThresholds, ReflectionConfig
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.agents.reflection.record import DECISION_SCHEMA, DecisionRecord, reflect_on

__all__ = [
    "CHECKS",
    "DECISION_SCHEMA",
    "BiasCheck",
    "BiasThresholds",
    "Case",
    "DecisionRecord",
    "Evidence",
    "Learned",
    "ReflectionConfig",
    "Verdict",
    "reflect_on",
    "run_checks",
]

"""Checks ad copy against platform rules and law: rule packs in YAML and the engine reading them.

Rules decide. Four verdicts keep apart what is allowed, what is not, what cannot be said without
a fact, and what a person has to look at; a copy is never cleared where something is not known.
"""

from rmnctl.compliance.engine import Engine
from rmnctl.compliance.facts import Copy, Facts, parse_line
from rmnctl.compliance.pack import Level, Pack, Rule, load_packs
from rmnctl.compliance.sarif import to_sarif
from rmnctl.compliance.verdict import Checked, Finding, Verdict
from rmnctl.compliance.workers import usual_workers

__all__ = [
    "Checked",
    "Copy",
    "Engine",
    "Facts",
    "Finding",
    "Level",
    "Pack",
    "Rule",
    "Verdict",
    "load_packs",
    "parse_line",
    "to_sarif",
    "usual_workers",
]

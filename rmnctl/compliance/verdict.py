"""Findings about a copy, and the verdict they add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rmnctl.compliance.pack import Level

#: Finding of a platform for which no rules are public: someone has to look.
NO_RULES = "no_rules"


class Verdict(StrEnum):
    """What may be done with a copy."""

    COMPLIANT = "compliant"
    VIOLATION = "violation"
    NEEDS_FACTS = "needs_facts"
    NEEDS_REVIEW = "needs_review"


@dataclass(frozen=True)
class Finding:
    """One thing a rule says about a copy.

    Attributes:
        rule: Rule id, or the name of a notice such as `no_rules`.
        level: What it means.
        message: What is wrong, for people.
        span: [start, end) in code points of the original copy.
        suggest: What to do about it.
        missing: Facts that would settle it.
        guess: Whether no rule's words were found, only what labelled copy has taught.
    """

    rule: str
    level: Level
    message: str
    span: tuple[int, int]
    suggest: str | None = None
    missing: tuple[str, ...] = ()
    guess: bool = False

    def plain(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rule": self.rule,
            "level": self.level.value,
            "message": self.message,
            "span": list(self.span),
            "suggest": self.suggest,
            "missing": list(self.missing),
        }


@dataclass(frozen=True)
class Checked:
    """A copy with its verdict.

    Attributes:
        id: The copy's id.
        verdict: What may be done with it.
        findings: In order of place, then rule.
    """

    id: str | int
    verdict: Verdict
    findings: tuple[Finding, ...]

    def plain(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "id": self.id,
            "verdict": self.verdict.value,
            "findings": [f.plain() for f in self.findings],
        }


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The heaviest finding decides; without rules for its platform a copy is never cleared."""
    findings = list(findings)
    if not findings:
        return Verdict.COMPLIANT
    levels = {f.level for f in findings}
    if Level.ERROR in levels:
        return Verdict.VIOLATION
    if any(f.rule == NO_RULES for f in findings):
        return Verdict.NEEDS_REVIEW
    if Level.NEEDS_FACTS in levels:
        return Verdict.NEEDS_FACTS
    return Verdict.NEEDS_REVIEW if Level.NEEDS_REVIEW in levels else Verdict.COMPLIANT

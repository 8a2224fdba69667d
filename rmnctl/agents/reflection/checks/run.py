"""All checks in their order."""

from __future__ import annotations

from collections.abc import Callable

from rmnctl.agents.reflection.checks import (
    anchoring,
    availability,
    confirmation,
    overconfidence,
    recency,
    sunk_cost,
    survivorship,
)
from rmnctl.agents.reflection.checks.outcome import BiasCheck, Verdict
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import Evidence

Check = Callable[[Evidence, BiasThresholds, int], BiasCheck]

CHECKS: dict[str, Check] = {
    "recency": recency.check,
    "survivorship": survivorship.check,
    "anchoring": anchoring.check,
    "overconfidence": overconfidence.check,
    "confirmation": confirmation.check,
    "availability": availability.check,
    "sunk_cost": sunk_cost.check,
}

__all__ = ["CHECKS", "BiasCheck", "Verdict", "run_checks"]


def run_checks(
    evidence: Evidence, limits: BiasThresholds | None = None, seed: int = 0
) -> tuple[BiasCheck, ...]:
    """Look for every bias.

    Args:
        evidence: The plan and its history.
        limits: When a check flags.
        seed: Of permutations.
    """
    limits = limits or BiasThresholds()
    return tuple(check(evidence, limits, seed) for check in CHECKS.values())

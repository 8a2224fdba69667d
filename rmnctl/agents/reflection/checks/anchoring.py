"""Anchoring: does the plan stay near last period although the curves say otherwise?"""

from __future__ import annotations

import numpy as np

from rmnctl.agents.reflection.checks.outcome import Asked, BiasCheck
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.agents.reflection.statistics import slope


def check(evidence: Evidence, limits: BiasThresholds, seed: int) -> BiasCheck:
    """Slope of (plan - optimum) on (last period - optimum); 0 is free, 1 is last period again.

    Last period is scaled to the plan's spend: the question is the mix, not the budget.
    """
    del seed
    asked = Asked(
        evidence,
        "anchoring",
        question="Do plan and optimum differ towards last period's mix?",
        statistic="slope of (plan - optimum) on (last period - optimum)",
        threshold=f"above {limits.anchoring_slope:g}, its 95 % interval above 0, and costing over "
        f"{limits.anchoring_left:.1%} of the optimum's value",
        remedy="Look at the limits that hold the plan (`prices` in plan.json), or move the first "
        "money towards the plan without limits.",
        uses=("plan", "last", "optimum"),
    )
    if not evidence.last.sum() > 0 or not evidence.plan.sum() > 0:
        return asked.cannot("Nothing was spent last period, or nothing is planned.")
    last = evidence.last * evidence.plan.sum() / evidence.last.sum()
    away, moved = last - evidence.optimum, evidence.plan - evidence.optimum
    in_play = (last > 0) | (evidence.optimum > 0) | (evidence.plan > 0)
    n = int(in_play.sum())
    if n < limits.least_cells or not np.ptp(away[in_play]) > 0:
        return asked.cannot(f"{n} cells have spend, or last period is the optimum.", n)
    found = slope(moved[in_play], away[in_play])
    flag = (
        found.value > limits.anchoring_slope
        and found.low > 0
        and evidence.left > limits.anchoring_left
    )
    return asked.found(
        found.value,
        flag=flag,
        n=n,
        interval=(found.low, found.high),
        reason=f"The plan stands {found.value:.0%} of the way from the plan without limits to last "
        f"period's mix; that costs {evidence.left:.1%} of its value.",
    )

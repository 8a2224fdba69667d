"""Sunk cost: does money stay where the next unit brings too little, because much was spent there?"""

from __future__ import annotations

import numpy as np

from rmnctl.agents.reflection.checks.outcome import Asked, BiasCheck
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.agents.reflection.statistics import partial_correlation, ranks

#: A marginal value this much below the price is below it, not just rounded.
_BELOW = 0.95


def check(evidence: Evidence, limits: BiasThresholds, seed: int) -> BiasCheck:
    """Share of the plan below the budget's price, and whether past spend explains it."""
    asked = Asked(
        evidence,
        "sunk_cost",
        question="Is money kept in cells worth less than the budget's price where much was spent?",
        statistic="share of the plan in cells whose next unit is worth less than the budget's price",
        threshold=f"above {limits.sunk_share:.0%}, and past spend explains it at p < "
        f"{limits.alpha:g}",
        remedy="Move the first money from those cells to the ones with the highest mROAS.",
        uses=("plan", "spend", "worth", "price", "item"),
    )
    kept = (evidence.plan > 0) & np.isfinite(evidence.worth)
    n = int(kept.sum())
    if n < limits.least_cells:
        return asked.cannot(f"{n} cells are in the plan.", n)
    if not evidence.spend.sum() > 0:
        return asked.cannot("Nothing is known of past spend.", n)
    below = kept & (evidence.worth < _BELOW * evidence.price)
    share = float(evidence.plan[below].sum() / evidence.plan[kept].sum())
    short = np.maximum(1 - evidence.worth[kept] / evidence.price, 0.0)
    p = 1.0
    if below.any() and evidence.price > 0:
        past = ranks(evidence.spend[kept].sum(axis=1))
        _, p = partial_correlation(ranks(short), past, np.empty((n, 0)), evidence.item[kept], seed)
    return asked.found(
        share,
        flag=p < limits.alpha and share > limits.sunk_share,
        n=n,
        p_value=p,
        reason=f"{share:.1%} of the plan stands in {int(below.sum())} cells whose next unit of "
        "spend brings less than the budget's price.",
    )

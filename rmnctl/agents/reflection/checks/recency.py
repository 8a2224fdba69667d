"""Recency: do the last weeks count for more than their share of the data?"""

from __future__ import annotations

import numpy as np

from rmnctl.agents.reflection.checks.outcome import Asked, BiasCheck
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.agents.reflection.statistics import partial_correlation, ranks


def check(evidence: Evidence, limits: BiasThresholds, seed: int) -> BiasCheck:
    """Weight of recent performance in the plan over its share of the data.

    A plan that weighs all data alike follows performance over all periods, and how much better
    a cell did lately adds nothing to that. The p-value is of that addition. Performance is
    counted at what a unit of revenue is worth, since a plan rightly follows margins.
    """
    asked = Asked(
        evidence,
        "recency",
        question="Given performance over all periods, does lately having done better add to the plan?",
        statistic="weight of recent performance over its share of past spend",
        threshold=f"above {limits.recency_ratio:g} and p < {limits.alpha:g}",
        remedy="Fit on a full year, or on the periods before the last ones, and compare the plans.",
        uses=("spend", "revenue", "plan", "gain", "item", "retailer", "days"),
    )
    periods = evidence.spend.shape[1]
    recent = max(1, round(limits.recent_days / evidence.days))
    if periods < 3 * recent:
        return asked.cannot(f"{periods} periods of history are fewer than three times the recent.")
    late = evidence.performance(slice(periods - recent, periods))
    early = evidence.performance(slice(0, periods - recent))
    overall = evidence.performance()
    usable = (late > 0) & (early > 0) & (evidence.usual > 0) & (evidence.gain > 0)
    n = int(usable.sum())
    if n < limits.least_cells:
        return asked.cannot(f"{n} cells were shown both lately and before.", n)
    change = ((late - early) / overall)[usable]
    follows = np.log((overall * evidence.gain)[usable])
    _, retailer = np.unique(evidence.retailer[usable].astype(str), return_inverse=True)
    apart = np.eye(retailer.max() + 1)[retailer][:, 1:]
    raised = ranks((evidence.plan / np.maximum(evidence.usual, 1e-12))[usable])
    _, p = partial_correlation(
        raised, change, np.column_stack([ranks(follows), apart]), evidence.item[usable], seed
    )
    share = float(evidence.spend[usable, -recent:].sum() / evidence.spend[usable].sum())
    weight = _weight(raised, follows, change, apart, share)
    ratio = weight / share
    return asked.found(
        ratio,
        flag=p < limits.alpha and ratio > limits.recency_ratio,
        n=n,
        p_value=p,
        reason=f"The last {recent} of {periods} periods have {share:.0%} of the spend and a weight "
        f"of {weight:.0%} in the plan.",
    )


def _weight(
    raised: np.ndarray, follows: np.ndarray, change: np.ndarray, apart: np.ndarray, share: float
) -> float:
    """Weight w of recent performance: plan ~ b log overall + b (w - share) change."""
    design = np.column_stack([np.ones(len(raised)), follows, change, apart])
    beta, *_ = np.linalg.lstsq(design, raised, rcond=None)
    if beta[1] <= 0:
        return 1.0 if beta[2] > 0 else 0.0
    return float(np.clip(share + beta[2] / beta[1], 0.0, 1.0))

"""Survivorship: did what dropped out of the evidence do worse than what is left?"""

from __future__ import annotations

import numpy as np

from rmnctl.agents.reflection.checks.outcome import Asked, BiasCheck
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.agents.reflection.statistics import flipped_mean, permuted_difference

_LEAST_GONE = 5


def check(evidence: Evidence, limits: BiasThresholds, seed: int) -> BiasCheck:
    """Log performance of cells without a curve of their own, minus that of the others.

    Where such cells were shown, marks are shuffled within blocks; where only remainders tell of
    them, the remainder and the named cells of a block are compared.
    """
    asked = Asked(
        evidence,
        "survivorship",
        question="Did cells without a curve of their own do worse than those that have one?",
        statistic="log performance of what is missing minus that of what is left, same block",
        threshold=f"below 0 at p < {limits.alpha:g}, and over {limits.survivor_share:.0%} of spend",
        remedy="Fit with the missing cells (finer release, longer window, delisted SKUs), or lower "
        "what is expected of pooled curves by the difference.",
        uses=(
            "spend",
            "revenue",
            "own_curve",
            "block",
            "rest_spend",
            "rest_revenue",
            "named_spend",
            "named_revenue",
        ),
    )
    spent = evidence.spend.sum()
    share = float(evidence.spend[~evidence.own_curve].sum() / max(spent, 1e-12))
    if evidence.own_curve.all():
        return asked.found(
            0.0,
            flag=False,
            n=len(evidence.plan),
            reason="Every cell of the history has a curve of its own.",
        )
    performance = evidence.performance()
    shown = np.isfinite(performance) & (performance > 0)
    gone = shown & ~evidence.own_curve
    if int(gone.sum()) >= _LEAST_GONE and int((shown & evidence.own_curve).sum()) >= _LEAST_GONE:
        value, p = permuted_difference(
            np.log(performance[shown]), gone[shown], evidence.block[shown], seed
        )
        n = int(shown.sum())
        what = f"{int(gone.sum())} cells without a curve of their own"
    else:
        pairs = _remainders(evidence)
        n = len(pairs)
        if n < _LEAST_GONE:
            return asked.cannot("What is missing was never shown, and no remainder tells of it.", n)
        value, p = flipped_mean(pairs, seed)
        what = f"what {n} blocks never show by itself"
    return asked.found(
        value,
        flag=p < limits.alpha and value < 0 and share > limits.survivor_share,
        n=n,
        p_value=p,
        reason=f"Performance of {what}, {share:.0%} of past spend, is {np.expm1(value):+.0%} "
        "beside that of the others.",
    )


def _remainders(evidence: Evidence) -> np.ndarray:
    """Log performance of each block's remainder minus that of its named cells.

    One value a block: its periods are alike, and one block is not many proofs.
    """
    both = np.isfinite(evidence.rest_revenue) & np.isfinite(evidence.rest_spend)

    def total(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.where(both, values, 0.0).sum(axis=1))

    sums = [total(v) for v in _of(evidence)]
    usable = np.all([v > 0 for v in sums], axis=0)
    rest_earned, rest_spent, own_earned, own_spent = (v[usable] for v in sums)
    return np.asarray(np.log(rest_earned / rest_spent) - np.log(own_earned / own_spent))


def _of(evidence: Evidence) -> tuple[np.ndarray, ...]:
    return (
        evidence.rest_revenue,
        evidence.rest_spend,
        evidence.named_revenue,
        evidence.named_spend,
    )

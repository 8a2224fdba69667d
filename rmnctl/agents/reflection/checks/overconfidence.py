"""Overconfidence: do intervals hold what they promise when the past is predicted?"""

from __future__ import annotations

import numpy as np

from rmnctl.agents.reflection.checks.outcome import Asked, BiasCheck
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import NOMINAL, Evidence
from rmnctl.agents.reflection.statistics import binomial_low_tail, wilson

_LEAST_PREDICTED = 30


def check(evidence: Evidence, limits: BiasThresholds, seed: int) -> BiasCheck:
    """Binomial test of back-test coverage, trials counted down where periods err together."""
    del seed
    asked = Asked(
        evidence,
        "overconfidence",
        question=f"Did nominal {NOMINAL:.0%} intervals hold that share of what came?",
        statistic="share of back-test predictions inside their interval",
        threshold=f"below {NOMINAL - limits.coverage_margin:.0%} at p < {limits.alpha:g}",
        remedy="Plan on curve draws with caution (uncertainty.draws, uncertainty.cvar), and widen "
        "intervals by the ratio that would have held.",
        uses=("covered",),
    )
    counts = np.array([c for c in evidence.covered if c[1] > 0], dtype=float).reshape(-1, 2)
    predicted = float(counts[:, 1].sum())
    if predicted < _LEAST_PREDICTED:
        return asked.cannot(f"{predicted:.0f} predictions could be checked.", int(predicted))
    inside = float(counts[:, 0].sum())
    coverage = inside / predicted
    effective = predicted / _design_effect(counts)
    p = binomial_low_tail(coverage * effective, effective, NOMINAL)
    return asked.found(
        coverage,
        flag=p < limits.alpha and coverage < NOMINAL - limits.coverage_margin,
        n=int(predicted),
        p_value=p,
        interval=wilson(coverage * effective, effective, 0.95),
        reason=f"{coverage:.0%} of {predicted:.0f} attributed sales lay inside their "
        f"{NOMINAL:.0%} interval, worth {effective:.0f} independent ones.",
    )


def _design_effect(counts: np.ndarray) -> float:
    """Variance of coverage between periods over that of independent predictions, at least 1."""
    if len(counts) < 2:
        return 1.0
    share = counts[:, 0].sum() / counts[:, 1].sum()
    chance = share * (1 - share)
    if chance <= 0:
        return 1.0
    pearson = ((counts[:, 0] - counts[:, 1] * share) ** 2 / (counts[:, 1] * chance)).sum()
    return float(max(pearson / (len(counts) - 1), 1.0))

"""Analysing a switchback: pure periods compared, p-value by the coins, interval conservative."""

from __future__ import annotations

from math import inf, sqrt
from statistics import NormalDist

import numpy as np

from rmnctl.errors import InputError
from rmnctl.measurement.assignment import Assignment
from rmnctl.measurement.config import Switchback
from rmnctl.measurement.document import ExperimentDesign
from rmnctl.measurement.outcome import (
    Found,
    Interval,
    Outcomes,
    at_levels,
    cautions,
    need_spend,
    plain,
)
from rmnctl.measurement.randomisation import Contrasts, p_value
from rmnctl.measurement.switchback import Effect, Layout, estimate_effect


def analyse_switchback(
    design: ExperimentDesign,
    kind: Switchback,
    assignment: Assignment,
    outcomes: Outcomes,
    level: float,
) -> Found:
    """Effect of treatment throughout against none, on revenue and on spend.

    Raises:
        InputError: The assignment is not what the seed draws, or treatment did not happen.
    """
    units, periods = outcomes.revenue.shape
    layout = Layout(units, periods, kind.carryover_periods, kind.estimator)
    coins = layout.toss(design.seed)
    path = layout.paths(coins.sequences[[coins.observed]])[0]
    if not np.array_equal(path.ravel(), assignment.treated):
        raise InputError("The assignment is not what the seed of the design draws.")
    seen = np.stack([outcomes.revenue, outcomes.spend])
    need_spend(float(estimate_effect(layout, path, seen).estimate[1]))
    effect = cautious_effect(layout, coins.sequences, path, seen)
    gap = layout.gaps(coins.sequences, outcomes.revenue.reshape(-1, 1))[:, 0]
    contrasts = Contrasts(gap, np.zeros_like(gap), np.ones_like(gap), coins.observed)
    treated = int(path.sum())
    revenue_se = sqrt(effect.covariance[0, 0])
    revenue = at_levels(lambda at: _symmetric(effect, at), level)
    ratio = at_levels(lambda at: fieller(effect, at), level)
    on, off = layout.exposed(path[None])
    return Found(
        method=f"switchback, {kind.estimator}, carry-over of {kind.carryover_periods} periods "
        "left out",
        spend=float(effect.estimate[1]) * treated,
        revenue=float(effect.estimate[0]) * treated,
        revenue_se=revenue_se * treated,
        iroas_se=_ratio_se(effect),
        revenue_intervals=plain(revenue, treated),
        iroas_intervals=plain(ratio),
        p_value=p_value(contrasts),
        diagnostics={
            "assignments": len(coins.sequences),
            "exact": coins.exhaustive,
            "units": units,
            "periods": periods,
            "coins": layout.coins,
            "treated_unit_periods": treated,
            "used_on": int(on.sum()),
            "used_off": int(off.sum()),
            "revenue_effect_per_unit_period": float(effect.estimate[0]),
            "spend_effect_per_unit_period": float(effect.estimate[1]),
        },
        warnings=cautions(outcomes, ratio),
    )


def cautious_effect(
    layout: Layout, sequences: np.ndarray, path: np.ndarray, outcomes: np.ndarray
) -> Effect:
    """The effect with the larger of two covariances.

    One is the design's bound, which holds whatever effects are but is estimated from the few
    periods that were pure. The other is how far the coins alone spread estimates of what is left
    after the effect is taken out, which uses all periods but takes the effect as constant and
    felt equally over the carry-over. With one unit and few coins the first alone is too small.

    Args:
        layout: The design.
        sequences: Coins, (A, coins).
        path: Treatment, (U, T), bool.
        outcomes: Revenue and spend, (2, U, T).
    """
    effect = estimate_effect(layout, path, outcomes)
    felt = np.zeros(path.shape)
    for lag in range(layout.carryover + 1):
        felt[:, lag:] += path[:, : layout.periods - lag] / (layout.carryover + 1)
    rest = outcomes - effect.estimate[:, None, None] * np.stack([felt, path.astype(float)])
    if layout.estimator == "hajek":
        rest = rest - rest.mean(axis=(1, 2), keepdims=True)
    gaps = layout.gaps(sequences, rest.reshape(2, -1).T)
    spread = Effect(effect.estimate, gaps.T @ gaps / len(gaps), effect.freedom)
    return max(effect, spread, key=_ratio_se)


def _ratio_se(effect: Effect) -> float:
    """Standard error of revenue per spend, to first order."""
    slope = np.array([1.0, -effect.estimate[0] / effect.estimate[1]])
    return sqrt(max(float(slope @ effect.covariance @ slope), 0.0)) / float(effect.estimate[1])


def _quantile(level: float, freedom: float) -> float:
    """Quantile of Student's t by Cornish and Fisher's expansion."""
    z, df = NormalDist().inv_cdf(0.5 + level / 2), max(freedom, 3.0)
    first = (z**3 + z) / (4 * df)
    return z + first + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)


def _symmetric(effect: Effect, level: float) -> Interval:
    half = _quantile(level, effect.freedom) * sqrt(effect.covariance[0, 0])
    return (float(effect.estimate[0] - half), float(effect.estimate[0] + half))


def fieller(effect: Effect, level: float) -> Interval:
    """Interval of revenue per spend: the ratios that the data do not reject (Fieller 1954).

    Infinite where spend itself cannot be told from 0.
    """
    z2 = _quantile(level, effect.freedom) ** 2
    y, s = (float(v) for v in effect.estimate)
    (vy, c), (_, vs) = effect.covariance
    a, b, k = s * s - z2 * vs, y * s - z2 * c, y * y - z2 * vy
    if a <= 0:
        return (-inf, inf)
    root = sqrt(max(b * b - a * k, 0.0))
    return (float((b - root) / a), float((b + root) / a))

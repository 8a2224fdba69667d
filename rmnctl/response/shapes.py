"""The curve family of the fit, by level and depth, and what carry-over makes of spend.

A saturating exponential a(1 - exp(-x/c)) is written by its value L at usual spend x0 and its
depth u = x0/c: L (1 - exp(-u x/x0)) / (1 - exp(-u)). The data tell L well and u badly, so u is
what cells learn from one another.
"""

from __future__ import annotations

import numpy as np

#: Depths that are tried, from nearly straight to nearly flat at usual spend.
DEPTHS = np.geomspace(0.05, 8.0, 28)
#: Share of advertising pressure left a day later.
CARRYOVERS = np.array([0.0, 0.3, 0.5, 0.65, 0.8])


def value(relative: np.ndarray, depth: np.ndarray | float) -> np.ndarray:
    """The curve over its value at usual spend; `relative` is spend over usual spend."""
    return np.asarray(np.expm1(-depth * relative) / np.expm1(-np.asarray(depth)))


def hill_value(relative: np.ndarray, depth: np.ndarray | float, exponent: float) -> np.ndarray:
    """A Hill curve of the same average and marginal return at usual spend, over its value there.

    Above an exponent of 1 it is S-shaped. `depth` is that of the saturating exponential it meets.
    """
    ratio = np.asarray(depth) / np.expm1(depth)
    v = exponent / np.minimum(ratio, 0.9 * exponent) - 1
    powered = v * relative**exponent
    return np.asarray(powered / (1 + powered) * (1 + v) / v)


def credited(
    relative: np.ndarray, depth: np.ndarray | float, organic: np.ndarray | float
) -> np.ndarray:
    """Attributed revenue over its value at usual spend.

    Ads are credited with what they add, which saturates, and with organic buyers whom they
    happened to reach. Few of those are reached, so their number is proportional to spend.
    """
    return np.asarray((1 - organic) * value(relative, depth) + organic * relative)


def pressure(spend: np.ndarray, carryover: float, days: int) -> np.ndarray:
    """Advertising pressure by period: a geometric carry-over of daily spend, spread evenly.

    Args:
        spend: (..., T) spend of each period.
        carryover: Share left a day later.
        days: Length of a period; beyond a day the carry-over reaches the next period only.

    Returns:
        (..., T) in the unit of `spend`; constant spend is its own pressure.
    """
    if carryover <= 0:
        return spend
    if days == 1:
        out = np.empty_like(spend)
        before = spend[..., 0]
        for t in range(spend.shape[-1]):
            before = carryover * before + (1 - carryover) * spend[..., t]
            out[..., t] = before
        return out
    late = carryover * (1 - carryover**days) / (days * (1 - carryover))
    shifted = np.concatenate([spend[..., :1], spend[..., :-1]], axis=-1)
    return np.asarray((1 - late) * spend + late * shifted)

"""The true response families: incremental revenue over the horizon against spend over it.

`saturating_exp`  r(x) = a (1 - exp(-x/c)), concave
`hill`            r(x) = a x^k / (c^k + x^k), k <= 1, concave
`s_curve`         the same with k > 1: slow start, inflection, saturation
"""

from __future__ import annotations

import numpy as np

from rmnctl.market.config import Family


def respond(
    family: Family, spend: np.ndarray, a: np.ndarray, c: np.ndarray, shape: np.ndarray
) -> np.ndarray:
    """Incremental revenue r(x).

    Args:
        family: Which formula.
        spend: x, currency units; any shape that broadcasts with the parameters.
        a: Revenue at saturation, currency units.
        c: Saturation scale, currency units of spend.
        shape: Exponent k; not used by `saturating_exp`.
    """
    if family is Family.SATURATING_EXP:
        return np.asarray(-a * np.expm1(-spend / c))
    v = (spend / c) ** shape
    return np.asarray(a * v / (1 + v))


def marginal(
    family: Family, spend: np.ndarray, a: np.ndarray, c: np.ndarray, shape: np.ndarray
) -> np.ndarray:
    """The slope r'(x) at spend x > 0: mROAS, no unit."""
    if family is Family.SATURATING_EXP:
        return np.asarray(a / c * np.exp(-spend / c))
    v = (spend / c) ** shape
    return np.asarray(a * shape * v / (spend * (1 + v) ** 2))


def calibrate(
    family: Family, spend: np.ndarray, slope: np.ndarray, depth: np.ndarray, shape: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters a and c that give a stated slope and depth of saturation at historic spend.

    Depth u sets the ratio of marginal to average return, u / (e^u - 1), which is x/c for
    `saturating_exp`. All families agree there in average and marginal iROAS; they differ
    elsewhere only.

    Args:
        family: Which formula.
        spend: x at which the curve is pinned, currency units.
        slope: mROAS there.
        depth: u.
        shape: Exponent k; not used by `saturating_exp`.

    Returns:
        a and c.
    """
    ratio = depth / np.expm1(depth)
    average = slope / ratio
    if family is Family.SATURATING_EXP:
        c = spend / depth
        return average * spend / -np.expm1(-depth), c
    v = shape / np.minimum(ratio, 0.9 * shape) - 1
    return average * spend * (1 + v) / v, spend / v ** (1 / shape)

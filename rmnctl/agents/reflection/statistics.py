"""The tests behind the checks: exact where counting is, by lot where nothing is known of tails."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist

import numpy as np

_NORMAL = NormalDist()
_PERMUTATIONS = 1999


@dataclass(frozen=True)
class Slope:
    """A regression coefficient.

    Attributes:
        value: The coefficient.
        low: Lower end of its interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def slope(y: np.ndarray, x: np.ndarray, level: float = 0.95) -> Slope:
    """Least-squares slope of y on x with an interval that holds for unequal variances (HC3).

    Args:
        y: (N,) outcome.
        x: (N,) regressor, not constant.
        level: Confidence, two-sided.
    """
    design = np.column_stack([np.ones(len(x)), x])
    inverse = np.linalg.pinv(design.T @ design)
    beta = inverse @ design.T @ y
    residual = y - design @ beta
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = residual / np.maximum(1 - leverage, 1e-6)
    meat = (design * (scaled**2)[:, None]).T @ design
    se = sqrt(max(float((inverse @ meat @ inverse)[1, 1]), 0.0))
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    return Slope(float(beta[1]), float(beta[1] - z * se), float(beta[1] + z * se))


def ranks(values: np.ndarray) -> np.ndarray:
    """(N,) ranks between 0 and 1, ties shared."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2 - 0.5)[place] / len(values))


def residual(y: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """(N,) what is left of y after least squares on (N, K) controls and a constant."""
    design = np.column_stack([np.ones(len(y)), controls])
    beta, *_ = np.linalg.lstsq(design, y, rcond=None)
    return np.asarray(y - design @ beta)


def partial_correlation(
    y: np.ndarray, x: np.ndarray, controls: np.ndarray, clusters: np.ndarray, seed: int = 0
) -> tuple[float, float]:
    """Correlation of y and x given controls, and its one-sided p-value by lot.

    The lot flips the signs of whole clusters, because what cells of one SKU have in common is one
    proof and not many (the randomisation form of a cluster-robust score test).

    Args:
        y: (N,).
        x: (N,).
        controls: (N, K).
        clusters: (N,) labels.
        seed: Of the flips.

    Returns:
        The correlation, and the share of lots with one at least as large.
    """
    left, right = residual(y, controls), residual(x, controls)
    size = sqrt(float(left @ left) * float(right @ right))
    if size <= 1e-12 * len(y):
        return 0.0, 1.0
    _, cluster = np.unique(clusters, return_inverse=True)
    score = np.bincount(cluster, left * right)
    return float(score.sum() / size), flipped_mean(-score, seed)[1]


def permuted_difference(
    values: np.ndarray, marked: np.ndarray, strata: np.ndarray, seed: int = 0
) -> tuple[float, float]:
    """Mean of marked minus mean of others within strata, and the one-sided p-value of its being low.

    Args:
        values: (N,).
        marked: (N,) mask.
        strata: (N,) labels; marks are shuffled within each.
        seed: Of the permutations.
    """
    _, group = np.unique(strata, return_inverse=True)
    centred = values - (np.bincount(group, values) / np.bincount(group))[group]
    rng = np.random.default_rng(seed)

    def difference(mask: np.ndarray) -> float:
        return float(centred[mask].mean() - centred[~mask].mean())

    found = difference(marked)
    in_order = marked[np.argsort(group, kind="stable")]
    below = 1
    for _ in range(_PERMUTATIONS):
        order = np.lexsort((rng.random(len(group)), group))
        shuffled = np.empty_like(marked)
        shuffled[order] = in_order
        below += difference(shuffled) <= found + 1e-12
    return found, below / (1 + _PERMUTATIONS)


def flipped_mean(differences: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Mean of paired differences and the one-sided p-value of its being low, by flipping signs."""
    rng = np.random.default_rng(seed)
    signs = rng.integers(0, 2, size=(_PERMUTATIONS, len(differences))) * 2 - 1
    found = float(differences.mean())
    below = int(((signs * differences).mean(axis=1) <= found + 1e-12).sum())
    return found, (1 + below) / (1 + _PERMUTATIONS)


def hypergeometric_tail(hits: int, drawn: int, good: int, total: int) -> float:
    """Chance of at least `hits` good ones among `drawn` from `total` of which `good` are good."""
    ways = sum(
        comb(good, k) * comb(total - good, drawn - k) for k in range(hits, min(drawn, good) + 1)
    )
    return ways / comb(total, drawn)


def binomial_low_tail(hits: float, trials: float, chance: float) -> float:
    """Chance of at most `hits` of `trials`, by the normal curve with continuity correction.

    Trials may be a number of effective ones, so no integer is asked for.
    """
    sd = sqrt(trials * chance * (1 - chance))
    return _NORMAL.cdf((hits + 0.5 - trials * chance) / sd)


def wilson(hits: float, trials: float, level: float) -> tuple[float, float]:
    """Wilson's interval of a share."""
    if trials <= 0:
        return 0.0, 1.0
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    share = hits / trials
    centre = share + z * z / (2 * trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max((centre - half) / scale, 0.0), min((centre + half) / scale, 1.0)

"""Synthetic controls: mixes of units that follow a treated set, for many sets at once.

Weights are not negative and add up to 1 (Abadie, Diamond and Hainmueller 2010); levels are taken
out first (Doudchenko and Imbens 2016), since what is compared is change against the baseline.
"""

from __future__ import annotations

from math import comb

import numpy as np

_STEPS = 400


def candidate_sets(units: int, size: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """Distinct sets of `size` units as masks, (N, U); all of them where there are no more."""
    if comb(units, size) <= most:
        from itertools import combinations

        members = np.array(list(combinations(range(units), size)))
    else:
        found: dict[tuple[int, ...], None] = {}
        while len(found) < most:
            drawn = np.sort(rng.permuted(np.tile(np.arange(units), (most, 1)), axis=1)[:, :size])
            found.update(dict.fromkeys(map(tuple, drawn.tolist())))
        members = np.array(list(found)[:most])
    masks = np.zeros((len(members), units), dtype=bool)
    np.put_along_axis(masks, members, values=True, axis=1)
    return masks


def fit_weights(series: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Donor weights of every treated set by least squares on the simplex.

    Accelerated projected gradient with restarts on the Gram matrix, all sets together.

    Args:
        series: Outcomes before the test, (U, T).
        treated: Masks, (N, U).

    Returns:
        Weights, (N, U): 0 on treated units, rows add up to 1.
    """
    centred = series - series.mean(axis=1, keepdims=True)
    gram = centred @ centred.T
    gram = gram / max(float(np.trace(gram)), np.finfo(float).tiny)
    target = (treated / treated.sum(axis=1, keepdims=True)) @ gram
    step = 1.0 / max(float(np.linalg.eigvalsh(gram)[-1]), np.finfo(float).tiny)
    donors = ~treated
    weights = donors / donors.sum(axis=1, keepdims=True)
    ahead, pace = weights, np.ones((len(weights), 1))
    for _ in range(_STEPS):
        new = _onto_simplex(ahead - step * (ahead @ gram - target), donors)
        # Momentum that points uphill is dropped (O'Donoghue and Candes 2015).
        uphill = ((ahead - new) * (new - weights)).sum(axis=1, keepdims=True) > 0
        pace = np.where(uphill, 1.0, pace)
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = new + np.where(uphill, 0.0, (pace - 1) / faster) * (new - weights)
        weights, pace = new, faster
    return np.asarray(weights)


def _onto_simplex(points: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """The nearest points with coordinates >= 0 that add up to 1, 0 where not allowed (N, U)."""
    masked = np.where(allowed, points, -np.inf)
    ordered = -np.sort(-masked, axis=1)
    finite = np.where(np.isfinite(ordered), ordered, 0.0)
    excess = (np.cumsum(finite, axis=1) - 1) / np.arange(1, points.shape[1] + 1)
    count = np.argmin(np.where(np.isfinite(ordered), ordered > excess, False), axis=1)
    # argmin finds the first False; where all are True every coordinate stays.
    all_stay = (np.isfinite(ordered) & (ordered > excess)).all(axis=1)
    last = np.where(all_stay, points.shape[1], count) - 1
    shift = np.take_along_axis(excess, last[:, None], axis=1)
    return np.where(allowed, np.maximum(points - shift, 0.0), 0.0)


def set_weights(treated: np.ndarray, donors: np.ndarray) -> np.ndarray:
    """Contrasts: sum over treated units minus as many times the mix of donors, (N, U)."""
    size = treated.sum(axis=1, keepdims=True)
    return np.asarray(np.where(treated, 1.0, 0.0) - size * donors)

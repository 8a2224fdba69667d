"""Matched pairs: units whose histories move together, a coin for each pair."""

from __future__ import annotations

import numpy as np

#: Up to this many pairs all coin sequences are listed; beyond, so many are drawn.
ENUMERATED_COINS = 12
DRAWN = 2**ENUMERATED_COINS


def match_pairs(series: np.ndarray) -> np.ndarray:
    """Pair units so that differences within pairs vary little over time.

    Greedy by the variance of the difference, then partners are exchanged between two pairs as
    long as that lowers the sum. With an odd number the worst unit stays out.

    Args:
        series: Outcomes, (U, T), e.g. weekly sums.

    Returns:
        Indices of units, (K, 2), the lower index first, sorted.
    """
    centred = series - series.mean(axis=1, keepdims=True)
    squares = (centred**2).sum(axis=1)
    distance = squares[:, None] + squares[None, :] - 2 * centred @ centred.T
    first, second = np.triu_indices(len(series), 1)
    order = np.lexsort((second, first, distance[first, second]))
    free = np.ones(len(series), dtype=bool)
    pairs = []
    for i, j in zip(first[order], second[order], strict=True):
        if free[i] and free[j]:
            free[[i, j]] = False
            pairs.append([int(i), int(j)])
    _exchange(pairs, distance)
    return np.array(sorted(sorted(p) for p in pairs), dtype=int)


def _exchange(pairs: list[list[int]], distance: np.ndarray) -> None:
    """Exchange partners between pairs while the sum of distances falls."""
    better = True
    while better:
        better = False
        for p in range(len(pairs)):
            for q in range(p + 1, len(pairs)):
                (a, b), (c, d) = pairs[p], pairs[q]
                now = distance[a, b] + distance[c, d]
                ways = (
                    (distance[a, c] + distance[b, d], [a, c], [b, d]),
                    (distance[a, d] + distance[b, c], [a, d], [b, c]),
                )
                best = min(ways, key=lambda w: w[0])
                if best[0] < now * (1 - 1e-12):
                    pairs[p], pairs[q], better = best[1], best[2], True


def coin_sequences(coins: int, rng: np.random.Generator) -> np.ndarray:
    """All sequences of so many fair coins, or a sample; (A, coins), 0 or 1.

    All 2^coins up to 12 coins, in binary order; 4 096 random ones beyond.
    """
    if coins <= ENUMERATED_COINS:
        numbers = np.arange(2**coins)
        return (numbers[:, None] >> np.arange(coins)[None, :]) & 1
    return rng.integers(0, 2, size=(DRAWN, coins))


def pair_weights(pairs: np.ndarray, coins: np.ndarray, units: int) -> np.ndarray:
    """Contrasts of treated minus control by assignment, (A, U).

    Args:
        pairs: (K, 2).
        coins: (A, K); 1 treats the first of a pair.
        units: U.
    """
    weights = np.zeros((len(coins), units))
    signs = 2.0 * coins - 1.0
    weights[:, pairs[:, 0]] = signs
    weights[:, pairs[:, 1]] = -signs
    return weights

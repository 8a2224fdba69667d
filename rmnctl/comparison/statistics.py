"""Paired bootstrap: means over worlds with intervals, all quantities from the same resamples.

Intervals are percentile intervals, expanded so that few worlds get the width Student's t would
give them (Hesterberg, What teachers should know about the bootstrap, The American Statistician
2015). Worlds of one catalogue are drawn together where catalogues are the clusters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

_CHUNK = 2_000_000


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval.

    Attributes:
        mean: Over all worlds.
        low, high: Ends of the interval.
        n: How many independent draws stand behind it: worlds, or clusters of them.
    """

    mean: float
    low: float
    high: float
    n: int


class Bootstrap:
    """Resamples of worlds, the same for every quantity, so that differences are paired.

    Args:
        n: Number of worlds.
        resamples: How many resamples.
        seed: Of the resamples.
        cluster: (n,) cluster of each world; by default each is its own.
    """

    def __init__(
        self, n: int, resamples: int, seed: int, cluster: np.ndarray | None = None
    ) -> None:
        ids = np.arange(n) if cluster is None else np.unique(cluster, return_inverse=True)[1]
        self.n = n
        self.clusters = int(ids.max()) + 1 if n else 0
        self._ids = ids
        self._resamples = resamples
        self._seed = seed

    def means(self, values: np.ndarray) -> np.ndarray:
        """(B, ...) means of values (n, ...) in each resample."""
        flat = values.reshape(self.n, -1)
        sums = np.zeros((self.clusters, flat.shape[1]))
        np.add.at(sums, self._ids, flat)
        sizes = np.bincount(self._ids, minlength=self.clusters).astype(float)
        rng = np.random.default_rng(self._seed)
        step = max(1, _CHUNK // max(self.clusters, 1))
        out = []
        for start in range(0, self._resamples, step):
            count = min(step, self._resamples - start)
            drawn = rng.multinomial(
                self.clusters, np.full(self.clusters, 1 / self.clusters), size=count
            ).astype(float)
            out.append((drawn @ sums) / (drawn @ sizes)[:, None])
        return np.concatenate(out).reshape(self._resamples, *values.shape[1:])

    def interval(self, values: np.ndarray, level: float = 0.95) -> Interval:
        """The mean of values (n,) with its interval."""
        return self.between(float(values.mean()), self.means(values), level)

    def ratio(self, above: np.ndarray, below: np.ndarray, level: float = 0.95) -> Interval:
        """Mean of one over mean of the other, with its interval."""
        means = self.means(np.stack([above, below], axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = means[:, 0] / means[:, 1]
            point = float(above.mean() / below.mean()) if below.mean() else math.nan
        return self.between(point, ratios, level)

    def between(self, point: float, drawn: np.ndarray, level: float = 0.95) -> Interval:
        """A point with the expanded percentile interval of its resamples."""
        if self.clusters < 2:
            return Interval(point, -math.inf, math.inf, self.clusters)
        tail = expanded_tail(self.clusters, (1 - level) / 2)
        low, high = np.quantile(drawn, [tail, 1 - tail])
        return Interval(point, float(low), float(high), self.clusters)


def expanded_tail(n: int, tail: float) -> float:
    """The tail of resamples to cut off so that few draws are as wide as Student's t."""
    wide = math.sqrt(n / (n - 1)) * student_quantile(1 - tail, n - 1)
    return NormalDist().cdf(-wide)


def student_quantile(probability: float, freedom: int) -> float:
    """Quantile of Student's t (Abramowitz and Stegun 26.7.5; exact below 3 degrees)."""
    if freedom == 1:
        return math.tan(math.pi * (probability - 0.5))
    if freedom == 2:
        return (2 * probability - 1) / math.sqrt(2 * probability * (1 - probability))
    x = NormalDist().inv_cdf(probability)
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return float(x + sum(term / freedom ** (n + 1) for n, term in enumerate(terms)))


def worst_tenth(values: np.ndarray) -> float:
    """Mean of the lowest tenth of values, at least one of them."""
    count = max(1, len(values) // 10)
    return float(np.sort(values)[:count].mean())


def shapley(worth: Mapping[frozenset[str], np.ndarray], fields: tuple[str, ...]) -> np.ndarray:
    """Exact Shapley values by world, shape (n, fields); they sum to whole minus empty.

    Args:
        worth: Value of every set of fields, each (n,).
        fields: The players.
    """
    size = len(fields)
    out = []
    for field in fields:
        total = np.zeros_like(worth[frozenset()], dtype=float)
        for known, value in worth.items():
            if field in known:
                continue
            weight = (
                math.factorial(len(known))
                * math.factorial(size - len(known) - 1)
                / math.factorial(size)
            )
            total += weight * (worth[known | {field}] - value)
        out.append(total)
    return np.stack(out, axis=1)

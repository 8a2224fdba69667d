"""Switchback experiments with carry-over: where to flip coins, and what may be compared.

Bojinov, Simchi-Levi and Zhao (2023), "Design and Analysis of Switchback Experiments": if an
outcome depends on treatment in the last m periods at most, coins are flipped at fixed points and
outcomes are used only where treatment was constant over the period and the m before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.measurement.config import Estimator
from rmnctl.measurement.pairs import ENUMERATED_COINS, coin_sequences

#: Weights held in memory at a time.
_CHUNK = 2_000_000


def decision_points(periods: int, carryover: int) -> np.ndarray:
    """Periods (from 0) before which a coin is flipped: the minimax design.

    Every period without carry-over; otherwise {0, 2m, 3m, ..., (n - 2)m} with n = periods // m,
    which is optimal where periods = nm, n >= 4.

    Raises:
        ValueError: Fewer than four times the carry-over.
    """
    if carryover == 0:
        return np.arange(periods)
    n = periods // carryover
    if n < 4:
        raise ValueError("a switchback needs at least four times as many periods as carry-over")
    return np.concatenate([[0], np.arange(2, n - 1) * carryover])


@dataclass(frozen=True)
class Layout:
    """A switchback of several units, each with its own coins.

    Attributes:
        units: U.
        periods: T.
        carryover: Order m.
        estimator: Which weights outcomes get.
    """

    units: int
    periods: int
    carryover: int
    estimator: Estimator = "hajek"

    @property
    def points(self) -> np.ndarray:
        """Decision points of one unit."""
        return decision_points(self.periods, self.carryover)

    @property
    def coins(self) -> int:
        """Coins of all units."""
        return self.units * len(self.points)

    @property
    def block(self) -> np.ndarray:
        """Index of the coin that rules a period, (T,)."""
        return np.searchsorted(self.points, np.arange(self.periods), side="right") - 1

    def paths(self, coins: np.ndarray) -> np.ndarray:
        """Treatment by assignment, unit and period, (A, U, T), from coins (A, U x points)."""
        by_unit = coins.reshape(len(coins), self.units, len(self.points))
        return np.asarray(by_unit[:, :, self.block], dtype=bool)

    def chance(self) -> np.ndarray:
        """Probability of constant treatment of one kind in periods m.., (T - m,)."""
        block, m = self.block, self.carryover
        touched = block[m:] - block[: self.periods - m] + 1
        return np.asarray(0.5**touched)

    def group_starts(self) -> np.ndarray:
        """First of the periods m.. that hang on the same coins, less m."""
        first, last = self.block[: self.periods - self.carryover], self.block[self.carryover :]
        return np.unique(first * self.periods + last, return_index=True)[1]

    def exposed(self, paths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a period and the m before it were all on, and all off; two (A, U, T - m)."""
        seen = np.concatenate([np.zeros((*paths.shape[:2], 1)), np.cumsum(paths, axis=2)], axis=2)
        m = self.carryover
        on = seen[:, :, m + 1 :] - seen[:, :, : self.periods - m]
        return on == m + 1, on == 0

    def weights(self, paths: np.ndarray) -> np.ndarray:
        """Weights of outcomes in the estimate, (A, U x T).

        The estimate is the effect on one unit and period of treatment throughout against none:
        the lag-m average effect. With weights of Hajek an assignment without any period of one
        kind estimates 0.
        """
        on, off = self.exposed(paths)
        inverse = 1.0 / self.chance()
        up, down = on * inverse, off * inverse
        if self.estimator == "hajek":
            totals = [side.sum(axis=(1, 2), keepdims=True) for side in (up, down)]
            both = (totals[0] > 0) & (totals[1] > 0)
            up, down = (
                np.where(both, side / np.where(total > 0, total, 1.0), 0.0)
                for side, total in zip((up, down), totals, strict=True)
            )
        else:
            count = self.units * (self.periods - self.carryover)
            up, down = up / count, down / count
        whole = np.zeros((len(paths), self.units, self.periods))
        whole[:, :, self.carryover :] = up - down
        return whole.reshape(len(paths), -1)

    def toss(self, seed: int) -> Coins:
        """The coins that decide, among all sequences there are or 4 096 of them.

        The same layout and seed give the same coins, before and after the test.
        """
        rng = np.random.default_rng([seed, 5])
        toss = rng.integers(0, 2, size=self.coins)
        sequences = coin_sequences(self.coins, rng)
        if self.coins <= ENUMERATED_COINS:
            return Coins(sequences, int((toss << np.arange(self.coins)).sum()), exhaustive=True)
        sequences[0] = toss
        return Coins(sequences, 0, exhaustive=False)

    def gaps(self, sequences: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
        """Estimates of outcomes, (U x T, W), under each sequence of coins, (A, W)."""
        parts = -(-len(sequences) * len(outcomes) // _CHUNK)
        return np.concatenate(
            [self.weights(self.paths(c)) @ outcomes for c in np.array_split(sequences, parts)]
        )


@dataclass(frozen=True)
class Coins:
    """Sequences of coins, each equally likely.

    Attributes:
        sequences: (A, coins), 0 or 1.
        observed: Index of the one that was tossed.
        exhaustive: No others exist.
    """

    sequences: np.ndarray
    observed: int
    exhaustive: bool


@dataclass(frozen=True)
class Effect:
    """Effects on revenue and spend of one unit and period, with their covariance.

    Attributes:
        estimate: Of revenue and spend, (2,).
        covariance: Conservative, (2, 2).
        freedom: Independent comparisons behind it, less the two means.
    """

    estimate: np.ndarray
    covariance: np.ndarray
    freedom: float


def estimate_effect(layout: Layout, path: np.ndarray, outcomes: np.ndarray) -> Effect:
    """Estimate the lag-m average effect with a conservative variance.

    The variance is that of Aronow and Samii (2017) for known exposure probabilities: products
    that are never seen together are bounded by squares, so its expectation is not below the true
    variance, whatever the effects are.

    Args:
        layout: The design.
        path: Treatment, (U, T), bool.
        outcomes: Revenue and spend, (2, U, T), best with what was expected taken out.

    Raises:
        ValueError: No period of one kind was long enough on or off.
    """
    m = layout.carryover
    on, off = (side[0] for side in layout.exposed(path[None]))
    if not on.any() or not off.any():
        raise ValueError("no period was on, or none off, together with the carry-over before it")
    weights = layout.weights(path[None])[0].reshape(path.shape)
    estimate = np.einsum("kut,ut->k", outcomes, weights)
    used = outcomes[:, :, m:]
    chance = layout.chance()
    if layout.estimator == "hajek":
        mean_on, mean_off = (
            np.einsum("kut,ut->k", used, side / chance) / (side / chance).sum()
            for side in (on, off)
        )
        used = np.where(on, used - mean_on[:, None, None], used - mean_off[:, None, None])
    total = layout.units * (layout.periods - m)
    tight, wide = np.zeros((2, 2)), np.zeros((2, 2))
    for unit in range(layout.units):
        bounds = _bounds(layout, on[unit], off[unit], used[:, unit])
        tight, wide = tight + bounds[0], wide + bounds[1]
    # Estimated products can make a small experiment's variance negative; squares cannot.
    safe = np.linalg.eigvalsh(tight)[0] >= -1e-12 * np.trace(wide) and tight[0, 0] > 0
    pure = (on | off)[:, layout.group_starts()].sum()
    return Effect(estimate, (tight if safe else wide) / total**2, float(pure - 2))


def _bounds(
    layout: Layout, on: np.ndarray, off: np.ndarray, used: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Conservative covariances of sums of one unit, (2, 2): with products as seen, and squares.

    Periods of one exposure count together.
    """
    m, block, chance = layout.carryover, layout.block, layout.chance()
    first, last = block[: layout.periods - m], block[m:]
    keys, group = np.unique(first * layout.periods + last, return_inverse=True)
    low, high = keys // layout.periods, keys % layout.periods
    sums = np.stack([np.bincount(group, weights=row, minlength=len(keys)) for row in used])
    at = np.unique(group, return_index=True)[1]
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low) + 1
    np.fill_diagonal(shared, 0)
    shared = np.maximum(shared, 0)
    tight, wide = np.zeros((2, 2)), np.zeros((2, 2))
    for side in (on[at], off[at]):
        seen = side / chance[at]
        joint = np.outer(side, side) / np.outer(chance[at], chance[at]) / 2.0**shared
        # Same group: 2^J y^2. Others that share coins: (2^s - 1) y y' as seen, and y^2 for the
        # products of treated and untreated outcomes that no assignment shows together.
        square = seen * (1 / chance[at] + (shared > 0).sum(axis=1))
        tangled = np.where(shared > 0, 2.0**shared - 1, 0.0)
        tight += sums @ (tangled * joint + np.diag(square)) @ sums.T
        wide += (sums * (square + seen * tangled.sum(axis=1))) @ sums.T
    return tight, wide

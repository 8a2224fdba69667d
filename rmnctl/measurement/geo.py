"""Geo experiments: which units could be treated, and what each choice would compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.errors import InputError
from rmnctl.measurement.config import MatchedPairs, SyntheticControl
from rmnctl.measurement.pairs import (
    ENUMERATED_COINS,
    coin_sequences,
    match_pairs,
    pair_weights,
)
from rmnctl.measurement.synthetic import candidate_sets, fit_weights, set_weights

_WEEK = 7


@dataclass(frozen=True)
class Lot:
    """The assignments among which a lot decides, each equally likely.

    Attributes:
        weights: Contrast of units by assignment, (A, U); above 0 where treated.
        treated: (A, U), bool.
        scale: Noise of each contrast in the history, (A,), currency units a day.
        observed: Index of the assignment that was drawn.
        exhaustive: No others exist.
        pair: Number of a unit's pair from 0, -1 for none, (U,).
    """

    weights: np.ndarray
    treated: np.ndarray
    scale: np.ndarray
    observed: int
    exhaustive: bool
    pair: np.ndarray

    @property
    def taking_part(self) -> np.ndarray:
        """Units that any assignment could use, (U,), bool."""
        return np.asarray((self.weights != 0).any(axis=0))


def pair_lot(pair: np.ndarray, seed: int) -> Lot:
    """Coins for given pairs; the same pairs and seed give the same lot, before and after the test.

    Args:
        pair: Number of each unit's pair from 0, -1 for none, (U,).
        seed: Of the randomisation.
    """
    members = np.array([np.flatnonzero(pair == k) for k in range(int(pair.max()) + 1)])
    rng = np.random.default_rng([seed, 1])
    toss = rng.integers(0, 2, size=len(members))
    coins = coin_sequences(len(members), rng)
    exhaustive = len(members) <= ENUMERATED_COINS
    if exhaustive:
        observed = int((toss << np.arange(len(members))).sum())
    else:
        coins[0], observed = toss, 0
    weights = pair_weights(members, coins, len(pair))
    return Lot(weights, weights > 0, np.ones(len(coins)), observed, exhaustive, pair)


def set_lot(weights: np.ndarray, scale: np.ndarray, seed: int) -> Lot:
    """A lot among treated sets with their contrasts, (A, U), and noise, (A,)."""
    observed = int(np.random.default_rng([seed, 2]).integers(len(weights)))
    none = np.full(weights.shape[1], -1)
    return Lot(weights, weights > 0, scale, observed, exhaustive=True, pair=none)


def draw_lot(
    series: np.ndarray, kind: MatchedPairs | SyntheticControl, seed: int, alpha: float
) -> Lot:
    """Match units on a history and draw the assignment.

    Args:
        series: Daily outcomes to match on, (U, T).
        kind: Pairs or synthetic controls.
        seed: Of the randomisation.
        alpha: Size of the test, which needs enough assignments to be able to reject.

    Raises:
        InputError: Too few units.
    """
    units = len(series)
    if isinstance(kind, MatchedPairs):
        if 2.0 / 2 ** (units // 2) > alpha:
            least = 2 * int(np.ceil(np.log2(2.0 / alpha) - 1e-9))
            raise InputError(
                f"{units} units make {units // 2} pairs: even the clearest effect has "
                f"p = {2.0 / 2 ** (units // 2):.3g}, above alpha {alpha:g}.",
                hint=f"At least {least} units are needed, or another design.",
            )
        weekly = series[:, series.shape[1] % _WEEK :].reshape(units, -1, _WEEK).sum(axis=2)
        pair = np.full(units, -1)
        for number, members in enumerate(match_pairs(weekly)):
            pair[members] = number
        return pair_lot(pair, seed)
    if units - kind.treated_units < 2:
        raise InputError(
            f"{units} units leave fewer than 2 controls beside {kind.treated_units} treated ones."
        )
    treated = candidate_sets(
        units, kind.treated_units, kind.candidates, np.random.default_rng([seed, 3])
    )
    weights = set_weights(treated, fit_weights(series, treated))
    gaps = weights @ (series - series.mean(axis=1, keepdims=True))
    scale = np.sqrt((gaps**2).mean(axis=1))
    scale = np.maximum(scale, 1e-12 * max(float(np.abs(series).mean()), 1e-12))
    best = np.sort(np.argsort(scale, kind="stable")[: kind.admissible])
    if 1.0 / len(best) > alpha:
        raise InputError(
            f"{units} units allow {len(best)} sets of {kind.treated_units}: even the clearest "
            f"effect has p = {1.0 / len(best):.3g}, above alpha {alpha:g}.",
            hint="Treat more units together, use more units, or matched pairs.",
        )
    return set_lot(weights[best], scale[best], seed)


def planned_spend(baseline: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Shares of the test's spend by unit in proportion to the baseline, (A, U), rows add up to 1."""
    size = np.where(treated, np.maximum(baseline, 0.0), 0.0)
    total = size.sum(axis=1, keepdims=True)
    even = treated / treated.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, size / np.where(total > 0, total, 1.0), even))


def change(
    series: np.ndarray, start: int, days: int, baseline_days: int, gap: int = 0
) -> np.ndarray:
    """Outcome of a window minus what the days before it let expect, by unit, (U,).

    Args:
        series: Daily outcomes, (U, T).
        start: First day of the window.
        days: Length of the window.
        baseline_days: Days whose mean is expected.
        gap: Days between them and the window.
    """
    before = series[:, start - gap - baseline_days : start - gap].mean(axis=1)
    return np.asarray(series[:, start : start + days].sum(axis=1) - days * before)

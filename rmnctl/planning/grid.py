"""Grids: the points of arms that a linear model knows of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.planning.arms import Arms


@dataclass(frozen=True)
class Grid:
    """Points on arms, in the order of arms and spend; every arm has its ends among them.

    Attributes:
        arm: Shape (P,).
        x: Spend, shape (P,).
        value: Revenue that the model takes there, shape (P, D).
    """

    arm: np.ndarray
    x: np.ndarray
    value: np.ndarray


def make_grid(arms: Arms, arm: np.ndarray, x: np.ndarray) -> Grid:
    """A grid of the given points and the ends of all arms, with the envelope as value."""
    every = np.arange(len(arms))
    arm = np.concatenate([every, every, arm])
    x = np.concatenate([arms.low, arms.high, x])
    x = np.clip(x, arms.low[arm], arms.high[arm])
    order = np.lexsort((x, arm))
    arm, x = arm[order], x[order]
    # Points closer than this would give segments too short for a solver's arithmetic.
    near = 1e-9 * (1e-3 + np.abs(x))
    fresh = np.ones(len(x), dtype=bool)
    fresh[1:] = (arm[1:] != arm[:-1]) | (np.diff(x) > near[1:])
    # Of two near points at the right end the end itself stays.
    last = np.flatnonzero(np.append(arm[1:] != arm[:-1], True))
    moved = x.copy()
    kept = np.flatnonzero(fresh)
    holder = kept[np.searchsorted(kept, last, side="right") - 1]
    moved[holder] = np.where(moved[holder] > arms.low[arm[holder]], x[last], moved[holder])
    arm, x = arm[fresh], moved[fresh]
    return Grid(arm, x, arms.take(arm).value(x))

"""A node of the search: an interval of spend a cell, and what of it can still matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from rmnctl.planning.arms import Arms, contact_points
from rmnctl.planning.certificate import Bound
from rmnctl.planning.losses import Losses, by_stock, least_losses
from rmnctl.planning.problem import Problem

_HALVINGS = 24


@dataclass(frozen=True)
class Node:
    """What a part of the tree may choose from.

    Attributes:
        arms: One a cell; `may_be_off` where that is not decided.
        off: Cells that get nothing.
        upper: No plan in this part is worth more.
    """

    arms: Arms
    off: np.ndarray
    upper: float

    @property
    def must(self) -> np.ndarray:
        """Cells that are on."""
        return np.asarray(~self.arms.may_be_off & ~self.off)

    def narrowed(
        self, low: np.ndarray, high: np.ndarray, off: np.ndarray, may_be_off: np.ndarray
    ) -> Node:
        """The same node on smaller intervals."""
        low, high = np.where(off, 0.0, low), np.where(off, 0.0, high)
        moved = np.flatnonzero((low != self.arms.low) | (high != self.arms.high))
        contact = self.arms.contact
        if len(moved):
            contact = contact.copy()
            contact[moved] = contact_points(self.arms.curves.take(moved), low[moved], high[moved])
        may_be_off = may_be_off & ~off
        arms = replace(self.arms, low=low, high=high, contact=contact, may_be_off=may_be_off)
        return Node(arms, off, self.upper)

    def at(self, cell: int, low: float, high: float) -> Node:
        """The same node with the interval of one cell changed."""
        lows, highs = self.arms.low.copy(), self.arms.high.copy()
        lows[cell], highs[cell] = low, high
        return self.narrowed(lows, highs, self.off, self.arms.may_be_off)

    def switched(self, cell: int, *, on: bool) -> Node:
        """The same node with one cell on or off."""
        off, may_be_off = self.off.copy(), self.arms.may_be_off.copy()
        off[cell], may_be_off[cell] = not on, False
        return self.narrowed(self.arms.low, self.arms.high, off, may_be_off)


class Profile:
    """The value of each cell along its interval at the prices of a bound.

    With one curve a cell it is exact: it falls, rises to a peak, and falls. With draws the
    envelope is taken, which only rises and falls.

    Args:
        arms: One a cell.
        at: A bound on these arms.
    """

    def __init__(self, arms: Arms, at: Bound) -> None:
        self.arms, self.at = arms, at
        self.exact = arms.curves.draws == 1
        self.peak = at.x
        if self.exact:
            self.peak = np.clip(arms.stationary(at.weight, at.price), arms.low, arms.high)
        self.best = at.worth + at.slack
        self.fixed = np.where(arms.high > 0, at.active, 0.0)

    def worth(self, x: np.ndarray, cells: np.ndarray | None = None) -> np.ndarray:
        """Value at x by cell, or of some cells."""
        arms = self.arms if cells is None else self.arms.take(cells)
        of = slice(None) if cells is None else cells
        revenue = arms.curves.revenue(x) if self.exact else arms.value(x)
        gained = (self.at.weight[of] * revenue).sum(axis=1)
        return np.asarray(gained - self.at.price[of] * x - self.fixed[of])

    def kept(self, room: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The smallest intervals outside of which more than `room` is lost.

        Returns:
            Low, high, and a mask of cells where the whole interval loses more.
        """
        arms, least = self.arms, self.best - room
        low_counts = self.worth(arms.low) >= least
        peak_counts = self.worth(self.peak) >= least
        high_counts = self.worth(arms.high) >= least
        low, high = arms.low.copy(), arms.high.copy()
        cut = np.flatnonzero(~low_counts & peak_counts)
        low[cut] = self._edge(least, self.peak, arms.low, cut)
        cut = np.flatnonzero(peak_counts & ~high_counts)
        high[cut] = self._edge(least, self.peak, arms.high, cut)
        cut = np.flatnonzero(low_counts & ~peak_counts)
        high[cut] = self._edge(least, arms.low, self.peak, cut)
        return low, np.maximum(high, low), ~low_counts & ~peak_counts

    def _edge(
        self, least: np.ndarray, inside: np.ndarray, outside: np.ndarray, cells: np.ndarray
    ) -> np.ndarray:
        """Where the value of some cells falls below the least, on the outside of it."""
        inside, outside, least = inside[cells], outside[cells], least[cells]
        if len(cells):
            for _ in range(_HALVINGS):
                middle = (inside + outside) / 2
                enough = self.worth(middle, cells) >= least
                inside, outside = (
                    np.where(enough, middle, inside),
                    np.where(enough, outside, middle),
                )
        return outside

    def loosest(
        self, problem: Problem, x: np.ndarray, charge: np.ndarray, forced: np.ndarray
    ) -> tuple[int, float]:
        """The cell that makes the bound promise most above the value, and how much.

        Args:
            problem: What is solved.
            x: The spend where this is asked.
            charge: Cost of a unit of demand that has to be sold at a loss, by cell and draw.
            forced: Cost of a unit that has to be sold, by stock and draw.
        """
        arms, revenue = self.arms, self.arms.curves.revenue(x)
        over = (self.at.weight * (arms.value(x) - revenue)).sum(axis=1)
        if not problem.losing.any():
            cell = int(np.argmax(over))
            return cell, float(over[cell])
        losses = least_losses(problem, *arms.ends)
        least = losses.least + losses.rise * (x - losses.low)[:, None]
        over = over + (charge * (problem.capped.revenue(x) - least)).sum(axis=1)
        cell = int(np.argmax(over))
        other, more = self._loosest_stock(problem, losses, forced, x)
        return (other, more) if more > over[cell] else (cell, float(over[cell]))

    def _loosest_stock(
        self, problem: Problem, losses: Losses, forced: np.ndarray, x: np.ndarray
    ) -> tuple[int, float]:
        """The same of what a stock has to sell: of its cells, the least decided one."""
        pools, curves = problem.pools, problem.capped
        if not len(pools.stock):
            return 0, 0.0
        demand = by_stock(problem, curves.revenue(x))
        sold = np.minimum(demand, pools.cap[:, None])
        over = (forced * (sold - losses.start - losses.share * demand)).sum(axis=1)
        stock = int(np.argmax(over))
        low, high = self.arms.ends
        pool = np.maximum(pools.of_cell, 0)
        inside = (pools.of_cell >= 0) & (pools.stock[pool] == stock)
        width = (curves.revenue(high) - curves.revenue(low)).sum(axis=1) * pools.weight[pool]
        return int(np.argmax(np.where(inside, width, 0.0))), float(over[stock])

    def hole(self, cell: int, here: float, room: float) -> tuple[float, float]:
        """The part around a spend where more than `room` is lost; the spend where none is."""
        peak, low = float(self.peak[cell]), float(self.arms.low[cell])
        if not self.exact or not np.isfinite(room) or not low < here < peak:
            return here, here
        of, least = np.array([cell]), float(self.best[cell]) - room

        def enough(x: float) -> bool:
            return float(self.worth(np.array([x]), of)[0]) >= least

        if enough(here):
            return here, here
        return _first(enough, low, here), _first(enough, peak, here)


def _first(enough: Callable[[float], bool], inside: float, outside: float) -> float:
    """Where values stop to be enough on the way outside, on the outside of it."""
    if not enough(inside):
        return inside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if enough(middle) else (inside, middle)
    return outside

"""What products that lose on each sale sell at least, on intervals of spend.

Such sales are no free disposal: whoever advertises them has to sell them, up to the stock. What
they cost is concave in spend, which is the wrong way for a bound, so each curve is replaced by a
line below it, and what a stock sells by a chord below that. Both meet the truth on an interval of
no width, so a search over intervals closes the gap (Falk and Soland 1969).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.planning.families import Curves
from rmnctl.planning.problem import Pools, Problem


@dataclass(frozen=True)
class Losses:
    """Lower bounds of what losing products sell on intervals of spend, D draws.

    Attributes:
        low: Least spend of each cell, shape (n,).
        least: Sold there at least, shape (n, D); 0 for what does not lose.
        rise: Sold more at least for a unit of spend, shape (n, D).
        pool: Pool of each cell, -1 where it has none.
        share: Of the demand of a losing pool, the part sold at least, shape (K, D).
        start: What that leaves out: sold >= start + share x demand, shape (K, D).
    """

    low: np.ndarray
    least: np.ndarray
    rise: np.ndarray
    pool: np.ndarray
    share: np.ndarray
    start: np.ndarray

    def charged(self, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What these sales cost at least in each draw: slope · x - constant.

        Args:
            price: Cost of a unit sold, shape (n, D); the same in all cells of a pool.

        Returns:
            Slope of shape (n, D) and constant of shape (D,).
        """
        slope = price * self.rise
        constant = (slope * self.low[:, None] - price * self.least).sum(axis=0)
        return slope, constant - (self.by_pool(price) * self.start).sum(axis=0)

    def by_pool(self, price: np.ndarray) -> np.ndarray:
        """What all cells of a pool have alike, shape (K, D)."""
        inside = np.flatnonzero(self.pool >= 0)
        found = np.zeros_like(self.start)
        found[self.pool[inside]] = price[inside]
        return found


def least_losses(problem: Problem, low: np.ndarray, high: np.ndarray) -> Losses:
    """What losing products sell at least where spend lies in an interval a cell.

    Args:
        problem: What is sold at which value.
        low: Least spend of each cell.
        high: Most spend of each cell.
    """
    pools = problem.pools
    least, rise = np.zeros((2, len(problem), problem.curves.draws))
    share, start = np.zeros((2, len(pools.stock), problem.curves.draws))
    losing = np.flatnonzero(problem.losing)
    if len(losing):
        share, start = _sold_at_least(problem, low, high)
        pool = pools.of_cell[losing]
        part = np.ones((len(losing), problem.curves.draws))
        part[pool >= 0] = share[pool[pool >= 0]]
        line = line_below(problem.capped.take(losing), low[losing], high[losing])
        least[losing], rise[losing] = part * line[0], part * line[1]
    return Losses(low, least, rise, pools.of_cell, share, start)


def line_below(curves: Curves, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lines below curves on an interval each: height at low and slope, shape (n, D)."""
    at_low = curves.revenue(low)
    width = (high - low)[:, None]
    rise = curves.revenue(high) - at_low
    chord = np.divide(rise, width, out=np.zeros_like(rise), where=width > 0)
    # Mean slopes from the start of a curve rise and then fall, so the least is at an end.
    return at_low, np.minimum(chord, curves.slope(low))


def forced_sales(problem: Problem, demand: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """What losing pools sell at least, shape (K, D); 0 for the others.

    Args:
        problem: Its pools.
        demand: Of each pool, shape (K, D).
        ahead: The same, for the pools that are sold first.
    """
    pools = problem.pools
    sold = np.minimum(demand, _room(pools, ahead))
    return np.where((pools.rate < 0)[:, None], sold, 0.0)


def pooled(problem: Problem, revenue: np.ndarray) -> np.ndarray:
    """Revenue by cell and draw, summed by pool, shape (K, D)."""
    pools = problem.pools
    inside = np.flatnonzero(pools.of_cell >= 0)
    total = np.zeros((len(pools.stock), revenue.shape[1]))
    np.add.at(total, pools.of_cell[inside], revenue[inside])
    return total


def _sold_at_least(
    problem: Problem, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A chord below what each losing pool sells, in its demand: slope and start."""
    capped = problem.capped
    least = pooled(problem, capped.revenue(low))
    most = pooled(problem, capped.revenue(high))
    at_least, at_most = (forced_sales(problem, demand, most) for demand in (least, most))
    width = most - least
    share = np.divide(at_most - at_least, width, out=np.zeros_like(width), where=width > 0)
    return share, at_least - share * least


def _room(pools: Pools, ahead: np.ndarray) -> np.ndarray:
    """What stock leaves each pool after those of it that are worth more, as demand of the pool."""
    if not len(pools.stock):
        return ahead
    units = ahead * pools.weight[:, None]
    order = np.lexsort((-pools.rate / pools.weight, pools.stock))
    stock = pools.stock[order]
    running = np.cumsum(units[order], axis=0)
    first = np.searchsorted(stock, stock)
    before = running - units[order]
    left = np.empty_like(units)
    left[order] = pools.cap[stock][:, None] - (before - before[first])
    return np.asarray(np.maximum(left, 0.0) / pools.weight[:, None])

"""What products that lose on each sale sell at least, on intervals of spend.

Such sales are no free disposal: whoever advertises them has to sell them, up to the stock. What
they cost is concave in spend, which is the wrong way for a bound, so each curve is replaced by a
line below it, and what a stock sells by a chord below that. Both meet the truth on an interval of
no width, so a search over intervals closes the gap (Falk and Soland 1969).

A stock sells min(demand, stock) in all, whatever of it is sold first, and free disposal within that
total already sells what is worth most first. So of a stock only its total needs a chord.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.planning.families import Curves
from rmnctl.planning.problem import Pools, Problem


@dataclass(frozen=True)
class Losses:
    """Lower bounds of what has to be sold on intervals of spend, n cells, S stocks, D draws.

    Attributes:
        low: Least spend of each cell, shape (n,).
        least: Demand there at least, shape (n, D); 0 for what nobody has to sell.
        rise: Demand more at least for a unit of spend, shape (n, D).
        share: Of the demand of a stock that has losing products, the part sold at least, (S, D).
        start: What that leaves out: sold >= start + share x demand, shape (S, D).
    """

    low: np.ndarray
    least: np.ndarray
    rise: np.ndarray
    share: np.ndarray
    start: np.ndarray

    def charged(self, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What demand costs at least in each draw: slope · x - constant.

        Args:
            price: Cost of a unit of demand, shape (n, D).

        Returns:
            Slope of shape (n, D) and constant of shape (D,).
        """
        slope = price * self.rise
        return slope, (slope * self.low[:, None] - price * self.least).sum(axis=0)


def worst_loss(pools: Pools) -> np.ndarray:
    """The most that a unit of each stock may lose, shape (S,); 0 where all of it earns."""
    worst = np.zeros(len(pools.cap))
    np.maximum.at(worst, pools.stock, -pools.rate / pools.weight)
    return worst


def has_to_sell(problem: Problem) -> np.ndarray:
    """Cells that lose on each sale, and those that share a stock with one that does."""
    pools = problem.pools
    sharing = np.zeros(len(problem), dtype=bool)
    inside = np.flatnonzero(pools.of_cell >= 0)
    sharing[inside] = worst_loss(pools)[pools.stock[pools.of_cell[inside]]] > 0
    return np.asarray(problem.losing | sharing)


def least_losses(problem: Problem, low: np.ndarray, high: np.ndarray) -> Losses:
    """What has to be sold at least where spend lies in an interval a cell.

    Args:
        problem: What is sold at which value.
        low: Least spend of each cell.
        high: Most spend of each cell.
    """
    least, rise = np.zeros((2, len(problem), problem.curves.draws))
    share, start = np.zeros((2, len(problem.pools.cap), problem.curves.draws))
    cells = np.flatnonzero(has_to_sell(problem))
    if len(cells):
        share, start = _sold_at_least(problem, low, high)
        curves = problem.capped.take(cells)
        least[cells], rise[cells] = line_below(curves, low[cells], high[cells])
    return Losses(low, least, rise, share, start)


def line_below(curves: Curves, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lines below curves on an interval each: height at low and slope, shape (n, D)."""
    at_low = curves.revenue(low)
    width = (high - low)[:, None]
    rise = curves.revenue(high) - at_low
    chord = np.divide(rise, width, out=np.zeros_like(rise), where=width > 0)
    # Mean slopes from the start of a curve rise and then fall, so the least is at an end.
    return at_low, np.minimum(chord, curves.slope(low))


def by_stock(problem: Problem, revenue: np.ndarray) -> np.ndarray:
    """Revenue by cell and draw as stock of its reference price, summed by stock, shape (S, D)."""
    pools = problem.pools
    inside = np.flatnonzero(pools.of_cell >= 0)
    pool = pools.of_cell[inside]
    total = np.zeros((len(pools.cap), revenue.shape[1]))
    np.add.at(total, pools.stock[pool], revenue[inside] * pools.weight[pool][:, None])
    return total


def by_cell(problem: Problem, values: np.ndarray) -> np.ndarray:
    """Values by stock and draw as values of a unit of each cell's revenue; 0 without stock."""
    pools = problem.pools
    inside = np.flatnonzero(pools.of_cell >= 0)
    pool = pools.of_cell[inside]
    found = np.zeros((len(problem), values.shape[1]))
    found[inside] = values[pools.stock[pool]] * pools.weight[pool][:, None]
    return found


def _sold_at_least(
    problem: Problem, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A chord below what each stock with losing products sells, in its demand: slope and start."""
    capped, cap = problem.capped, problem.pools.cap[:, None]
    least = by_stock(problem, capped.revenue(low))
    most = by_stock(problem, capped.revenue(high))
    at_least, at_most = np.minimum(least, cap), np.minimum(most, cap)
    width = most - least
    share = np.divide(at_most - at_least, width, out=np.zeros_like(width), where=width > 0)
    losing = worst_loss(problem.pools)[:, None] > 0
    share = np.where(losing, np.clip(share, 0.0, 1.0), 0.0)
    return share, np.where(losing, at_least - share * least, 0.0)

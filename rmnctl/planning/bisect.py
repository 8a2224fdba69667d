"""Bounds and a budget only: one price clears the market, found by halving (Patriksson 2008)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.planning.arms import Arms
from rmnctl.planning.certificate import Prices, Valuation, bound, valuation
from rmnctl.planning.losses import least_losses
from rmnctl.planning.problem import Problem

_HALVINGS = 100


@dataclass(frozen=True)
class Cleared:
    """The plan at the price that clears the budget.

    Attributes:
        best: The plan.
        upper: No plan is worth more.
        prices: The price of the budget.
    """

    best: Valuation
    upper: float
    prices: Prices


def solve_bisect(problem: Problem, arms: Arms) -> Cleared:
    """Solve a problem for which `problem.plain` holds.

    Args:
        problem: Concave curves, bounds, one budget.
        arms: One a cell.
    """
    weight = np.outer(problem.gain, problem.weights)
    loss = np.outer(np.maximum(-problem.rate, 0.0), problem.weights)
    drag = least_losses(problem, *arms.ends).charged(loss)[0].sum(axis=1)
    budget = problem.rows[0].high

    def respond(price: float) -> np.ndarray:
        return arms.best(weight, problem.cost + drag + price)[0]

    low, high = 0.0, 0.0
    under = over = respond(0.0)
    if under.sum() > budget:
        low, high = 0.0, 1.0
        under = respond(high)
        while under.sum() > budget and high < 1e300:
            low, over, high = high, under, high * 8
            under = respond(high)
        for _ in range(_HALVINGS):
            middle = _between(low, high, float(over.sum()) - budget, float(under.sum()) - budget)
            x = respond(middle)
            if x.sum() > budget:
                low, over = middle, x
            else:
                high, under = middle, x
            if high - low <= 1e-15 * high or over.sum() - under.sum() <= 1e-13 * budget:
                break
    gap = float(over.sum() - under.sum())
    share = min(max(budget - float(under.sum()), 0.0) / gap, 1.0) if gap > 0 else 0.0
    best = valuation(problem, under + share * (over - under))
    empty = np.zeros((0, problem.curves.draws))
    found = [
        Prices(np.array([price]), 0.0, empty, empty, np.zeros(problem.curves.draws), 0.0)
        for price in ((low + high) / 2, high)
    ]
    bounds = [bound(problem, arms, prices).upper for prices in found]
    tightest = int(np.argmin(bounds))
    return Cleared(best, bounds[tightest], found[tightest])


def _between(low: float, high: float, over: float, under: float) -> float:
    """Where a line between the two ends meets the budget, kept away from both ends."""
    share = over / (over - under) if over > under else 0.5
    return low + (high - low) * min(max(share, 0.1), 0.9)

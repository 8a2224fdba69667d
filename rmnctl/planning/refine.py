"""Column generation: solve on a grid, bound at its prices, refine the grid, until they meet.

The best response of every cell to the prices is both the proof (the Lagrangian bound) and the
point that the grid was missing, so few rounds are needed (Dantzig and Wolfe 1960).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rmnctl.errors import Failure
from rmnctl.planning.arms import Arms
from rmnctl.planning.certificate import Bound, Prices, Valuation, bound, prices_of, valuation
from rmnctl.planning.draft import LinearModel
from rmnctl.planning.engines import Solution, Solver
from rmnctl.planning.grid import Grid, make_grid
from rmnctl.planning.linear_model import build_model
from rmnctl.planning.problem import Problem

#: The gap that must be reached, and the one worth trying for while it is cheap.
REQUIRED_GAP, WANTED_GAP = 1e-4, 1e-8
_ROUNDS = 60
#: Prices around the first guess at which every cell's best response becomes a grid point.
_LADDER = (0.15, 0.35, 0.6, 0.8, 0.92, 1.0, 1.08, 1.25, 1.6, 2.5, 5.0)
#: The same for many cells, where another round costs less than more columns.
_SHORT_LADDER = (0.35, 0.6, 0.85, 1.0, 1.2, 1.7, 3.0)
#: From so many arms on, grids are kept small.
_MANY = 50
#: The smaller gap worth trying for, by how many arms there are at most.
_WANTED = ((300, WANTED_GAP), (3000, 1e-6))
#: Violations below this are rounding.
ROUNDING = 1e-7


class NoPlan(Exception):
    """The rules contradict each other, for certain."""


@dataclass(frozen=True)
class Relaxed:
    """The continuous problem (one arm a cell, or a mixture of arms), solved.

    Attributes:
        best: The best plan found that keeps every rule; None where mixtures kept it from that.
        upper: No plan is worth more.
        at: The bound at the best prices.
        prices: Those prices.
        model, solution: Of the last round.
        grid: Of the last round.
    """

    best: Valuation | None
    upper: float
    at: Bound
    prices: Prices
    model: LinearModel
    solution: Solution
    grid: Grid


def relative_gap(lower: float, upper: float) -> float:
    """(upper - lower) / |lower|, where sizes below a billionth of a unit count as rounding."""
    return max(upper - lower, 0.0) / max(abs(lower), abs(upper), 1e-9)


def solve_relaxed(
    problem: Problem,
    arms: Arms,
    solver: Solver,
    *,
    deadline: float,
    wanted: float = WANTED_GAP,
    start: Grid | None = None,
) -> Relaxed:
    """Solve with mixtures of arms allowed, to a certified gap.

    Args:
        problem: What to solve.
        arms: The choices of each cell.
        solver: Solves linear models.
        deadline: `time.monotonic()` at which to settle for what there is.
        wanted: Relative gap to stop at.
        start: A grid to start from.

    Raises:
        NoPlan: The rules contradict each other.
    """
    grid = start if start is not None else first_grid(problem, arms)
    wanted = max(wanted, next((g for n, g in _WANTED if len(arms) <= n), REQUIRED_GAP / 2))
    best: Valuation | None = None
    found: tuple[Bound, Prices]
    upper = np.inf
    previous = np.inf
    for round_ in range(_ROUNDS):
        model = build_model(problem, arms, grid)
        solution = _solve(solver, model, deadline)
        if solution.status == "infeasible":
            grid = _feasible_grid(problem, arms, grid, solver, deadline)
            model = build_model(problem, arms, grid)
            solution = _solve(solver, model, deadline)
        prices = prices_of(problem, model, solution.dual)
        at = bound(problem, arms, prices)
        if at.upper < upper:
            upper, found = at.upper, (at, prices)
        here = valuation(problem, tidy(problem, arms, model.x(solution.values)), prices.floor)
        if here.broken <= ROUNDING and (best is None or here.objective > best.objective):
            best = here
        lower = max(solution.objective, best.objective if best else -np.inf)
        gap = relative_gap(lower, upper)
        stalled = round_ > 3 and gap <= REQUIRED_GAP / 10 and gap > previous / 2
        if gap <= wanted or stalled or time.monotonic() > deadline:
            break
        previous = gap
        grid = refined(arms, grid, model, solution, at, upper - lower)
    return Relaxed(best, upper, found[0], found[1], model, solution, grid)


def _solve(solver: Solver, model: LinearModel, deadline: float) -> Solution:
    if not len(model.gain):
        # Every cell is fixed: solvers refuse a model without columns.
        kept = (model.row_low <= ROUNDING).all() and (model.row_high >= -ROUNDING).all()
        return Solution(
            "optimal" if kept else "infeasible",
            np.empty(0),
            np.zeros(len(model.row_low)),
            model.constant,
            model.constant,
            "none",
        )
    solution = solver(model, max(deadline - time.monotonic(), 1.0) + 30.0, 0.0)
    if solution.status in {"optimal", "infeasible"}:
        return solution
    raise Failure(
        f"The solver gave up on a linear model of {len(model.gain)} columns ({solution.status}).",
        hint="Allow more time, or plan fewer cells at once.",
    )


def tidy(problem: Problem, arms: Arms, x: np.ndarray) -> np.ndarray:
    """Take a solver's rounding out of a plan: bounds hold exactly, and the budget too."""
    least, most = problem.least, problem.most
    if not arms.multiple.any():
        least, most = arms.low, arms.high
    x = np.where(x < 1e-9 * np.minimum(1.0, problem.most), 0.0, x)
    x = np.clip(x, least, most)
    budget = problem.rows[0].high
    spare = float((x - least).sum())
    over = float(x.sum()) - budget
    if 0 < over <= 1e-6 * budget and spare > 0:
        x = x - (x - least) * min(over / spare, 1.0)
    return x


def first_grid(problem: Problem, arms: Arms) -> Grid:
    """Best responses to a ladder of prices around the one that spends the budget."""
    guess = _budget_price(problem, arms)
    weight = np.outer(np.where(problem.gain > 0, problem.gain, 1.0), np.ones(problem.curves.draws))
    weight = weight[arms.cell] / problem.curves.draws
    base = max(problem.cost + guess, 1e-12)
    many = len(arms) > _MANY
    ladder = _SHORT_LADDER if many else _LADDER
    points = [arms.best(weight, np.full(len(arms), base * step))[0] for step in ladder]
    if not many:
        scale = problem.curves.c.mean(axis=1)[arms.cell]
        points += [scale * step for step in (0.1, 0.5, 1.5, 4.0)]
    every = np.arange(len(arms))
    return make_grid(arms, np.tile(every, len(points)), np.concatenate(points))


def _budget_price(problem: Problem, arms: Arms) -> float:
    """The price of the budget if it were the only rule, roughly."""
    weight = np.outer(problem.gain, problem.weights / max(problem.weights.sum(), 1e-12))[arms.cell]
    low, high = 0.0, 1.0

    def spend(price: float) -> float:
        x, worth = arms.best(weight, np.full(len(arms), problem.cost + price))
        return float(np.where(arms.may_be_off[arms.cell] & (worth < 0), 0.0, x).sum())

    budget = problem.rows[0].high
    if spend(0.0) <= budget:
        return 0.0
    while spend(high) > budget and high < 1e9:
        low, high = high, high * 4
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if spend(middle) > budget else (low, middle)
    return high


def refined(
    arms: Arms, grid: Grid, model: LinearModel, solution: Solution, at: Bound, gap: float
) -> Grid:
    """A grid with the best responses, the solution, and points on both sides of it.

    Points that no plan within the gap can use are dropped; with many cells all the others are.
    """
    many = len(arms) > _MANY
    kept = np.flatnonzero(_worth_keeping(arms, grid, at, gap)) if not many else np.empty(0, int)
    arm, x = _where(arms, model, solution)
    # The nearest grid points to the left and right of the solution on its arm.
    key = _key(arms, grid.arm, grid.x)
    place = np.clip(np.searchsorted(key, _key(arms, arm, x)), 1, len(key) - 1)
    sides = []
    for near in (place - 1, place, np.minimum(place + 1, len(key) - 1)):
        same = grid.arm[near] == arm
        sides.append((arm[same], (x[same] + grid.x[near][same]) / 2))
    every = np.arange(len(arms))
    extra = [(grid.arm[kept], grid.x[kept]), (every, at.x), (arm, x), *sides]
    return make_grid(
        arms, np.concatenate([a for a, _ in extra]), np.concatenate([v for _, v in extra])
    )


def _key(arms: Arms, arm: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A number that sorts points by arm, then by spend."""
    width = np.maximum(arms.high - arms.low, 1e-300)
    return np.asarray(2.0 * arm + np.clip((x - arms.low[arm]) / width[arm], 0.0, 1.0))


def _where(arms: Arms, model: LinearModel, solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    """The spend of each arm in use."""
    values = solution.values[model.columns["spend"]]
    spend = np.bincount(model.arm, weights=values * model.spend, minlength=len(arms))
    weight = model.open_arms(solution.values, len(arms))
    chosen = arms.multiple
    used = np.flatnonzero(~chosen | (weight > 1e-9))
    base = np.where(chosen, 0.0, model.base[arms.cell])
    x = (base + spend) / np.where(chosen, np.maximum(weight, 1e-12), 1.0)
    return used, np.clip(x[used], arms.low[used], arms.high[used])


def _worth_keeping(arms: Arms, grid: Grid, at: Bound, gap: float) -> np.ndarray:
    cell = arms.cell[grid.arm]
    here = (at.weight[cell] * grid.value).sum(axis=1) - at.price[cell] * grid.x
    loss = at.worth[grid.arm] - here
    return np.asarray(loss <= 20 * max(gap, 0.0) + 1e-12)


def _feasible_grid(
    problem: Problem, arms: Arms, grid: Grid, solver: Solver, deadline: float
) -> Grid:
    """A grid on which the rules can be kept, where there is one."""
    for model, solution, at, violation, refined_grid in elastic_rounds(
        problem, arms, grid, solver, deadline
    ):
        del model, solution
        if violation <= 1e-9 * len(problem):
            return refined_grid
        if at.upper < -1e-8 * len(problem):
            raise NoPlan
    raise NoPlan


def elastic_rounds(
    problem: Problem, arms: Arms, grid: Grid, solver: Solver, deadline: float
) -> Iterator[tuple[LinearModel, Solution, Bound, float, Grid]]:
    """Rounds towards the least violation of the rules.

    Yields:
        Model, solution, bound, violation, and the grid it was found on.
    """
    for _ in range(_ROUNDS):
        model = build_model(problem, arms, grid, elastic=True)
        solution = _solve(solver, model, deadline)
        prices = prices_of(problem, model, solution.dual, elastic=True)
        at = bound(problem, arms, prices, elastic=True)
        yield model, solution, at, -solution.objective, grid
        grid = refined(arms, grid, model, solution, at, np.inf)

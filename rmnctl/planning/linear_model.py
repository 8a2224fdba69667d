"""A problem on a grid of points as a linear model in arrays, ready for any solver.

A cell without choice is its least spend plus segments between grid points, whose slopes fall, so
a solver fills them in order. A cell with a choice of arms is a weighted mean of its points; the
weights of an arm sum to its binary (or, in the relaxation, those of a cell to at most 1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rmnctl.planning.arms import Arms
from rmnctl.planning.draft import Draft, LinearModel
from rmnctl.planning.grid import Grid
from rmnctl.planning.losses import by_stock, least_losses, worst_loss
from rmnctl.planning.problem import Problem

_INF = np.inf


def build_model(
    problem: Problem,
    arms: Arms,
    grid: Grid,
    *,
    binaries: bool = False,
    elastic: bool = False,
    mixed: bool = False,
    penalty: float = 0.0,
) -> LinearModel:
    """The linear model of a problem on a grid.

    Args:
        problem: What to solve.
        arms: The choices of each cell.
        grid: Points and the revenue to take there.
        binaries: Choose one arm a cell; otherwise the relaxation.
        elastic: Ask for the least violation of named rules instead of the best plan.
        mixed: Take every cell as a weighted mean of its points, those without choice too.
        penalty: Let rules be broken at this price a unit; 0 for not at all.
    """
    draft = Draft()
    multiple = np.full(len(arms), mixed) | arms.multiple
    spend = _Spend(problem, arms, grid, multiple, mixed=mixed)
    gain, constant = spend.objective(problem, elastic=elastic)
    place = draft.add_columns("spend", gain, 0.0, spend.high)
    _rules(draft, problem, spend, place)
    pool = _stock(draft, problem, spend, place, elastic=elastic)
    if not elastic:
        _forced(draft, problem, spend, place, pool, mixed=mixed)
    _floor(draft, problem, spend, place, pool)
    if problem.cvar is not None and problem.cvar.weight > 0 and not elastic:
        _caution(draft, problem, spend, place, pool)
    _choices(draft, problem, arms, spend, place, multiple, binaries=binaries)
    if elastic or penalty:
        _slacks(draft, penalty or 1.0)
    return draft.finish(
        constant,
        "arms" if binaries else None,
        cell=spend.cell,
        spend=spend.x,
        base=spend.base,
        arm=spend.arm,
        rules=tuple(r.name for r in problem.rows),
    )


class _Spend:
    """The columns that spend: segments of cells without choice, points of the others."""

    def __init__(
        self, problem: Problem, arms: Arms, grid: Grid, multiple: np.ndarray, *, mixed: bool
    ) -> None:
        chosen = multiple[grid.arm]
        left = np.flatnonzero((grid.arm[:-1] == grid.arm[1:]) & ~chosen[:-1])
        right, points = left + 1, np.flatnonzero(chosen)
        width = grid.x[right] - grid.x[left]
        rise = grid.value[right] - grid.value[left]
        self.arm = np.concatenate([grid.arm[left], grid.arm[points]])
        self.cell = arms.cell[self.arm]
        self.x = np.concatenate([np.ones(len(left)), grid.x[points]])
        self.revenue = np.concatenate([rise / width[:, None], grid.value[points]])
        self.high = np.concatenate([width, np.full(len(points), _INF)])
        self.chosen = np.concatenate([np.zeros(len(left), bool), np.ones(len(points), bool)])
        fixed = np.flatnonzero(~multiple)
        first = np.searchsorted(grid.arm, fixed)
        self.base = np.zeros(len(problem))
        self.base[arms.cell[fixed]] = grid.x[first]
        self.base_revenue = np.zeros((len(problem), problem.curves.draws))
        self.base_revenue[arms.cell[fixed]] = grid.value[first]
        self.pool = problem.pools.of_cell[self.cell]
        # Value of a unit of revenue, and what sales at a loss cost a unit of spend. In a mixture
        # points carry their own loss; stocks always have theirs in rows (`_forced`).
        value = problem.rate if mixed else problem.gain
        self.value = np.where(problem.pools.of_cell < 0, value, 0.0)
        alone = (problem.pools.of_cell < 0) & (not mixed)
        loss = np.where(alone, np.maximum(-problem.rate, 0.0), 0.0)[:, None]
        self.losses = least_losses(problem, *arms.ends)
        self.slope, self.constant = self.losses.charged(
            np.broadcast_to(loss, problem.curves.a.shape)
        )

    def objective(self, problem: Problem, *, elastic: bool) -> tuple[np.ndarray, float]:
        """Gain of each column and the constant; sales from stock are counted elsewhere."""
        if elastic:
            return np.zeros(len(self.x)), 0.0
        value, weights = self.value, problem.weights
        cost = problem.cost * weights.sum() + self.slope @ weights
        gain = value[self.cell] * (self.revenue @ weights) - cost[self.cell] * self.x
        constant = value @ (self.base_revenue @ weights) - cost @ self.base
        return gain, float(constant + self.constant @ weights)


def _rules(draft: Draft, problem: Problem, spend: _Spend, place: np.ndarray) -> None:
    taken = np.array([spend.base[r.cells].sum() for r in problem.rows])
    low = np.array([r.low for r in problem.rows]) - taken
    high = np.array([r.high for r in problem.rows]) - taken
    rows = draft.add_rows("rules", low, high)
    cells = np.concatenate([r.cells for r in problem.rows])
    number = np.repeat(rows, [len(r.cells) for r in problem.rows])
    which, column = _join(cells, spend.cell, len(problem))
    draft.put(number[which], place[column], spend.x[column])


def _join(cells: np.ndarray, of_column: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """All pairs (position in `cells`, column) that speak of one cell."""
    order = np.argsort(of_column, kind="stable")
    size = np.bincount(of_column, minlength=count)
    start = np.concatenate([[0], np.cumsum(size)])
    repeats = size[cells]
    which = np.repeat(np.arange(len(cells)), repeats)
    within = np.arange(len(which)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return which, order[start[cells][which] + within]


def _stock(
    draft: Draft, problem: Problem, spend: _Spend, place: np.ndarray, *, elastic: bool
) -> np.ndarray | None:
    """Sales of stocked pools in each draw: at most demand, and at most the stock."""
    pools, draws = problem.pools, problem.curves.draws
    count = len(pools.stock)
    if not count:
        return None
    rate = np.zeros(count) if elastic else pools.rate
    weights = problem.weights
    sales = draft.add_columns("sales", np.outer(rate, weights).ravel(), 0.0, _INF)
    base = np.zeros((count, draws))
    stocked = np.flatnonzero(pools.of_cell >= 0)
    np.add.at(base, pools.of_cell[stocked], spend.base_revenue[stocked])
    demand = draft.add_rows("demand", np.full(count * draws, -_INF), base.ravel())
    draft.put(demand, sales, 1.0)
    inside = np.flatnonzero(spend.pool >= 0)
    for draw in range(draws):
        draft.put(
            demand[spend.pool[inside] * draws + draw], place[inside], -spend.revenue[inside, draw]
        )
    stocks = len(pools.cap)
    stock = draft.add_rows("stock", np.full(stocks * draws, -_INF), np.repeat(pools.cap, draws))
    row = stock.reshape(stocks, draws)[pools.stock].ravel()
    draft.put(row, sales, np.repeat(pools.weight, draws))
    return sales.reshape(count, draws)


def _forced(
    draft: Draft,
    problem: Problem,
    spend: _Spend,
    place: np.ndarray,
    sales: np.ndarray | None,
    *,
    mixed: bool,
) -> None:
    """Stock with losing products sells at least a chord of its demand, in each draw.

    What is missing is sold as the worst of it, so there is always an answer. In a mixture demand is
    a column, as the tree moves the chord; else it is the lines below the curves.
    """
    pools, losses, draws = problem.pools, spend.losses, problem.curves.draws
    worst = worst_loss(pools)
    stocks = np.flatnonzero(worst > 0)
    if sales is None or not len(stocks):
        return
    size = len(stocks) * draws
    more = draft.add_columns("more", np.outer(-worst[stocks], problem.weights).ravel(), 0.0, _INF)
    start = losses.start[stocks] + 0.0
    if not mixed:
        below = losses.least + losses.rise * (spend.base - losses.low)[:, None]
        start += losses.share[stocks] * by_stock(problem, below)[stocks]
    rows = draft.add_rows("forced", start.ravel(), np.full(size, _INF))
    draft.put(rows, more, 1.0)
    number = np.full(len(worst) + 1, -1)
    number[stocks] = np.arange(len(stocks))
    pool = np.flatnonzero(number[pools.stock] >= 0)
    row = rows.reshape(-1, draws)[number[pools.stock[pool]]]
    draft.put(row.ravel(), sales[pool].ravel(), np.repeat(pools.weight[pool], draws))
    inside = np.flatnonzero(spend.pool >= 0)
    inside = inside[number[pools.stock[spend.pool[inside]]] >= 0]
    of, weight = number[pools.stock[spend.pool[inside]]], pools.weight[spend.pool[inside]][:, None]
    if mixed:
        demand = draft.add_columns("wanted", np.zeros(size), 0.0, _INF)
        draft.put(rows, demand, -losses.share[stocks].ravel())
        rows = draft.add_rows("wanted", np.zeros(size), np.zeros(size))
        draft.put(rows, demand, -1.0)
        entry = weight * spend.revenue[inside]
    else:
        line = losses.rise[spend.cell[inside]] * spend.x[inside][:, None]
        entry = -losses.share[stocks][of] * weight * line
    into = rows.reshape(-1, draws)[of]
    draft.put(into.ravel(), np.repeat(place[inside], draws), entry.ravel())


def _floor(
    draft: Draft, problem: Problem, spend: _Spend, place: np.ndarray, sales: np.ndarray | None
) -> None:
    """Mean revenue sold is at least the floor times spend."""
    if problem.floor is None:
        return
    free = problem.pools.of_cell < 0
    base = spend.base_revenue[free].mean(axis=1).sum() - problem.floor * spend.base.sum()
    (row,) = draft.add_rows("floor", np.array([-base]), np.array([_INF]))
    sold = np.where(spend.pool < 0, spend.revenue.mean(axis=1), 0.0)
    draft.put(np.full(len(place), row), place, sold - problem.floor * spend.x)
    if sales is not None:
        draft.put(np.full(sales.size, row), sales.ravel(), 1 / problem.curves.draws)


def _caution(
    draft: Draft, problem: Problem, spend: _Spend, place: np.ndarray, sales: np.ndarray | None
) -> None:
    """Mean of the worst draws (Rockafellar and Uryasev 2000): a level and shortfalls below it."""
    if problem.cvar is None:
        return
    draws, weight = problem.curves.draws, problem.cvar.weight
    tail = (1 - problem.cvar.level) * draws
    level = draft.add_columns("level", np.array([weight]), -_INF, _INF)
    short = draft.add_columns("shortfall", np.full(draws, -weight / max(tail, 1.0)), 0.0, _INF)
    cost = problem.cost + spend.slope
    fixed = spend.value @ spend.base_revenue - spend.base @ cost + spend.constant
    rows = draft.add_rows("draws", -fixed, np.full(draws, _INF))
    gain = spend.value[spend.cell][:, None] * spend.revenue
    gain -= cost[spend.cell] * spend.x[:, None]
    draft.put(np.tile(rows, len(place)), np.repeat(place, draws), gain.ravel())
    draft.put(rows, np.repeat(level, draws), -1.0)
    draft.put(rows, short, 1.0)
    if sales is not None:
        rate = problem.pools.rate
        draft.put(np.tile(rows, len(sales)), sales.ravel(), np.repeat(rate, draws))
        worst = worst_loss(problem.pools)
        worst = worst[worst > 0]
        if len(worst):
            more = np.arange(draft.columns["more"].start, draft.columns["more"].stop)
            draft.put(np.tile(rows, len(worst)), more, np.repeat(-worst, draws))


def _choices(
    draft: Draft,
    problem: Problem,
    arms: Arms,
    spend: _Spend,
    place: np.ndarray,
    chosen: np.ndarray,
    *,
    binaries: bool,
) -> None:
    """One arm a cell or none, and no more cells on than allowed."""
    multiple = np.flatnonzero(chosen)
    points = np.flatnonzero(spend.chosen)
    on, on_column = points, place[points]
    if len(multiple):
        cells = np.unique(arms.cell[multiple])
        must = ~arms.may_be_off[cells]
        row_of = np.full(len(problem), -1)
        if binaries:
            number = np.full(len(arms), -1)
            choice = draft.add_columns("arms", np.zeros(len(multiple)), 0.0, 1.0)
            link = draft.add_rows("points", np.zeros(len(multiple)), np.zeros(len(multiple)))
            number[multiple] = link
            draft.put(number[spend.arm[points]], place[points], 1.0)
            draft.put(link, choice, -1.0)
            on, on_column = np.arange(len(choice)), choice
        row_of[cells] = draft.add_rows("cells", np.where(must, 1.0, -_INF), np.ones(len(cells)))
        of = arms.cell[multiple] if binaries else spend.cell[points]
        draft.put(row_of[of], on_column, 1.0)
    if problem.max_active is not None:
        forced = int(((arms.high > 0) & ~chosen).sum())
        (row,) = draft.add_rows(
            "active", np.array([-_INF]), np.array([problem.max_active - forced])
        )
        arm = multiple[on] if binaries else spend.arm[on]
        draft.put(np.full(len(on), row), on_column, np.where(arms.high[arm] > 0, 1.0, 0.0))


def _slacks(draft: Draft, penalty: float) -> None:
    """A column for each side of each rule, by which it may be broken at a cost a unit."""
    sides: list[tuple[str, Callable[[slice], np.ndarray], float]] = [
        ("rules", lambda s: np.concatenate(draft.row_high)[s], -1.0),
        ("rules", lambda s: np.concatenate(draft.row_low)[s], 1.0),
        ("floor", lambda s: np.concatenate(draft.row_low)[s], 1.0),
        ("active", lambda s: np.concatenate(draft.row_high)[s], -1.0),
    ]
    for name, bounds, sign in sides:
        if name in draft.blocks:
            block = draft.blocks[name]
            rows = np.arange(block.start, block.stop)[np.isfinite(bounds(block))]
            side = "over" if sign < 0 else "under"
            column = draft.add_columns(f"{name}_{side}", np.full(len(rows), -penalty), 0.0, _INF)
            draft.put(rows, column, sign)

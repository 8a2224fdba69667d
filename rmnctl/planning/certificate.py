"""What makes a plan's value certain: its exact value, and a bound that no plan can exceed.

The bound is the Lagrangian dual: for any prices of the rules, what every cell would do at best
by itself. It is valid at any prices, so rounding in a solver cannot make it wrong; good prices
make it tight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.planning.arms import Arms
from rmnctl.planning.draft import LinearModel
from rmnctl.planning.losses import by_cell, least_losses, worst_loss
from rmnctl.planning.problem import Problem


@dataclass(frozen=True)
class Prices:
    """Prices of the rules, in objective units.

    Attributes:
        rules: By rule; positive where the cap costs, negative where the floor does.
        floor: Of a unit of revenue short of the ROAS floor.
        stock: By stock and draw.
        forced: The same, of a unit that has to be sold; 0 where all of a stock earns.
        draws: Extra weight of each draw by caution.
        active: Of one more active cell.
    """

    rules: np.ndarray
    floor: float
    stock: np.ndarray
    forced: np.ndarray
    draws: np.ndarray
    active: float


@dataclass(frozen=True)
class Bound:
    """The dual bound at some prices.

    Attributes:
        upper: No plan is worth more.
        x: Best spend of each arm at these prices.
        worth: Value of each arm at these prices.
        weight: Value of a unit of revenue, by cell and draw.
        price: Cost of a unit of spend, by cell.
        slack: By arm, how much is lost if it is taken instead of its cell's best choice.
        active: What a cell pays for being on.
        charge: Cost of a unit of demand that has to be sold at a loss, by cell and draw.
        forced: Cost of a unit that has to be sold, by stock and draw.
        draws: Weight of each draw, caution included.
    """

    upper: float
    x: np.ndarray
    worth: np.ndarray
    weight: np.ndarray
    price: np.ndarray
    slack: np.ndarray
    active: float
    charge: np.ndarray
    forced: np.ndarray
    draws: np.ndarray


@dataclass(frozen=True)
class Valuation:
    """A plan on the exact curves.

    Attributes:
        x: Spend by cell.
        sales: Incremental revenue sold, by cell and draw.
        objective: Its value.
        broken: The largest violation of a rule, relative to its size.
    """

    x: np.ndarray
    sales: np.ndarray
    objective: float
    broken: float


def prices_of(
    problem: Problem, model: LinearModel, dual: np.ndarray, *, elastic: bool = False
) -> Prices:
    """Prices from a solver's duals (gain of the objective a unit of right-hand side)."""
    draws = problem.curves.draws

    def block(name: str) -> np.ndarray:
        return dual[model.blocks[name]] if name in model.blocks else np.empty(0)

    low = np.array([r.low for r in problem.rows])
    high = np.array([r.high for r in problem.rows])
    rules = np.where((block("rules") > 0) & np.isinf(high), 0.0, block("rules"))
    rules = np.where((rules < 0) & np.isinf(low), 0.0, rules)
    floor = max(-float(block("floor").sum()), 0.0)
    active = max(float(block("active").sum()), 0.0)
    stock = np.maximum(block("stock"), 0.0).reshape(-1, draws)
    forced = np.zeros_like(stock)
    if "forced" in model.blocks:
        forced[worst_loss(problem.pools) > 0] = np.maximum(-block("forced"), 0).reshape(-1, draws)
    if elastic:
        rules, floor, active = np.clip(rules, -1, 1), min(floor, 1.0), min(active, 1.0)
    return Prices(rules, floor, stock, forced, _envelope_of_risk(problem, -block("draws")), active)


def _envelope_of_risk(problem: Problem, dual: np.ndarray) -> np.ndarray:
    """The nearest weights that average at most the worst draws: they sum to the weight of caution."""
    draws = problem.curves.draws
    if problem.cvar is None or problem.cvar.weight == 0:
        return np.zeros(draws)
    total = problem.cvar.weight
    most = total / max((1 - problem.cvar.level) * draws, 1.0)
    theta = np.clip(dual if len(dual) else np.full(draws, total / draws), 0.0, most)
    room = most - theta
    missing = total - theta.sum()
    if missing > 0:
        return np.asarray(theta + room * min(missing / max(room.sum(), 1e-300), 1.0))
    return np.asarray(theta * total / max(theta.sum(), 1e-300))


def bound(problem: Problem, arms: Arms, prices: Prices, *, elastic: bool = False) -> Bound:
    """The Lagrangian bound at some prices; with `elastic`, of minus the least violation."""
    pools, draws = problem.pools, problem.curves.draws
    omega = problem.weights + prices.draws
    if elastic:
        omega = 0 * omega
    losses = least_losses(problem, *arms.ends)
    net = np.outer(problem.rate, omega) + prices.floor / draws
    net -= by_cell(problem, prices.stock - prices.forced)
    alone = (pools.of_cell < 0)[:, None]
    # Nobody has to sell what earns something; what loses is sold to whoever wants it, alone or as
    # part of what its stock has to sell.
    sold = np.where(problem.losing[:, None] & alone & (not elastic), net, np.maximum(net, 0.0))
    sold -= by_cell(problem, prices.forced * losses.share)
    weight, charge = np.maximum(sold, 0.0), np.maximum(-sold, 0.0)
    slope, constant = losses.charged(charge)
    constant = constant - (prices.forced * losses.start).sum(axis=0)
    price = problem.cost * omega.sum() + slope.sum(axis=1)
    price += prices.floor * (problem.floor or 0.0)
    np.add.at(
        price,
        np.concatenate([r.cells for r in problem.rows]),
        np.repeat(prices.rules, [len(r.cells) for r in problem.rows]),
    )
    x, worth = arms.best(weight[arms.cell], price[arms.cell])
    worth = worth - prices.active * (arms.high > 0)
    best = np.where(arms.may_be_off, 0.0, -np.inf)
    np.maximum.at(best, arms.cell, worth)
    upper = float(best.sum()) + float(constant.sum()) + _right_side(problem, prices)
    return Bound(
        upper,
        x,
        worth,
        weight,
        price,
        best[arms.cell] - worth,
        prices.active,
        charge,
        prices.forced,
        omega,
    )


def _right_side(problem: Problem, prices: Prices) -> float:
    low = np.array([r.low for r in problem.rows])
    high = np.array([r.high for r in problem.rows])
    rules = np.where(
        prices.rules > 0, np.where(np.isinf(high), 0, high), np.where(np.isinf(low), 0, low)
    )
    total = float(prices.rules @ rules) + float(prices.stock.sum(axis=1) @ problem.pools.cap)
    return total + prices.active * (problem.max_active or 0)


def valuation(problem: Problem, x: np.ndarray, floor_price: float = 0.0) -> Valuation:
    """The exact value of spend x: revenue on the curves, stock sold where it is worth most.

    Args:
        problem: What is to be solved.
        x: Spend by cell.
        floor_price: What revenue is worth for the ROAS floor beside the objective.
    """
    sales = _sold(problem, problem.curves.revenue(x), floor_price)
    by_draw = problem.rate @ sales - problem.cost * x.sum()
    objective = float(by_draw @ problem.weights)
    if problem.cvar is not None and problem.cvar.weight > 0:
        objective += problem.cvar.weight * worst_mean(by_draw, problem.cvar.level)
    return Valuation(x, sales, objective, _broken(problem, x, sales))


def worst_mean(values: np.ndarray, level: float) -> float:
    """Mean of the worst (1 - level) of equally likely values, the last one in part; at least one."""
    tail = max((1 - level) * len(values), 1.0)
    share = np.clip(tail - np.arange(len(values)), 0.0, 1.0)
    return float(np.sort(values) @ share / tail)


def _sold(problem: Problem, demand: np.ndarray, floor_price: float) -> np.ndarray:
    pools = problem.pools
    inside = np.flatnonzero(pools.of_cell >= 0)
    if not len(inside):
        return demand
    pool = pools.of_cell[inside]
    wanted = np.zeros((len(pools.stock), problem.curves.draws))
    np.add.at(wanted, pool, demand[inside])
    units = wanted * pools.weight[:, None]
    order = np.lexsort((-(pools.rate + floor_price) / pools.weight, pools.stock))
    stock = pools.stock[order]
    running = np.cumsum(units[order], axis=0)
    first = np.searchsorted(stock, stock)
    before = running - units[order]
    left = np.maximum(pools.cap[stock][:, None] - (before - before[first]), 0.0)
    sold = np.empty_like(units)
    sold[order] = np.minimum(units[order], left)
    share = np.divide(sold, units, out=np.ones_like(units), where=units > 0)
    result = demand.copy()
    result[inside] *= share[pool]
    return result


def _broken(problem: Problem, x: np.ndarray, sales: np.ndarray) -> float:
    """The largest violation, relative to the size of its rule."""
    worst = 0.0
    for row in problem.rows:
        total = float(x[row.cells].sum())
        worst = max(
            worst,
            (total - row.high) / max(abs(row.high), 1e-9),
            (row.low - total) / max(row.low, 1e-9) if row.low > 0 else 0.0,
        )
    if problem.floor is not None:
        need = problem.floor * float(x.sum())
        worst = max(worst, (need - float(sales.mean(axis=1).sum())) / max(need, 1e-9))
    if problem.switched:
        on = x > 0
        short = problem.min_active - x[on]
        worst = max(worst, float(short.max(initial=0.0)) / max(problem.min_active, 1e-9))
        if problem.max_active is not None:
            worst = max(worst, float(on.sum() - problem.max_active))
    return worst

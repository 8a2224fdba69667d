"""The planning problem in numbers of size one, which is what engines and bounds work on.

    maximise    sum over draws of weight x (value . sales - cost . x)
    subject to  sales <= r(x), sales of a stocked product <= stock      (free disposal)
                low <= A x <= high                                     (budget, limits, experiment)
                mean revenue sold >= floor x spend
                x in [least, most], or off

Money is divided by `unit`, so a change of currency changes nothing that a solver sees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rmnctl.planning.cells import Cells
from rmnctl.planning.columns import same_group
from rmnctl.planning.families import Curves
from rmnctl.planning.request import Cvar, Objective, PlanRequest

#: Beyond this many scales a saturating curve is flat to the last bit of a double.
_FLAT = 40.0


@dataclass(frozen=True)
class Row:
    """One rule on sums of spend: low <= sum of x over `cells` <= high.

    Attributes:
        name: The field of the request it comes from, e.g. `limits.2`.
        cells: Positions of its cells.
        low, high: Bounds in units, infinite where there is none.
        low_field, high_field: The fields that set them.
    """

    name: str
    cells: np.ndarray
    low: float
    high: float
    low_field: str = ""
    high_field: str = ""


@dataclass(frozen=True)
class Pools:
    """Products whose sales stock may cut short: `sum of weight x sales of a stock <= cap`.

    A pool is what of one stock has one price and one value; mostly there is one a stock.

    Attributes:
        of_cell: Pool of each cell, -1 where stock cannot bind.
        stock: Stock of each pool.
        weight: Reference price over price.
        rate: Objective value of a unit of sales, by pool.
        cap: Stock in reference price x units, by stock.
        reference: Reference price of each stock, money.
    """

    of_cell: np.ndarray
    stock: np.ndarray
    weight: np.ndarray
    rate: np.ndarray
    cap: np.ndarray
    reference: np.ndarray


@dataclass(frozen=True)
class Problem:
    """What to solve, n cells in D draws; see the module's text.

    Attributes:
        curves: r(x), promotion included, money in units.
        least, most: Bounds of x.
        rate: Objective value of a unit of revenue; negative where each sale loses money.
        cost: Objective cost of a unit of spend.
        rows: Rules on sums of spend; the first is the budget.
        floor: Least mean revenue sold over spend, or None.
        pools: Stock.
        cvar: Caution, or None.
        min_active: Least spend of a cell that is on.
        max_active: Most cells that are on, or None.
        unit: Money of one unit.
        value_unit: Objective of one unit.
    """

    curves: Curves
    least: np.ndarray
    most: np.ndarray
    rate: np.ndarray
    cost: float
    rows: tuple[Row, ...]
    floor: float | None
    pools: Pools
    cvar: Cvar | None
    min_active: float
    max_active: int | None
    unit: float
    value_unit: float

    def __len__(self) -> int:
        return len(self.least)

    @property
    def gain(self) -> np.ndarray:
        """Objective value of a unit of revenue where it is one, else 0."""
        return np.asarray(np.maximum(self.rate, 0.0))

    @property
    def capped(self) -> Curves:
        """The curves up to what stock lets a cell sell: nothing is lost, and mixtures gain less."""
        pools = self.pools
        inside = np.flatnonzero(pools.of_cell >= 0)
        if not len(inside):
            return self.curves
        pool = pools.of_cell[inside]
        cap = np.full(self.curves.a.shape, np.inf)
        cap[inside] = (pools.cap[pools.stock[pool]] / pools.weight[pool])[:, None]
        return replace(self.curves, cap=cap)

    @property
    def weights(self) -> np.ndarray:
        """Weight of each draw in the objective before caution is added, shape (D,)."""
        share = 1 - (self.cvar.weight if self.cvar else 0.0)
        return np.full(self.curves.draws, share / self.curves.draws)

    @property
    def losing(self) -> np.ndarray:
        """Cells whose every sale costs the objective."""
        return np.asarray(self.rate < 0)

    @property
    def switched(self) -> bool:
        """Whether cells may be off although their bounds would not say so."""
        return self.min_active > 0 or self.max_active is not None

    @property
    def plain(self) -> bool:
        """Whether there is nothing but bounds and a budget on concave curves."""
        return (
            len(self.rows) == 1
            and self.floor is None
            and not self.switched
            and not len(self.pools.cap)
            and (self.cvar is None or self.cvar.weight == 0)
            and not (self.curves.k > 1).any()
        )


def build(
    cells: Cells, request: PlanRequest, cvar: Cvar | None, earmarked: np.ndarray | None
) -> Problem:
    """Put a request on cells into numbers.

    Args:
        cells: Checked cells, draws included.
        request: What is asked.
        cvar: Caution over draws, if any.
        earmarked: Mask of the cells that the experiment share goes to.
    """
    curves = replace(cells.curves, a=cells.curves.a * cells.multiplier[:, None])
    rate, cost = _values(cells, request.objective)
    most = np.minimum(
        np.minimum(cells.most, request.budget),
        np.maximum(_useful(curves, request.budget), cells.least),
    )
    unit = _unit(curves, rate, cost, most, request)
    value_unit = 1.0 if cost else float(np.abs(rate).max(initial=0)) or 1.0
    rate = rate / value_unit
    capped = settled(most / unit)
    scaled = Curves(settled(curves.a / unit), settled(curves.c / unit), curves.k)
    return Problem(
        curves=scaled,
        least=settled(cells.least / unit),
        most=capped,
        rate=rate,
        cost=cost,
        rows=_rows(cells, request, unit, earmarked),
        floor=request.roas_floor or None,
        pools=_pools(cells, scaled, rate, capped, unit),
        cvar=cvar if curves.draws > 1 else None,
        min_active=float(settled((request.active_min_spend or 0.0) / unit)),
        max_active=None
        if request.max_active_cells is None or request.max_active_cells >= len(cells)
        else request.max_active_cells,
        unit=unit,
        value_unit=value_unit * unit,
    )


def settled(values: np.ndarray | float) -> np.ndarray:
    """Numbers to twelve significant digits.

    Dividing by another unit of money leaves other last bits, and where several plans are equally
    good within the gap those bits would choose. Without them the solver sees the same numbers.
    """
    exact = np.asarray(values, dtype=float)
    whole = np.isfinite(exact) & (exact != 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = 10.0 ** (11 - np.floor(np.log10(np.abs(np.where(whole, exact, 1.0)))))
    return np.where(whole, np.round(exact * places) / places, exact)


def _values(cells: Cells, objective: Objective) -> tuple[np.ndarray, float]:
    if objective is Objective.INCREMENTAL_MARGIN:
        return cells.margin_rate, 1.0
    if objective is Objective.CONVERSIONS:
        return 1 / cells.revenue_per_conversion, 0.0
    return np.ones(len(cells)), 0.0


def _useful(curves: Curves, budget: float) -> np.ndarray:
    """Spend beyond which revenue no longer changes in any draw."""
    flat = np.where(np.isnan(curves.k), curves.c * _FLAT, budget)
    return np.asarray(flat.max(axis=1))


def _unit(
    curves: Curves, rate: np.ndarray, cost: float, most: np.ndarray, request: PlanRequest
) -> float:
    """A typical spend of a cell: the budget, or what is worth spending, over the cells."""
    worth = most.copy()
    if cost:
        # Past a·rate of spend a cell only loses.
        worth = np.minimum(most, (curves.a * np.maximum(rate, 0)[:, None]).max(axis=1))
    total = min(request.budget, float(worth.sum()))
    forced = max((limit.least(request.budget)[1] for limit in request.limits), default=0.0)
    total = max(total, forced, request.budget * request.experiment_share)
    return (total or request.budget) / len(most)


def _rows(
    cells: Cells, request: PlanRequest, unit: float, earmarked: np.ndarray | None
) -> tuple[Row, ...]:
    rows = [
        Row(
            "budget",
            np.arange(len(cells)),
            -np.inf,
            float(settled(request.budget / unit)),
            "",
            "budget",
        )
    ]
    for position, limit in enumerate(request.limits):
        column = cells.scope(limit.scope)
        (low_field, low), (high_field, high) = (
            limit.least(request.budget),
            limit.most(request.budget),
        )
        members = np.flatnonzero(column.code == column.names.index(limit.id))
        rows.append(
            Row(
                f"limits.{position}",
                members,
                float(settled(low / unit)) if low > 0 else -np.inf,
                float(settled(high / unit)),
                low_field,
                high_field,
            )
        )
    if earmarked is not None and request.experiment_share > 0:
        least = float(settled(request.experiment_share * request.budget / unit))
        rows.append(
            Row("experiment_share", np.flatnonzero(earmarked), least, np.inf, "experiment_share")
        )
    return tuple(rows)


def _pools(cells: Cells, curves: Curves, rate: np.ndarray, most: np.ndarray, unit: float) -> Pools:
    """Stock that could bind at all; the others need no row."""
    n = len(cells)
    none = np.empty(0)
    shared = same_group([cells.retailer.code, cells.sku.code])
    price = np.where(np.isnan(cells.price), 1.0, cells.price)
    units = np.zeros((shared.max() + 1, curves.draws))
    np.add.at(units, shared, curves.revenue(most) * unit / price[:, None])
    stock = np.where(np.isnan(cells.stock), np.inf, cells.stock)
    bound = units.max(axis=1)[shared] > stock
    if not bound.any():
        return Pools(np.full(n, -1), none.astype(int), none, none, none, none)
    inside = np.flatnonzero(bound)
    ids = same_group(
        [
            shared[inside],
            np.unique(cells.price[inside], return_inverse=True)[1],
            np.unique(rate[inside], return_inverse=True)[1],
        ]
    )
    _, first = np.unique(ids, return_index=True)
    chosen = inside[first]
    _, start, stock_of_pool = np.unique(shared[chosen], return_index=True, return_inverse=True)
    reference = cells.price[chosen[start]]
    of_cell = np.full(n, -1)
    of_cell[inside] = ids
    return Pools(
        of_cell=of_cell,
        stock=stock_of_pool,
        weight=reference[stock_of_pool] / cells.price[chosen],
        rate=rate[chosen],
        cap=settled(stock[chosen[start]] * reference / unit),
        reference=reference,
    )

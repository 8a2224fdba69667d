"""From a solved problem back to names and money: rows, prices, the comparison with last period."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from rmnctl.planning.cells import KEY, Cells
from rmnctl.planning.certificate import Prices, Valuation, valuation
from rmnctl.planning.columns import Reader
from rmnctl.planning.draws import match_cells
from rmnctl.planning.outcome import Comparison, Price, totals
from rmnctl.planning.problem import Problem
from rmnctl.planning.request import PlanRequest

_AT = 1e-6


def allocation_table(
    cells: Cells,
    problem: Problem,
    plan: Valuation,
    earmarked: np.ndarray | None,
    last: np.ndarray | None,
) -> pa.Table:
    """One row a cell, sorted by its key."""
    keys = cells.key_columns()
    order = np.lexsort([k.code for k in reversed(keys)])
    spend = plan.x * problem.unit
    revenue = plan.sales.mean(axis=1) * problem.unit
    slope = problem.curves.slope(plan.x).mean(axis=1)
    margin = cells.margin_rate * revenue - spend
    columns = {
        name: pa.DictionaryArray.from_arrays(pa.array(k.code[order]), pa.array(k.names)).cast(
            pa.string()
        )
        for name, k in zip([*KEY, "week"], keys, strict=False)
    }
    columns["spend"] = pa.array(spend[order])
    columns["predicted_incremental_revenue"] = pa.array(revenue[order])
    columns["predicted_incremental_margin"] = _nullable(margin[order])
    columns["mroas"] = _nullable(slope[order])
    columns["bound"] = pa.array(_bounds(cells, problem, plan)[order])
    columns["experiment"] = pa.array(
        (np.zeros(len(cells), bool) if earmarked is None else earmarked)[order]
    )
    if last is not None:
        columns["last_spend"] = pa.array(last[order])
    return pa.table(columns)


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(values))


def _bounds(cells: Cells, problem: Problem, plan: Valuation) -> np.ndarray:
    """Where each cell stands."""
    x, least, most = plan.x, problem.least, problem.most
    near = _AT * np.maximum(most, 1e-300)
    bound = np.full(len(x), "none", dtype=object)
    bound[_stock_binds(problem, plan)] = "stock"
    bound[np.isfinite(cells.most) & (x >= cells.most / problem.unit - near)] = "max"
    floor = np.maximum(least, problem.min_active if problem.switched else 0.0)
    bound[(floor > 0) & (x <= floor + near)] = "min"
    bound[x <= 0] = "off"
    return bound


def _stock_binds(problem: Problem, plan: Valuation) -> np.ndarray:
    """Cells whose stock is sold out in some draw."""
    pools = problem.pools
    inside = np.flatnonzero(pools.of_cell >= 0)
    mask = np.zeros(len(problem), dtype=bool)
    if len(inside):
        used = _stock_used(problem, plan)
        out = np.asarray((used >= pools.cap[:, None] * (1 - _AT)).any(axis=1))
        mask[inside] = out[pools.stock[pools.of_cell[inside]]]
    return mask


def _stock_used(problem: Problem, plan: Valuation) -> np.ndarray:
    """Sales by stock and draw, in reference price x units."""
    pools = problem.pools
    inside = np.flatnonzero(pools.of_cell >= 0)
    pool = pools.of_cell[inside]
    used = np.zeros((len(pools.cap), problem.curves.draws))
    np.add.at(used, pools.stock[pool], plan.sales[inside] * pools.weight[pool][:, None])
    return used


def price_list(
    cells: Cells, problem: Problem, request: PlanRequest, prices: Prices, plan: Valuation
) -> tuple[Price, ...]:
    """Shadow prices in money, the rules of the request first, then stock that binds."""
    per_unit = problem.value_unit / problem.unit
    found = []
    for row, price in zip(problem.rows, prices.rules, strict=True):
        used = float(plan.x[row.cells].sum())
        about = ""
        if row.name.startswith("limits."):
            limit = request.limits[int(row.name.split(".")[1])]
            about = f"{limit.scope} {limit.id}"
        for field, limit_at, sign in (
            (row.low_field, row.low, -1.0),
            (row.high_field, row.high, 1.0),
        ):
            if not np.isfinite(limit_at):
                continue
            rule = f"{row.name}.{field}" if about else row.name
            cost = max(sign * float(price), 0.0) * per_unit + 0.0
            near = abs(used - limit_at) <= _AT * max(abs(limit_at), 1e-9)
            found.append(
                Price(
                    rule,
                    about,
                    limit_at * problem.unit,
                    used * problem.unit,
                    cost,
                    "currency unit",
                    near,
                )
            )
    spend = float(plan.x.sum())
    if problem.floor is not None:
        iroas = float(plan.sales.mean(axis=1).sum()) / spend if spend > 0 else problem.floor
        cost = prices.floor * spend * problem.value_unit + 0.0
        near = spend > 0 and iroas <= problem.floor * (1 + _AT)
        found.append(Price("roas_floor", "", problem.floor, iroas, cost, "1.0 of ROAS", near))
    if problem.max_active is not None:
        on = float((plan.x > 0).sum())
        found.append(
            Price(
                "max_active_cells",
                "",
                problem.max_active,
                on,
                prices.active * problem.value_unit,
                "cell, at the relaxation's prices",
                on >= problem.max_active,
            )
        )
    return (*found, *_stock_prices(cells, problem, prices, plan))


def _stock_prices(cells: Cells, problem: Problem, prices: Prices, plan: Valuation) -> list[Price]:
    pools = problem.pools
    if not len(pools.cap):
        return []
    used = _stock_used(problem, plan)
    net = np.maximum(prices.stock - prices.forced, 0.0)
    price = net.sum(axis=1) * pools.reference / problem.unit * problem.value_unit
    inside = np.flatnonzero(pools.of_cell >= 0)
    stock_of, first = np.unique(pools.stock[pools.of_cell[inside]], return_index=True)
    found = []
    for stock, cell in zip(stock_of.tolist(), inside[first].tolist(), strict=True):
        binding = bool((used[stock] >= pools.cap[stock] * (1 - _AT)).any())
        if binding or price[stock] > _AT * pools.reference[stock]:
            to_units = problem.unit / pools.reference[stock]
            about = f"{cells.retailer.names[cells.retailer.code[cell]]} / {cells.sku.names[cells.sku.code[cell]]}"
            found.append(
                Price(
                    "stock",
                    about,
                    float(pools.cap[stock] * to_units),
                    float(used[stock].mean() * to_units),
                    float(price[stock]),
                    "unit of stock",
                    binding,
                )
            )
    return sorted(found, key=lambda p: p.about)


def last_spend(cells: Cells, last: pa.Table) -> tuple[np.ndarray, float]:
    """Last period's spend by cell, money, and what it spent where there is no curve.

    Args:
        cells: The cells of the plan.
        last: Columns retailer_id, placement_type, sku_id, spend; `week` where curves have it.

    Raises:
        InputError: A column is missing or wrong.
    """
    reader = Reader(last, "last period's allocation")
    names = list(KEY) if cells.week is None else [*KEY, "week"]
    reader.require([*names, "spend"])
    spend = reader.positive("spend", required=True, zero=True)
    place = match_cells([reader.codes(name) for name in names], cells)
    reader.conclude()
    known = place >= 0
    by_cell = np.bincount(place[known], weights=spend[known], minlength=len(cells))
    return by_cell, float(spend[~known].sum())


def compare(
    cells: Cells, problem: Problem, plan: Valuation, spend: np.ndarray, unmatched: float
) -> Comparison:
    """Value last period's spend on the same curves."""
    before = valuation(problem, spend / problem.unit)
    revenue = before.sales.mean(axis=1) * problem.unit
    return Comparison(
        last=totals(cells, spend, revenue),
        objective=before.objective * problem.value_unit,
        gained=(plan.objective - before.objective) * problem.value_unit,
        breaks_rules=before.broken > _AT,
        unmatched_spend=unmatched,
    )

"""What any spend is worth on the curves of a plan, draw by draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rmnctl.agents.reflection.case import Case, cell_key, numbers, ordered
from rmnctl.planning import Objective, PlanRequest
from rmnctl.planning.families import Curves


@dataclass(frozen=True)
class Worth:
    """What spend brings, by draw; currency units except `objective` of conversions.

    Attributes:
        objective: (D,) value of the whole plan.
        revenue: (N, D) incremental revenue by cell, after stock.
        by_cell: (N, D) value by cell, its spend taken off for incremental margin.
    """

    objective: np.ndarray
    revenue: np.ndarray
    by_cell: np.ndarray


def response_of(case: Case) -> Curves:
    """The curves of a plan's cells in its order: draws where there are some, else as planned on."""
    table = ordered(case.curves, case.keys)
    exponent = numbers(table, "shape")
    power = np.array([f in {"hill", "s_curve"} for f in table["family"].to_pylist()])
    k = np.where(power, exponent, np.nan)
    if case.draws is None:
        return Curves(numbers(table, "a")[:, None], numbers(table, "c")[:, None], k[:, None])
    a, c = _drawn(case.draws, case.keys)
    return Curves(a, c, np.repeat(k[:, None], a.shape[1], axis=1))


def _drawn(draws: pa.Table, keys: list[tuple[str, ...]]) -> tuple[np.ndarray, np.ndarray]:
    names = [n for n in ("retailer_id", "placement_type", "sku_id") if n in draws.column_names]
    of = {key: i for i, key in enumerate(keys)}
    cells = np.array([of.get(cell_key(row), -1) for row in draws.select(names).to_pylist()])
    number = np.asarray(draws["draw"].to_numpy()).astype(int)
    out = np.full((2, len(keys), int(number.max()) + 1), np.nan)
    inside = cells >= 0
    for place, name in enumerate(("a", "c")):
        out[place, cells[inside], number[inside]] = draws[name].to_numpy()[inside]
    return out[0], out[1]


def worth_of(
    case: Case, spend: np.ndarray, curves: Curves | None = None, request: PlanRequest | None = None
) -> Worth:
    """What spend is worth; stock is shared in proportion where it does not last.

    Args:
        case: The plan.
        spend: (N,) by cell in the plan's order, currency units.
        curves: Instead of the plan's own.
        request: Instead of the plan's own; says the objective.
    """
    curves = curves or response_of(case)
    request = request or case.request
    table = ordered(case.curves, case.keys)
    revenue = numbers(table, "promo_multiplier", 1.0)[:, None] * curves.revenue(spend)
    stock, price = numbers(table, "stock_units", np.inf), numbers(table, "price")
    pools = list(zip(table["retailer_id"].to_pylist(), table["sku_id"].to_pylist(), strict=True))
    number = {pool: i for i, pool in enumerate(sorted(set(pools)))}
    pool = np.array([number[p] for p in pools])
    if np.isfinite(stock).any():
        units = np.where(np.isfinite(price), 1 / np.where(price > 0, price, 1.0), 0.0)
        asked = np.zeros((len(number), revenue.shape[1]))
        np.add.at(asked, pool, revenue * units[:, None])
        share = np.minimum(1.0, stock[:, None] / np.maximum(asked[pool], 1e-12))
        revenue = revenue * share
    gain = {
        Objective.INCREMENTAL_MARGIN: numbers(table, "margin_rate"),
        Objective.INCREMENTAL_REVENUE: np.ones(len(spend)),
        Objective.CONVERSIONS: 1 / numbers(table, "revenue_per_conversion"),
    }[request.objective]
    cost = spend if request.objective is Objective.INCREMENTAL_MARGIN else np.zeros(len(spend))
    by_cell = gain[:, None] * revenue - cost[:, None]
    return Worth(by_cell.sum(axis=0), revenue, by_cell)

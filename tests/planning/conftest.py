"""Random markets, and an arithmetic of plans that shares no code with the planner."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

Rows = list[dict[str, Any]]


def respond(row: dict[str, Any], x: float) -> float:
    """Incremental revenue of one cell, from the formulas of curves/v1."""
    factor = row.get("promo_multiplier", 1.0)
    if row["family"] == "saturating_exp":
        return factor * row["a"] * (1 - math.exp(-x / row["c"]))
    power, scale = x ** row["shape"], row["c"] ** row["shape"]
    return factor * row["a"] * power / (scale + power)


def random_rows(n: int, seed: int, family: str = "saturating_exp", *, stock: bool = False) -> Rows:
    """Cells over two retailers and two placements; money in the hundreds."""
    draw = np.random.default_rng(seed)
    rows: Rows = []
    margins, prices = draw.uniform(0.2, 0.5, n), draw.uniform(5, 40, n)
    for i in range(n):
        sku = i // 4
        spend = float(draw.lognormal(5, 0.8))
        depth = float(draw.uniform(0.3, 2))
        row = {
            "retailer_id": f"r{i % 2}",
            "placement_type": f"p{i // 2 % 2}",
            "sku_id": f"s{sku}",
            "family": family,
            "a": float(draw.uniform(1, 8)) * spend / (1 - math.exp(-depth)),
            "c": spend / depth,
            "margin_rate": float(margins[sku]),
            "price": float(prices[sku]),
            "max_spend": float(draw.uniform(1, 4)) * spend,
        }
        if family == "hill":
            row["shape"] = float(draw.uniform(0.5, 1))
        if family == "s_curve":
            row["shape"] = float(draw.uniform(1.2, 3))
        rows.append(row)
    if stock:
        top: dict[tuple[str, str], float] = defaultdict(float)
        for row in rows:
            top[row["retailer_id"], row["sku_id"]] += row["a"] / row["price"]
        share = {key: float(draw.uniform(0.1, 1.2)) for key in sorted(top)}
        for row in rows:
            key = (row["retailer_id"], row["sku_id"])
            row["stock_units"] = math.floor(top[key] * share[key]) + 1.0
    return rows


@dataclass(frozen=True)
class Checked:
    """A plan recomputed from its spend alone."""

    objective: float
    spend: float
    revenue: float


def recompute(rows: Rows, plan: Any, request: Any) -> Checked:
    """Value a plan's spend on the exact curves and assert every rule to 1e-6 of its size."""
    spend = {
        (r["retailer_id"], r["placement_type"], r["sku_id"], r.get("week")): r["spend"]
        for r in plan.allocation
    }
    by = defaultdict(float)
    demand = defaultdict(list)
    total = 0.0
    on = 0
    for row in rows:
        key = (row["retailer_id"], row["placement_type"], row["sku_id"], row.get("week"))
        x = spend[key]
        total += x
        on += x > 0
        least, most = row.get("min_spend", 0.0), row.get("max_spend", math.inf)
        assert least * (1 - 1e-6) <= x <= most * (1 + 1e-6)
        if request.active_min_spend:
            assert x == 0 or x >= request.active_min_spend * (1 - 1e-6)
        for scope, name in zip(("retailer", "placement", "sku"), key, strict=False):
            by[scope, name] += x
        demand[row["retailer_id"], row["sku_id"]].append((row, respond(row, x)))
    assert total <= request.budget * (1 + 1e-6)
    if request.max_active_cells is not None:
        assert on <= request.max_active_cells
    revenue = value = 0.0
    for cells in demand.values():
        units = sum(r / row["price"] for row, r in cells)
        stock = cells[0][0].get("stock_units")
        share = 1.0 if stock is None or units <= stock else stock / units
        revenue += share * sum(r for _, r in cells)
        value += share * sum(r * row["margin_rate"] for row, r in cells)
    for limit in request.limits:
        spent = by[limit.scope.value, limit.id]
        least, most = limit.least(request.budget)[1], limit.most(request.budget)[1]
        assert least - 1e-6 * request.budget <= spent <= most + 1e-6 * request.budget
    if request.roas_floor and total:
        assert revenue >= request.roas_floor * total * (1 - 1e-6)
    objective = value - total if request.objective == "incremental_margin" else revenue
    return Checked(objective, total, revenue)


@pytest.fixture(scope="session")
def rows() -> Callable[..., Rows]:
    """Makes random cells."""
    return random_rows


@pytest.fixture(scope="session")
def table() -> Callable[[Rows], pa.Table]:
    """Makes curves/v1 of cells."""
    return pa.Table.from_pylist


@pytest.fixture(scope="session")
def check() -> Callable[..., Checked]:
    """Recomputes a plan."""
    return recompute


@pytest.fixture(scope="session")
def response() -> Callable[..., float]:
    """The response of a cell."""
    return respond

"""Plans whose optimum can be written down, or found by a method of another kind."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from rmnctl.planning import PlanRequest, plan

ENGINES = ("bisect", "highs", "pulp")


def _cell(name: str, a: float, c: float, **more: object) -> dict[str, object]:
    key = {"retailer_id": "alpha", "placement_type": "video", "sku_id": name}
    return key | {"family": "saturating_exp", "a": a, "c": c, "margin_rate": 0.4} | more


def _spend(result: object) -> dict[str, float]:
    return {r["sku_id"]: r["spend"] for r in result.allocation}  # type: ignore[attr-defined]


@pytest.mark.parametrize("engine", ENGINES)
def test_with_money_to_spare_each_cell_stops_where_a_unit_earns_a_unit(engine: str) -> None:
    """X = c log(margin a / c), and the budget's price is 0 and the rest is kept."""
    cells = pa.Table.from_pylist([_cell("s1", 9000.0, 800.0), _cell("s2", 4000.0, 500.0)])
    result = plan(cells, PlanRequest(budget=50_000, brand_id="b"), engine=engine)
    assert _spend(result) == pytest.approx(
        {"s1": 800 * math.log(0.4 * 9000 / 800), "s2": 500 * math.log(0.4 * 4000 / 500)}, rel=1e-3
    )
    assert result.prices[0].price == pytest.approx(0, abs=1e-6)
    assert not result.prices[0].binding


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tight_budget_is_shared_at_one_marginal_return(engine: str) -> None:
    """log(price) = (sum of c log(a/c) - budget) / sum of c for revenue, both cells inside."""
    cells = [_cell("s1", 9000.0, 800.0), _cell("s2", 4000.0, 500.0)]
    request = PlanRequest(budget=900, brand_id="b", objective="incremental_revenue")
    result = plan(pa.Table.from_pylist(cells), request, engine=engine)
    logs = 800 * math.log(9000 / 800) + 500 * math.log(4000 / 500)
    price = math.exp((logs - 900) / 1300)
    expected = {"s1": 800 * math.log(9000 / 800 / price), "s2": 500 * math.log(8 / price)}
    assert _spend(result) == pytest.approx(expected, rel=1e-3)
    assert result.prices[0].price == pytest.approx(price, rel=1e-3)
    assert [r["mroas"] for r in result.allocation] == pytest.approx([price, price], rel=1e-3)


def test_nothing_is_spent_where_nothing_earns_its_cost() -> None:
    """An optimum of 0 is a plan of 0 with a gap of 0."""
    result = plan(
        pa.Table.from_pylist([_cell("s1", 1000.0, 800.0)]), PlanRequest(budget=900, brand_id="b")
    )
    assert (result.totals.spend, result.certificate.upper, result.certificate.gap) == (0, 0, 0)
    assert (result.totals.iroas, result.allocation[0]["bound"]) == (None, "off")


def test_equal_cells_get_equal_spend() -> None:
    """Ties are not broken by the accident of order."""
    cells = pa.Table.from_pylist([_cell(f"s{i}", 5000.0, 700.0) for i in range(7)])
    for engine in ("bisect", "highs"):
        spend = _spend(plan(cells, PlanRequest(budget=2100, brand_id="b"), engine=engine))
        assert list(spend.values()) == pytest.approx([300.0] * 7, rel=2e-3)


def _slope(row: dict[str, float], x: float) -> float:
    if row["family"] == "saturating_exp":
        return row["a"] / row["c"] * math.exp(-x / row["c"])
    t = (x / row["c"]) ** row["shape"]
    return row["a"] * row["shape"] * t / (x * (1 + t) ** 2)


def _best_alone(row: dict[str, float], price: float) -> float:
    """Spend at which margin x slope meets a price, by root finding on the formula."""

    def excess(x: float) -> float:
        return row["margin_rate"] * _slope(row, x) - price

    low, high = 1e-9 * row["max_spend"], row["max_spend"]
    if excess(high) >= 0:
        return high
    return 0.0 if excess(low) <= 0 else brentq(excess, low, high, xtol=1e-12, rtol=1e-14)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 12),
    family=st.sampled_from(["saturating_exp", "hill"]),
    part=st.floats(0.05, 1.2),
    engine=st.sampled_from(["bisect", "highs"]),
)
def test_bounds_and_budget_agree_with_root_finding(
    rows, table, response, check, seed, n, family, part, engine
) -> None:
    """Another method, cell by cell, finds the same value within the certified gap."""
    cells = rows(n, seed, family)
    budget = part * sum(r["max_spend"] for r in cells)

    def spent(price: float) -> float:
        return sum(_best_alone(r, 1 + price) for r in cells)

    price = (
        0.0 if spent(0.0) <= budget else brentq(lambda p: spent(p) - budget, 0.0, 1e6, rtol=1e-13)
    )
    x = [_best_alone(r, 1 + price) for r in cells]
    best = sum(r["margin_rate"] * response(r, v) - v for r, v in zip(cells, x, strict=True))
    request = PlanRequest(budget=budget, brand_id="b")
    result = plan(table(cells), request, engine=engine)
    checked = check(cells, result, request)
    size = max(abs(best), 1e-9)
    assert checked.objective == pytest.approx(result.certificate.lower, rel=1e-7, abs=1e-7)
    assert abs(checked.objective - best) <= 1e-4 * size
    assert result.certificate.upper >= best * (1 - 1e-9) - 1e-9
    assert result.certificate.gap <= 1e-4


def test_no_bounds_are_needed() -> None:
    """Without max_spend the budget alone bounds a cell, however large it is."""
    cells = pa.Table.from_pylist([_cell("s1", 9000.0, 800.0), _cell("s2", 1.0, 1e9)])
    result = plan(cells, PlanRequest(budget=1e12, brand_id="b"), engine="highs")
    assert _spend(result) == pytest.approx({"s1": 800 * math.log(4.5), "s2": 0.0}, rel=1e-3)
    assert np.isfinite(result.certificate.gap)

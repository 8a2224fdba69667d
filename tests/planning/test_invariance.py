"""What must not matter: the unit of money, the order of rows, the names."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.planning import PlanRequest, plan

MONEY = ("a", "c", "max_spend", "price")


def _request(cells, retailer="r1", **more):
    budget = 0.3 * sum(r["max_spend"] for r in cells)
    return PlanRequest.model_validate(
        {
            "budget": budget,
            "brand_id": "b",
            "roas_floor": 3.0,
            "limits": [{"scope": "retailer", "id": retailer, "max_share": 0.4}],
            **more,
        }
    )


def _spend(result) -> dict[tuple[str, ...], float]:
    return {
        (r["retailer_id"], r["placement_type"], r["sku_id"]): r["spend"] for r in result.allocation
    }


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 1000),
    power=st.integers(-6, 6),
    family=st.sampled_from(["saturating_exp", "hill", "s_curve"]),
)
def test_the_unit_of_money_only_scales_a_plan(rows, table, seed, power, family) -> None:
    """A plan in millionths or in millions spends the same shares, and earns the same value."""
    cells, factor = rows(8, seed, family, stock=True), 10.0**power
    scaled = [r | {k: r[k] * factor for k in MONEY} for r in cells]
    one, other = (plan(table(c), _request(c)) for c in (cells, scaled))
    assert other.certificate.lower == pytest.approx(one.certificate.lower * factor, rel=1e-6)
    assert other.certificate.upper == pytest.approx(one.certificate.upper * factor, rel=1e-6)
    total = one.totals.spend
    for key, spend in _spend(one).items():
        assert _spend(other)[key] / factor == pytest.approx(spend, abs=1e-4 * total)
    assert [p.price for p in other.prices if p.rule == "budget"] == pytest.approx(
        [p.price for p in one.prices if p.rule == "budget"], rel=1e-3, abs=1e-4
    )


@pytest.mark.parametrize("more", [{}, {"active_min_spend": 80.0, "max_active_cells": 5}])
def test_the_order_of_rows_changes_nothing_at_all(rows, table, more) -> None:
    """Not even the last digit."""
    cells = rows(12, 4, stock=True)
    request = _request(cells, **more)
    one, other = (plan(table(c), request) for c in (cells, cells[::-1]))
    assert one.table.equals(other.table)
    assert one.plain() == other.plain()


def test_names_change_only_names(rows, table) -> None:
    """Renaming so that the alphabet turns around leaves every amount as it was."""
    cells = rows(12, 4)
    new = {"r0": "zeta", "r1": "beta"}
    renamed = [
        r | {"retailer_id": new[r["retailer_id"]], "sku_id": f"x{9 - int(r['sku_id'][1])}"}
        for r in cells
    ]
    one = _spend(plan(table(cells), _request(cells)))
    other = _spend(plan(table(renamed), _request(renamed, retailer="beta")))
    for (retailer, placement, sku), spend in one.items():
        assert other[new[retailer], placement, f"x{9 - int(sku[1])}"] == spend


def test_columns_may_be_decimals_and_integers() -> None:
    """Money comes as DECIMAL from the simulator and from people as whole numbers."""
    key = {"retailer_id": "r", "placement_type": "p", "sku_id": "s", "family": "saturating_exp"}
    floats = pa.Table.from_pylist([key | {"a": 9000.0, "c": 800.0, "margin_rate": 0.5}])
    whole = pa.Table.from_pylist([key | {"a": 9000, "c": 800, "margin_rate": 0.5}])
    exact = whole.set_column(4, "a", whole["a"].cast(pa.decimal128(24, 2)))
    request = PlanRequest(budget=500, brand_id="b")
    assert plan(exact, request).plain() == plan(floats, request).plain()

"""Branch and bound: against grids of everything, on random markets of every size."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.planning import PlanRequest, plan


def _mixed(rows, n, seed, *, stock):
    """Cells of all families, hill curves with an inflection among them."""
    cells = rows(n, seed, "s_curve", stock=stock)
    draw = np.random.default_rng(seed)
    for row, kind in zip(cells, draw.integers(0, 3, n).tolist(), strict=True):
        if kind == 0:
            row |= {"family": "saturating_exp", "shape": None}
        if kind == 1:
            row |= {"family": "hill", "shape": float(draw.uniform(0.5, 3))}
    return cells


def _rules(cells, part, seed):
    """A random choice of rules."""
    draw = np.random.default_rng([seed, 1])
    budget, n = part * sum(r["max_spend"] for r in cells), len(cells)
    rules = {"budget": budget, "brand_id": "b", "roas_floor": [None, 2.0, 3.0][draw.integers(3)]}
    if draw.random() < 0.5:
        share = float(draw.uniform(0.2, 0.6))
        rules["limits"] = [{"scope": "retailer", "id": "r1", "max_share": share}]
    if draw.random() < 0.4:
        rules["active_min_spend"] = float(draw.uniform(0.3, 1.5)) * budget / n
    if draw.random() < 0.4:
        rules["max_active_cells"] = int(draw.integers(2, n // 2 + 2))
    return PlanRequest.model_validate(rules)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.sampled_from([8, 12, 20, 40]),
    part=st.sampled_from([0.05, 0.2, 0.5]),
    stock=st.booleans(),
)
def test_every_random_market_closes_its_gap(rows, table, check, seed, n, part, stock) -> None:
    """All families and rules together: the plan keeps the rules and is proved to 1e-4."""
    cells = _mixed(rows, n, seed, stock=stock)
    request = _rules(cells, part, seed)
    result = plan(table(cells), request)
    checked = check(cells, result, request)
    assert result.certificate.gap <= 1e-4
    assert checked.objective == pytest.approx(result.certificate.lower, rel=1e-6, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), part=st.floats(0.1, 0.9), left=st.floats(0.05, 0.9))
def test_s_curves_that_share_their_stock_agree_with_a_grid(
    rows, table, check, response, seed, part, left
) -> None:
    """Two cells of one stock on a grid: the bound holds and the plan is no worse."""
    cells = rows(2, seed, "s_curve")
    cells[1]["retailer_id"] = cells[0]["retailer_id"]
    cells[1]["placement_type"] = "p9"
    stock = 1 + left * sum(r["a"] for r in cells) / cells[0]["price"]
    cells = [r | {"stock_units": stock} for r in cells]
    request = PlanRequest(budget=part * sum(r["max_spend"] for r in cells), brand_id="b")
    result = plan(table(cells), request)
    checked = check(cells, result, request)
    grids = [np.linspace(0, min(r["max_spend"], request.budget), 800) for r in cells]
    sold = [np.array([response(r, x) for x in g]) for r, g in zip(cells, grids, strict=True)]
    spend = grids[0][:, None] + grids[1]
    revenue = np.minimum(sold[0][:, None] + sold[1], stock * cells[0]["price"])
    value = np.where(spend <= request.budget, cells[0]["margin_rate"] * revenue - spend, -np.inf)
    assert result.certificate.gap <= 1e-4
    assert result.certificate.upper >= value.max() - 1e-9 * request.budget
    assert checked.objective >= value.max() - 1e-4 * max(abs(value.max()), 1e-3)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    family=st.sampled_from(["saturating_exp", "hill"]),
    share=st.floats(0.2, 0.8),
)
def test_spend_forced_on_products_that_lose_is_proved(
    rows, table, response, seed, family, share
) -> None:
    """Each sale of one SKU costs money and a rule forces spend on it: as good as a grid, proved."""
    cells = rows(6, seed, family)[:6]
    cells = [r | {"sku_id": "s0" if i < 2 else "s1"} for i, r in enumerate(cells[:3])]
    cells[1]["placement_type"] = "p9"
    for row in cells[:2]:
        row["margin_rate"] = -0.2
    budget = sum(r["max_spend"] for r in cells[:2]) * share
    request = PlanRequest.model_validate(
        {
            "budget": budget,
            "brand_id": "b",
            "limits": [{"scope": "sku", "id": "s0", "min_spend": 0.5 * budget}],
        }
    )
    result = plan(table(cells), request)
    grids = [np.linspace(0, min(r["max_spend"], budget), 61) for r in cells]
    # The forced spend is met exactly by one of the two cells.
    best = -np.inf
    for x, z in itertools.product(grids[0], grids[2]):
        y = max(0.5 * budget - x, 0.0)
        if y <= cells[1]["max_spend"] and x + y + z <= budget:
            parts = zip(cells, (x, y, z), strict=True)
            best = max(best, sum(r["margin_rate"] * response(r, v) - v for r, v in parts))
    assert result.certificate.gap <= 1e-4
    assert result.certificate.upper >= best - 1e-9 * budget


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.sampled_from([2, 8, 16]))
def test_draws_of_s_curves_close_their_gap(rows, table, seed, n) -> None:
    """Draws differ in where they bend, so a cell's mean has no single inflection."""
    cells = rows(n, seed, "s_curve")
    draw = np.random.default_rng(seed)
    key = ("retailer_id", "placement_type", "sku_id")
    draws = pa.Table.from_pylist(
        [
            {k: r[k] for k in key}
            | {
                "draw": d,
                "a": r["a"] * draw.lognormal(0, 0.3),
                "c": r["c"] * draw.lognormal(0, 0.3),
            }
            for r in cells
            for d in range(5)
        ]
    )
    request = PlanRequest.model_validate(
        {
            "budget": 0.3 * sum(r["max_spend"] for r in cells),
            "brand_id": "b",
            "limits": [{"scope": "placement", "id": "p0", "min_share": 0.3}],
        }
    )
    assert plan(table(cells), request, draws=draws).certificate.gap <= 1e-4

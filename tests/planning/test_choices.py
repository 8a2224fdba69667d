"""Cells that are on or off, and curves with an inflection: against trying everything."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.planning import PlanRequest, plan


def _best_subset(cells, request, table):
    """Every set of active cells, each solved with the least spend as a bound of its cells."""
    best = 0.0
    for on in itertools.product((False, True), repeat=len(cells)):
        chosen = [
            r | {"min_spend": request.active_min_spend or 0.0}
            for r, active in zip(cells, on, strict=True)
            if active
        ]
        too_many = request.max_active_cells is not None and len(chosen) > request.max_active_cells
        short = sum(r["min_spend"] for r in chosen) > request.budget
        shut = any(r["min_spend"] > r["max_spend"] for r in chosen)
        if not chosen or too_many or short or shut:
            continue
        bare = PlanRequest(budget=request.budget, brand_id="b")
        best = max(best, plan(table(chosen), bare, engine="bisect").certificate.lower)
    return best


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 5),
    part=st.floats(0.1, 0.7),
    least=st.floats(0.05, 0.5),
    most=st.sampled_from([None, 1, 2, 3]),
)
def test_on_and_off_agree_with_trying_every_set(
    rows, table, check, seed, n, part, least, most
) -> None:
    """No set of active cells does better than the plan's."""
    cells = rows(n, seed)
    budget = part * sum(r["max_spend"] for r in cells)
    request = PlanRequest(
        budget=budget, brand_id="b", active_min_spend=least * budget, max_active_cells=most
    )
    result = plan(table(cells), request)
    checked = check(cells, result, request)
    best = _best_subset(cells, request, table)
    assert result.status == "optimal"
    assert abs(checked.objective - best) <= 1e-4 * max(best, 1e-6)
    assert result.certificate.lower <= checked.objective * (1 + 1e-6) + 1e-9
    assert result.certificate.upper >= best * (1 - 1e-6) - 1e-9


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), part=st.floats(0.05, 0.9), floor=st.sampled_from([None, 3.0]))
def test_s_curves_agree_with_a_fine_grid(rows, table, check, response, seed, part, floor) -> None:
    """Two cells on a grid of 1,500 steps each: the plan is no worse, the bound not exceeded."""
    cells = rows(2, seed, "s_curve")
    budget = part * sum(r["max_spend"] for r in cells)
    request = PlanRequest(budget=budget, brand_id="b", roas_floor=floor)
    result = plan(table(cells), request)
    checked = check(cells, result, request)
    grids = [np.linspace(0, min(r["max_spend"], budget), 1501) for r in cells]
    sold = [np.array([response(r, x) for x in g]) for r, g in zip(cells, grids, strict=True)]
    spend = grids[0][:, None] + grids[1][None, :]
    revenue = sold[0][:, None] + sold[1][None, :]
    value = (
        cells[0]["margin_rate"] * sold[0][:, None]
        + cells[1]["margin_rate"] * sold[1][None, :]
        - spend
    )
    allowed = spend <= budget
    if floor:
        allowed &= revenue >= floor * spend
    best = float(value[allowed].max())
    assert result.status == "optimal"
    assert checked.objective >= best - 1e-4 * max(abs(best), 1e-3)
    assert result.certificate.upper >= best - 1e-9 * budget
    assert checked.objective == pytest.approx(result.certificate.lower, rel=1e-6, abs=1e-6)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    family=st.sampled_from(["saturating_exp", "s_curve", "hill"]),
    stock=st.booleans(),
)
def test_everything_at_once_keeps_its_certificate(rows, table, check, seed, family, stock) -> None:
    """With all rules on forty cells, the plan keeps every rule and the gap is closed."""
    cells = rows(40, seed, family, stock=stock)
    budget = 0.3 * sum(r["max_spend"] for r in cells)
    request = PlanRequest.model_validate(
        {
            "budget": budget,
            "brand_id": "b",
            "roas_floor": 2.5,
            "active_min_spend": 0.03 * budget,
            "max_active_cells": 12,
            "limits": [{"scope": "retailer", "id": "r1", "max_share": 0.45}],
        }
    )
    result = plan(table(cells), request)
    checked = check(cells, result, request)
    assert checked.objective == pytest.approx(result.certificate.lower, rel=1e-6)
    assert result.certificate.gap <= 1e-4


def test_a_single_s_curve_is_all_or_nothing(table) -> None:
    """Below the point where the line from 0 touches the curve, a cell that loses stays off."""
    cell = {
        "retailer_id": "r",
        "placement_type": "p",
        "sku_id": "s",
        "family": "s_curve",
        "a": 1000.0,
        "c": 100.0,
        "shape": 3.0,
        "margin_rate": 0.3,
    }
    # 0.3 x 1000 t^3 / (1 + t^3) - 100 t is negative up to t = 0.7 and positive at 1.
    assert plan(table([cell]), PlanRequest(budget=50, brand_id="b")).totals.spend == 0
    rich = plan(table([cell]), PlanRequest(budget=1000, brand_id="b"))
    t = rich.totals.spend / 100
    assert 300 * 3 * t**2 / (1 + t**3) ** 2 == pytest.approx(100, rel=1e-3)
    assert math.isclose(rich.certificate.lower, rich.certificate.upper, rel_tol=1e-4)

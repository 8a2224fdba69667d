"""Rules on a plan: the ROAS floor, limits, stock, weeks; checked by solvers of another kind."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from rmnctl.planning import Limit, PlanRequest, plan


def _request(cells, part, floor, share, seed):
    draw = np.random.default_rng(seed)
    budget = part * sum(r["max_spend"] for r in cells)
    limits = [Limit(scope="retailer", id="r0", max_share=share)]
    if len(cells) > 4:
        limits.append(Limit(scope="sku", id="s1", max_spend=float(draw.uniform(0.1, 0.5)) * budget))
    return PlanRequest(budget=budget, brand_id="b", roas_floor=floor, limits=tuple(limits))


def _slsqp(cells, request, response):
    """A local solver on spend and sales of each cell, from several starts."""
    n = len(cells)
    budget = request.budget

    def of(z):
        return z[:n] * budget, z[n:] * budget

    def value(z):
        _, s = of(z)
        return (
            -sum(r["margin_rate"] * v for r, v in zip(cells, s, strict=True)) / budget + z[:n].sum()
        )

    def rules(z):
        x, s = of(z)
        out = [budget - x.sum()]
        out += [response(r, max(v, 0.0)) - w for r, v, w in zip(cells, x, s, strict=True)]
        if request.roas_floor:
            out.append(s.sum() - request.roas_floor * x.sum())
        for limit in request.limits:
            mine = [
                v
                for r, v in zip(cells, x, strict=True)
                if limit.id in (r["retailer_id"], r["sku_id"])
            ]
            out.append(limit.most(budget)[1] - sum(mine))
        for key in sorted({(r["retailer_id"], r["sku_id"]) for r in cells}):
            own = [
                (r, w)
                for r, w in zip(cells, s, strict=True)
                if (r["retailer_id"], r["sku_id"]) == key
            ]
            if "stock_units" in own[0][0]:
                cap = own[0][0]["stock_units"] * own[0][0]["price"]
                out.append(cap - sum(w for _, w in own))
        return np.array(out) / budget

    best = 0.0
    bounds = [(0, r["max_spend"] / budget) for r in cells] + [(0, None)] * n
    for start in (0.02, 0.3):
        x = np.array([start * r["max_spend"] for r in cells])
        s = np.array([0.9 * response(r, v) for r, v in zip(cells, x, strict=True)])
        found = minimize(
            value,
            np.concatenate([x, s]) / budget,
            bounds=bounds,
            method="SLSQP",
            constraints={"type": "ineq", "fun": rules},
            options={"maxiter": 500, "ftol": 1e-12},
        )
        if rules(found.x).min() >= -1e-9:
            best = max(best, -found.fun * budget)
    return best


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 8),
    part=st.floats(0.1, 0.8),
    floor=st.sampled_from([None, 2.0, 4.0, 6.0]),
    share=st.floats(0.1, 0.9),
    stock=st.booleans(),
)
def test_rules_together_agree_with_a_nonlinear_solver(
    rows, table, response, check, seed, n, part, floor, share, stock
) -> None:
    """SLSQP finds nothing above the certified bound, and nothing better than the plan."""
    cells = rows(n, seed, stock=stock)
    request = _request(cells, part, floor, share, seed)
    result = plan(table(cells), request)
    checked = check(cells, result, request)
    assert checked.objective == pytest.approx(result.certificate.lower, rel=1e-6, abs=1e-6)
    assert result.certificate.gap <= 1e-4
    other = _slsqp(cells, request, response)
    assert other <= result.certificate.upper + 1e-6 * max(other, 1.0)
    assert other - checked.objective <= 1e-4 * max(other, 1.0)


def _stocked(stock: float, **more: object) -> pa.Table:
    key = {"retailer_id": "alpha", "sku_id": "s1", "family": "saturating_exp", "margin_rate": 0.5}
    return pa.Table.from_pylist(
        [
            key
            | {"placement_type": p, "a": 9000.0, "c": 800.0, "price": 10.0, "stock_units": stock}
            | more
            for p in ("search", "video")
        ]
    )


def test_placements_share_their_stock_and_stop_when_it_is_sold() -> None:
    """Two equal placements sell 500 units of 10 between them: each spends -c log(1 - 2500/a)."""
    result = plan(_stocked(500), PlanRequest(budget=10_000, brand_id="b"))
    expected = -800 * math.log(1 - 2500 / 9000)
    assert [r["spend"] for r in result.allocation] == pytest.approx([expected] * 2, rel=2e-3)
    assert result.totals.incremental_revenue == pytest.approx(5000, rel=1e-6)
    assert {r["bound"] for r in result.allocation} == {"stock"}
    (price,) = [p for p in result.prices if p.rule == "stock"]
    # One more unit earns its margin, less the spend it takes at the plan's slope.
    slope = (9000 - 2500) / 800
    assert price.price == pytest.approx(10 * (0.5 - 1 / slope), rel=1e-3)
    assert (price.about, price.binding) == ("alpha / s1", True)


def test_spend_forced_past_the_stock_sells_the_stock_and_no_more() -> None:
    """Free disposal: a floor on spend is kept although demand then exceeds stock."""
    forced = PlanRequest(
        budget=10_000, brand_id="b", limits=(Limit(scope="sku", id="s1", min_spend=4000),)
    )
    result = plan(_stocked(500), forced)
    assert result.totals.spend == pytest.approx(4000)
    assert result.totals.incremental_revenue == pytest.approx(5000)
    assert result.totals.incremental_margin == pytest.approx(-1500)
    assert result.binding == ("limits.0.min_spend (sku s1)", "stock (alpha / s1)")


def test_stock_that_cannot_bind_changes_nothing() -> None:
    """More stock than all placements could ever sell is no stock at all."""
    request = PlanRequest(budget=1000, brand_id="b")
    assert plan(_stocked(5000), request).allocation == plan(_stocked(9000), request).allocation


def test_stock_is_shared_by_weeks_and_a_promotion_week_gets_more() -> None:
    """Weekly cells are cells; the multiplier scales a curve."""
    week = {
        "retailer_id": "alpha",
        "placement_type": "video",
        "sku_id": "s1",
        "family": "saturating_exp",
        "a": 9000.0,
        "c": 800.0,
        "margin_rate": 0.4,
    }
    cells = pa.Table.from_pylist(
        [
            week | {"week": "2026-W01", "promo_multiplier": 1.0},
            week | {"week": "2026-W02", "promo_multiplier": 1.6},
        ]
    )
    result = plan(cells, PlanRequest(budget=100_000, brand_id="b"))
    expected = [800 * math.log(m * 0.4 * 9000 / 800) for m in (1.0, 1.6)]
    assert [r["week"] for r in result.allocation] == ["2026-W01", "2026-W02"]
    assert [r["spend"] for r in result.allocation] == pytest.approx(expected, rel=1e-3)


def test_the_roas_floor_is_met_exactly_where_it_binds() -> None:
    """Revenue over spend of one curve falls with spend, so the floor sets the spend."""
    cells = _stocked(1e6, price=1.0).slice(0, 1)
    result = plan(
        cells,
        PlanRequest(budget=10_000, brand_id="b", roas_floor=6.0, objective="incremental_revenue"),
    )
    x = result.totals.spend
    assert 9000 * (1 - math.exp(-x / 800)) / x == pytest.approx(6.0, rel=1e-6)
    assert result.binding == ("roas_floor",)


def test_every_price_is_the_gain_from_relaxing_its_rule(rows, table) -> None:
    """Shadow prices agree with the difference of two optima."""
    cells = rows(8, 3)
    budget = 0.3 * sum(r["max_spend"] for r in cells)
    base = {
        "budget": budget,
        "brand_id": "b",
        "limits": [
            {"scope": "retailer", "id": "r0", "max_spend": 0.2 * budget},
            {"scope": "placement", "id": "p1", "min_spend": 0.45 * budget},
        ],
    }
    step = 1e-3 * budget

    def value(**moved: float) -> float:
        request = {
            **base,
            "budget": budget + moved.get("budget", 0.0),
            "limits": [
                {**base["limits"][0], "max_spend": 0.2 * budget + moved.get("most", 0.0)},
                {**base["limits"][1], "min_spend": 0.45 * budget - moved.get("least", 0.0)},
            ],
        }
        return plan(table(cells), PlanRequest.model_validate(request)).certificate.lower

    found = {p.rule: p.price for p in plan(table(cells), PlanRequest.model_validate(base)).prices}
    for rule, key in (
        ("budget", "budget"),
        ("limits.0.max_spend", "most"),
        ("limits.1.min_spend", "least"),
    ):
        gained = (value(**{key: step}) - value(**{key: -step})) / (2 * step)
        assert found[rule] == pytest.approx(gained, rel=0.02, abs=2e-3)


def test_the_experiment_share_goes_to_the_least_known_cells(rows, table) -> None:
    """The cells with the widest mROAS get at least their share, others only what is left."""
    cells = rows(10, 5)
    for i, row in enumerate(cells):
        row["a_sd"] = row["a"] * (2.0 if i in (3, 7) else 0.01)
    budget = 0.4 * sum(r["max_spend"] for r in cells)
    request = PlanRequest(budget=budget, brand_id="b", experiment_share=0.25)
    result = plan(table(cells), request)
    marked = [r for r in result.allocation if r["experiment"]]
    assert {r["sku_id"] + r["placement_type"] + r["retailer_id"] for r in marked} <= {
        cells[i]["sku_id"] + cells[i]["placement_type"] + cells[i]["retailer_id"] for i in (3, 7)
    }
    assert sum(r["spend"] for r in marked) >= 0.25 * budget * (1 - 1e-6)

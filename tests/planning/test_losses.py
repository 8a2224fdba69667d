"""Products that lose on each sale, with spend forced on them: proved under stock and caution."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from rmnctl.planning import Cvar, PlanRequest, plan
from rmnctl.planning.arms import first_arms
from rmnctl.planning.cells import read_cells
from rmnctl.planning.certificate import bound, valuation
from rmnctl.planning.draws import with_draws
from rmnctl.planning.engines import solve_highs
from rmnctl.planning.problem import build
from rmnctl.planning.refine import solve_relaxed

LOSS, GAIN, PRICE = -0.3, 0.45, 10.0


def _cells(seed):
    """Two cells of a losing SKU and one of another that earns."""
    draw = np.random.default_rng(seed)
    cells = []
    for placement, sku in (("video", "lost"), ("search", "lost"), ("video", "good")):
        spend, depth = float(draw.uniform(80, 300)), float(draw.uniform(0.4, 2))
        cells.append(
            {
                "retailer_id": "alpha",
                "placement_type": placement,
                "sku_id": sku,
                "family": "saturating_exp",
                "a": float(draw.uniform(2, 6)) * spend / (1 - math.exp(-depth)),
                "c": spend / depth,
                "margin_rate": LOSS if sku == "lost" else GAIN,
                "price": PRICE,
                "max_spend": 3 * spend,
            }
        )
    return cells


def _grid(cells, forced, budget):
    """Spends on a grid that keep the rules, the forced amount met exactly."""
    first, third = (np.linspace(0, min(c["max_spend"], budget), 81) for c in cells[::2])
    for x, z in itertools.product(first, third):
        y = max(forced - x, 0.0)
        if y <= cells[1]["max_spend"] and x + y + z <= budget:
            yield np.array([x, y, z])


def _value(cells, spend, stock, factor=(1.0, 1.0, 1.0)):
    """Margin less spend by the formula; the losing SKU sells up to its stock."""
    revenue = [
        f * c["a"] * (1 - math.exp(-x / c["c"]))
        for f, c, x in zip(factor, cells, spend, strict=True)
    ]
    lost = min(revenue[0] + revenue[1], stock * PRICE)
    return LOSS * lost + GAIN * revenue[2] - float(spend.sum())


def _request(budget, forced):
    limit = {"scope": "sku", "id": "lost", "min_spend": forced}
    return PlanRequest.model_validate({"budget": budget, "brand_id": "b", "limits": [limit]})


def _spend(result):
    by = {(r["placement_type"], r["sku_id"]): r["spend"] for r in result.allocation}
    return np.array([by["video", "lost"], by["search", "lost"], by["video", "good"]])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("left", [0.0, 0.15, 0.5, 2.0])
def test_stock_that_cuts_losing_sales_is_proved(seed, left) -> None:
    """Demand past the stock costs nothing: as good as a grid, and certain."""
    cells = _cells(seed)
    stock = math.floor(left * sum(c["a"] for c in cells[:2]) / PRICE)
    cells = [c | {"stock_units": float(stock) if c["sku_id"] == "lost" else None} for c in cells]
    budget = 0.5 * sum(c["max_spend"] for c in cells)
    forced = 0.4 * budget
    result = plan(pa.Table.from_pylist(cells), _request(budget, forced))
    best = max(_value(cells, x, stock) for x in _grid(cells, forced, budget))
    assert result.certificate.gap <= 1e-4
    assert result.certificate.upper >= best - 1e-9 * budget
    value = _value(cells, _spend(result), stock)
    assert value == pytest.approx(result.certificate.lower, rel=1e-6, abs=1e-6)
    assert value >= best - 1e-4 * abs(best)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weight", [0.3, 1.0])
def test_losing_sales_under_caution_are_proved(seed, weight) -> None:
    """The worst draw may be one in which a losing product sells well."""
    cells = _cells(seed)
    draw = np.random.default_rng(seed)
    factors = draw.lognormal(0, 0.4, (5, 3))
    draws = [
        {k: c[k] for k in ("retailer_id", "placement_type", "sku_id", "c")}
        | {"draw": d, "a": c["a"] * factors[d, i]}
        for i, c in enumerate(cells)
        for d in range(5)
    ]
    stock = math.floor(0.4 * sum(c["a"] for c in cells[:2]) / PRICE)
    cells = [c | {"stock_units": float(stock) if c["sku_id"] == "lost" else None} for c in cells]
    budget = 0.5 * sum(c["max_spend"] for c in cells)
    forced = 0.4 * budget
    result = plan(
        pa.Table.from_pylist(cells),
        _request(budget, forced),
        draws=pa.Table.from_pylist(draws),
        cvar=Cvar(level=0.8, weight=weight),
    )

    def cautious(x):
        values = [_value(cells, x, stock, f) for f in factors]
        return (1 - weight) * float(np.mean(values)) + weight * min(values)

    best = max(cautious(x) for x in list(_grid(cells, forced, budget))[::7])
    assert result.certificate.gap <= 1e-4
    assert result.certificate.upper >= best - 1e-9 * budget
    assert cautious(_spend(result)) == pytest.approx(result.certificate.lower, rel=1e-6)


def _weeks(seed, draws=5):
    """A losing SKU and one that loses in a promotion only, over weeks of own prices, in draws."""
    draw = np.random.default_rng(seed)
    cells, factors = [], draw.lognormal(0, 0.4, (draws, 8))
    for (sku, margin), week in itertools.product((("lost", -0.2), ("half", 0.15)), range(3)):
        spend, depth, cut = (float(draw.uniform(*ends)) for ends in ((80, 300), (0.4, 2), (0.6, 1)))
        cells.append(
            {
                "retailer_id": "alpha",
                "placement_type": "video",
                "sku_id": sku,
                "week": f"2026-W1{week}",
                "family": "saturating_exp",
                "a": float(draw.uniform(2, 6)) * spend / (1 - math.exp(-depth)),
                "c": spend / depth,
                # The same cost of a unit at a lower price.
                "margin_rate": 1 - (1 - margin) / cut,
                "price": PRICE * cut,
                "max_spend": 3 * spend,
            }
        )
    for sku, left in (("lost", draw.uniform(0.1, 0.9)), ("half", draw.uniform(0.1, 0.9))):
        own = [c for c in cells if c["sku_id"] == sku]
        units = math.floor(left * sum(c["a"] / c["price"] for c in own))
        for cell in own:
            cell["stock_units"] = float(units)
    key = ("retailer_id", "placement_type", "sku_id", "week", "c")
    table = [
        {k: c[k] for k in key} | {"draw": d, "a": c["a"] * factors[d, i]}
        for i, c in enumerate(cells)
        for d in range(draws)
    ]
    return cells, pa.Table.from_pylist(table), factors


def _greedy(cells, spend, factor):
    """Margin less spend in one draw, stock sold where a unit of it is worth most."""
    total = -float(spend.sum())
    demand = [
        f * c["a"] * (1 - math.exp(-x / c["c"])) / c["price"]
        for f, c, x in zip(factor, cells, spend, strict=False)
    ]
    for sku in ("lost", "half"):
        own = [i for i, c in enumerate(cells) if c["sku_id"] == sku]
        left = cells[own[0]]["stock_units"]
        for i in sorted(own, key=lambda i: -cells[i]["margin_rate"] * cells[i]["price"]):
            sold = min(demand[i], left)
            left -= sold
            total += cells[i]["margin_rate"] * cells[i]["price"] * sold
    return total


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("weight", [0.0, 0.7])
def test_weeks_of_own_prices_that_share_a_stock_are_proved(seed, weight) -> None:
    """In draws, with caution or without: certain, and worth what the plan says."""
    cells, draws, factors = _weeks(seed)
    budget = 0.5 * sum(c["max_spend"] for c in cells)
    result = plan(
        pa.Table.from_pylist(cells),
        _request(budget, 0.4 * budget),
        draws=draws,
        cvar=Cvar(level=0.8, weight=weight) if weight else None,
        time_limit=20,
    )
    spend = {(r["sku_id"], r["week"]): r["spend"] for r in result.allocation}
    x = np.array([spend[c["sku_id"], c["week"]] for c in cells])
    values = [_greedy(cells, x, f) for f in factors]
    value = (1 - weight) * float(np.mean(values)) + weight * min(values)
    assert result.certificate.gap <= 1e-4
    assert value == pytest.approx(result.certificate.lower, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_at_any_prices(seed) -> None:
    """No plan is worth more, at the best prices and off them, on any intervals of spend."""
    rows, table, _ = _weeks(seed)
    draw = np.random.default_rng(seed)
    budget = 0.5 * sum(c["max_spend"] for c in rows)
    request = _request(budget, 0.4 * budget)
    cells = with_draws(read_cells(pa.Table.from_pylist(rows), request), table)
    problem = build(cells, request, None, None)
    arms = first_arms(problem)
    assert len(problem.pools.cap) == 2
    plans = 0
    for _ in range(20):
        ends = draw.uniform(((0.0,), (0.6,)), ((0.4,), (1.0,)), (2, len(problem))) * problem.most
        part = replace(arms, low=ends[0], high=ends[1], contact=ends[0][:, None] + 0 * arms.contact)
        # One round is near the best prices, where the bound is tight.
        solved = solve_relaxed(problem, part, solve_highs, deadline=0.0)
        best = solved.prices
        stock, forced = (p * draw.lognormal(0, 0.1, p.shape) for p in (best.stock, best.forced))
        near = replace(best, stock=stock, forced=forced)
        upper = min(bound(problem, part, prices).upper for prices in (best, near))
        inside = ends[0] + draw.beta(0.3, 0.3, (40, len(problem))) * (ends[1] - ends[0])
        tried = [valuation(problem, x) for x in (*inside, part.low, solved.at.x)]
        kept = [v.objective for v in (*tried, solved.best) if v is not None and v.broken <= 1e-9]
        plans += len(kept)
        assert max(kept, default=-np.inf) <= upper + 1e-9
    assert plans > 100

"""Products that lose on each sale, with spend forced on them: proved under stock and caution."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyarrow as pa
import pytest

from rmnctl.planning import Cvar, PlanRequest, plan

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

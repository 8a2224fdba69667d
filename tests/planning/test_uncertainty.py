"""Curve draws: the mean over them, stock in each, and caution about the worst."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import minimize

from rmnctl.errors import InputError
from rmnctl.planning import Cvar, PlanRequest, plan

DRAWS = 20


def _draws(cells, seed=0, spread=0.4, copies=DRAWS):
    draw = np.random.default_rng(seed)
    keys = ("retailer_id", "placement_type", "sku_id")
    rows = [
        {k: r[k] for k in keys}
        | {
            "draw": d,
            "a": r["a"] * draw.lognormal(0, spread),
            "c": r["c"] * draw.lognormal(0, spread),
        }
        for r in cells
        for d in range(copies)
    ]
    return pa.Table.from_pylist(rows[::-1])


def _values(cells, draws, spend):
    """Objective of each draw by the formula, in a loop."""
    by = {(r["retailer_id"], r["placement_type"], r["sku_id"]): r for r in cells}
    out = np.full(DRAWS, -float(sum(spend.values())))
    for d in draws.to_pylist():
        key = (d["retailer_id"], d["placement_type"], d["sku_id"])
        out[d["draw"]] += by[key]["margin_rate"] * d["a"] * (1 - math.exp(-spend[key] / d["c"]))
    return out


def _spend(result):
    return {
        (r["retailer_id"], r["placement_type"], r["sku_id"]): r["spend"] for r in result.allocation
    }


def _tail(values, level):
    count = round((1 - level) * len(values))
    return float(np.sort(values)[:count].mean())


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_mean_and_tail_agree_with_a_search_of_another_kind(rows, table, weight) -> None:
    """The certified value is the formula's, and a polytope search finds nothing better."""
    cells = rows(3, 8)
    draws = _draws(cells)
    budget = 0.3 * sum(r["max_spend"] for r in cells)
    request = PlanRequest(budget=budget, brand_id="b")
    result = plan(table(cells), request, draws=draws, cvar=Cvar(level=0.8, weight=weight))

    def value(spend):
        values = _values(cells, draws, spend)
        return (1 - weight) * values.mean() + weight * _tail(values, 0.8)

    assert result.certificate.lower == pytest.approx(value(_spend(result)), rel=1e-6)
    assert result.certificate.gap <= 1e-4
    keys, most = (
        list(_spend(result)),
        {(r["retailer_id"], r["placement_type"], r["sku_id"]): r["max_spend"] for r in cells},
    )

    def loss(z):
        x = {k: min(max(v, 0.0), most[k]) for k, v in zip(keys, z * budget, strict=True)}
        over = max(sum(x.values()) - budget, 0.0)
        return -value(x) / budget + 1e3 * over / budget

    best = min(
        minimize(
            loss,
            start,
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 3000},
        ).fun
        for start in (np.full(3, 0.2), np.array(list(_spend(result).values())) / budget)
    )
    assert -best * budget <= result.certificate.upper * (1 + 1e-6)
    assert result.certificate.lower >= -best * budget * (1 - 1e-4)


def test_caution_buys_a_better_tail_with_a_lower_mean(rows, table) -> None:
    """More weight on the worst draws raises their mean and lowers the mean of all."""
    cells = rows(6, 2)
    draws = _draws(cells, spread=0.8)
    request = PlanRequest(budget=0.4 * sum(r["max_spend"] for r in cells), brand_id="b")
    bold, careful = (
        _values(
            cells,
            draws,
            _spend(plan(table(cells), request, draws=draws, cvar=Cvar(level=0.8, weight=w))),
        )
        for w in (0.0, 1.0)
    )
    assert _tail(careful, 0.8) > _tail(bold, 0.8)
    assert careful.mean() < bold.mean()


def test_equal_draws_are_the_point_estimate(rows, table) -> None:
    """Draws without spread change nothing, with stock or without."""
    cells = rows(8, 6, stock=True)
    request = PlanRequest(
        budget=0.3 * sum(r["max_spend"] for r in cells), brand_id="b", roas_floor=3.0
    )
    one = plan(table(cells), request)
    other = plan(table(cells), request, draws=_draws(cells, spread=0.0, copies=3))
    assert other.certificate.lower == pytest.approx(one.certificate.lower, rel=1e-6)
    assert other.certificate.gap <= 1e-4


def test_stock_holds_in_every_draw(rows, table) -> None:
    """The mean of sales cut by stock is below the cut of mean sales, and certified."""
    cells = rows(8, 6, stock=True)
    draws = _draws(cells, spread=0.5)
    request = PlanRequest(budget=0.3 * sum(r["max_spend"] for r in cells), brand_id="b")
    result = plan(table(cells), request, draws=draws)
    spend = _spend(result)
    sold = 0.0
    for d in range(DRAWS):
        demand: dict[tuple[str, str], float] = {}
        for row in draws.to_pylist():
            if row["draw"] == d:
                key = (row["retailer_id"], row["placement_type"], row["sku_id"])
                got = row["a"] * (1 - math.exp(-spend[key] / row["c"]))
                demand[key[0], key[2]] = demand.get((key[0], key[2]), 0.0) + got
        for row in {(r["retailer_id"], r["sku_id"]): r for r in cells}.values():
            sold += (
                min(demand[row["retailer_id"], row["sku_id"]], row["stock_units"] * row["price"])
                / DRAWS
            )
    assert result.totals.incremental_revenue == pytest.approx(sold, rel=1e-6)
    assert result.certificate.gap <= 1e-4


def test_a_cell_without_all_draws_is_refused(rows, table) -> None:
    """A missing draw would silently tilt the mean."""
    cells = rows(3, 1)
    draws = _draws(cells)
    with pytest.raises(InputError, match="1 cells do not have each of the 20 draws once"):
        plan(table(cells), PlanRequest(budget=5, brand_id="b"), draws=draws.slice(1))

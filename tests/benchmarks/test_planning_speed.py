"""How much processor time plans take, beside PyMC-Marketing's optimiser where that is installed."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from rmnctl.planning import PlanRequest, plan

REPEATS = int(os.environ.get("RMNCTL_BENCH_REPEATS", "3"))
RETAILERS, PLACEMENTS = 10, 5


def _market(n: int, seed: int, *, stock: bool) -> tuple[pa.Table, float]:
    """Curves of n cells, and their typical spend together."""
    draw = np.random.default_rng(seed)
    spend, depth = draw.lognormal(5, 1, n), draw.uniform(0.3, 2, n)
    cell = np.arange(n)
    sku, retailer = cell // (RETAILERS * PLACEMENTS), cell % RETAILERS
    a = draw.uniform(1, 8, n) * spend / -np.expm1(-depth)
    columns: dict[str, Any] = {
        "retailer_id": [f"r{k}" for k in retailer],
        "placement_type": [f"p{k}" for k in cell // RETAILERS % PLACEMENTS],
        "sku_id": [f"s{k}" for k in sku],
        "family": ["saturating_exp"] * n,
        "a": a,
        "c": spend / depth,
        "margin_rate": draw.uniform(0.2, 0.5, n)[sku],
    }
    if stock:
        group = sku * RETAILERS + retailer
        price = draw.uniform(5, 50, n)[sku]
        top = np.bincount(group, weights=a / price)
        columns |= {
            "price": price,
            "stock_units": np.floor(top * draw.uniform(0.2, 1.2, len(top)))[group],
        }
    return pa.table(columns), float(spend.sum())


_SIDE: dict[str, Any] = {
    "roas_floor": 3.5,
    "limits": [
        {"scope": "retailer", "id": f"r{k}", "max_share": 0.12, "min_share": 0.02}
        for k in range(RETAILERS)
    ],
}


@pytest.mark.bench
@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "rules", "target"),
    [
        (100, "bounds and budget", 0.1),
        (100, "side rows and stock", 0.1),
        (1_000, "bounds and budget", 0.5),
        (1_000, "side rows and stock", 0.5),
        (10_000, "side rows and stock", 5.0),
        (1_000, "on and off", 5.0),
        (100_000, "bounds and budget", 2.0),
    ],
)
def test_plans_beside_their_targets(n: int, rules: str, target: float) -> None:
    """Plans are certified to 1e-4; their time is printed beside the target."""
    table, size = _market(n, 1, stock=rules == "side rows and stock")
    more: dict[str, Any] = {} if rules == "bounds and budget" else dict(_SIDE)
    if rules == "on and off":
        more |= {"active_min_spend": 0.5 * size / n, "max_active_cells": 2 * n // 5}
    request = PlanRequest.model_validate({"budget": 0.4 * size, "brand_id": "b", **more})
    taken = []
    for _ in range(REPEATS):
        started = time.process_time()
        result = plan(table, request)
        taken.append(time.process_time() - started)
    print(  # noqa: T201
        f"\n{n:>7} cells, {rules:<20} {statistics.median(taken):7.3f} s (target {target} s)  "
        f"gap {result.certificate.gap:.1e}  {result.solver}"
    )
    assert result.certificate.gap <= 1e-4


@pytest.mark.bench
@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 100])
def test_plans_beside_sequential_quadratic_programming(n: int) -> None:
    """The method of most tools (SLSQP with exact slopes, money scaled to 1) on the same curves.

    PyMC-Marketing, Robyn and LightweightMMM all end in it; their own overhead is not counted.
    """
    from scipy.optimize import minimize

    table, size = _market(n, 2, stock=False)
    request = PlanRequest(budget=0.4 * size, brand_id="b")
    started = time.process_time()
    result = plan(table, request)
    ours = time.process_time() - started
    unit = size / n
    a, c, m = (table[k].to_numpy() for k in ("a", "c", "margin_rate"))
    started = time.process_time()
    found = minimize(
        lambda x: float((x - m * a / unit * -np.expm1(-x * unit / c)).sum()),
        np.full(n, 0.4),
        jac=lambda x: 1 - m * a / c * np.exp(-x * unit / c),
        bounds=[(0, 0.4 * n)] * n,
        constraints={
            "type": "ineq",
            "fun": lambda x: 0.4 * n - x.sum(),
            "jac": lambda _: -np.ones(n),
        },
        method="SLSQP",
        options={"maxiter": 1000, "ftol": 1e-9},
    )
    theirs = time.process_time() - started
    print(  # noqa: T201
        f"\n{n} cells: rmnctl {ours:.4f} s, SLSQP {theirs:.4f} s ({theirs / ours:.0f} x), "
        f"SLSQP falls short by {1 + found.fun * unit / result.certificate.upper:.1e}"
    )
    assert -found.fun * unit <= result.certificate.upper * (1 + 1e-6)


@pytest.mark.bench
@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 100])
def test_plans_beside_pymc_marketing(n: int) -> None:
    """What PyMC-Marketing does (a compiled PyTensor objective in SLSQP), on the same curves.

    Its own optimiser wants a fitted model and has no saturating exponential, so its tensor library
    and its settings are used without it: its overhead is not counted.
    """
    pytest.importorskip("pymc_marketing")
    import pytensor
    import pytensor.tensor as pt
    from scipy.optimize import minimize

    table, size = _market(n, 3, stock=False)
    a, c, m = (table[k].to_numpy() for k in ("a", "c", "margin_rate"))
    spend = pt.vector("spend")
    loss = (spend - m * a * (1 - pt.exp(-spend / c))).sum()
    started = time.process_time()
    both = pytensor.function([spend], [loss, pytensor.grad(loss, spend)])
    compiled = time.process_time() - started
    budget = 0.4 * size
    found = minimize(
        both,
        np.full(n, budget / n),
        jac=True,
        bounds=[(0, budget)] * n,
        constraints={"type": "ineq", "fun": lambda x: budget - x.sum()},
        method="SLSQP",
        options={"ftol": 1e-9, "maxiter": 1000},
    )
    theirs = time.process_time() - started - compiled
    started = time.process_time()
    result = plan(table, PlanRequest(budget=budget, brand_id="b"))
    ours = time.process_time() - started
    print(  # noqa: T201
        f"\n{n} cells: rmnctl {ours:.4f} s, PyTensor with SLSQP {theirs:.4f} s "
        f"(and {compiled:.2f} s to compile), short by {1 + found.fun / result.certificate.upper:.1e}"
    )
    assert -found.fun <= result.certificate.upper * (1 + 1e-6)

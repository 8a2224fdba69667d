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
from rmnctl.planning.request import Objective

SEEDS = range(1, 1 + int(os.environ.get("RMNCTL_BENCH_SEEDS", "5")))
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
    taken, gaps = [], []
    for seed in SEEDS:
        table, size = _market(n, seed, stock=rules == "side rows and stock")
        more: dict[str, Any] = {} if rules == "bounds and budget" else dict(_SIDE)
        if rules == "on and off":
            more |= {"active_min_spend": 0.5 * size / n, "max_active_cells": 2 * n // 5}
        request = PlanRequest.model_validate({"budget": 0.4 * size, "brand_id": "b", **more})
        started = time.process_time()
        result = plan(table, request)
        taken.append(time.process_time() - started)
        gaps.append(result.certificate.gap)
    print(  # noqa: T201
        f"\n{n:>7} cells, {rules:<20} median {statistics.median(taken):7.3f} s, longest "
        f"{max(taken):7.3f} s of {len(taken)} seeds (target {target} s)  gap {max(gaps):.1e}"
    )
    assert max(gaps) <= 1e-4


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


@pytest.mark.filterwarnings("ignore")
@pytest.mark.bench
@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 100])
def test_plans_beside_pymc_marketing(n: int) -> None:
    """PyMC-Marketing's own budget optimiser, its settings, 100 equal draws, on the same curves.

    It maximises revenue at a budget that is spent in full; so does the plan. Its compilation is
    printed, not counted.
    """
    pytest.importorskip("pymc_marketing.mmm.budget_optimizer")
    _beside_pymc(n, seed=99)  # Imports and first compilations are nobody's time.
    found = [_beside_pymc(n, seed) for seed in SEEDS]
    ours, theirs, compiled = (statistics.median(f[k] for f in found) for k in range(3))
    print(  # noqa: T201
        f"\n{n} cells, median of {len(found)} seeds: rmnctl {ours:.4f} s, PyMC-Marketing "
        f"{theirs:.4f} s ({min(f[1] / f[0] for f in found):.0f} to "
        f"{max(f[1] / f[0] for f in found):.0f} x, and {compiled:.2f} s to compile), "
        f"above the plan by {max(f[3] for f in found):.1e} of its value at most"
    )
    assert max(f[3] for f in found) <= 1e-6
    if n == 100:
        assert min(f[1] / f[0] for f in found) >= 5


def _beside_pymc(n: int, seed: int) -> tuple[float, float, float, float]:
    """Seconds of the plan, of the optimiser and of its compilation; how much better it was."""
    from pymc_marketing.mmm.budget_optimizer import BudgetOptimizer

    table, size = _market(n, seed, stock=False)
    a, c = (table[k].to_numpy() for k in ("a", "c"))
    names = [f"cell{i}" for i in range(n)]
    started = time.process_time()
    optimiser = BudgetOptimizer(num_periods=1, model=_pymc_model(a, c, names))
    compiled = time.process_time() - started
    budget = 0.4 * size
    started = time.process_time()
    found, _ = optimiser.allocate_budget(
        budget, budget_bounds=dict.fromkeys(names, (0, budget)), return_if_fail=True
    )
    theirs = time.process_time() - started
    spend = found.sel(channel=names).to_numpy()
    value = float((a * -np.expm1(-spend / c)).sum())
    request = PlanRequest(budget=budget, brand_id="b", objective=Objective.INCREMENTAL_REVENUE)
    started = time.process_time()
    result = plan(table, request)
    ours = time.process_time() - started
    assert result.certificate.gap <= 1e-4
    return ours, theirs, compiled, value / result.certificate.lower - 1


def _pymc_model(a: np.ndarray, c: np.ndarray, names: list[str], draws: int = 100) -> Any:
    """Saturating exponentials as a PyMC model with a constant posterior."""
    import arviz
    import pymc
    import pymc.dims
    import pytensor.xtensor
    import xarray
    from pymc_marketing.mmm.budget_optimizer import CustomModelWrapper

    with pymc.Model(coords={"date": [0], "channel": names}) as model:
        spend = pymc.dims.Data("channel_data", np.zeros((1, len(a))), dims=("date", "channel"))
        top = pymc.dims.Flat("a", dims="channel")
        scale = pymc.dims.Flat("c", dims="channel")
        revenue = top * (1 - pytensor.xtensor.math.exp(-spend / scale))
        pymc.dims.Deterministic("total_contribution", revenue.sum())
    key = ("chain", "draw", "channel")
    posterior = xarray.Dataset(
        {name: (key, np.tile(v, (1, draws, 1))) for name, v in (("a", a), ("c", c))},
        coords={"chain": [0], "draw": np.arange(draws), "channel": names},
    )
    return CustomModelWrapper(model, arviz.InferenceData(posterior=posterior), names)

"""Plans random markets of every family, size and rule: `python -m tests.planning.fuzz 800`."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

from rmnctl.errors import Failure
from rmnctl.planning import PlanRequest, plan
from tests.planning.conftest import Rows, random_rows, recompute

FAMILIES = ("s_curve", "hill_any", "mixed", "saturating_exp", "hill")
SIZES = (8, 12, 20, 30, 40, 60, 100)


def instance(number: int) -> tuple[Rows, dict[str, Any]]:
    """A random market and request; `hill_any` has exponents from 0.5 to 3."""
    draw = np.random.default_rng([number, 77])
    family = FAMILIES[int(draw.choice(5, p=[0.35, 0.2, 0.2, 0.15, 0.1]))]
    n = SIZES[int(draw.integers(len(SIZES)))]
    stock = bool(draw.random() < 0.5)
    base = {"mixed": "saturating_exp", "hill_any": "s_curve"}.get(family, family)
    rows = random_rows(n, int(draw.integers(10**6)), base, stock=stock)
    for row in rows:
        if family == "hill_any":
            row |= {"family": "hill", "shape": float(draw.uniform(0.5, 3))}
        if family == "mixed":
            kind = draw.random()
            if kind < 0.4:
                row |= {"family": "s_curve", "shape": float(draw.uniform(1.2, 3))}
            elif kind < 0.6:
                row |= {"family": "hill", "shape": float(draw.uniform(0.5, 1))}
    if draw.random() < 0.2:
        for row in rows:
            if draw.random() < 0.2:
                row["min_spend"] = 0.1 * row["max_spend"]
    return rows, _request(draw, rows)


def _request(draw: np.random.Generator, rows: Rows) -> dict[str, Any]:
    n = len(rows)
    budget = float(draw.choice([0.05, 0.1, 0.2, 0.3, 0.5, 0.8])) * sum(r["max_spend"] for r in rows)
    budget = max(budget, 1.05 * sum(r.get("min_spend", 0) for r in rows))
    margin = draw.random() < 0.8
    request: dict[str, Any] = {
        "budget": budget,
        "brand_id": "b",
        "objective": "incremental_margin" if margin else "incremental_revenue",
    }
    if draw.random() < 0.5:
        request["roas_floor"] = float(draw.choice([2.0, 2.5, 3.0, 4.0, 6.0]))
    limits: list[dict[str, Any]] = []
    for chance, scope, name, side, low, high in (
        (0.5, "retailer", "r1", "max_share", 0.1, 0.6),
        (0.3, "placement", "p0", "min_share", 0.05, 0.5),
        (0.2, "sku", "s1", "max_share", 0.02, 0.3),
    ):
        if draw.random() < chance:
            limits.append({"scope": scope, "id": name, side: float(draw.uniform(low, high))})
    if limits:
        request["limits"] = limits
    if draw.random() < 0.4:
        least = min(float(draw.uniform(0.3, 2)) * budget / n, 0.5 * budget)
        request["active_min_spend"] = least
        for row in rows:
            if "min_spend" in row:
                row["max_spend"] = max(row["max_spend"], 1.01 * least)
    if draw.random() < 0.4:
        request["max_active_cells"] = int(draw.integers(max(2, n // 8), max(3, n // 2 + 1)))
    return request


def main(count: int) -> None:
    """Plan so many markets, check every plan, and print what was closed and how long it took."""
    status: Counter[str] = Counter()
    taken: dict[int, list[float]] = defaultdict(list)
    for number in range(count):
        rows, rules = instance(number)
        names = sorted({name for row in rows for name in row})
        table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
        request = PlanRequest.model_validate(rules)
        started = time.process_time()
        try:
            result = plan(table, request)
        except Failure as failure:
            status["contradictory" if "No plan keeps" in str(failure) else "failed"] += 1
            continue
        taken[len(rows)].append(time.process_time() - started)
        status[result.status] += 1
        if result.status != "optimal":
            print(f"market {number}: {len(rows)} cells, gap {result.certificate.gap:.1e}")  # noqa: T201
        found = recompute(rows, result, request).objective
        if abs(found - result.certificate.lower) > 1e-5 * max(abs(found), 1.0):
            print(f"market {number}: the plan is not worth what it says")  # noqa: T201
    print(dict(status))  # noqa: T201
    for n in sorted(taken):
        half, most, last = np.quantile(taken[n], [0.5, 0.95, 1.0])
        print(f"{n:>4} cells: median {half:.2f} s, 95 % {most:.2f} s, longest {last:.2f} s")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)

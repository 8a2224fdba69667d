"""From a plan and its fit to the evidence that checks read."""

from __future__ import annotations

from typing import Any

import numpy as np

from rmnctl.agents.reflection.case import Case, Learned, numbers, ordered
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.planning import Objective, Plan


def gather(case: Case, free: Plan) -> Evidence:
    """Put everything that is known of a plan's cells side by side.

    Args:
        case: The plan.
        free: The same request without limits, on the same curves.
    """
    document, request = case.document, case.request
    table = ordered(case.curves, case.keys)
    gain = {
        Objective.INCREMENTAL_MARGIN: numbers(table, "margin_rate"),
        Objective.INCREMENTAL_REVENUE: np.ones(len(case.keys)),
        Objective.CONVERSIONS: 1 / numbers(table, "revenue_per_conversion"),
    }[request.objective]
    budget = next((p["price"] for p in document["prices"] if p["rule"] == "budget"), 0.0)
    cost = 1.0 if request.objective is Objective.INCREMENTAL_MARGIN else 0.0
    best, own = free.certificate.lower, document["certificate"]["lower"]
    optimum = ordered(free.table, case.keys)
    return Evidence(
        plan=case.column("spend"),
        last=case.column("last_spend"),
        optimum=numbers(optimum, "spend", 0.0),
        worth=gain * case.column("mroas", np.nan),
        price=budget + cost,
        left=max(best - own, 0.0) / max(abs(best), 1e-12),
        gain=gain * numbers(table, "promo_multiplier", 1.0),
        item=np.array([f"{key[0]}\0{key[2]}" for key in case.keys], dtype=object),
        retailer=np.array(table["retailer_id"].to_pylist(), dtype=object),
        **_history(case, case.learned),
    )


def _history(case: Case, learned: Learned | None) -> dict[str, Any]:
    """What the history says of each cell of the plan; nothing where there is no history."""
    n = len(case.keys)
    if learned is None:
        nothing = np.full((1, 1), np.nan)
        return {
            "block": np.zeros(n, int),
            "spend": np.zeros((n, 1)),
            "revenue": np.full((n, 1), np.nan),
            "days": case.request.horizon_days,
            "own_curve": np.zeros(n, bool),
            "records": np.zeros(n, int),
            "rest_spend": nothing,
            "rest_revenue": nothing,
            "named_spend": nothing,
            "named_revenue": nothing,
            "tested": np.zeros(1, bool),
            "covered": (),
        }
    fitted = learned.fitted
    panel = fitted.panel
    place: dict[tuple[str, ...], int] = {
        key: i for i, key in enumerate(zip(panel.retailer, panel.placement, panel.sku, strict=True))
    }
    cells = np.array([place[key[:3]] for key in case.keys])
    seen = np.isfinite(panel.revenue) & np.isfinite(panel.spend)
    named = np.zeros((2, len(panel.blocks), panel.spend.shape[1]))
    for target, values in zip(named, (panel.spend, panel.revenue), strict=True):
        np.add.at(target, panel.block, np.where(seen, values, 0.0))
    return {
        "block": panel.block[cells],
        "spend": fitted.spend[cells],
        "revenue": np.where(seen, panel.revenue, np.nan)[cells],
        "days": panel.days,
        "own_curve": fitted.attributed.supported[cells],
        "records": fitted.attributed.periods[cells],
        "rest_spend": panel.rest_spend,
        "rest_revenue": panel.rest_revenue,
        "named_spend": named[0],
        "named_revenue": named[1],
        "tested": fitted.ratio.informed,
        "covered": learned.backtest.by_period,
    }

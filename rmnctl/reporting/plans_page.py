"""The report of two plans scored by the truth of their market."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmnctl.reporting.bars import stacked_bars
from rmnctl.reporting.page import Tile, listed, note, page, section, tiles, verdict
from rmnctl.reporting.tables import columns, table

_SCORES = {
    "incremental_margin": "Incremental margin",
    "incremental_revenue": "Incremental revenue",
    "spend": "Spend",
    "roas": "ROAS",
    "iroas": "iROAS",
    "stockout_spend_share": "Share of spend on stocked-out SKUs",
    "regret": "Regret",
}


def plans_page(document: Mapping[str, Any], currency: str) -> str:
    """One HTML document for the content of `plan_comparison.json`.

    Args:
        document: As `plan_comparison.json` holds it.
        currency: Of all amounts.
    """
    request, plans = document["request"], document["plans"]
    goal = str(request["objective"])
    gained = document["delta"].get(goal, document["delta"]["incremental_margin"])
    better = "The second plan is better." if gained > 0 else "The first plan is better."
    return page(
        f"Two plans for {request['brand_id']}",
        f"{request['horizon_days']} days, {request['budget']:,.2f} {currency}, scored by the truth "
        f"of {document['market']}",
        verdict(
            "warn",
            better if gained else "Both plans bring the same.",
            document["verdict"][-1],
            word="One world",
        ),
        tiles(
            *(
                Tile(_label(name, own), f"{own['regret']:.2f}", currency, "Below the best plan")
                for name, own in plans.items()
            )
        ),
        section("Scores", _scores(plans), listed(document["verdict"][:-1])),
        section("Where the money goes", _where(document["where"], plans, currency)),
        note("Expected scores in one simulated world, so without intervals."),
        footer="plan_comparison.json holds all numbers in full.",
    )


def _where(
    where: Mapping[str, Mapping[str, float]], plans: Mapping[str, Any], currency: str
) -> str:
    """Spend by place, a bar a plan, and the same as a table."""
    bars = [
        (place if first else "", {_short(name): round(own[name])})
        for place, own in where.items()
        for first, name in zip((True, False), plans, strict=True)
    ]
    rows = [
        {"place": place} | {name: f"{own[name]:,.2f}" for name in plans}
        for place, own in where.items()
    ]
    headings = {"place": "Retailer and placement"} | {n: _label(n, plans[n]) for n in plans}
    return stacked_bars(
        bars, [_short(n) for n in plans], "Spend by plan", currency, to_scale=True
    ) + table(rows, columns(headings, dict.fromkeys(plans, currency)), caption="Spend by plan")


def _short(name: str) -> str:
    return name.rsplit("-", 1)[-1]


def _label(name: str, own: Mapping[str, Any]) -> str:
    return f"{_short(name)} {(own['mode'] or 'own curves').replace('_', '-')}"


def _scores(plans: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        {"score": label} | {name: _written(key, own[key]) for name, own in plans.items()}
        for key, label in _SCORES.items()
    ]
    headings = {"score": "Score"} | {name: _label(name, own) for name, own in plans.items()}
    return table(rows, columns(headings, dict.fromkeys(plans, "")), caption="Under the truth")


def _written(key: str, value: float) -> str:
    return f"{value:.1%}" if key.endswith("_share") else f"{value:,.2f}"

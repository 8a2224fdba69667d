"""A plan in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from rmnctl.agents.words.check import Checked, check_sentences
from rmnctl.agents.words.plan_facts import plan_facts

_GOALS = {
    "incremental_margin": "incremental margin",
    "incremental_revenue": "incremental revenue",
    "conversions": "incremental conversions",
}


def explain_plan(document: Mapping[str, Any]) -> Checked:
    """Say what a plan does and why, every number checked against it.

    Args:
        document: The content of `plan.json`.
    """
    return check_sentences(_sentences(document), plan_facts(document))


def _sentences(document: Mapping[str, Any]) -> list[str]:
    request, totals = document["request"], document["totals"]
    goal = _GOALS[request["objective"]]
    found = [
        (
            f"The plan spends {totals['spend']:,.0f} of a budget of {request['budget']:,.0f} over "
            f"{request['horizon_days']} days, for {goal}."
        ),
        f"It expects {totals['incremental_revenue']:,.0f} of incremental revenue"
        + (
            ""
            if totals["incremental_margin"] is None
            else f" and {totals['incremental_margin']:,.0f} of incremental margin after the media"
        )
        + ("." if totals["iroas"] is None else f", an iROAS of {totals['iroas']:.2f}."),
    ]
    if totals["spend"] < 0.999 * request["budget"]:
        found.append("The rest of the budget is kept, because no cell would pay for it.")
    found += _where(document)
    found += _prices(document)
    beside = document.get("comparison")
    if beside is not None:
        more = "more" if beside["gained"] >= 0 else "less"
        found.append(
            f"On the same curves that is {abs(beside['gained']):,.0f} {more} than last period's "
            f"allocation; last period spent {beside['last']['spend']:,.0f}."
        )
    gap = document["certificate"]["gap"]
    found.append(
        f"No plan under these rules and curves can be worth more than "
        f"{document['certificate']['upper']:,.0f}; the gap of this one is {gap:.1e}."
    )
    return found


def _where(document: Mapping[str, Any]) -> list[str]:
    spent = document["totals"]["spend"]
    if not spent > 0:
        return ["Nothing is worth spending on."]
    by: dict[str, dict[str, float]] = {
        k: defaultdict(float) for k in ("retailer_id", "placement_type")
    }
    for row in document["allocation"]:
        for key, sums in by.items():
            sums[row[key]] += row["spend"]
    parts = []
    for sums in by.values():
        order = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:3]
        parts.append(", ".join(f"{name} {value / spent:.0%}" for name, value in order if value > 0))
    return [f"By retailer: {parts[0]}.", f"Largest placements: {parts[1]}."]


def _prices(document: Mapping[str, Any]) -> list[str]:
    """What the binding rules cost, the dearest first."""
    binding = [p for p in document["prices"] if p["binding"] and p["price"] > 0]
    found = []
    budget = next((p for p in binding if p["rule"] == "budget"), None)
    if budget is not None:
        found.append(f"The next unit of budget would bring {budget['price']:.3g} more.")
    for price in sorted(binding, key=lambda p: (-p["price"], p["rule"], p["about"])):
        if price["rule"].startswith("limits."):
            found.append(
                f"The limit on {price['about']} holds the plan; giving way by one unit of "
                f"currency would bring {price['price']:.3g}."
            )
        elif price["rule"] == "roas_floor":
            found.append(f"The ROAS floor of {price['limit']:.2f} holds the plan.")
    stock = sum(p["rule"] == "stock" for p in binding)
    if stock:
        found.append("Where stock runs out, spend stops at what the shelf can sell.")
    return found

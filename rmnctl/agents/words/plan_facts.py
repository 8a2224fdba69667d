"""The numbers of a plan that may be said, and about what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from rmnctl.agents.words.facts import Facts, Kind

_KEYS = ("retailer_id", "placement_type", "sku_id")
_MONEY = ("spend", "incremental_revenue", "incremental_margin")


def plan_facts(document: Mapping[str, Any]) -> Facts:
    """Facts of a plan.

    Args:
        document: The content of `plan.json`.
    """
    facts = Facts()
    _request(facts, document["request"])
    for name in _MONEY:
        facts.add(f"totals.{name}", document["totals"][name], Kind.MONEY)
    for name in ("roas", "iroas"):
        facts.add(f"totals.{name}", document["totals"][name], Kind.RATIO)
    facts.add("totals.conversions", document["totals"]["conversions"], Kind.RATIO, ("conversions",))
    spent = document["totals"]["spend"]
    facts.add("spent_share", spent / document["request"]["budget"], Kind.SHARE, ("budget",))
    for name in ("lower", "upper"):
        facts.add(f"certificate.{name}", document["certificate"][name], Kind.MONEY)
    facts.add("certificate.gap", document["certificate"]["gap"], Kind.RATIO, ("gap",))
    facts.add("certificate.gap", document["certificate"]["gap"], Kind.SHARE, ("gap",))
    _beside(facts, document.get("comparison"))
    for number, price in enumerate(document["prices"]):
        about = tuple(price["about"].replace(" / ", " ").split(" ")[-1:]) if price["about"] else ()
        word = (price["rule"].partition(".")[0].replace("limits", "limit").partition("_")[0],)
        for name in ("price", "limit", "used"):
            kind = Kind.RATIO if name == "price" else Kind.MONEY
            facts.add(f"prices.{number}.{name}", price[name], kind, about or word)
    _sums(facts, document["allocation"], spent)
    return facts


def _request(facts: Facts, request: Mapping[str, Any]) -> None:
    facts.call([request["brand_id"], *request["retailers"]])
    facts.add("request.budget", request["budget"], Kind.MONEY)
    facts.add("request.roas_floor", request["roas_floor"], Kind.RATIO, ("floor",))
    facts.add("request.experiment_share", request["experiment_share"], Kind.SHARE, ("experiment",))
    facts.add("request.horizon_days", request["horizon_days"], Kind.COUNT, ("day",))
    facts.add("request.limits", len(request["limits"]), Kind.COUNT, ("limit",))
    facts.add("request.active_min_spend", request["active_min_spend"], Kind.MONEY, ("cell",))
    facts.add("request.max_active_cells", request["max_active_cells"], Kind.COUNT, ("cell",))
    for limit in request["limits"]:
        facts.call([limit["id"]])
        for name in ("min_share", "max_share"):
            facts.add(f"limits.{limit['id']}.{name}", limit[name], Kind.SHARE, (limit["id"],))
        for name in ("min_spend", "max_spend"):
            facts.add(f"limits.{limit['id']}.{name}", limit[name], Kind.MONEY, (limit["id"],))


def _beside(facts: Facts, comparison: Mapping[str, Any] | None) -> None:
    if comparison is None:
        return
    facts.add("comparison.gained", comparison["gained"], Kind.MONEY, ("last",))
    facts.add("comparison.objective", comparison["objective"], Kind.MONEY, ("last",))
    for name in _MONEY:
        facts.add(f"comparison.last.{name}", comparison["last"][name], Kind.MONEY, ("last",))
    facts.add("comparison.last.iroas", comparison["last"]["iroas"], Kind.RATIO, ("last",))


def _sums(facts: Facts, allocation: list[Mapping[str, Any]], spent: float) -> None:
    """Spend by retailer, placement, SKU and retailer x placement, each only by its name."""
    sums: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in allocation:
        retailer, placement, sku = (row[k] for k in _KEYS)
        facts.call([retailer, placement, sku])
        names: tuple[tuple[str, ...], ...] = (
            (retailer,),
            (placement,),
            (sku,),
            (retailer, placement),
        )
        for about in names:
            line = sums[about]
            line[0] += row["spend"]
            line[1] += row["predicted_incremental_revenue"]
            line[2] += row["predicted_incremental_margin"] or 0.0
    for about, line in sums.items():
        name = "/".join(about)
        for what, value in zip(_MONEY, line, strict=True):
            facts.add(f"sums.{name}.{what}", value, Kind.MONEY, about)
        if spent > 0:
            facts.add(f"sums.{name}.share", line[0] / spent, Kind.SHARE, about)
        if line[0] > 0:
            facts.add(f"sums.{name}.iroas", line[1] / line[0], Kind.RATIO, about)
    active = sum(r["spend"] > 0 for r in allocation)
    facts.add("cells", len(allocation), Kind.COUNT, ("cell",))
    facts.add("active_cells", active, Kind.COUNT, ("cell",))

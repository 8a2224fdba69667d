"""The report of a plan: what to spend where, what it should bring, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rmnctl.reporting.bars import stacked_bars
from rmnctl.reporting.page import Tile, details, note, page, section, text, tiles, verdict
from rmnctl.reporting.tables import columns, first_rows, table

_MOST_CELLS, _MOST_RULES = 200, 100
_MONEY = ("spend", "incremental_revenue", "incremental_margin")


def plan_page(document: Mapping[str, Any]) -> str:
    """One HTML document for the content of `plan.json`.

    Args:
        document: As `plan.json` holds it.
    """
    request, totals = document["request"], document["totals"]
    currency = request["currency"] or ""
    places = _by_place(document["allocation"])
    mode = document["clean_room_mode"]
    known = f"mode {mode.replace('_', '-')}" if mode else "a table of curves"
    return page(
        f"Plan for {request['brand_id']}",
        f"{request['horizon_days']} days, {request['budget']:,.2f} {currency}, from {known}",
        _answer(document, currency),
        *(
            verdict("warn", "Before you trust this plan", warning)
            for warning in document.get("warnings", ())
        ),
        tiles(
            Tile("Spend", _amount(totals["spend"]), currency, "The budget is never forced out"),
            Tile("Incremental revenue", _amount(totals["incremental_revenue"]), currency),
            Tile(
                "Incremental margin", _amount(totals["incremental_margin"]), currency, "After spend"
            ),
            Tile("iROAS", _rate(totals["iroas"]), "", "Incremental revenue / spend"),
            Tile("ROAS", _rate(totals["roas"]), "", "What networks would report"),
        ),
        _where(places, currency),
        _limits(document),
        _last(document, currency),
        _cells(document, currency),
        footer="All numbers are predictions of the fitted curves; plan.json and plan.parquet hold "
        "them in full. Which plan is truly better, only an experiment or a known truth can say.",
    )


def _amount(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _rate(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _answer(document: Mapping[str, Any], currency: str) -> str:
    certificate, status = document["certificate"], document["status"]
    gap = f"{certificate['gap']:.1e}"
    if status == "optimal":
        return verdict(
            "good",
            "Under these curves and rules no plan is better by more than the gap.",
            f"Certified between {certificate['lower']:,.2f} and {certificate['upper']:,.2f} "
            f"{currency}; gap {gap}.",
        )
    return verdict(
        "warn",
        "Time ran out before the plan was proved best.",
        f"It is worth {certificate['lower']:,.2f} {currency}; none is worth more than "
        f"{certificate['upper']:,.2f} (gap {gap}). Give it more time_limit_s.",
    )


def _by_place(allocation: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[str, dict[str, Any]] = {}
    for cell in allocation:
        name = f"{cell['retailer_id']} {cell['placement_type'].replace('_', ' ')}"
        line = sums.setdefault(name, {"place": name, "cells": 0} | dict.fromkeys(_MONEY, 0.0))
        line["cells"] += cell["spend"] > 0
        line["spend"] += cell["spend"]
        line["incremental_revenue"] += cell["predicted_incremental_revenue"]
        line["incremental_margin"] += cell["predicted_incremental_margin"] or 0.0
    return [sums[name] for name in sorted(sums)]


def _where(places: Sequence[Mapping[str, Any]], currency: str) -> str:
    bars = [
        (
            str(p["place"]),
            {
                "spend": round(p["spend"]),
                "margin after spend": max(round(p["incremental_margin"]), 0),
            },
        )
        for p in places
    ]
    shown = [
        dict(p) | {key: _amount(p[key]) for key in _MONEY} | {"iroas": _ratio(p)} for p in places
    ]
    headings = {
        "place": "Retailer and placement",
        "cells": "SKUs with spend",
        "spend": "Spend",
        "incremental_revenue": "Incremental revenue",
        "incremental_margin": "Incremental margin",
        "iroas": "iROAS",
    }
    units = dict.fromkeys(_MONEY, currency) | {"cells": "", "iroas": ""}
    return section(
        "Where the money goes",
        stacked_bars(
            bars,
            ("spend", "margin after spend"),
            "Spend and the margin it leaves",
            currency,
            to_scale=True,
        ),
        table(shown, columns(headings, units), caption="Plan by retailer and placement"),
    )


def _ratio(place: Mapping[str, Any]) -> str | None:
    return f"{place['incremental_revenue'] / place['spend']:.2f}" if place["spend"] > 0 else None


def _limits(document: Mapping[str, Any]) -> str:
    binding = [p for p in document["prices"] if p["binding"]]
    if not binding:
        return section("What holds the plan back", text("No rule is at its limit."))
    ranked = sorted(binding, key=lambda p: (-p["price"], p["rule"], p["about"]))
    rows, more = first_rows(ranked, _MOST_RULES, "rules at their limit")
    shown = [
        {
            "rule": f"{p['rule']} {p['about']}".strip(),
            "limit": f"{p['limit']:.2f}",
            "used": f"{p['used']:.2f}",
            "price": f"{p['price']:.4f}",
            "unit": p["unit"],
        }
        for p in rows
    ]
    headings = {
        "rule": "Rule at its limit",
        "limit": "Limit",
        "used": "Used",
        "price": "Worth of one more",
        "unit": "Unit",
    }
    return section(
        "What holds the plan back",
        table(
            shown,
            columns(headings, dict.fromkeys(("limit", "used", "price"), "")),
            caption="Shadow prices: what the objective gains if a rule gives way by one unit",
        ),
        *([note(more)] if more else []),
    )


def _last(document: Mapping[str, Any], currency: str) -> str:
    compared = document["comparison"]
    if compared is None:
        return ""
    rows = [
        {"plan": "This plan"} | {k: _amount(document["totals"][k]) for k in _MONEY},
        {"plan": "Last period's allocation"} | {k: _amount(compared["last"][k]) for k in _MONEY},
    ]
    headings = {
        "plan": "On the same curves",
        "spend": "Spend",
        "incremental_revenue": "Incremental revenue",
        "incremental_margin": "Incremental margin",
    }
    remark = "Last period's allocation would break a rule of this request. "
    return section(
        "Beside last period",
        table(
            rows,
            columns(headings, dict.fromkeys(_MONEY, currency)),
            caption=f"{compared['gained']:,.2f} {currency} more by the objective",
        ),
        note(
            (remark if compared["breaks_rules"] else "")
            + "Both are valued by the same fitted curves, so errors of the curves favour the plan."
        ),
    )


def _cells(document: Mapping[str, Any], currency: str) -> str:
    spent = sorted(
        (c for c in document["allocation"] if c["spend"] > 0),
        key=lambda c: (-c["spend"], c["retailer_id"], c["placement_type"], c["sku_id"]),
    )
    rows, more = first_rows(spent, _MOST_CELLS, "cells with spend")
    shown = [
        {
            "cell": f"{c['sku_id']} {c['retailer_id']} {c['placement_type']}",
            "spend": _amount(c["spend"]),
            "revenue": _amount(c["predicted_incremental_revenue"]),
            "margin": _amount(c["predicted_incremental_margin"]),
            "mroas": _rate(c["mroas"]),
            "bound": c["bound"],
        }
        for c in rows
    ]
    headings = {
        "cell": "Cell",
        "spend": "Spend",
        "revenue": "Incremental revenue",
        "margin": "Incremental margin",
        "mroas": "mROAS",
        "bound": "Stands at",
    }
    units = dict.fromkeys(("spend", "revenue", "margin"), currency) | {"mroas": ""}
    return section(
        "Cell by cell",
        details(
            f"{len(spent)} cells with spend, the largest first",
            table(shown, columns(headings, units), caption="Allocation"),
            *([note(more)] if more else []),
        ),
    )

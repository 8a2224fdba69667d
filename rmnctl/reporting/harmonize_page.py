"""The report of a harmonize run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmnctl.reporting.bars import stacked_bars
from rmnctl.reporting.page import number, page, section, table, verdict

_PLACES = ("kept", "quarantined", "duplicate", "superseded", "total", "blank")


def _lead(summary: Mapping[str, Any]) -> str:
    metrics = summary["metrics"]
    held = metrics.get("rows_quarantined", 0)
    aside = sum(metrics.get(f"rows_{p}", 0) for p in _PLACES[2:])
    return (
        f"{number(metrics['rows_in'])} rows came in and every one is accounted for: "
        f"{number(metrics.get('rows_kept', 0))} are in RMIS, {number(held)} wait in quarantine, "
        f"{number(aside)} were copies, superseded, totals or blank. Money balances to the cent."
    )


def _books(summary: Mapping[str, Any]) -> str:
    rows = [
        {"input": book["input"], "rows_in": book["rows_in"]} | book["rows"]
        for book in summary["inputs"]
    ]
    money = [
        {"input": book["input"], "currency": currency, "measure": name}
        | {place: places.get(place, "0.00") for place in ("in", *_PLACES)}
        for book in summary["inputs"]
        for currency, measures in book["money"].items()
        for name, places in measures.items()
    ]
    chart = stacked_bars(
        [(book["input"], book["rows"]) for book in summary["inputs"]],
        _PLACES,
        "Where the rows of each input ended",
    )
    columns = {p: f"{p} #" for p in _PLACES}
    return section(
        "Where every row and every cent ended",
        chart,
        table(rows, {"input": "input", "rows_in": "rows in #", **columns}, caption="Rows"),
        table(
            money,
            {"input": "input", "measure": "measure", "currency": "currency", "in": "in #"}
            | columns,
            caption="Money, in the report's own currency, as far as it could be read",
        ),
    )


def _reasons(summary: Mapping[str, Any]) -> str:
    if not summary["reasons"]:
        return ""
    parts = [
        table(
            summary["reasons"],
            {"code": "code", "rows": "rows #", "meaning": "meaning"},
            caption="A row can carry several",
        )
    ]
    if summary["samples"]:
        rows = table(
            summary["samples"], {"input": "input", "row": "record #", "reasons": "reasons"}
        )
        parts.append(f"<details><summary>Where to look first</summary>{rows}</details>")
    return section("Why rows did not reach RMIS", *parts)


def _drift(summary: Mapping[str, Any]) -> str:
    rows = [
        {
            "input": d["input"],
            "mapping": d["mapping"],
            "new": ", ".join(d["new"]) or "none",
            "missing": ", ".join(d["missing"]) or "none",
            "renamed": ", ".join(f"{a} → {b}" for a, b in d["renamed"].items()) or "none",
            "retyped": ", ".join(d["retyped"]) or "none",
        }
        for d in summary["drift"]
    ]
    columns = ("input", "mapping", "new", "missing", "renamed", "retyped")
    return section("Did the reports change shape?", table(rows, {c: c for c in columns}))


def _attribution(summary: Mapping[str, Any]) -> str:
    note = (
        "All rows credit sales alike and may be compared."
        if summary["comparable"]
        else "Networks credit sales differently: adding or comparing these revenues as if they "
        "were one measure is refused unless --allow-mixed-attribution is given."
    )
    columns = {
        "retailer_id": "retailer",
        "attr_model": "attribution",
        "interaction": "contact",
        "sales_channel": "sales",
        "conversion_basis": "conversions are",
        "currency": "currency",
        "grain": "grain",
        "first_day": "first day",
        "last_day": "last day",
        "rows": "rows #",
        "final_rows": "final #",
        "cost": "cost #",
        "revenue": "revenue #",
    }
    return section(
        "What the revenue means",
        f"<p>{note} <span class=soft>Attributed revenue contains sales that would have happened "
        "anyway; it is not incremental. Rows not final may still be restated.</span></p>",
        table(summary["attribution"], columns),
    )


def _placements(summary: Mapping[str, Any]) -> str:
    columns = {
        "retailer_id": "retailer",
        "placement_type": "placement",
        "currency": "currency",
        "rows": "rows #",
        "skus": "SKUs #",
        "impressions": "impressions #",
        "clicks": "clicks #",
        "cost": "cost #",
        "revenue": "attributed revenue #",
    }
    return section("What was harmonised", table(summary["placements"], columns))


def harmonize_page(summary: Mapping[str, Any]) -> str:
    """HTML of a harmonize report; the same summary gives the same bytes."""
    level = "bad" if summary["findings"] else "warn" if summary["warnings"] else ""
    return page(
        "Harmonised reports",
        f"As of {summary['as_of']}. Details: report.json, quarantine.jsonl, set_aside.parquet.",
        verdict(_lead(summary), [*summary["findings"], *summary["warnings"]], level=level),
        _placements(summary),
        _books(summary),
        _reasons(summary),
        _attribution(summary),
        _drift(summary),
    )

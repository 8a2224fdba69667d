"""The report of a harmonize run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rmnctl.reporting.harmonize_balance import PLACES, balance
from rmnctl.reporting.page import Level, Tile, details, note, page, section, text, tiles, verdict
from rmnctl.reporting.tables import Column, columns, first_rows, number, table

# A page stays readable, and below 300 KB, whatever comes in; report.json holds everything.
_MOST_INPUTS, _MOST_LINES, _MOST_NOTES, _MOST_LETTERS = 40, 100, 20, 300

_Rows = Sequence[Mapping[str, Any]]


def _shorten(words: str) -> str:
    return words if len(words) <= _MOST_LETTERS else words[: _MOST_LETTERS - 1] + "…"


def _only_currency(rows: _Rows) -> str:
    """The one currency of all rows, or nothing when there are several."""
    found = {row["currency"] for row in rows}
    return str(found.pop()) if len(found) == 1 else ""


def _money_columns(headings: Mapping[str, str], rows: _Rows, counts: Sequence[str]) -> list[Column]:
    """Columns whose money stands in the one currency there is, or beside a currency column."""
    currency = _only_currency(rows)
    shown = {k: h for k, h in headings.items() if not (currency and k == "currency")}
    return columns(shown, {"cost": currency, "revenue": currency} | dict.fromkeys(counts, ""))


def _answer(summary: Mapping[str, Any]) -> str:
    findings, warnings = summary["findings"], summary["warnings"]
    level: Level = "bad" if findings else "warn" if warnings else "good"
    notes = [_shorten(n) for n in (*findings, *warnings)]
    if len(notes) > _MOST_NOTES:
        hidden = len(notes) - _MOST_NOTES
        notes = [*notes[:_MOST_NOTES], f"And {number(hidden)} more; report.json lists all."]
    headlines: dict[Level, str] = {
        "good": "Every row is accounted for, and the money balances to the cent.",
        "warn": "The books balance to the cent. Read the remarks before you use the numbers.",
        "bad": "The books balance, but too much is wrong with the reports to use the numbers yet.",
    }
    lines = summary["attribution"]
    lead = "No row reached RMIS."
    if lines:
        first, last = min(a["first_day"] for a in lines), max(a["last_day"] for a in lines)
        retailers = sorted({a["retailer_id"] for a in lines})
        named = f"{len(retailers)} retailers" if len(retailers) > 3 else " and ".join(retailers)
        lead = f"RMIS now covers {named} from {first} to {last}."
    if findings:
        lead += " Mend quarantine.jsonl and replay this run, or correct the mapping."
    return verdict(level, headlines[level], lead, notes)


def _figures(summary: Mapping[str, Any]) -> str:
    metrics = summary["metrics"]
    held, kept = metrics.get("rows_quarantined", 0), metrics.get("rows_kept", 0)
    carried = metrics["rows_rmis"] - kept
    aside = {p: metrics.get(f"rows_{p}", 0) for p in ("duplicate", "total", "blank")}
    count = len(summary["inputs"])
    bad_or_warn: Level = "bad" if summary["findings"] else "warn"
    return tiles(
        Tile("Rows in", metrics["rows_in"], note=f"from {count} input{'s' * (count != 1)}"),
        Tile(
            "In RMIS",
            metrics["rows_rmis"],
            note=f"{number(carried)} of them from an earlier run" if carried else "kept rows",
        ),
        Tile(
            "Quarantined",
            held,
            note="wait to be mended" if held else "nothing to mend",
            level=bad_or_warn if held else None,
        ),
        Tile("Restated", metrics.get("rows_superseded", 0), note="a later report replaces them"),
        Tile(
            "Left aside",
            sum(aside.values()),
            note=", ".join(f"{PLACES[p]} {number(n)}" for p, n in aside.items() if n),
        ),
    )


def _placements(summary: Mapping[str, Any]) -> str:
    rows = summary["placements"]
    headings = {
        "retailer_id": "retailer",
        "placement_type": "placement",
        "currency": "currency",
        "rows": "rows",
        "skus": "SKUs",
        "impressions": "impressions",
        "clicks": "clicks",
        "cost": "cost",
        "revenue": "attributed revenue",
    }
    counts = ("rows", "skus", "impressions", "clicks")
    parts = [
        table(rows, _money_columns(headings, rows, counts), caption="By retailer and placement")
    ]
    if crosswalk := summary["crosswalk"]:
        parts.append(
            note(
                f"The product list ties {number(crosswalk['numbers'])} item numbers to SKUs; "
                f"{number(crosswalk['conflicts'])} are claimed by two SKUs and left out."
            )
        )
    return section("What is in RMIS", *parts)


def _reasons(summary: Mapping[str, Any]) -> str:
    if not summary["reasons"]:
        return ""
    shown = columns({"code": "code", "rows": "rows", "meaning": "meaning"}, {"rows": ""})
    parts = [table(summary["reasons"], shown, caption="Reasons", note="A row can carry several.")]
    if summary["samples"]:
        samples, cut = first_rows(summary["samples"], _MOST_LINES, "places")
        places = columns({"input": "input", "row": "record", "reasons": "reasons"}, {"row": ""})
        parts.append(
            details(
                "Where to look first in the quarantined rows",
                table(samples, places, caption="Quarantined records", note=cut),
            )
        )
    return section("Why rows did not reach RMIS", *parts)


def _attribution(summary: Mapping[str, Any]) -> str:
    rows = [a | {"days": f"{a['first_day']} to {a['last_day']}"} for a in summary["attribution"]]
    said = (
        "All rows credit sales alike, so their revenue may be compared."
        if summary["comparable"]
        else "Networks credit sales differently. Adding or comparing these revenues as if they "
        "were one measure is refused unless --allow-mixed-attribution is given."
    )
    headings = {
        "retailer_id": "retailer",
        "attr_model": "attribution",
        "interaction": "credited after",
        "sales_channel": "sales",
        "conversion_basis": "conversions are",
        "currency": "currency",
        "grain": "grain",
        "days": "days",
        "rows": "rows",
        "final_rows": "final rows",
        "cost": "cost",
        "revenue": "attributed revenue",
    }
    return section(
        "What the revenue means",
        text(said),
        text(
            "Attributed revenue contains sales that would have happened without the ads; it is "
            "not incremental. Rows that are not final may still be restated."
        ),
        table(
            rows,
            _money_columns(headings, rows, ("rows", "final_rows")),
            caption="How sales are credited",
        ),
        note(
            "Attribution reads credit rule : days after a click : days after a view : items "
            "counted. Rules: lc last click, lt last touch, fc first click, li linear, td time "
            "decay, dd data-driven; ? is not known."
        ),
    )


def _drift(summary: Mapping[str, Any]) -> str:
    rows = [
        {
            "input": d["input"],
            "mapping": d["mapping"],
            "new": _shorten(", ".join(d["new"])) or "none",
            "missing": _shorten(", ".join(d["missing"])) or "none",
            "renamed": _shorten(", ".join(f"{a} → {b}" for a, b in d["renamed"].items())) or "none",
            "retyped": _shorten(", ".join(d["retyped"])) or "none",
        }
        for d in summary["drift"]
    ]
    changed = [
        r for r in rows if any(r[k] != "none" for k in ("new", "missing", "renamed", "retyped"))
    ]
    headings = {k: k for k in ("input", "mapping", "new", "missing", "renamed", "retyped")}
    if changed:
        shown, cut = first_rows(changed, _MOST_INPUTS, "changed inputs")
        found = table(shown, columns(headings, {}), caption="Changed columns", note=cut)
        said = f"{number(len(changed))} of {number(len(rows))} inputs differ from their mapping."
    else:
        shown, cut = first_rows(rows, _MOST_INPUTS, "inputs")
        only = columns({"input": "input", "mapping": "mapping"}, {})
        found = details("Mapping of each input", table(shown, only, caption="Mappings", note=cut))
        said = "No. Every input has the columns its mapping expects, and their cells still parse."
    return section("Did the reports change shape?", text(said), found)


def harmonize_page(summary: Mapping[str, Any]) -> str:
    """HTML of a harmonize report; the same summary gives the same bytes."""
    return page(
        "Harmonised reports",
        f"Network reports turned into RMIS, as of {summary['as_of']}.",
        _answer(summary),
        _figures(summary),
        _placements(summary),
        balance(summary),
        _reasons(summary),
        _attribution(summary),
        _drift(summary),
        footer="Beside this page: report.json holds these numbers, rmis.parquet the rows, "
        "quarantine.jsonl the rows to mend, set_aside.parquet what was left out.",
    )

"""The balance of a harmonize report: where every row and every cent of the inputs ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rmnctl.reporting.bars import stacked_bars
from rmnctl.reporting.page import details, section
from rmnctl.reporting.tables import Column, columns, first_rows, table

#: Where a row can end, and how the page calls it, in the order of every chart and table.
PLACES = {
    "kept": "kept",
    "quarantined": "quarantined",
    "duplicate": "copies",
    "superseded": "restated",
    "total": "total rows",
    "blank": "blank",
}
_ALWAYS = ("kept", "quarantined")
_MEASURES = {"cost": "cost", "revenue": "attributed revenue"}
_MOST_INPUTS = 40
_UNLIKE = "Revenue credited in unlike ways is added for the balance only; it is no result."

_Row = Mapping[str, Any]


def _named(currency: str) -> str:
    return "currency unknown" if currency == "?" else currency


def _columns(rows: Sequence[_Row], head: Mapping[str, str], unit: str) -> list[Column]:
    """Columns of a balance; a place where nothing ended is left out, bar the main two."""
    used = {
        place: name
        for place, name in PLACES.items()
        if place in _ALWAYS or any(Decimal(row[place]) for row in rows)
    }
    return columns({**head, "in": "in", **used}, dict.fromkeys(("in", *used), unit))


def _rows(summary: Mapping[str, Any]) -> str:
    metrics = summary["metrics"]
    rows: list[dict[str, Any]] = [
        {"input": book["input"], "in": book["rows_in"], **book["rows"]}
        for book in summary["inputs"]
    ]
    total = {"input": "all inputs", "in": metrics["rows_in"]} | {
        place: metrics.get(f"rows_{place}", 0) for place in PLACES
    }
    # Rows of an earlier quarantine that still cannot be read belong to no input.
    if unread := total["in"] - sum(row["in"] for row in rows):
        places = dict.fromkeys(PLACES, 0) | {"quarantined": unread}
        rows.append({"input": "still unreadable", "in": unread} | places)
    shown, cut = first_rows(rows, _MOST_INPUTS, "inputs")
    bars = [(row["input"], {name: row[p] for p, name in PLACES.items()}) for row in shown]
    chart = stacked_bars(bars, list(PLACES.values()), "Where the rows of each input ended", "rows")
    note = f"“In” is the sum of the places. {cut}".strip()
    balance = _columns([total], {"input": "input"}, "")
    return chart + table(shown, balance, caption="Rows", note=note, total=total)


def _money(summary: Mapping[str, Any]) -> Iterator[str]:
    none = dict.fromkeys(PLACES, "0.00")
    lines = [
        {"key": key, "code": currency, "measure": name, "currency": _named(currency)}
        | {**none, **measures[key]}
        for currency, measures in summary["money"].items()
        for key, name in _MEASURES.items()
        if Decimal(measures[key]["in"])
    ]
    if not lines:
        return
    currencies = {line["currency"] for line in lines}
    unit = currencies.pop() if len(currencies) == 1 else ""
    head = {"measure": "measure"} | ({} if unit else {"currency": "currency"})
    yield table(
        lines,
        _columns(lines, head, unit),
        caption="Money",
        note="As the reports state it, before any conversion, as far as it could be read."
        + ("" if summary["comparable"] else f" {_UNLIKE}"),
    )
    yield details("Money of each input", *(_by_input(summary, line, none) for line in lines))


def _by_input(summary: Mapping[str, Any], line: _Row, none: Mapping[str, str]) -> str:
    rows = [
        {"input": book["input"], **none, **book["money"][line["code"]][line["key"]]}
        for book in summary["inputs"]
        if line["code"] in book["money"]
    ]
    shown, cut = first_rows(rows, _MOST_INPUTS, "inputs")
    return table(
        shown,
        _columns([line], {"input": "input"}, line["currency"]),
        caption=f"{line['measure'].capitalize()}, {line['currency']}",
        note=cut,
        total={"input": "all inputs", **line},
    )


def balance(summary: Mapping[str, Any]) -> str:
    """The section on where rows and money ended, of the content of `report.json`."""
    return section("Where every row and every cent ended", _rows(summary), *_money(summary))

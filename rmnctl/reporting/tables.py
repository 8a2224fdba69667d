"""Tables of a report, and how numbers are written for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_N = ' class="n"'
_SUM = ' class="sum"'
_BREAKS = re.compile(r"(?<=[_./])(?=\w)")
#: Shorter cells stay on one line, so that no date or word is cut in two.
_SHORT, _SHORT_NAME = 24, 14


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        key: Where its cells stand in a row.
        heading: What it shows.
        unit: Unit of its numbers, set under the heading.
        numeric: Right-aligned with grouped digits; otherwise text.
    """

    key: str
    heading: str
    unit: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Figure:
    """A number with a second line in small print, such as its interval.

    Attributes:
        text: The number, already written for people.
        below: What stands under it.
    """

    text: str
    below: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.below})" if self.below else self.text


def number(value: Any) -> str:
    """A count or an amount with grouped digits and as many decimals as it has.

    Text that is no plain number is returned as it is, an unknown value as `n/a`.
    """
    if value is None:
        return "n/a"
    text = str(value)
    unsigned = text.removeprefix("-")
    whole, point, fraction = unsigned.partition(".")
    if not (whole.isascii() and whole.isdigit()):
        return text
    return text[: len(text) - len(unsigned)] + f"{int(whole):,}" + point + fraction


def breakable(text: str) -> str:
    """Escaped text that may wrap inside a long name, at its joints only."""
    return "<wbr>".join(escape(part) for part in _BREAKS.split(text))


def columns(headings: Mapping[str, str], units: Mapping[str, str]) -> list[Column]:
    """Columns from key to heading; those named in `units` are numeric, of that unit or none."""
    return [Column(k, h, units.get(k, ""), numeric=k in units) for k, h in headings.items()]


def first_rows(
    rows: Sequence[Mapping[str, Any]], most: int, what: str
) -> tuple[Sequence[Mapping[str, Any]], str]:
    """The rows a page has room for, and a sentence that says so when these are not all."""
    if len(rows) <= most:
        return rows, ""
    return rows[:most], f"The first {most} of {number(len(rows))} {what}; report.json lists all."


def _heading(column: Column) -> str:
    unit = f" <small>{escape(column.unit)}</small>" if column.unit else ""
    return f'<th scope="col"{_N if column.numeric else ""}>{escape(column.heading)}{unit}</th>'


def _cell(column: Column, value: Any, *, first: bool) -> str:
    if isinstance(value, Figure):
        below = f"<small>{escape(value.below)}</small>" if value.below else ""
        return f'<td class="n">{escape(value.text)}{below}</td>'
    if column.numeric:
        text = number(value)
        zero = " zero" if value is not None and not text.strip("0.") else ""
        return f'<td class="n{zero}">{escape(text)}</td>'
    text = "n/a" if value is None else str(value)
    short = len(text) <= (_SHORT_NAME if first else _SHORT)
    shown = f' class="short">{escape(text)}' if short else f">{breakable(text)}"
    return f'<th scope="row"{shown}</th>' if first else f"<td{shown}</td>"


def _row(shown: Sequence[Column], row: Mapping[str, Any], kind: str = "") -> str:
    cells = (_cell(c, row.get(c.key, ""), first=i == 0) for i, c in enumerate(shown))
    return f"<tr{kind}>{''.join(cells)}</tr>"


def table(
    rows: Iterable[Mapping[str, Any]],
    shown: Sequence[Column],
    *,
    caption: str,
    note: str = "",
    total: Mapping[str, Any] | None = None,
) -> str:
    """An HTML table that scrolls by itself where the screen is narrow.

    Args:
        rows: The data, key to value; `None` is shown as not available.
        shown: The columns, in order; the first names the row.
        caption: What the table shows; also its name for screen readers.
        note: Said after the caption.
        total: A last row that sums the others up, computed by the caller.
    """
    head = "".join(map(_heading, shown))
    body = "".join(_row(shown, row) for row in rows)
    foot = f"<tfoot>{_row(shown, total, _SUM)}</tfoot>" if total is not None else ""
    said = f"<b>{escape(caption)}</b>" + (f" {escape(note)}" if note else "")
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption><span>{said}</span></caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody>{foot}</table></div>"
    )

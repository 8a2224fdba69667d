"""The frame of every HTML report: one file, no network, light, dark and print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

_CSS = """
:root{color-scheme:light dark;--ink:#1c2128;--soft:#57606a;--line:#d0d7de;--paper:#fff;
--band:#f6f8fa;--good:#1a7f37;--warn:#9a6700;--bad:#cf222e;--a:#0550ae;--b:#bc4c00;--c:#6e7781;
--d:#8250df;--e:#116329;--f:#a40e26}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;
--paper:#0d1117;--band:#151b23;--good:#3fb950;--warn:#d29922;--bad:#f85149;--a:#79c0ff;
--b:#ffa657;--c:#8b949e;--d:#d2a8ff;--e:#7ee787;--f:#ff7b72}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p.lead{font-size:1.15rem;margin:.5rem 0 1rem}.soft{color:var(--soft)}
.verdict{border-left:.35rem solid var(--good);padding:.5rem 1rem;background:var(--band)}
.verdict.warn{border-color:var(--warn)}.verdict.bad{border-color:var(--bad)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:left;
vertical-align:top;overflow-wrap:anywhere}
th{background:var(--band)}
td.n,th.n{text-align:right;white-space:nowrap;overflow-wrap:normal}
td:first-child{min-width:9rem}
svg{display:block;width:100%;height:auto}
details{margin:.5rem 0}summary{cursor:pointer}
code{font:0.9em ui-monospace,monospace}
@media print{body{max-width:none;padding:0}details{display:block}details>*{display:block}}
"""


def number(value: Any) -> str:
    """A count or an amount for people: groups of three, as many decimals as it has."""
    text = str(value)
    whole, point, fraction = text.partition(".")
    if not whole.lstrip("-").isdigit():
        return text
    return f"{int(whole):,}".replace(",", "\u202f") + point + fraction


def table(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, caption: str = ""
) -> str:
    """An HTML table.

    Args:
        rows: The data.
        columns: Key to heading; a heading ending in `#` is a number column.
        caption: What the table shows.
    """
    numeric = {key for key, heading in columns.items() if heading.endswith("#")}
    head = "".join(
        f'<th scope="col"{" class=n" if key in numeric else ""}>{escape(heading.rstrip("# "))}</th>'
        for key, heading in columns.items()
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td class=n>{escape(number(row.get(key, '')))}</td>"
            if key in numeric
            else f"<td>{escape(str(row.get(key, '')))}</td>"
            for key in columns
        )
        + "</tr>"
        for row in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="scroll"><table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def verdict(lead: str, notes: Iterable[str], *, level: str = "") -> str:
    """The box that answers the reader's question first. `level` is empty, warn or bad."""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    listed = f"<ul>{items}</ul>" if items else ""
    return f'<div class="verdict {level}"><p class="lead">{escape(lead)}</p>{listed}</div>'


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def page(title: str, subtitle: str, *parts: str) -> str:
    """A whole document."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body>"
        f'<h1>{escape(title)}</h1><p class="soft">{escape(subtitle)}</p>'
        f"{''.join(parts)}</body></html>\n"
    )

"""The frame of every HTML report: one file, no network, no script; light, dark and print.

Every function returns HTML and escapes the text it is given; arguments named `parts` are HTML
that other functions of this package made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Literal

from rmnctl.reporting.bars import pattern_definitions
from rmnctl.reporting.tables import number

#: How good the news is; said in words as well as in colour.
Level = Literal["good", "warn", "bad"]
_WORDS: dict[Level, str] = {"good": "✓ In order", "warn": "! With remarks", "bad": "✕ Needs action"}
#: The browser itself refuses whatever is not inside the file.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Tile:
    """A key figure.

    Attributes:
        label: What is counted.
        value: The figure.
        unit: Its unit, set beside it.
        note: One line that says what it means.
        level: Colours the figure; leave empty unless it calls for attention.
    """

    label: str
    value: Any
    unit: str = ""
    note: str = ""
    level: Level | None = None


@cache
def _style() -> str:
    return files("rmnctl.reporting").joinpath("page.css").read_text(encoding="utf-8")


def verdict(
    level: Level, headline: str, lead: str = "", notes: Iterable[str] = (), word: str = ""
) -> str:
    """The answer to the reader's question, before anything else.

    Args:
        level: How good the news is.
        headline: The answer, one sentence.
        lead: What it rests on.
        notes: Findings and warnings, one each.
        word: How good the news is, where the usual words do not fit.
    """
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f'<div class="verdict {level}" role="region" aria-label="Verdict">'
        f'<p class="word">{escape(word or _WORDS[level])}</p><h2>{escape(headline)}</h2>'
        + (f"<p>{escape(lead)}</p>" if lead else "")
        + (f"<ul>{items}</ul>" if items else "")
        + "</div>"
    )


def tiles(*figures: Tile) -> str:
    """Key figures side by side."""
    shown = []
    for tile in figures:
        unit = f" <small>{escape(tile.unit)}</small>" if tile.unit else ""
        why = f'<dd class="why">{escape(tile.note)}</dd>' if tile.note else ""
        shown.append(
            f"<div{f' class={chr(34)}{tile.level}{chr(34)}' if tile.level else ''}>"
            f'<dt>{escape(tile.label)}</dt><dd class="value">{escape(number(tile.value))}{unit}</dd>'
            f"{why}</div>"
        )
    return f'<dl class="tiles">{"".join(shown)}</dl>'


def text(words: str) -> str:
    """A paragraph."""
    return f"<p>{escape(words)}</p>"


def listed(lines: Iterable[str]) -> str:
    """Sentences, one a line."""
    return f'<ul class="plain">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'


def note(words: str) -> str:
    """A remark in small print."""
    return f'<p class="note">{escape(words)}</p>'


def details(summary: str, *parts: str) -> str:
    """What only some readers want: folded on screen, open on paper."""
    return f"<details><summary>{escape(summary)}</summary>{''.join(parts)}</details>"


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def part(title: str, *parts: str) -> str:
    """A smaller heading inside a section, and what stands under it."""
    return f'<div class="part"><h3>{escape(title)}</h3>{"".join(parts)}</div>'


def page(title: str, subtitle: str, *parts: str, footer: str = "") -> str:
    """A whole document.

    Args:
        title: What the report is; also the name of the browser's tab.
        subtitle: Of what and when.
        parts: The verdict first, then sections.
        footer: Where the numbers come from.
    """
    end = f"<footer>{escape(footer)}</footer>" if footer else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{_style()}</style>\n</head>\n<body>\n{pattern_definitions()}\n"
        f'<header><h1>{escape(title)}</h1><p class="soft">{escape(subtitle)}</p></header>\n<main>\n'
        + "\n".join(part for part in parts if part)
        + f"\n</main>\n{end}\n</body>\n</html>\n"
    )

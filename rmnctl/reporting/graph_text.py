"""How large a node must be for its words, without a browser to ask."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rmnctl.graphs import Kind, Node, State

#: Font sizes, px: what a node is, its name, what is said about it.
KIND_SIZE, NAME_SIZE, LINE_SIZE = 11.0, 14.0, 12.0
PAD_X, PAD_Y = 16.0, 10.0
_WIDEST, _NARROWEST = 190.0, 120.0
_MOST_LINES = 7
_JOINTS = re.compile(r"(?<=[ _./-])(?=\S)")
# Widths in em of a wide screen font (DejaVu Sans), so that narrower fonts fit as well.
_WIDTHS = dict.fromkeys("ijl.,:;'|!()[]tfr /", 0.4) | dict.fromkeys("mwMWQO@%&—…", 1.0)
_SMALL, _LARGE, _BOLD = 0.64, 0.75, 1.12


@dataclass(frozen=True)
class Words:
    """One line of text in a node: its role, which decides size and weight, and the text."""

    role: str
    text: str


@dataclass(frozen=True)
class Box:
    """The size of a node in px, its lines, and how many were left to the tooltip."""

    width: float
    height: float
    words: tuple[Words, ...]
    left_out: int


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """An upper estimate of a text's width, px."""
    em = 0.0
    for character in text:
        if unicodedata.combining(character):
            continue
        if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0x2FFF:
            em += 1.1
        else:
            usual = _LARGE if character.isupper() else _SMALL
            em += _WIDTHS.get(character, usual)
    return em * size * (_BOLD if bold else 1.0)


def wrap(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Cut a text into lines of at most `room` px: at joints, else inside a word."""
    lines, line = [], ""
    for word in _JOINTS.split(text):
        if line and text_width((line + word).rstrip(), size, bold=bold) > room:
            lines.append(line.rstrip())
            line = ""
        for character in word:
            if line and text_width(line + character, size, bold=bold) > room:
                lines.append(line)
                line = ""
            line += character
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def line_height(role: str) -> float:
    """Distance between lines of a role, px."""
    return {"kind": 15.0, "name": 19.0}.get(role, 16.0)


def box_of(node: Node) -> Box:
    """The size that a node needs."""
    if node.kind is Kind.JUNCTION:
        return Box(8.0, 8.0, (), 0)
    mark = "● this one" if node.kind is Kind.RUN else _MARKS.get(node.state, "")
    plain = node.state is State.PLAIN
    said = node.kind.value if plain else f"{node.kind.value} · {mark}"
    words = [Words("kind", said)]
    words += [Words("name", t) for t in wrap(node.label, NAME_SIZE, _WIDEST, bold=True)]
    lines = [t for line in node.lines for t in wrap(line, LINE_SIZE, _WIDEST)]
    left_out = max(len(lines) - _MOST_LINES, 0)
    words += [Words("line", t) for t in lines[: len(lines) - left_out]]
    if left_out:
        words.append(Words("line", f"+ {left_out} more lines"))
    needed = max(_width(w) for w in words)
    width = min(max(needed, _NARROWEST), max(needed, _WIDEST)) + 2 * PAD_X
    height = sum(line_height(w.role) for w in words) + 2 * PAD_Y
    return Box(round(width, 1), round(height, 1), tuple(words), left_out)


_MARKS = {State.ACTIVE: "● active", State.MISSING: "○ missing", State.REFUSED: "✕ refused"}


def _width(words: Words) -> float:
    size = {"kind": KIND_SIZE, "name": NAME_SIZE}.get(words.role, LINE_SIZE)
    return text_width(words.text, size, bold=words.role != "line")

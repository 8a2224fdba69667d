"""Small questions to a language model: what is this number for, what is said of this name.

The model sees one sentence in which names are letters with a digit (`R1`, `P1`, `S1`) and the
number or name in question stands in brackets; its answer is one of the roles that this number can
have with these names. It can neither write a number nor name what the text does not name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose, Role

SYSTEM = "Marked part?"
#: Of a sentence longer than this only the part around the mark is shown.
WINDOW = 220
_LETTER = {Scope.RETAILER: "R", Scope.PLACEMENT: "P", Scope.SKU: "S", Scope.BRAND: "B"}
_PLAIN = {
    "budget": Purpose.BUDGET,
    "test": Purpose.EXPERIMENT,
    "roas": Purpose.ROAS,
    "each": Purpose.ACTIVE,
    "cells": Purpose.CELLS,
    "days": Purpose.HORIZON,
    "past": Purpose.BACKGROUND,
}
_WAYS = {"max": Direction.MOST, "min": Direction.LEAST, "is": Direction.EXACT}
_OPTIONS = {
    Kind.MONEY: ("budget", "test", "each", "past"),
    Kind.SHARE: ("test", "roas", "past"),
    Kind.NUMBER: ("budget", "roas", "cells", "days", "past"),
    Kind.MULTIPLE: ("roas", "past"),
    Kind.COUNT: ("cells", "past"),
    Kind.DAYS: ("days", "past"),
}


@dataclass(frozen=True)
class Question:
    """One question about a marked part of a brief.

    Attributes:
        prompt: The sentence with its mark.
        options: Answers there are.
        codes: Letter of each name in the sentence to the anchor that holds it.
    """

    prompt: str
    options: tuple[str, ...]
    codes: tuple[tuple[str, Anchor], ...]


def about_number(reading: Reading, value: Value) -> Question:
    """What a number is for."""
    prompt, codes = _shown(reading, value.start, value.end)
    options = list(_OPTIONS[value.kind])
    share = value.kind is Kind.NUMBER and value.low < 1
    if value.kind in {Kind.MONEY, Kind.SHARE} or share:
        options += [f"{way} {code}" for code, _ in codes for way in _WAYS]
    return Question(prompt, tuple(options), codes)


def about_name(reading: Reading, anchor: Anchor) -> Question:
    """Whether anything is to be spent on a name that no number limits."""
    prompt, codes = _shown(reading, anchor.start, anchor.end)
    return Question(prompt, ("nothing", "there", "past"), codes)


def answered(role: Role, question: Question, answer: str) -> Role:
    """A number's role as the model has it."""
    if answer in _PLAIN:
        purpose = _PLAIN[answer]
        return replace(role, purpose=purpose, sure=True, by_model=True)
    way, _, code = answer.partition(" ")
    anchor = dict(question.codes)[code]
    return replace(
        role,
        purpose=Purpose.LIMIT,
        direction=_WAYS[way],
        anchor=anchor,
        sure=True,
        by_model=True,
    )


def label(role: Role, question: Question) -> str | None:
    """The answer that says what a role says; None where the question does not offer it."""
    for text, purpose in _PLAIN.items():
        if role.purpose is purpose:
            return text if text in question.options else None
    way = next((w for w, d in _WAYS.items() if d is role.direction), "is")
    code = next((c for c, a in question.codes if a is role.anchor), None)
    return f"{way} {code}" if code and f"{way} {code}" in question.options else None


def _shown(reading: Reading, start: int, end: int) -> tuple[str, tuple[tuple[str, Anchor], ...]]:
    """The sentence around a span, names replaced, the span in brackets."""
    text = reading.text
    left, right = text.sentence(start)
    names = [a for a in reading.places if a.topic is Topic.NAMES and left <= a.start < right]
    if not names:
        # `60% there`: the name is in the sentence before.
        left = text.sentence(max(left - 2, 0))[0]
    left, right = max(left, start - WINDOW), min(right, end + WINDOW)
    codes: list[tuple[str, Anchor]] = []
    pieces, at = [], left
    marks = _marks(reading, left, right)
    for begin, stop, scope, anchor in marks:
        if begin < at:
            continue
        code = _LETTER[scope]
        if anchor is not None:
            code += str(1 + sum(c[0] == code for c, _ in codes))
            codes.append((code, anchor))
        pieces += _with_mark(text.plain, at, begin, start, end)
        pieces.append(f"[{code}]" if (begin, stop) == (start, end) else code)
        at = stop
    pieces += _with_mark(text.plain, at, right, start, end)
    return " ".join("".join(pieces).split()), tuple(codes)


def _marks(reading: Reading, left: int, right: int) -> list[tuple[int, int, Scope, Anchor | None]]:
    brands: Sequence[Mention] = [m for m in reading.mentions if m.scope is Scope.BRAND]
    made: list[tuple[int, int, Scope, Anchor | None]] = [
        (m.start, m.end, m.scope, None) for m in brands
    ]
    made += [
        (a.start, a.end, a.scope or Scope.SKU, a) for a in reading.places if a.topic is Topic.NAMES
    ]
    return sorted((m for m in made if left <= m[0] and m[1] <= right), key=lambda m: m[0])


def _with_mark(plain: str, left: int, right: int, start: int, end: int) -> list[str]:
    """Text from left to right, with brackets where the marked span begins and ends."""
    if not left <= start < right:
        return [plain[left:right]]
    return [plain[left:start], "[", plain[start:end], "]", plain[end:right]]

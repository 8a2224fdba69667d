"""A sheet filled in otherwise: the reading that comes of it, and its boxes in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from rmnctl.agents.briefs.anchors import Anchor
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.names import Standing, standings
from rmnctl.agents.briefs.reading import Reading, reread
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.sheet import (
    AS,
    BUDGET,
    GOALS,
    IN,
    NONE,
    OPEN,
    OUT,
    PURPOSES,
    SAME,
    UNITS,
    WAYS,
    Box,
    Sheet,
    is_known,
    is_money,
    is_quarter,
)

#: A bare number above one is percent where it stands for a part.
_PERCENT = 100


def settled(reading: Reading, sheet: Sheet, changes: Mapping[int, str]) -> Reading:
    """The reading with some boxes filled in otherwise.

    Args:
        reading: What the sheet was made of.
        sheet: Its sheet.
        changes: Position of a box to what is filled in now.
    """
    roles, out = list(reading.roles), list(reading.excluded)
    judged, gone = list(reading.judged), list[Anchor]()
    alike = list[tuple[Anchor, Anchor]]()
    goal = reading.goal
    for position, word in changes.items():
        box = sheet.boxes[position]
        if word == box.filled:
            continue
        if isinstance(box.about, int):
            roles[box.about] = _role(reading, roles[box.about], word, sheet)
        elif box.about is None:
            goal = GOALS.get(word)
        else:
            anchor = box.about
            out = [a for a in out if a is not anchor] + [anchor] * (word == OUT)
            if not is_known(anchor):
                gone += [anchor] * (word == NONE)
            elif anchor.scope is Scope.RETAILER and word in {IN, NONE}:
                judged.append((anchor, word == IN))
            if word.startswith(AS):
                alike.append((anchor, sheet.names[word.removeprefix(AS)]))
    if any(word != sheet.boxes[n].filled for n, word in changes.items()):
        # A retailer that loses its limit, which was told of only, is not suddenly a place to spend.
        judged += [
            (anchor, False)
            for anchor, standing in standings(reading)
            if standing is Standing.BOUNDED and not any(anchor is a for a, _ in judged)
        ]
    for anchor, other in alike:
        roles += [
            replace(r, anchor=anchor)
            for r in roles
            if r.purpose is Purpose.LIMIT and r.anchor is other
        ]
    unheard = {id(m) for a in gone for m in a.mentions}
    fixed = replace(
        reading,
        mentions=tuple(m for m in reading.mentions if id(m) not in unheard),
        places=tuple(p for p in reading.places if not any(p is a for a in gone)),
        judged=tuple(judged),
        goal=goal,
    )
    return reread(fixed, roles, out)


def in_words(box: Box, word: str, reading: Reading, sheet: Sheet) -> str:
    """A box filled in, for people: `"12 %" is max of video`."""
    word = word.strip()
    if box.about is None:
        return f"the goal is {word}"
    spot = reading.roles[box.about].value if isinstance(box.about, int) else box.about
    way, _, code = word.partition(" ")
    said = _PLAIN_WORDS.get(way, way)
    if code in sheet.names:
        anchor = sheet.names[code]
        said += f' "{reading.text.quote(anchor.start, anchor.end)}"'
    return f'"{reading.text.quote(spot.start, spot.end)}" is {said}'


_PLAIN_WORDS = {
    "budget": "the budget",
    "test": "for experiments",
    "roas": "the least return",
    "each": "the least spend where anything is spent",
    "cells": "the most active cells",
    "days": "the horizon",
    "past": "background",
    "open": "not settled",
    "max": "the most for",
    "min": "the least for",
    "is": "the part of",
    "as": "bounded like",
    "weeks": "the horizon in weeks",
    "months": "the horizon in months",
    SAME.strip(): "as its list",
    OUT.strip(): "left out",
    IN.strip(): "where to spend",
    NONE.strip(): "only mentioned",
}


def _role(reading: Reading, role: Role, word: str, sheet: Sheet) -> Role:
    way, _, code = word.strip().partition(" ")
    made = replace(role, open={OPEN.strip(): True, BUDGET.strip(): False}.get(way))
    value, whole = role.value, role.value.low > 1
    if way in WAYS and is_money(value):
        made = replace(made, value=replace(value, kind=Kind.MONEY))
    elif value.kind is Kind.NUMBER and way in {*WAYS, "test"}:
        low = value.low / _PERCENT if whole else value.low
        made = replace(made, value=replace(value, kind=Kind.SHARE, low=low))
    if way == "days" and is_quarter(reading, value):
        made = replace(
            made, value=replace(value, kind=Kind.DAYS, low=value.low * _YEAR, vague=True)
        )
    if way in UNITS:
        days = replace(value, kind=Kind.DAYS, low=value.low * UNITS[way], vague=way == "months")
        return replace(
            made, value=days, purpose=Purpose.HORIZON, direction=Direction.NONE, anchor=None
        )
    if way in WAYS:
        anchor = sheet.names[code]
        return replace(made, purpose=Purpose.LIMIT, direction=WAYS[way], anchor=anchor)
    purpose = Purpose.BUDGET if way == "open" else PURPOSES[way]
    direction = Direction.LEAST if way == "roas" else Direction.NONE
    return replace(made, purpose=purpose, direction=direction, anchor=None)


_YEAR = Fraction(360)

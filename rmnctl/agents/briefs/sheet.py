"""A brief as a sheet to be filled in: each of its numbers and names has a mark, and a box beside it.

Rules fill a sheet by patterns, a language model by having learnt from labelled briefs, and both
fillings are compared box by box. A box offers only what its kind of number can be with the names
that the brief has: whoever fills a sheet can neither write a number nor name what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.elsewhere import is_elsewhere
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.names import Standing, standings
from rmnctl.agents.briefs.objective import settle
from rmnctl.agents.briefs.reading import Reading, reread
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.unclear import unclear
from rmnctl.agents.briefs.understanding import is_cap
from rmnctl.planning import Objective

SYSTEM = "Fill in."
#: Letters for names; a brief with more of them has the others unmarked.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Numbers beyond these are unmarked.
MOST_NUMBERS = 40
BUDGET = " budget"
OUT, IN, NONE = " out", " in", " none"
_PURPOSES = {
    "budget": Purpose.BUDGET,
    "test": Purpose.EXPERIMENT,
    "roas": Purpose.ROAS,
    "each": Purpose.ACTIVE,
    "cells": Purpose.CELLS,
    "days": Purpose.HORIZON,
    "past": Purpose.BACKGROUND,
}
_WORDS = {purpose: word for word, purpose in _PURPOSES.items()}
_WAYS = {"max": Direction.MOST, "min": Direction.LEAST, "is": Direction.EXACT}
_OFFERED = {
    Kind.MONEY: ("budget", "open", "test", "each", "past"),
    Kind.SHARE: ("test", "roas", "past"),
    Kind.NUMBER: ("budget", "open", "roas", "each", "cells", "days", "past"),
    Kind.MULTIPLE: ("roas", "past"),
    Kind.COUNT: ("cells", "past"),
    Kind.DAYS: ("days", "past"),
}
_GOALS = {
    " profit": Objective.INCREMENTAL_MARGIN,
    " revenue": Objective.INCREMENTAL_REVENUE,
    " orders": Objective.CONVERSIONS,
}
_BOTH = " both"


@dataclass(frozen=True)
class Box:
    """One thing to be filled in.

    Attributes:
        mark: What stands for it on the sheet: a number, a letter, or `goal`.
        options: What may be filled in.
        filled: What the reading has; always one of the options.
        about: A role's position, or names; None for the goal.
    """

    mark: str
    options: tuple[str, ...]
    filled: str
    about: int | Anchor | None


@dataclass(frozen=True)
class Sheet:
    """A brief with marks, and its boxes in the order of the text.

    Attributes:
        prompt: The brief, each number and name in brackets behind its mark.
        boxes: What is to be filled in; the goal comes last.
        names: The anchor behind each letter.
    """

    prompt: str
    boxes: tuple[Box, ...]
    names: Mapping[str, Anchor]

    @property
    def form(self) -> tuple[str | tuple[str, ...], ...]:
        """What an answer looks like, part by part; see `rmnctl.federation.Request.form`."""
        parts: list[str | tuple[str, ...]] = []
        for box in self.boxes:
            parts += [_lead(box, first=not parts), box.options]
        return tuple(parts)

    def answer(self, filled: Sequence[str] | None = None) -> tuple[str, ...]:
        """The sheet filled in, by the reading or as given, in the parts of `form`."""
        given = [b.filled for b in self.boxes] if filled is None else filled
        parts: list[str] = []
        for box, word in zip(self.boxes, given, strict=True):
            parts += [_lead(box, first=not parts), word]
        return tuple(parts)


def _lead(box: Box, *, first: bool) -> str:
    return f"{'' if first else chr(10)}{box.mark}"


def sheet_of(reading: Reading) -> Sheet:
    """The sheet of a brief, filled in as the reading has it."""
    places = [a for a in reading.places if a.topic is Topic.NAMES]
    names = dict(zip(LETTERS, places, strict=False))
    boxes, pieces, at, number = list[Box](), list[str](), 0, 0
    plain = reading.text.plain
    for start, end, thing in _marked(reading, names):
        mark: str | None = None
        if isinstance(thing, int):
            number += 1
            mark = str(number)
            boxes.append(_of_number(reading, thing, mark, names))
        elif isinstance(thing, str):
            mark = thing
            boxes.append(_of_name(reading, names[thing], mark))
        pieces += [plain[at:start], f"[{mark or 'brand'} {plain[start:end]}]"]
        at = end
    pieces.append(plain[at:])
    boxes.append(_of_goal(reading))
    lines = [" ".join(line.split()) for line in "".join(pieces).splitlines()]
    return Sheet("\n".join(line for line in lines if line), tuple(boxes), names)


def settled(reading: Reading, sheet: Sheet, changes: Mapping[int, str]) -> Reading:
    """The reading with some boxes filled in otherwise.

    Args:
        reading: What the sheet was made of.
        sheet: Its sheet.
        changes: Position of a box to what is filled in now.
    """
    roles, out = list(reading.roles), list(reading.excluded)
    judged, gone = list(reading.judged), list[Anchor]()
    goal = reading.goal
    for position, word in changes.items():
        box = sheet.boxes[position]
        if word == box.filled:
            continue
        if isinstance(box.about, int):
            roles[box.about] = _role(reading, roles[box.about], word, sheet)
        elif box.about is None:
            goal = _GOALS.get(word)
        else:
            anchor = box.about
            out = [a for a in out if a is not anchor] + [anchor] * (word == OUT)
            if not _known(anchor):
                gone += [anchor] * (word == NONE)
            elif anchor.scope is Scope.RETAILER and word != OUT:
                judged.append((anchor, word == IN))
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
    OUT.strip(): "left out",
    IN.strip(): "where to spend",
    NONE.strip(): "only mentioned",
}


def _marked(
    reading: Reading, names: Mapping[str, Anchor]
) -> list[tuple[int, int, int | str | None]]:
    """Spans in order that do not overlap: numbers by position, names by letter, brands."""
    found: list[tuple[int, int, int | str | None]] = [
        (r.value.start, r.value.end, n) for n, r in enumerate(reading.roles)
    ]
    found += [(a.start, a.end, code) for code, a in names.items()]
    found += [(m.start, m.end, None) for m in reading.mentions if m.scope is Scope.BRAND]
    made: list[tuple[int, int, int | str | None]] = []
    numbers = 0
    for start, end, thing in sorted(found, key=lambda f: (f[0], -f[1])):
        if (made and start < made[-1][1]) or start == end:
            continue
        numbers += isinstance(thing, int)
        if isinstance(thing, int) and numbers > MOST_NUMBERS:
            continue
        made.append((start, end, thing))
    return made


def _known(anchor: Anchor) -> bool:
    return any(m.ids for m in anchor.mentions)


def _of_number(reading: Reading, position: int, mark: str, names: Mapping[str, Anchor]) -> Box:
    role = reading.roles[position]
    kind, value = role.value.kind, role.value
    options = [f" {o}" for o in _OFFERED[kind]]
    if _is_share(value):
        options.append(" test")
    if kind is Kind.MONEY or _is_share(value) or _is_money(value):
        options += [f" {way} {code}" for code in names for way in _WAYS]
    if _is_quarter(reading, value):
        options.append(" days")
    filled = _filled(reading, role, names)
    return Box(mark, tuple(dict.fromkeys([*options, filled])), filled, position)


#: `alpha 40 %, beta 60`: a bare number up to this may be percent.
_PERCENT = 100


def _is_share(value: Value) -> bool:
    return value.kind is Kind.SHARE or (value.kind is Kind.NUMBER and 0 <= value.low <= _PERCENT)


#: `beta not over 100,000`: a bare number from here on may be money.
_MONEY = 1000


def _is_money(value: Value) -> bool:
    return value.kind is Kind.NUMBER and value.low >= _MONEY


def _is_quarter(reading: Reading, value: Value) -> bool:
    """`for one quarter` is a period, `one quarter of it` a part."""
    words = reading.text.low[value.start : value.end]
    return value.kind is Kind.SHARE and words.endswith(("quarter", "quarters"))


def _filled(reading: Reading, role: Role, names: Mapping[str, Anchor]) -> str:
    if role.purpose is Purpose.LIMIT:
        way = next((w for w, d in _WAYS.items() if d is role.direction), "is")
        code = next((c for c, a in names.items() if a is role.anchor), None)
        return f" {way} {code}" if code else " past"
    if role.purpose is Purpose.BUDGET and (role.open or unclear(reading, role) is not None):
        return " open"
    if role.purpose is Purpose.ROAS and is_cap(role, reading):
        return " past"
    return f" {_WORDS.get(role.purpose, 'past')}"


def _role(reading: Reading, role: Role, word: str, sheet: Sheet) -> Role:
    way, _, code = word.strip().partition(" ")
    made = replace(role, open=way == "open")
    value, whole = role.value, role.value.low > 1
    if way in _WAYS and _is_money(value):
        made = replace(made, value=replace(value, kind=Kind.MONEY))
    elif value.kind is Kind.NUMBER and way in {*_WAYS, "test"}:
        low = value.low / _PERCENT if whole else value.low
        made = replace(made, value=replace(value, kind=Kind.SHARE, low=low))
    if way == "days" and _is_quarter(reading, value):
        made = replace(
            made, value=replace(value, kind=Kind.DAYS, low=value.low * _YEAR, vague=True)
        )
    if way in _WAYS:
        anchor = sheet.names[code]
        return replace(made, purpose=Purpose.LIMIT, direction=_WAYS[way], anchor=anchor)
    purpose = Purpose.BUDGET if way == "open" else _PURPOSES[way]
    direction = Direction.LEAST if way == "roas" else Direction.NONE
    return replace(made, purpose=purpose, direction=direction, anchor=None)


_YEAR = Fraction(360)


def _of_name(reading: Reading, anchor: Anchor, mark: str) -> Box:
    if any(a is anchor for a in reading.excluded):
        filled = OUT
    elif anchor.scope is not Scope.RETAILER:
        filled = NONE
    elif not _known(anchor):
        strange = [
            m for m in anchor.mentions if not is_elsewhere(reading.text, m, reading.mentions)
        ]
        filled = IN if strange else NONE
    else:
        standing = next(s for a, s in standings(reading) if a is anchor)
        filled = IN if standing is Standing.ASKED else NONE
    wanted = (IN,) if anchor.scope is Scope.RETAILER else ()
    left_out = (OUT,) if _known(anchor) or filled == OUT else ()
    return Box(mark, (*left_out, *wanted, NONE), filled, anchor)


def _of_goal(reading: Reading) -> Box:
    objective, _, torn = settle(reading.text, reading.wishes)
    objective = reading.goal or objective or Objective.INCREMENTAL_MARGIN
    word = next(w for w, o in _GOALS.items() if o is objective)
    return Box("goal", (*_GOALS, _BOTH), _BOTH if torn and reading.goal is None else word, None)

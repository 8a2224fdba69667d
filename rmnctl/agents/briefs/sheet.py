"""A brief as a sheet to be filled in: each of its numbers and names has a mark, and a box beside it.

Rules fill a sheet by patterns, a language model by having learnt from labelled briefs, and both
fillings are compared box by box. A box offers only what its kind of number can be with the names
that the brief has: whoever fills a sheet can neither write a number nor name what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.elsewhere import is_elsewhere
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.names import Standing, standings
from rmnctl.agents.briefs.objective import settle
from rmnctl.agents.briefs.reading import Reading
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
PAST, OPEN = " past", " open"
SAME = " same"
PURPOSES = {
    "budget": Purpose.BUDGET,
    "test": Purpose.EXPERIMENT,
    "roas": Purpose.ROAS,
    "each": Purpose.ACTIVE,
    "cells": Purpose.CELLS,
    "days": Purpose.HORIZON,
    "past": Purpose.BACKGROUND,
}
_WORDS = {purpose: word for word, purpose in PURPOSES.items()}
#: Days of what a bare number may count.
UNITS = {"weeks": 7, "months": 30}
#: `offsite display the same as video`.
AS = " as "
WAYS = {"max": Direction.MOST, "min": Direction.LEAST, "is": Direction.EXACT}
_OFFERED = {
    Kind.MONEY: ("budget", "open", "test", "roas", "each", "past"),
    Kind.SHARE: ("test", "roas", "past"),
    Kind.NUMBER: ("budget", "open", "roas", "each", "cells", "days", "weeks", "months", "past"),
    Kind.MULTIPLE: ("roas", "past"),
    Kind.COUNT: ("cells", "past"),
    Kind.DAYS: ("days", "past"),
}
GOALS = {
    " profit": Objective.INCREMENTAL_MARGIN,
    " revenue": Objective.INCREMENTAL_REVENUE,
    " orders": Objective.CONVERSIONS,
}
_BOTH, _DAYS = " both", " days"


def is_limit(word: str) -> bool:
    """Whether a word bounds a name."""
    return word.split(maxsplit=1)[0] in WAYS


def is_period(word: str) -> bool:
    """Whether a word makes a number the horizon."""
    return word == _DAYS or word.strip() in UNITS


def is_goal(word: str) -> bool:
    """Whether a word is a goal."""
    return word in GOALS or word == _BOTH


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
        prompt: The brief twice: as it is, and with each number and name in brackets behind its
            mark. A causal model sees of a number only what goes before it; at the second reading
            it knows what follows.
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
    names = _lettered(reading)
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
            boxes.append(_of_name(reading, names[thing], mark, names))
            boxes += [Box(code, (OUT, SAME), SAME, a) for code, a in _within(names[thing], names)
                      if a.scope is not Scope.RETAILER]  # fmt: skip
            pieces += [plain[at:start], _with_marks(plain, names[thing], mark, names)]
            at = end
            continue
        pieces += [plain[at:start], f"[{mark or 'brand'} {plain[start:end]}]"]
        at = end
    pieces.append(plain[at:])
    boxes.append(_of_goal(reading))
    prompt = f"{_lines(plain)}\n\n{_lines(''.join(pieces))}"
    return Sheet(prompt, tuple(boxes), names)


def _lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _lettered(reading: Reading) -> dict[str, Anchor]:
    """A letter for each place with names, and for each name of those that are listed together."""
    found = list[Anchor]()
    for anchor in reading.places:
        if anchor.topic is Topic.NAMES:
            found.append(anchor)
            if len(anchor.mentions) > 1 and all(m.ids for m in anchor.mentions):
                found += [Anchor(Topic.NAMES, m.start, m.end, (m,)) for m in anchor.mentions]
    return dict(zip(LETTERS, found, strict=False))


def _within(anchor: Anchor, names: Mapping[str, Anchor]) -> list[tuple[str, Anchor]]:
    """The names of a list that have letters of their own."""
    return [
        (code, a)
        for code, a in names.items()
        if a is not anchor and anchor.start <= a.start and a.end <= anchor.end
    ]


def _with_marks(plain: str, anchor: Anchor, mark: str, names: Mapping[str, Anchor]) -> str:
    """`[A [B video] and [C display]]`."""
    pieces, at = [f"[{mark} "], anchor.start
    for code, inner in _within(anchor, names):
        pieces += [plain[at : inner.start], f"[{code} {plain[inner.start : inner.end]}]"]
        at = inner.end
    return "".join([*pieces, plain[at : anchor.end], "]"])


def _marked(
    reading: Reading, names: Mapping[str, Anchor]
) -> list[tuple[int, int, int | str | None]]:
    """Spans in order that do not overlap: numbers by position, names by letter, brands."""
    found: list[tuple[int, int, int | str | None]] = [
        (r.value.start, r.value.end, n) for n, r in enumerate(reading.roles)
    ]
    found += [(a.start, a.end, code) for code, a in names.items()
              if any(a is p for p in reading.places)]  # fmt: skip
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


def is_known(anchor: Anchor) -> bool:
    """Whether the names stand for something configured."""
    return any(m.ids for m in anchor.mentions)


def _of_number(reading: Reading, position: int, mark: str, names: Mapping[str, Anchor]) -> Box:
    role = reading.roles[position]
    kind, value = role.value.kind, role.value
    options = [f" {o}" for o in _OFFERED[kind] if _fits(o, value)]
    if _is_share(value):
        options.append(" test")
    if kind is Kind.MONEY or _is_share(value) or is_money(value):
        options += [f" {way} {code}" for code in names for way in WAYS]
    if is_quarter(reading, value):
        options.append(" days")
    filled = _filled(reading, role, names)
    return Box(mark, tuple(dict.fromkeys([*options, filled])), filled, position)


#: The most weeks or months a plan runs, and the largest amount in money that can be a return.
_LARGEST = {"weeks": 52, "months": 24, "roas": 100}


def _fits(option: str, value: Value) -> bool:
    """Whether a number is not too large for a use that only small ones have."""
    if option == "roas" and value.kind is not Kind.MONEY:
        return True
    return value.low <= _LARGEST.get(option, value.low)


#: `alpha 40 %, beta 60`: a bare number up to this may be percent.
_PERCENT = 100


def _is_share(value: Value) -> bool:
    return value.kind is Kind.SHARE or (value.kind is Kind.NUMBER and 0 <= value.low <= _PERCENT)


#: `beta not over 100,000`: a bare number from here on may be money.
_MONEY = 1000


def is_money(value: Value) -> bool:
    """Whether a number without a unit is as large as amounts are."""
    return value.kind is Kind.NUMBER and value.low >= _MONEY


def is_quarter(reading: Reading, value: Value) -> bool:
    """`for one quarter` is a period, `one quarter of it` a part."""
    words = reading.text.low[value.start : value.end]
    return value.kind is Kind.SHARE and words.endswith(("quarter", "quarters"))


def _filled(reading: Reading, role: Role, names: Mapping[str, Anchor]) -> str:
    if role.purpose is Purpose.LIMIT:
        way = next((w for w, d in WAYS.items() if d is role.direction), "is")
        code = next((c for c, a in names.items() if a == role.anchor), None)
        return f" {way} {code}" if code else PAST
    if role.purpose is Purpose.BUDGET and (role.open or unclear(reading, role) is not None):
        return OPEN
    if role.purpose is Purpose.ROAS and is_cap(role, reading):
        return PAST
    return f" {_WORDS.get(role.purpose, 'past')}"


def _of_name(reading: Reading, anchor: Anchor, mark: str, names: Mapping[str, Anchor]) -> Box:
    if any(a is anchor for a in reading.excluded):
        filled = OUT
    elif anchor.scope is not Scope.RETAILER:
        filled = NONE
    elif not is_known(anchor):
        strange = [
            m for m in anchor.mentions if not is_elsewhere(reading.text, m, reading.mentions)
        ]
        filled = IN if strange else NONE
    else:
        standing = next(s for a, s in standings(reading) if a is anchor)
        filled = IN if standing is Standing.ASKED else NONE
    wanted = (IN,) if anchor.scope is Scope.RETAILER else ()
    left_out = (OUT,) if is_known(anchor) or filled == OUT else ()
    others = (
        f"{AS}{code}" for code, a in names.items()
        if a.scope is anchor.scope and a.end <= anchor.start and is_known(a) and is_known(anchor)
    )  # fmt: skip
    return Box(mark, (*left_out, *wanted, NONE, *others), filled, anchor)


def _of_goal(reading: Reading) -> Box:
    objective, _, torn = settle(reading.text, reading.wishes)
    objective = reading.goal or objective or Objective.INCREMENTAL_MARGIN
    word = next(w for w, o in GOALS.items() if o is objective)
    return Box("goal", (*GOALS, _BOTH), _BOTH if torn and reading.goal is None else word, None)

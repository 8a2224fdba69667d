"""Numbers that rules make nothing of: months told of, what counts things, parts and multiples in passing.

Rules leave them aside; a sheet has boxes for them all the same, for whoever knows better.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.months import all_months
from rmnctl.agents.briefs.numerals import PARTS, Numeral, numerals
from rmnctl.agents.briefs.returns import FOLD
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import Text

_WORD = re.compile(
    r"(?<![a-z0-9-])(?:(?P<part>half|third|quarter|fifth|sixth|eighth|tenth)"
    r"|(?P<times>double|twice|triple|treble|thrice|quadruple))(?![a-z-])"
)
_YEARS = range(1990, 2101)


def faint(text: Text, taken: Sequence[tuple[int, int]], left: Sequence[Value]) -> list[Role]:
    """What may yet be a number of the request.

    Args:
        text: The brief.
        taken: Spans of names, dates, and numbers that have a purpose.
        left: Values beside those.
    """
    found = [
        Value(Kind.DAYS, Fraction(days), start, end, vague=True)
        for days, start, end in all_months(text)
    ]
    found += left
    found += [_value(n) for n in numerals(text) if not _means_little(text, n)]
    found += [
        Value(Kind.SHARE, Fraction(1, PARTS[m["part"]]), *m.span())
        if m["part"]
        else Value(Kind.MULTIPLE, Fraction(FOLD[m["times"]]), *m.span())
        for m in _WORD.finditer(text.low)
    ]
    made, spans = list[Role](), list(taken)
    for value in found:
        if not any(s < value.end and value.start < e for s, e in spans):
            spans.append((value.start, value.end))
            made.append(Role(value, Purpose.BACKGROUND, Direction.NONE, None, faint=True))
    return made


def _value(numeral: Numeral) -> Value:
    kind = Kind.SHARE if numeral.fraction else Kind.MONEY if numeral.scaled else Kind.NUMBER
    return Value(kind, numeral.value, numeral.start, numeral.end)


def _means_little(text: Text, numeral: Numeral) -> bool:
    """`one of them`, `in 2025`."""
    year = numeral.value.denominator == 1 and numeral.value.numerator in _YEARS
    return text.low[numeral.start : numeral.end] in {"one", "a"} or (year and not numeral.scaled)

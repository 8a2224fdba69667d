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
from rmnctl.agents.briefs.numerals import Numeral, numerals
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import Text

_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_TIMES = {"double": 2, "twice": 2, "triple": 3, "treble": 3, "thrice": 3, "quadruple": 4}
_WORD = re.compile(
    rf"(?<![a-z0-9-])(?:(?P<part>{'|'.join(_PARTS)})|(?P<times>{'|'.join(_TIMES)}))(?![a-z-])"
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
        Value(Kind.SHARE, Fraction(1, _PARTS[m["part"]]), *m.span())
        if m["part"]
        else Value(Kind.MULTIPLE, Fraction(_TIMES[m["times"]]), *m.span())
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

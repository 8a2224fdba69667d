"""Returns told in words: `three dollars back for every dollar`, `$10 for each $4`, `fourfold`."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.numerals import Numeral
from rmnctl.agents.briefs.text import Text, has

_UNIT = re.compile(
    r"(?:(?:for|per|on|from|with|of|out of)\s+)?(?:each|every|per|a|one|the|single)\s+(?:single\s+)?"
    r"(?:1\s+)?(?:ad\s+|media\s+|advertising\s+)?(?:dollar|buck|euro|pound|quid)(?![a-z])"
    r"|(?:for|on|per|from|with)\s+(?:each|every)\s+(?:single\s+)?one\s+(?:(?:that\s+)?(?:we|you|they|i)\s+)?"
    r"(?:spend|spent|invest|invested|put in|pay|paid|lay out)(?![a-z])"
)
_OF_SALES = re.compile(
    r"\s+(?:of|in)\s+(?:\w+\s+)?(?:sales|revenues?|turnover|takings|income)\b|\s+(?:that\s+)?(?:we|they|it)\s+(?:earn|sell|take in|turn over)\w*\b"
)
_ACOS = re.compile(
    r"\b(?:acos|tacos|(?:advertising|ad|media) cost of sales?|(?:advertising|ad|media)[ -](?:cost|spend)[ -](?:to[ -]sales|revenue|sales)(?: ratio)?|cost[ -](?:to[ -])?(?:revenue|sales)[ -]ratio|cost of sales?)\b"
)
#: `for each dollar in we want $2.20 out`.
_IN_OUT = re.compile(r"\s+(?:in|going in|that goes in|we put in)\b[^;!?\n]*\bout\b")
_EACH = re.compile(r"(?:each|every|per)\s+(?:single\s+)?$")


_FOR_EACH = re.compile(r"\s*(?:for|per|on|from|against|to)\s+(?:each|every|the)?\s*(?:single\s+)?")


def per_unit(text: Text, found: list[Value]) -> list[Value]:
    """`three dollars back for every dollar` becomes the multiple 3; `$10 for each $4`, 2.5."""
    made = list(found)
    for start, end, unit in _units(text, found):
        left, right = text.sentence(start)
        near = [
            v for v in made
            if v.kind in {Kind.MONEY, Kind.NUMBER} and left <= v.start < right
            and (v.end <= start or v.start >= end) and 0 < v.low < 1000 * unit and v.high is None
        ]  # fmt: skip
        if not near:
            continue
        best = min(near, key=lambda v: min(abs(v.start - end), abs(start - v.end)))
        touching = best.end <= start and (
            text.words(best.end, start) <= 1
            or _FOR_EACH.fullmatch(text.low, best.end, start) is not None
        )
        in_out = _IN_OUT.match(text.low, end, right)
        if not touching and not in_out and not has("returned", text, left, right):
            continue
        # `for every 10 of sales, 4 of media`: the unit is what comes back.
        back = _OF_SALES.match(text.low, end) is not None
        multiple = unit / best.low if back else best.low / unit
        ratio = Value(Kind.MULTIPLE, multiple, min(best.start, start), max(best.end, end))
        made = [
            v for v in made if v is not best and not (v.start < end and start < v.end)
        ]  # fmt: skip
        made.append(ratio)
    for match in _ACOS.finditer(text.low):
        made = _inverted(text, made, match)
    for match in (
        *_TIMES_OUR_MONEY.finditer(text.low),
        *_MANIFOLD.finditer(text.low),
        *_MONEY_BACK.finditer(text.low),
    ):
        made = [v for v in made if not (v.start < match.end() and match.start() < v.end)]
        made.append(Value(Kind.MULTIPLE, Fraction(FOLD[match[1]]), *match.span()))
    return sorted(made, key=lambda v: v.start)


def _inverted(text: Text, found: list[Value], cue: re.Match[str]) -> list[Value]:
    """`ACOS of at most 25 %`: four times as much comes back."""
    left, right = text.clause(*cue.span())
    near = [v for v in found if v.kind is Kind.SHARE and left <= v.start < right and v.low > 0]
    if not near:
        return found
    share = min(near, key=lambda v: min(abs(v.start - cue.end()), abs(cue.start() - v.end)))
    start, end = min(share.start, cue.start()), max(share.end, cue.end())
    return [
        replace(v, kind=Kind.MULTIPLE, low=1 / v.low, start=start, end=end) if v is share else v
        for v in found
    ]


FOLD = {"double": 2, "twice": 2, "thrice": 3, "triple": 3, "treble": 3, "quadruple": 4, "two": 2, "three": 3, "four": 4, "five": 5,
         "six": 6, "ten": 10}  # fmt: skip
_MANIFOLD = re.compile(r"(?<![a-z])(two|three|four|five|six|ten)-?fold(?![a-z])")
_MONEY_BACK = re.compile(
    r"\bmoney\s+(?:back\s+)?(twice|thrice|double|triple|quadruple)(?:\s+(?:over|back))?(?![a-z])"
)
_TIMES_OUR_MONEY = re.compile(
    r"(?<![a-z])(double|twice|triple|treble|thrice|quadruple)s?\s+(?:(?:\w+\s+)?(?:money|spend|investment|stake|outlay|input)(?![a-z])"
    r"|(?:what|the (?:money|amount)|as much as|everything)\s+(?:that\s+)?(?:we|you|i)\s+(?:spend|put|invest|pay|lay|sink)\b)"
)


#: `for every two we spend`.
_SPENT = re.compile(
    r"\s+(?:that\s+)?(?:(?:we|you|they|i)\s+)?(?:spend|spent|invest|invested|put in|pay|paid|lay out)(?![a-z])"
)


def _units(text: Text, found: list[Value]) -> list[tuple[int, int, Fraction]]:
    """Where `every dollar` or `each $4` stands, and how much it is."""
    # `one dollar in ten` is a share by now, and no unit of a return.
    shares = [v for v in found if v.kind is Kind.SHARE]
    units = [
        (m.start(), m.end(), Fraction(1))
        for m in _UNIT.finditer(text.low)
        if not any(v.start < m.end() and m.start() < v.end for v in shares)
    ]
    for value in found:
        small = value.kind is Kind.MONEY and 0 < value.low <= 100
        if value.kind is Kind.NUMBER and 0 < value.low <= 100:
            small = _SPENT.match(text.low, value.end) is not None
        if small and _EACH.search(text.low, max(0, value.start - 14), value.start):
            units.append((value.start, value.end, value.low))
    return units


#: Two numbers that make a whole are shares.
_WHOLE = 100
#: `a return of 7 to 2`, `5:2 ROAS`: what comes back in relation to what was spent.
_RETURN = r"(?:roas|roi|romi|returns?|payback|pay-back)"
_RETURN_OF = re.compile(
    rf"\b{_RETURN}\b(?:\s+(?:ratio|target|floor|rate|multiple|goal|on ad spend|on investment))?(?:\s*[:=]|\s+(?:of|at|is|be|must|should|to|has|needs|above|"
    r"over|below|under|not|no|less|lower|worse|than|least|minimum|min|a|about|around)\b)*\s*$"
)
_RETURNED = re.compile(
    rf"\s+(?:or (?:better|more|higher)\s+)?(?:(?!weeks?|days?|months?|years?)\w+\s+)?{_RETURN}\b(?!\s+(?:the|a|to|me|your|this|it)\b)"
)
_TO = re.compile(r"\s*(?::|-?\s?to\s?-?|for|against)\s*")


def is_return(text: Text, n: Numeral, following: Numeral) -> bool:
    """Whether two numbers told as a ratio are a return."""
    if (
        n.scaled
        or n.value + following.value >= _WHOLE
        or following.scaled
        or n.fraction
        or following.fraction
    ):
        return False
    if not _TO.fullmatch(text.low, n.end, following.start):
        return False
    left = text.sentence(n.start)[0]
    led = _RETURN_OF.search(text.low[left : n.start])
    return bool(led or _RETURNED.match(text.low, following.end))

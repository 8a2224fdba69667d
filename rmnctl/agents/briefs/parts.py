"""Shares told as counts: `one dollar in six`, `of every ten euros, two`, `20 cents of each dollar`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.numerals import Numeral
from rmnctl.agents.briefs.text import Text, has

_COIN = r"(?:dollars?|bucks?|euros?|pounds?|quid|francs?)"
_CENT = r"(?:cents?|pence|pennies|p|ct)"
_UNITS = re.compile(rf"\s*(?:{_COIN})(?![a-z])")
_CENTS = re.compile(rf"\s*{_CENT}(?![a-z])")
_SIGN = r"[$\u20ac\u00a3]?"
#: `of every ten`, `out of each`, `in` between a count and what it is counted of.
_OF = r"(?:(?:in|out of|of|from|for)\s+(?:each|every|any|a|the)|out of|in|of|for each|for every|per|on|on the)"
_INTO = re.compile(
    rf"\s*(?:{_COIN}\s+|ads?\s+|parts?\s+)?(?:spent\s+)?{_OF}\s+(?:single\s+)?{_SIGN}$"
)
_WHOLE = re.compile(
    rf"(?<![a-z])(?:of|out of|from|for|in|with)\s+(?:each|every)\s+(?:single\s+)?{_SIGN}$"
)
_ONE = re.compile(
    rf"(?<![a-z])(?P<of>{_OF})\s+(?:single\s+)?(?P<unit>dollar|buck|euro|pound|quid)(?![a-z])"
)
_NTH = {
    "other": 2, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "twentieth": 20,
}  # fmt: skip
_EVERY_NTH = re.compile(
    rf"(?<![a-z])(?:each|every|one)\s+(?P<nth>{'|'.join(_NTH)})\s+{_COIN}(?![a-z])"
)
_SMALL = {"dime": 10, "nickel": 5, "penny": 1, "cent": 1}
_COIN_OF = re.compile(
    rf"(?<![a-z])(?:a|one)\s+(?P<coin>{'|'.join(_SMALL)})\s+{_OF}\s+(?:single\s+)?"
    r"(?:dollar|buck|euro|pound)(?![a-z])"
)
_LARGEST = 1000
#: `seven out of ten viewers` is no part of a budget.
_PEOPLE = re.compile(
    r"\s+(?:(?!(?:for|on|of|at|in|to|from|with|into)\b)\w+\s+)?(?!experiments|placements)(?:people|them|us|whom|men|women|kids|children|households|families|customers|users|fans|times|cases|tries|attempts|"
    r"\w{3,}(?:ers|ors|ants|ents|ists|ees))\b"
)


@dataclass(frozen=True)
class Parts:
    """Shares told as counts.

    Attributes:
        values: The shares.
        spans: Text that they take; numbers in it are no others.
    """

    values: tuple[Value, ...]
    spans: tuple[tuple[int, int], ...]


def parts(text: Text, found: Sequence[Numeral]) -> Parts:
    """All shares of a brief that are told as a count of so many."""
    values: list[Value] = []
    spans: list[tuple[int, int]] = []
    for match in _EVERY_NTH.finditer(text.low):
        values.append(Value(Kind.SHARE, Fraction(1, _NTH[match["nth"]]), *match.span()))
    for match in _COIN_OF.finditer(text.low):
        values.append(Value(Kind.SHARE, Fraction(_SMALL[match["coin"]], 100), *match.span()))
    for whole in (*_told(text, found), *_single(text)):
        if _returns(text, whole):
            continue
        counted = _counted(text, found, whole)
        values += counted
        if counted:
            spans.append((whole.start, whole.end))
    spans += [(v.start, v.end) for v in values]
    return Parts(tuple(sorted(values, key=lambda v: v.start)), tuple(spans))


@dataclass(frozen=True)
class _Whole:
    """`every ten dollars`: what is counted of."""

    start: int
    end: int
    count: Fraction
    led: bool  # `of every`, so that counts may also follow


def _told(text: Text, found: Sequence[Numeral]) -> Iterable[_Whole]:
    """Wholes with a number: `of every ten dollars`, `in six`, `out of five`."""
    for number in found:
        if number.fraction or number.scaled or not 1 < number.value <= _LARGEST:
            continue
        unit = _UNITS.match(text.low, number.end)
        end = unit.end() if unit else number.end
        if re.match(r"\s*(?:%|percent|per cent|x\b|times|to\s*\d|:|days?|weeks?|months?)", text.low[end:]):  # fmt: skip
            continue
        if unit is None and _PEOPLE.match(text.low, number.end):
            continue
        before = text.low[: number.start]
        led = _WHOLE.search(before)
        if led:
            yield _Whole(led.start(), end, number.value, led=True)
            continue
        into = re.search(rf"(?<![a-z]){_OF}\s+(?:single\s+)?{_SIGN}$", before)
        if into:
            yield _Whole(into.start(), end, number.value, led=False)


def _single(text: Text) -> Iterable[_Whole]:
    """Wholes of one unit, of which cents are counted: `of every dollar`, `on the dollar`."""
    for match in _ONE.finditer(text.low):
        yield _Whole(*match.span(), Fraction(1), led="y" in match[0] or "each" in match[0])


def _returns(text: Text, whole: _Whole) -> bool:
    """`for every four dollars, ten back` is a return, no part."""
    for_each = text.low.startswith(("for", "per", "with"), whole.start)
    return for_each and has("returned", text, *text.sentence(whole.start))


#: `a dollar in ten`; `a euro in 5 weeks` is none, as its whole has another unit.
_A_COIN = re.compile(r"(?<![a-z])an?\s+(?:dollar|buck|euro|pound)(?=\s+(?:in|out of)\b|\s*$)\s*$")


def _counted(text: Text, found: Sequence[Numeral], whole: _Whole) -> list[Value]:
    """The counts that belong to a whole: right before it, or in a list behind it."""
    before = [n for n in found if n.end <= whole.start]
    if before:
        share = _share(text, before[-1], whole)
        gap = text.low[before[-1].end : whole.start]
        plain = re.fullmatch(
            rf"\s*(?:{_COIN}|{_CENT}|parts?|shares?|slices?)?\s*(?:spent|invested)?\s*", gap
        )
        if share is not None and plain and _counts(text, before[-1], whole):
            return [Value(Kind.SHARE, share, _begin(text, before[-1]), whole.end)]
    coin = _A_COIN.search(text.low[: whole.start])
    if coin and not whole.led:
        return [Value(Kind.SHARE, 1 / whole.count, coin.start(), whole.end)]
    if not whole.led:
        return []
    _, stop = text.sentence(whole.start)
    made = []
    for number in (n for n in found if whole.end <= n.start < stop):
        share = _share(text, number, whole)
        cents = _CENTS.match(text.low, number.end)
        unit = cents or _UNITS.match(text.low, number.end)
        end = unit.end() if unit else number.end
        if share is None or re.match(r"\s*(?:%|percent|x\b|weeks?|days?|cells?|months?)", text.low[end:]):  # fmt: skip
            continue
        made.append(Value(Kind.SHARE, share, _begin(text, number), end))
    return made


def _begin(text: Text, number: Numeral) -> int:
    return number.start - (text.low[number.start - 1 : number.start] in {"$", "\u20ac", "\u00a3"})


def _counts(text: Text, number: Numeral, whole: _Whole) -> bool:
    """Whether `five in ten` is a count, and not `$5k in 10 weeks` or `section 4 of 12`."""
    money = _UNITS.match(text.low, number.end) or _CENTS.match(text.low, number.end)
    units = _UNITS.search(text.low, whole.start, whole.end) or text.low[whole.start : whole.end].endswith(("$", "dollar", "buck", "euro", "pound", "quid"))  # fmt: skip
    word = text.low[whole.start : whole.end].split()[0]
    told = word in {"in", "out"} or "every" in text.low[whole.start : whole.end]
    return bool(money or units or (told and number.value < whole.count))


def _share(text: Text, number: Numeral, whole: _Whole) -> Fraction | None:
    if number.fraction or number.scaled or number.value <= 0:
        return None
    cents = _CENTS.match(text.low, number.end) is not None
    share = number.value / whole.count / (100 if cents else 1)
    return share if share < 1 else None

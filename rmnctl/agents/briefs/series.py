"""Numbers that belong together: ranges, lists that share a unit, and numbers said twice."""

from __future__ import annotations

import re
from dataclasses import replace

from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.text import Text, has

_RANGE = re.compile(r"[ ]*(?:%|percent|per cent|usd|eur|gbp|dollars?|\u20ac|\u00a3|\$)?[ ]*"
                    r"(?:-|to|and|or|up to|through|until)[ ]*(?:usd|eur|gbp|us\$|\u20ac|\u00a3|\$)?\s*$")  # fmt: skip
_BETWEEN = re.compile(r"(?:between|from|anywhere|anything|range of|within|in the range|of|:|take|=)"
                      r"(?:\s+(?:of|from|between))?\s*(?:usd|eur|gbp|us\$|\u20ac|\u00a3|\$)?\s*$")  # fmt: skip
_SAME_UNIT = re.compile(
    r",?\s*(?:and|but|or|to|nor)\s+(?:(?:no|not|at|a|be|up)\s+)*(?:more|less|most|least|over|under|above|below|"
    r"higher|lower|max\w*|min\w*|to)\s*(?:than|of)?\s*"
)


def joined(text: Text, found: list[Value]) -> list[Value]:
    """The values of a brief, in order, once each and with the unit that they share with others."""
    once = _said_twice(text, sorted(found, key=lambda v: v.start))
    return _of_that(text, _elided(text, _listed(text, _ranges(text, once))))


_THAT = re.compile(
    r"\s+(?:of\s+)?(?:that|as much|of this)\b(?!\s+(?:budget|money|sum|amount|total))"
)


def _of_that(text: Text, found: list[Value]) -> list[Value]:
    """`video 10%, audio no more than half of that`: a part of the share said before."""
    made: list[Value] = []
    for value in found:
        last = made[-1] if made else None
        part = value.kind is Kind.SHARE and not text.low[value.start].isdigit()
        if (
            last is not None
            and part
            and last.kind is Kind.SHARE
            and last.high is None
            and not text.crossings(last.end, value.start)[0]
            and _THAT.match(text.low, value.end)
        ):
            made.append(replace(value, low=value.low * last.low))
        else:
            made.append(value)
    return made


def _said_twice(text: Text, found: list[Value]) -> list[Value]:
    """`thirty per cent (30%)`, `ninety thousand dollars (USD 90,000)` are one number each."""
    made: list[Value] = []
    for value in found:
        last = made[-1] if made else None
        if last is not None and _is_same(last, value) and _BRACKET.fullmatch(text.low, last.end, value.start):  # fmt: skip
            kind = value.kind if last.kind is Kind.NUMBER else last.kind
            made[-1] = replace(
                last, kind=kind, end=value.end, currency=last.currency or value.currency
            )
        else:
            made.append(value)
    return made


def _is_same(first: Value, second: Value) -> bool:
    """Whether two numbers are one, in no two currencies."""
    currencies = {first.currency, second.currency} - {None}
    return first.low == second.low and len(currencies) < 2


_BRACKET = re.compile(r"[ ]*(?:\(|\[|,? i\.e\.,? |,? that is,? )[ ]*")


_COMPARISON = re.compile(
    r"(?:\b(?:no|not) (?:more|less|higher|lower) than|\bat (?:the )?(?:very )?(?:most|least)|\bup to|"
    r"\b(?:max|min)(?:imum)?(?: of)?|\bcapped at|\b(?:under|below|over|above|beyond))[\s:]*$"
)
_CLOSED = re.compile(r"\s*(?:[,;)]|\.(?!\d)|$|(?:and|but|while|whereas|on|in|to|for|at|into)\b)")


#: `every dollar must bring back at least 4` is a return.
_UNIT_BEFORE = re.compile(
    r"\b(?:each|every|per|a) (?:single )?(?:dollar|buck|euro|pound)\b[^.;]*\b(?:back|bring|return|earn|yield|generat|make)\w*[^.;,]*$"
)


#: `30 to them at minimum, in percent`.
_IN_PERCENT = re.compile(r"\bin (?:%|per ?cent(?:ages?)?)(?=\s*(?:[.,;:!)\n]|$))")


def _elided(text: Text, found: list[Value]) -> list[Value]:
    """`video no more than 15, search at least 20 percent`: the unit is said once for both."""
    made = []
    for value in found:
        left, right = _listing(text, value.start)
        bare = value.kind is Kind.NUMBER and 1 <= value.low <= 100 and value.high is None
        listed = _IN_PERCENT.search(text.low, left, right) or (
            any(v.kind is Kind.SHARE and left <= v.start < right for v in found)
            and _COMPARISON.search(text.low[max(left, value.start - 24) : value.start])
            and _CLOSED.match(text.low, value.end)
        )
        if bare and listed and not _counts_else(text, value):
            made.append(replace(value, kind=Kind.SHARE, low=value.low / 100))
        elif value.kind is Kind.NUMBER and (scaled := _scaled(text, value, found)):
            made.append(scaled)
        else:
            made.append(value)
    return made


def _listing(text: Text, position: int) -> tuple[int, int]:
    """The sentence around a position, with those that semicolons join to it."""
    left, right = text.sentence(position)
    while left and text.low[left - 1] == ";":
        left = text.sentence(left - 1)[0]
    while right < len(text.low) and text.low[right - 1] == ";":
        right = text.sentence(right)[1]
    return left, right


def _scaled(text: Text, value: Value, found: list[Value]) -> Value | None:
    """`no less than 80 and no more than 150 thousand`: the first of two bounds is of thousands too."""
    following = next((v for v in found if v.start >= value.end), None)
    if following is None or following.kind is not Kind.MONEY or not 1 <= value.low < _THOUSAND:
        return None
    thousands = _THOUSANDS.search(text.low, following.start, following.end)
    between = text.low[value.end : following.start]
    bounded = _COMPARISON.search(text.low[max(0, value.start - 24) : value.start])
    if not (thousands and bounded and _SAME_UNIT.fullmatch(between)):
        return None
    return replace(value, kind=Kind.MONEY, low=value.low * _THOUSAND, currency=following.currency)


_THOUSAND = 1000
_THOUSANDS = re.compile(r"\d ?k\b|\bthousand|\bgrand\b")


def _ranges(text: Text, found: list[Value]) -> list[Value]:
    """Pairs that are the two ends of one range become one value."""
    made: list[Value] = []
    for value in found:
        last = made[-1] if made else None
        if last is not None and _lacks_percent(text, last, value):
            last = made[-1] = replace(last, kind=Kind.SHARE, low=last.low / 100)
        if last is not None and last.high is None and _is_range(text, last, value):
            low = last.low
            if last.kind is Kind.NUMBER and value.kind is Kind.SHARE:
                low = low if last.low < 1 else low / 100
            if last.kind is Kind.NUMBER and value.kind is Kind.MONEY and low < 1000 <= value.low:
                low *= 10**6 if value.low >= 10**6 else 1000
            currency = value.currency or last.currency
            made[-1] = replace(value, low=low, high=value.low, start=last.start, currency=currency)
        else:
            made.append(value)
    return made


_LIST_OF = re.compile(r"\s*(?:,\s*(?:and|or)?|and|or|&|/)\s*")


def _listed(text: Text, found: list[Value]) -> list[Value]:
    """`50, 30 and 20 percent`: the unit is said once for all of a list."""
    made = list(found)
    for place in range(len(made) - 2, -1, -1):
        value, following = made[place], made[place + 1]
        if value.kind is not Kind.NUMBER or following.kind is not Kind.SHARE or following.high:
            continue
        between = text.low[value.end : following.start]
        if _LIST_OF.fullmatch(between) and 1 <= value.low <= 100 and not _counts_else(text, value):
            made[place] = replace(value, kind=Kind.SHARE, low=value.low / 100)
    return made


def _lacks_percent(text: Text, first: Value, second: Value) -> bool:
    """`no less than 20 and no more than 45 percent`."""
    kinds = (first.kind, second.kind) == (Kind.NUMBER, Kind.SHARE)
    if not kinds or first.low < 1 or _counts_else(text, first):
        return False
    return bool(_SAME_UNIT.fullmatch(text.low[first.end : second.start]))


def _counts_else(text: Text, value: Value) -> bool:
    """Whether a bare number is a return, a count of cells or their least spend, and no share."""
    left = text.sentence(value.start)[0]
    clause = text.clause(value.start, value.end)
    return any(has(group, text, *clause) for group in ("roas", "cells", "active")) or bool(
        _UNIT_BEFORE.search(text.low[left : value.start])
    )


def _is_range(text: Text, first: Value, second: Value) -> bool:
    alike = first.kind == second.kind or (
        first.kind is Kind.NUMBER and second.kind in {Kind.SHARE, Kind.MONEY}
    )
    ranged = {Kind.SHARE, Kind.MONEY}
    if not alike or second.kind not in ranged or first.low >= second.low * 10**6:
        return False
    between = text.low[first.end : second.start]
    split = first.kind is second.kind is Kind.SHARE and first.low + second.low == 1
    if not _RANGE.fullmatch(between) or (split and first.low > second.low):
        return False
    led = bool(_BETWEEN.search(text.low, max(0, first.start - 24), first.start))
    if "or" in between.split():
        return first.kind is Kind.NUMBER and second.kind is Kind.MONEY
    if "and" in between:
        lead = text.low[max(0, first.start - 24) : first.start]
        return led and bool(re.search(r"\b(?:between|within)\b", lead))
    start = max(
        text.sentence(first.start)[0], text.low.rfind(",", 0, first.start), first.start - 90
    )
    if has("moved", text, start, first.start):
        return False
    return bool(led or first.kind is Kind.NUMBER or "-" in between or second.kind is Kind.SHARE)

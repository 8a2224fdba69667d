"""Shares told by comparing names: `alpha to beta 2:1`, `twice as much on alpha as on beta`.

Only names that are all of their kind, such as both retailers, can be told shares in this way: of
placements a ratio says nothing about the others, unless the whole is said to be split between them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.numerals import Numeral, numerals
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import Text, has

_COLON = re.compile(r"\s*(?::|-?\s?to\s?-?|/)\s*")
_SPLIT = re.compile(
    r"\b(?:split|divide\w*|ratio|proportion\w*|share[ds]?(?! of)|distribut\w+|weight\w*|in favou?r of|between|balance|mix)\b"
)
_TWICE = re.compile(
    r"\b(?P<times>twice|double|two times|2x|triple|thrice|three times|3x|four times|4x|five times)\b"
    r"(?=[^.;\n]{0,60}(?:\bas (?:much|big|large)\b|\bwhat\b|\bthe (?:share|budget|spend|money|amount)\b|'s\b|\bof\b|\bthat of\b))"
)
_FOLD = {"twice": 2, "double": 2, "two times": 2, "2x": 2, "triple": 3, "thrice": 3, "three times": 3,
         "3x": 3, "four times": 4, "4x": 4, "five times": 5}  # fmt: skip
_BACK = re.compile(
    r"\b(?:back|returns?|sales|revenue|earn\w*|bring\w*|yield\w*|generat\w+|turnover)\b"
)
#: `alpha sells three times as much as beta`: no word on the plan.
_ELSE = re.compile(
    r"\b(?:sells?|sold|selling|shoppers|traffic|customers|visitors|stores|buyers|users|reach(?:es|ed)|costs?|expensive|bigger than|larger than|grew|"
    r"grows|growing|members|converts?|converted|performs?|performed|clicks|impressions|faster|better|older)\b"
)
_FOR_EACH = re.compile(r"\bfor (?:each|every)\s+$")
_HALF_AS = re.compile(
    r"\bhalf (?:as (?:much|big|large)|(?:of )?what(?! (?:we|i|is|there)\b|'s)|the (?:share|budget|money|amount) of)\b"
)


@dataclass(frozen=True)
class Ratio:
    """A comparison of names.

    Attributes:
        start, end: The words that say it; numbers in them are no others.
        parts: What each name gets in relation to the others, with its anchor.
    """

    start: int
    end: int
    parts: tuple[tuple[Anchor, str, Fraction], ...]


def ratios(text: Text, places: Sequence[Anchor], everyone: Sequence[str]) -> list[Ratio]:
    """All comparisons of a brief.

    Args:
        text: The brief.
        places: What numbers may belong to.
        everyone: All retailers.
    """
    made = []
    starts = sorted({text.sentence(a.start) for a in places if a.topic is Topic.NAMES})
    for start, end in starts:
        names = _names(places, start, end)
        favoured = _favoured(text, (start, end), names, everyone)
        if favoured is not None:
            made.append(favoured)
            continue
        whole = {i for _, i in names} == set(everyone)
        split = _SPLIT.search(text.low, start, end) is not None and len(names) > 1
        if len({a.scope for a, _ in names}) != 1 or not (whole or split):
            continue
        if _ELSE.search(text.low, start, end):
            continue
        if has("roas", text, start, end) or _BACK.search(text.low, start, end):
            continue  # `3:1` is a return here
        found = (
            _side_by_side(text, start, end, names)
            or _per_coin(text, start, end, names)
            or _colons(text, start, end, names)
            or _folds(text, start, end, names)
        )
        if found is not None:
            made.append(found)
    return made


_Name = tuple[Anchor, str]


def _names(places: Sequence[Anchor], start: int, end: int) -> list[_Name]:
    """Names of a sentence, in order, each by its id."""
    return [
        (a, i)
        for a in places
        if a.topic is Topic.NAMES and start <= a.start < end and a.scope is not Scope.SKU
        for m in a.mentions
        for i in m.ids
    ]


#: What may stand before `alpha 3, beta 1`: a word of parting, or nothing.
_KEY = re.compile(
    r"(?:^|[,;(\n]|(?:\d\s?k?|usd|eur|gbp|dollars|euros|pounds)\s*:)\s*(?:[-*\u2022]\s*)?(?:(?:the\s+)?(?:budget\s+|money\s+|retailers?\s+|networks?\s+)?"
    r"(?:split|ratio|weights?|weighting|proportions?|parts|shares|mix|retailers?|networks?|make it|divide it|split it|share it)(?:\s+of [a-z]+)?\s*:?\s*)?$"
)
_PARTS = r"(?:\s*(?:parts?|shares?|slices?))?"
_NEXT = re.compile(rf"{_PARTS}\s*(?:[,;:/&+]|\bto\b|\band\b|\bvs\.?|\bagainst\b|,\s*and\b)\s*")
_LAST = re.compile(rf"{_PARTS}\s*(?:\.(?!\d)|[,;!)\n]|$)")
_SETS = re.compile(r"\s*(?:[:=]|gets?\b|\bat\b)?\s*")
_LARGEST = 20


def _side_by_side(text: Text, start: int, end: int, names: Sequence[_Name]) -> Ratio | None:
    """`alpha 3, beta 1`, `three parts alpha, two parts beta`: each name beside a small bare number."""
    found = [n for n in numerals(text) if start <= n.start < end]
    anchors = [a for a, _ in names]
    if len({id(a) for a in anchors}) < len(names) or len({i for _, i in names}) < len(names):
        return None
    for place in range(len(found) - len(names) + 1):
        run = found[place : place + len(names)]
        small = all(
            n.value.denominator == 1 and 0 < n.value <= _LARGEST and not n.scaled for n in run
        )
        if small and (_each_behind(text, start, run, anchors) or _each_before(text, start, run, anchors)):  # fmt: skip
            left, right = min(run[0].start, anchors[0].end), run[-1].end
            return _ratio(left, right, names, [n.value for n in run])
    return None


def _each_behind(text: Text, start: int, run: Sequence[Numeral], names: Sequence[Anchor]) -> bool:
    """`alpha 3, beta 1`; ranks (`alpha 1, beta 2`) count up from one and part nothing."""
    ranks = [n.value for n in run] == list(range(1, len(run) + 1))
    beside = all(
        a.end <= n.start and _SETS.fullmatch(text.low, a.end, n.start)
        for a, n in zip(names, run, strict=True)
    )
    apart = all(n.end <= a.start and _NEXT.fullmatch(text.low, n.end, a.start) for n, a in zip(run, names[1:], strict=False))  # fmt: skip
    led = _KEY.search(text.low[start : names[0].start])
    return bool(beside and apart and led and _LAST.match(text.low, run[-1].end)) and not ranks


_ONTO = re.compile(rf"{_PARTS}\s*(?:(?:for|to|on|at|of)\s+)?")
_BESIDE = re.compile(r"\s*(?:[,;/&+]|\bto\b|\band\b|,\s*and\b)\s*")


def _each_before(text: Text, start: int, run: Sequence[Numeral], names: Sequence[Anchor]) -> bool:
    """`3 parts alpha, 1 part beta`."""
    beside = all(
        n.end <= a.start and _ONTO.fullmatch(text.low, n.end, a.start)
        for a, n in zip(names, run, strict=True)
    )
    apart = all(a.end <= n.start and _BESIDE.fullmatch(text.low, a.end, n.start) for n, a in zip(run[1:], names, strict=False))  # fmt: skip
    led = _KEY.search(text.low[start : run[0].start])
    return bool(beside and apart and led and _LAST.match(text.low, names[-1].end))


def _colons(text: Text, start: int, end: int, names: Sequence[_Name]) -> Ratio | None:
    """`3:2 between alpha and beta`, `for every $3 on alpha, $1 on beta`."""
    found = [
        n for n in numerals(text)
        if start <= n.start < end and not n.fraction and not n.scaled and 0 < n.value < 100
    ]  # fmt: skip
    if len({i for _, i in names}) < len(names):
        return None  # `alpha and beta, alpha 3:2`: whose number is whose?
    for place in range(len(found) - len(names) + 1):
        run = found[place : place + len(names)]
        if _runs(text, run) or _for_each(text, run, names):
            return _ratio(run[0].start, run[-1].end, names, [n.value for n in run])
    return None


def _runs(text: Text, run: Sequence[Numeral]) -> bool:
    """Whether numbers stand as `3:2:1`, and do not add up to a hundred, which is read as shares."""
    pairs = pairwise(run)
    joined = all(_COLON.fullmatch(text.low, a.end, b.start) for a, b in pairs)
    percent = re.match(r"\s*(?:%|percent|per cent|weeks?|days?|k\b)", text.low[run[-1].end :])
    return joined and sum(n.value for n in run) != 100 and not percent


def _for_each(text: Text, run: Sequence[Numeral], names: Sequence[_Name]) -> bool:
    led = _FOR_EACH.search(text.low[: run[0].start].rstrip("$\u20ac\u00a3"))
    between = [a for a, _ in names if run[0].end <= a.start < run[1].start] if len(run) > 1 else []
    return bool(led) and len(between) == 1 and len(run) == len(names)


#: `for every dollar on beta, put two on alpha`; `two dollars on alpha for each dollar on beta`.
_COIN = r"(?:dollar|euro|pound|buck)"
_PER_COIN = re.compile(
    rf"\b(?:for|to)\s+(?:each|every|one|a)\s+{_COIN}\s+(?:that goes\s+|put\s+|spent\s+)?(?:on|at|to|for|in|into|with)\s+$"
)


def _per_coin(text: Text, start: int, end: int, names: Sequence[_Name]) -> Ratio | None:
    """One for one name, the number for the other."""
    if len(names) != _PAIR:
        return None
    (one, _), (other, _) = names
    led = [_PER_COIN.search(text.low, start, a.start) for a in (one, other)]
    unit = 0 if led[0] else 1 if led[1] else None
    if unit is None:
        return None
    near = (one.end, end) if unit == 0 else (start, one.start)
    found = [
        n
        for n in numerals(text)
        if near[0] <= n.start < near[1] and not n.scaled and 1 < n.value < 100
    ]
    if len(found) != 1:
        return None
    parts = [Fraction(1), found[0].value] if unit == 0 else [found[0].value, Fraction(1)]
    cue = led[unit]
    left = min(found[0].start, cue.start() if cue else found[0].start)
    return _ratio(left, max(found[0].end, names[unit][0].start), names, parts)


_FAVOUR = re.compile(r"(?:\s+split)?(?:\s+ratio)?,?\s+(?:in\s+favou?r\s+of|favou?ring)\s+")
_PAIR = 2


def _favoured(
    text: Text, span: tuple[int, int], names: Sequence[_Name], everyone: Sequence[str]
) -> Ratio | None:
    """`nine to one in favour of alpha`: the other gets the smaller part."""
    if len(names) != 1 or len(everyone) != _PAIR:
        return None
    start, end = span
    found = [
        n for n in numerals(text) if start <= n.start < end and not n.fraction and not n.scaled
    ]
    anchor, name = names[0]
    for first, second in pairwise(found):
        led = _FAVOUR.fullmatch(text.low, second.end, anchor.start)
        if led and _COLON.fullmatch(text.low, first.end, second.start):
            parts = sorted((first.value, second.value), reverse=True)
            other = next(i for i in everyone if i != name)
            mention = replace(anchor.mentions[0], ids=(other,), pronoun=True)
            stand_in = replace(anchor, mentions=(mention,))
            return _ratio(first.start, second.end, [(anchor, name), (stand_in, other)], parts)
    return None


def _folds(text: Text, start: int, end: int, names: Sequence[_Name]) -> Ratio | None:
    """`twice as much on alpha as on beta`, `alpha gets double beta's share`."""
    match = _TWICE.search(text.low, start, end) or _HALF_AS.search(text.low, start, end)
    if match is not None and len(names) > 2:
        # Said before too: the last one before the comparison is compared with the first behind it.
        before = [n for n in names if n[0].start < match.start() and n[0].end <= match.start()]
        behind = [n for n in names if n[0].start >= match.end()]
        names = [*before[-1:], *behind[:1]]
    if len(names) != 2 or len({i for _, i in names}) != 2:
        return None
    if match := _TWICE.search(text.low, start, end):
        fold = Fraction(_FOLD[match["times"]])
        return _ratio(match.start(), match.end(), names, [fold, Fraction(1)])
    if match := _HALF_AS.search(text.low, start, end):
        return _ratio(match.start(), match.end(), names, [Fraction(1), Fraction(2)])
    return None


def _ratio(start: int, end: int, names: Sequence[_Name], parts: Sequence[Fraction]) -> Ratio:
    whole = sum(parts, Fraction(0))
    return Ratio(
        start, end, tuple((a, i, p / whole) for (a, i), p in zip(names, parts, strict=True))
    )


def as_roles(found: Sequence[Ratio]) -> list[Role]:
    """Each part as an exact share of its name."""
    return [
        Role(
            Value(Kind.SHARE, part, one.start, one.end), Purpose.LIMIT, Direction.EXACT, _only(a, i)
        )
        for one in found
        for a, i, part in one.parts
    ]


def _only(anchor: Anchor, identifier: str) -> Anchor:
    """The part of an anchor that names this."""
    mentions = tuple(m for m in anchor.mentions if m.ids == (identifier,))
    if len(anchor.mentions) == 1 or not mentions:
        return anchor
    return Anchor(anchor.topic, mentions[0].start, mentions[-1].end, mentions)

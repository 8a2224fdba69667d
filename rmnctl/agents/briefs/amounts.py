"""What the numbers of a brief are: money, shares, multiples, days, counts, or bare numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.numerals import Numeral, numerals
from rmnctl.agents.briefs.parts import parts
from rmnctl.agents.briefs.returns import is_return, per_unit
from rmnctl.agents.briefs.series import joined
from rmnctl.agents.briefs.text import Text, has, pattern

CURRENCIES = (
    ("CAD", r"cad|c\$|ca\$|canadian dollars?"),
    ("AUD", r"aud|a\$|au\$|australian dollars?"),
    ("USD", r"usd|us\$|us dollars?|u\.s\. dollars?|american dollars?|dollars?|bucks?|\$"),
    ("EUR", r"eur|euros?|\u20ac"),
    ("GBP", r"gbp|pounds? sterling|pounds?|quid|\u00a3"),
    ("CHF", r"chf|swiss francs?|francs?"),
    ("JPY", r"jpy|yen|\u00a5"),
    ("INR", r"inr|rupees?|\u20b9"),
    ("SEK", r"sek|swedish kronor"),
    ("DKK", r"dkk|danish kroner"),
    ("NOK", r"nok|norwegian kroner"),
    ("NZD", r"nzd|nz\$"),
    ("SGD", r"sgd|s\$"),
    ("HKD", r"hkd|hk\$"),
    ("ZAR", r"zar|rands?"),
    ("CZK", r"czk|koruna"),
    ("HUF", r"huf|forints?"),
    ("CNY", r"cny|rmb|yuan"),
    ("AED", r"aed|dirhams?"),
    ("TRY", r"turkish lira|liras?"),
    ("ILS", r"ils|shekels?"),
    ("PLN", r"pln|zloty"),
    ("MXN", r"mxn|pesos?"),
    ("BRL", r"brl|reais|r\$"),
)
_BEFORE = re.compile("|".join(rf"(?P<{c}>(?<![a-z])(?:{p}))" for c, p in CURRENCIES))
_GAP_BEFORE = re.compile(r"[\s:]*$")
_AFTER = re.compile(
    r"(?:[ -]|\n(?! *[-*\u2022]))*(?:in\s+|of\s+)?(?:" + "|".join(rf"(?P<{c}>{p})" for c, p in CURRENCIES)
    + r")(?![a-z])"
)  # fmt: skip
_IN_BRACKETS = re.compile(r"\s*\((?:" + "|".join(rf"(?P<{c}>{p})" for c, p in CURRENCIES) + r")\)")
_PERCENT = re.compile(
    r"\s*(?:%|per\s?-?cents?\b|pro[cz]ents?\b|percents\b|percentage points?\b|pct\b|p\.c\.|pc\b|percentage\b)"
)
_TIMES = re.compile(r"\s?(?:x(?![a-z0-9])|times\b|-?fold\b)")
_DAYS_OF = {"day": 1, "d": 1, "week": 7, "wk": 7, "w": 7, "fortnight": 14, "month": 30, "mth": 30,
            "mo": 30, "quarter": 90, "qtr": 90, "year": 365, "yr": 365}  # fmt: skip
_DURATION = re.compile(
    r"(?:\s|-)*(?:\(\d+\)\s*)?\(?(?:full |whole |calendar |consecutive |straight |entire |running )?"
    r"(days?|weeks?|wks?|fortnights?|months?|mths?|quarters?|qtrs?|years?|yrs?|d|w|mo)(?![a-z0-9])"
)
_NEGATIVE = re.compile(r"(?:\b(?:minus|negative)\s*|[:=] *- ?)(?:[a-z]{0,3}[$\u20ac\u00a3]?\s?)$")
_MINUS = re.compile(r"[a-z0-9:=,] +-(?:us)?[$\u20ac\u00a3]$")
_SPEND_KEY = re.compile(r"(?:max|min)_spend\W*$")
_BELOW_ZERO = re.compile(r"[a-z] +-$|\bminus\s+$")
#: `Max. share of video (%): 10`.
_PERCENT_KEY = re.compile(r"(?:\((?:in )?(?:%|percent|pct)\)|\bin (?:%|percent))\s*[:=]\s*$")
_ALL = 100
#: `350 % back`.
_BACK = re.compile(
    r"\s*(?:of\s+(?:our|the|my|each|every|what)\s+(?:[a-z]+\s+){1,3}?)?(?:back|returned|in return|return(?! on ad))\b"
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")


def values(text: Text, taken: Iterable[tuple[int, int]]) -> list[Value]:
    """All candidates of a brief, in order.

    Args:
        text: The brief.
        taken: Spans that are names or dates, whose digits are no numbers.
    """
    spans = list(taken)
    free = _outside(numerals(text), spans)
    counted = parts(text, free)
    free = _outside(free, counted.spans)
    exact = with_cents(text, free)
    free = _outside(free, [(v.start, v.end) for v in exact])
    found: list[Value] = [*counted.values, *exact]
    skip = -1
    for place, numeral in enumerate(free):
        if place <= skip:
            continue
        following = free[place + 1] if place + 1 < len(free) else None
        split = _split(text, numeral, following)
        if split and _MIN_MAX.search(text.low[: numeral.start]):
            split = [replace(split[0], high=split[1].low, end=split[1].end)]
        if split:
            found += split
            skip = place + 1
            continue
        paired = _paired(text, numeral, following)
        if paired is not None:
            found.append(paired)
            skip = place + 1
            continue
        value = _single(text, numeral)
        if value is not None:
            found.append(value)
    return per_unit(text, joined(text, found))


#: `two dollars and sixty cents`, `two euros fifty`.
_CENTS = re.compile(
    r"\s+(?:(?P<USD>dollars?|bucks?)|(?P<EUR>euros?)|(?P<GBP>pounds?|quid)|(?P<none>kron(?:er|or|a|e)|francs?|rupees?))"
    r"(?P<joined>,?\s+and)?\s+"
)
_NO_CENTS = re.compile(
    r"\s*(?:%|per\s?-?cent\b|percent|pct|weeks?|days?|months?|cells?|k\b|m\b|thousand|million|grand|hundred|(?:dollars?|euros?|pounds?)\b)"
)
_ARE_CENTS = re.compile(r"\s+(?:cents?|pence|p)\b")


def with_cents(text: Text, free: list[Numeral]) -> list[Value]:
    """Small amounts told in two numbers."""
    found = []
    for one, two in pairwise(free):
        between = _CENTS.fullmatch(text.low, one.end, two.start)
        if between is None or one.scaled or one.fraction or one.value >= _ALL:
            continue
        if (
            two.scaled
            or two.fraction
            or not _FEWEST <= two.value < _ALL
            or two.value.denominator > 1
        ):
            continue
        cents = _ARE_CENTS.match(text.low, two.end)
        if cents is None and (between["joined"] or _NO_CENTS.match(text.low, two.end)):
            continue
        code = next((c for c in ("USD", "EUR", "GBP") if between[c]), None)
        end = cents.end() if cents else two.end
        value = one.value + two.value / _ALL
        found.append(Value(Kind.MONEY, value, one.start, end, currency=code))
    return found


_FEWEST = 5


def days_of(words: str) -> int:
    """Days of the unit that a duration was told in: 7 of `5 weeks`."""
    match = re.search(r"(day|week|wk|fortnight|month|mth|quarter|qtr|year|yr)s?\b", words)
    return _DAYS_OF[match[1]] if match else 1


def _outside(found: Iterable[Numeral], spans: Iterable[tuple[int, int]]) -> list[Numeral]:
    taken = list(spans)
    return [n for n in found if not any(s < n.end and n.start < e for s, e in taken)]


def _split(text: Text, n: Numeral, following: Numeral | None) -> list[Value]:
    """`60/40`: two shares that make a whole."""
    if following is None or n.value + following.value != 100 or n.value <= 0:
        return []
    between = text.low[n.end : following.start]
    told = re.fullmatch(r"\s+to\s+", between) and _SPLIT.search(text.low[: n.start])
    if not told and not re.fullmatch(r"\s*[/:-]\s*", between):
        return []
    if _PERCENT.match(text.low, following.end) and n.value != following.value:
        return []
    return [Value(Kind.SHARE, x.value / 100, x.start, x.end) for x in (n, following)]


#: `Min/max per retailer: 30/70`.
_MIN_MAX = re.compile(r"\bmin(?:imum|\.)?\s*(?:/|and|-|to)\s*max(?:imum|\.)?[^.;\d]*$")
#: `a split of seventy to thirty`.
_SPLIT = re.compile(
    r"\b(?:split|divid\w*|ratio|proportion\w*|distribut\w+|share[ds]?|break\w*)\b[^.;\d]{0,40}$"
)
#: `the remaining 40%` is what other parts leave, unless it is plainly put on a name.
_LEFT_OVER = re.compile(
    r"\b(?:remaining|(?<!every )other|residual|leftover|rest of the|the last)\s+$"
)


#: `not one dollar of that in video`: no amount.
_NOT_ONE = re.compile(r"\b(?:not|nor|never|n't|without)\s+(?:even\s+|spend\s+|put\s+)?$")


def _percent(text: Text, n: Numeral, end: int) -> Value:
    """A share, or a return where it comes back: `350 % back`."""
    low = text.low
    if _LEFT_OVER.search(low[: n.start]):
        return Value(Kind.SHARE, n.value / _ALL, n.start, end, vague=True)
    if n.value >= _ALL and _BACK.match(low, end):
        return Value(Kind.MULTIPLE, n.value / _ALL, n.start, end)
    sign = -1 if _BELOW_ZERO.search(low[: n.start]) else 1
    return Value(Kind.SHARE, sign * n.value / _ALL, n.start, end)


def _single(text: Text, n: Numeral) -> Value | None:
    """What one number is by what stands right beside it."""
    low = text.low
    if low[n.start - 1 : n.start] == "#" or _ORDINAL.match(low, n.end):
        return None
    if match := _PERCENT.match(low, n.end):
        return _percent(text, n, match.end())
    before = low[max(0, n.start - 22) : n.start]
    if _PERCENT_KEY.search(before) and n.value <= _ALL:
        return Value(Kind.SHARE, n.value / _ALL, n.start, n.end)
    sign = -1 if _NEGATIVE.search(before) or _MINUS.search(before) else 1
    if n.value == 1 and _NOT_ONE.search(low[: n.start]):
        return None
    if (money := _money(text, n)) is not None:
        return replace(money, low=sign * money.low)
    if match := _DURATION.match(low, n.end) or _of_them(text, n):
        if n.fraction and match[1].startswith(("d", "w")):
            return None
        days = n.value * _DAYS_OF[match[1].rstrip("s")]
        vague = match[1][0] in "mqy"
        end = max(match.end(), n.end)
        return Value(Kind.DAYS, Fraction(round(days)), n.start, end, vague=vague)
    if n.fraction:
        return _fraction(text, n)
    if match := _TIMES.match(low, n.end):
        return Value(Kind.MULTIPLE, n.value, n.start, match.end())
    return _counted(text, n, sign, before)


_COUNTS = re.compile(
    r"\d[\d,.]*k?\s+(?:orders|units|shoppers|customers|visitors|purchases|conversions|buyers|clicks|impressions|members|households|packs|cans|bottles|bags)\b[^.;$\u20ac\u00a3]*$"
)
_YEAR_OF = re.compile(
    r"\s+(?:\w+\s+)?(?:budget|plan|campaign|flight|season|fiscal|spend|media|it was|we|they|figures?|deck|strategy)\b"
)
#: `40,000 cans` are no money.
_THINGS = re.compile(
    r"\s+((?!(?:brings|makes|returns|delivers|lasts|covers|runs|buys|yields|earns|works|stands|comes|sits|generates|remains|"
    r"stays|seems|looks|feels|suits|does|pays|helps|ends|starts|begins|belongs|produces|grows|waits|plus)\b)[a-z]{3,}s)(?![a-z'])"
)


#: `25 active max`, `no more than 28 live`: cells, whatever they are called; `25 active shops` are none.
_ACTIVE = re.compile(
    r"[ -](?:active|live|activated|(?:switched|turned) on|up and running)(?:\s+(?:ones?|at (?:once|a time|any (?:one )?time|the same time)|in (?:all|total)|overall))?"
    r"\s*(?:(?P<most>(?:max|min)(?:imum)?\b|at (?:the )?(?:very )?(?:most|max\w*)|tops\b|or (?:less|fewer)|and (?:no|not))|(?=[.,;:!?)\n]|$|(?:please|pls)\b))"
)
_BOUNDED = re.compile(
    r"\b(?:max\w*|most|than|over|above|under|below|within|limit|cap|exceed\w*|only|tops|to)[\s.:]+(?:of\s+|to\s+|at\s+)?$"
)


def _of_active(text: Text, n: Numeral) -> bool:
    """Whether a number counts active cells without a noun, which needs a bound."""
    active = _ACTIVE.match(text.low, n.end)
    return bool(active and (active["most"] or _BOUNDED.search(text.low[: n.start])))


def _counted(text: Text, n: Numeral, sign: int, before: str) -> Value | None:
    """A number without a unit, by the noun behind it and by its size."""
    low = text.low
    noun = n.end + len(low[n.end :]) - len(low[n.end :].lstrip(" -"))
    if pattern("things").match(low, noun) or low[n.start : n.end] == "one":
        return None
    if pattern("cell_nouns").match(low, noun) or _of_active(text, n):
        return Value(Kind.COUNT, n.value, n.start, n.end)
    things = _THINGS.match(low, n.end)
    if n.scaled and _COUNTS.search(low[text.sentence(n.start)[0] : n.start]):
        return None  # `12,000 orders last year, and wants 15,000 now`
    if n.scaled and things and not pattern("common").fullmatch(things[1]):
        return None
    if n.scaled or _SPEND_KEY.search(before):
        return Value(Kind.MONEY, sign * n.value, n.start, n.end)
    if not n.scaled and _YEAR_OF.match(low, n.end) and 1990 <= n.value <= 2100:
        return None
    year = n.value.denominator == 1 and 1990 <= n.value <= 2100
    if year and re.search(r"(?:in|of|since|year|the|by|for|q[1-4]|^|\W)\s*$", before):
        cue = has("budget", text, *text.clause(n.start, n.end))
        return Value(Kind.NUMBER, n.value, n.start, n.end) if cue else None
    return Value(Kind.NUMBER, sign * n.value, n.start, n.end)


def _money(text: Text, n: Numeral) -> Value | None:
    before, after = _currency_before(text, n.start), _AFTER.match(text.low, n.end)
    if after is None:
        after = _IN_BRACKETS.match(text.low, n.end)
    if n.fraction or (before is None and after is None):
        return None
    code = before[0] if before else None
    start, end = before[1] if before else n.start, n.end
    if after is not None and (before is None or code in {after.lastgroup, "USD"}):
        code, end = after.lastgroup, after.end()
    return Value(Kind.MONEY, n.value, start, end, currency=code)


_USED_UP = re.compile(
    r"\d\s?(?:k|m|mm|mn|thousand|grand|million)?\s?(?:usd|eur|gbp|dollars|euros|pounds)\s+$"
)


def _currency_before(text: Text, start: int) -> tuple[str, int] | None:
    if _USED_UP.search(text.low, max(0, start - 16), start):
        return None  # `310k usd eight weeks`: the currency is of the amount before
    gap = _GAP_BEFORE.search(text.low, max(0, start - 4), start)
    stop = gap.start() if gap else start
    for match in _BEFORE.finditer(text.low, max(0, stop - 20), stop):
        if match.end() == stop and match.lastgroup:
            word = match[0].isalpha() and match[0] in {"dollar", "dollars", "euro", "euros"}
            return (
                None
                if word and ":" not in text.low[stop:start]
                else (match.lastgroup, match.start())
            )
    return None


#: `half of that: 17 %`: the number behind it is the share.
_TOLD_AGAIN = re.compile(
    r"\s+(?:of\s+)?(?:that|this|it|the previous (?:share|value|amount)|last year's(?: \w+)?)\s*[,:;(=-]\s*(?:i\.e\.,?\s*|that is,?\s*|so,?\s*|namely,?\s*|meaning\s*|at\s*|hence\s*)*\d[\d.]*\s?(?:%|percent)"
)
#: `half of what we've got`; `half of what beta gets` compares.
_OF_ALL = re.compile(
    r"\s+of\s+(?:what(?:ever)?\s+(?:we|i|is|there|they give|you have)|what's)\b(?!\s+left)"
)
#: `the weeks before Easter, five of them`.
_OF_THEM = re.compile(r"\s+of\s+(?:them|those|these)\b")
_UNIT_SAID = re.compile(r"\b(day|week|month)s\b[^.;\d]*$")


def _of_them(text: Text, n: Numeral) -> re.Match[str] | None:
    """The unit said before a number `of them`."""
    if not _OF_THEM.match(text.low, n.end) or n.fraction:
        return None
    return _UNIT_SAID.search(text.low, max(0, n.start - 70), n.start)


#: `half a percent`.
_OF_A_PERCENT = re.compile(r"\s+(?:of\s+)?(?:a|one|1)?\s*(?:%|per\s?-?cent(?:age point)?\b)")


def _fraction(text: Text, n: Numeral) -> Value | None:
    low = text.low
    if pattern("no_fraction_after").match(low, n.end) and not _OF_ALL.match(low, n.end):
        return None
    if _TOLD_AGAIN.match(low, n.end):
        return None
    if percent := _OF_A_PERCENT.match(low, n.end):
        return Value(Kind.SHARE, n.value / 100, n.start, percent.end())
    if _LEFT_OVER.search(low[: n.start]) and not re.search(
        r"(?:each|every|last)\s+$", low[: n.start]
    ):
        return Value(Kind.SHARE, n.value, n.start, n.end, vague=True)
    if re.search(r"(?:bigger|larger|better|smaller|greater|first|second|(?<!to )last|next|this|each|per|every|previous|past|coming|other)\s*$",
                 low[:n.start]) or re.match(r"[\s-]*(?:q\d|year|month|hour|time)\b", low[n.end:]):  # fmt: skip
        return None
    whole = text.low[n.start : n.end]
    if "quarter" in whole and re.search(
        r"\b(?:for|(?<!go )(?<!goes )(?<!going )(?<!get )(?<!be )over|through|throughout|during|lasts?|within|in)\s+(?:about\s+)?$|\b(?:term|period|duration|flight|length|run ?time|timing|when|how long|time ?frame|horizon)\s*(?:[:=]|is|of|will be)\s*$", low[: n.start]
    ) and not re.match(r"\s+(?:of|on|in|to|for)\b", low[n.end :]):  # fmt: skip
        return Value(Kind.DAYS, Fraction(90), n.start, n.end, vague=True)
    return Value(Kind.SHARE, n.value, n.start, n.end)


def _paired(text: Text, n: Numeral, following: Numeral | None) -> Value | None:
    """`3:1`, `two to one`, which take two numbers."""
    if following is None:
        return None
    between = text.low[n.end : following.start]
    if following.value == 1 and re.fullmatch(r"\s*(?::|-?\s?to\s?-?)\s*", between):
        return Value(Kind.MULTIPLE, n.value, n.start, following.end)
    if n.value == 1 and re.fullmatch(r"\s*:\s*", between) and following.value > 1:
        return Value(Kind.MULTIPLE, following.value, n.start, following.end)
    if 1 < following.value < n.value and is_return(text, n, following):
        return Value(Kind.MULTIPLE, n.value / following.value, n.start, following.end)
    return None

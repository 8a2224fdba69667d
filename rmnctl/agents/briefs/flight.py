"""How long a plan runs where a brief says it by the calendar: dates, months, quarters."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from itertools import pairwise

from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.months import MONTH, MONTHS, months
from rmnctl.agents.briefs.text import Text

_DATE = re.compile(
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    rf"|(?<![\d.,$\u20ac\u00a3])(?P<d1>[0-3]?\d)(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<m1>{MONTH})(?:,?\s+(?P<y1>20\d\d))?"
    rf"|(?<![a-z])(?P<m2>{MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%.,]*\d|k|%)"
    r"(?:,?\s+(?P<y2>20\d\d))?"
    r"|(?<![\d/])\d{1,2}[/.]\d{1,2}[/.](?:20)?\d\d(?!\d)"
)
_BETWEEN = re.compile(
    r"\s*(?:to|until|till|through|thru|and|up to|-|bis|,?\s*(?:and\s+)?(?:end|finish|stop)\w*(?:\s+date)?(?:\s+on|\s+by)?:?)\s*(?:the\s+)?"
)
_SHORT_RANGE = re.compile(
    rf"(?<![\w])(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:-|to|until|till|through)\s*(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({MONTH})"
    rf"|(?<![a-z])({MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:-|to)\s*(\d{{1,2}})(?![\d%]|k)"
)
_CALENDAR = re.compile(
    r"(?<![a-z])(?:(?:a|one|single|the|this|our|next|coming|upcoming|following|entire|full|whole|"
    r"calendar)\s+)+(week|month|quarter|year|fortnight)(?![a-z])(?:\s+long)?"
    r"|(?<![a-z])(fortnight)(?![a-z])"
)
_QUARTER = re.compile(
    r"(?<![a-z0-9])(?:q([1-4])|(first|second|third|fourth|final) (?:calendar |fiscal )?quarter(?! of (?:the|it|that|our|a)\b)"
    r"|(?<!a )(?<!one )quarter (one|two|three|four|[1-4])(?![ -]?(?:%|k\b|m\b|percent|per cent|weeks?|days?|million|thousand|hundred|grand|point)))(?![a-z0-9])"
)
_NTH = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "first": "1",
    "second": "2",
    "third": "3",
    "fourth": "4",
    "final": "4",
}
_HALF = re.compile(r"(?<![a-z])half\s+(?:of\s+)?$")
#: `sells 40,000 cans a week`: how often, not how long.
_RATE = re.compile(
    r"\b(?!(?:for|over|in|within|during|lasts?|lasting|of|about|around|roughly|only|just|exactly|runs?|running|through|throughout|than|and|or|"
    r"half|to|is|be|least|most|spans?|takes?|maybe|say|like|after|flight|horizon|duration|period|it's)\b)[a-z]{3,}\s+an?\s+(?:week|day|month|quarter|year)$"
)
_LENGTH = {"week": 7, "fortnight": 14, "month": 30, "quarter": 90, "year": 365}
_QUARTERS = {"1": 90, "2": 91, "3": 92, "4": 92}
_NO_FLIGHT = re.compile(
    r"(?:(?<!to )last|previous|prior|past|per|each|every|of|earlier|until|till|before|by|since|end|beginning|start|middle)\s*$"
    r"|[$\u20ac\u00a3\dkm]\s*$|\b(?:dollars|euros|pounds|usd|eur|gbp)\s*$|(?:times|once|twice)\s*$"
)


def flights(text: Text) -> tuple[list[Value], list[tuple[int, int]]]:
    """Periods named by the calendar, and the spans of all dates (whose digits are no numbers)."""
    found: list[Value] = []
    dates = [(m, _date(m)) for m in _DATE.finditer(text.low) if not _is_verb(text, m)]
    spans = [m.span() for m, _ in dates]
    for (first, one), (second, two) in pairwise(dates):
        start, end = (one, two) if one or two else _numeric(first[0], second[0])
        joined = _BETWEEN.fullmatch(text.low[first.end() : second.start()])
        if start and end and joined:
            found.append(_period(start, end, first.start(), second.end()))
    for match in _SHORT_RANGE.finditer(text.low):
        low, high, month = match[1] or match[5], match[2] or match[6], match[3] or match[4]
        start, end = _made(None, month, low), _made(None, month, high)
        if start and end and start <= end:
            found.append(_period(start, end, *match.span()))
            spans.append(match.span())
    if not found:
        found = _named(text, spans)
    return found, spans


#: `at 16:40`, `9:30 am`; `60:40` and `3:10` are none.
_CLOCK = re.compile(
    r"(?:\b(?:at|by|till|until|from|to|around|before|after)\s+|(?<![\d:]))(?:[01]?\d|2[0-3]):[0-5]\d(?![\d:])(?:\s?[ap]\.?m\b)?"
)


def clocks(text: Text) -> list[tuple[int, int]]:
    """Spans of times of day, whose digits are no numbers."""
    found = []
    for match in _CLOCK.finditer(text.low):
        hour = int(re.findall(r"\d+", match[0])[0])
        bracketed = text.low[max(0, match.start() - 1) : match.start()] == "["
        said = match[0][0].isalpha() or match[0].endswith("m") or bracketed
        if said or hour > _LAST_RATIO:
            found.append(match.span())
    return found


_LAST_RATIO = 9
#: `Rule 1:`, `point 3 says`.
_COUNTED = re.compile(r"(?:^|[.;!?\n])\s*(one|two|three|four|five|six|seven)\s*[:)](?=\s)")
_NUMBERED = re.compile(
    r"\b(?:rule|point|step|item|number|section|clause|paragraph|condition|option|phase|wave|appendix|annex|question|constraint|"
    r"requirement|note|part|lot|version|slide|page|attachment|row|article|remark|wish|request|goal|priority)\s+(?:no\.?\s*)?#?\d{1,2}(?:\.\d+)*(?=\s*[:.)-](?!\d)|\s+(?:is|says|of the)\b)"
)
#: `(1) Harbor. (2) $68,000.`, `1) Advertiser 2) Investment`.
_BRACKETED = re.compile(r"(?:(?<=[\s;,.])|^)\(?(\d{1,2})\)(?=\s)")
#: `clause 4 gives us`: what is numbered so is never money or a share; `ROAS floor 2.2` is a bound, `on floor 2` a storey.
_PAPER = re.compile(
    r"\b(?:clause|section|paragraph|article|chapter|page|slide|folder|room|annex|appendix|exhibit|schedule|extension|ext\.?|"
    r"invoice|ticket|gate|platform|seat|(?<=\bon )floor|(?<=\bto )floor|(?<=\bfrom )floor|(?<=\bof )floor|line item|purchase order|order no\.?)\s+"
    r"(?:no\.?\s*)?#?\d[\d./-]*\b(?!\s?(?:%|k\b|m\b|percent|days|weeks|months))"
)
_MARKER = re.compile(r"(?m)^ *\(?\d{1,2}[.)](?= +[a-z])")


def markers(text: Text) -> list[tuple[int, int]]:
    """Spans of the numbers of a list: `1) Brand`, on lines of their own, or `Rule 1:`."""
    found = [m.span() for m in _MARKER.finditer(text.low)]
    numbered = [m.span() for m in _NUMBERED.finditer(text.low)]
    numbered += [m.span(1) for m in _COUNTED.finditer(text.low)]
    numbered += [m.span() for m in _PAPER.finditer(text.low)]
    numbered += _in_a_row(list(_BRACKETED.finditer(text.low)))
    return (found if len(found) > 1 else []) + numbered


def _in_a_row(hits: list[re.Match[str]]) -> list[tuple[int, int]]:
    """Markers that count from one up."""
    counted = [int(m[1]) for m in hits]
    alike = len(hits) > 1 and counted == list(range(1, len(hits) + 1))
    return [m.span() for m in hits] if alike else []


#: `a month and a half`.
_AND_A_HALF = re.compile(
    r"(?<![a-z0-9])(a|an|one|two|three|four|five|six|[1-9])\s+(week|month|year|quarter)s?\s+and\s+a\s+half(?![a-z])"
)
_SMALL = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def _named(text: Text, spans: list[tuple[int, int]]) -> list[Value]:
    found = []
    for match in _AND_A_HALF.finditer(text.low):
        count = _SMALL.get(match[1]) or int(match[1])
        days = _LENGTH[match[2]] * (2 * count + 1) // 2
        found.append(_vague(days, *match.span()))
    for days, start, end in months(text):
        if not any(s < end and start < e for s, e in spans):
            found.append(_vague(days, start, end))
    spans = spans + [(f.start, f.end) for f in found]
    for match in _CALENDAR.finditer(text.low):
        if match[0].startswith("this year") or _RATE.search(text.low[: match.end()]):
            continue
        if not _NO_FLIGHT.search(text.low[: match.start()]) and not _is_share(text, match):
            half = _HALF.search(text.low[: match.start()])
            days = _LENGTH[match[1] or match[2]]
            start = half.start() if half else match.start()
            if any(s <= match.start() < e for s, e in spans):
                continue
            found.append(_vague(days // 2 if half else days, start, match.end()))
    for match in _QUARTER.finditer(text.low):
        told = match[1] or match[2] or match[3]
        found.append(_vague(_QUARTERS[_NTH.get(told, told)], *match.span()))
    return found


def _is_share(text: Text, match: re.Match[str]) -> bool:
    """`a quarter on video` is a part; `for a quarter`, `the next quarter` are periods."""
    if re.search(r"\b(?:go|goes|going|get|gets|rise|climb|be|is|stay|creep|well|just|can\'t|cannot|not|never|goes|shoot|run)\s+(?:over|past|beyond|above)\s+$", text.low[: match.start()]):  # fmt: skip
        return True
    if match[1] == "quarter" and re.search(
        r"(?:(?:max|min)\S*|than|most|least|below|under|above)\s+$", text.low[: match.start()]
    ):
        return True
    if match[1] != "quarter" or not re.match(r"(?:a|one|single)\b[^a-z]+quarter", match[0]):
        return False
    led = re.search(
        r"(?:for|over|during|through|throughout|across|lasting|lasts?|runs?|span\w*)\s+$"
        r"|\b(?:term|period|duration|flight|length|run ?time|timing|when|how long|time ?frame|horizon)\s*(?:[:=]|is|of|will be)\s*$",
        text.low[: match.start()],
    )
    onto = re.match(r"\s+(?:of|on|in|to|for|at|million|billion)\b", text.low[match.end() :])
    return not led or bool(onto)


def _vague(days: int, start: int, end: int) -> Value:
    return Value(Kind.DAYS, Fraction(days), start, end, vague=True)


def _period(start: date, end: date, left: int, right: int) -> Value:
    if end < start:
        end = end.replace(year=end.year + 1)
    return Value(Kind.DAYS, Fraction((end - start).days + 1), left, right)


def _is_verb(text: Text, match: re.Match[str]) -> bool:
    """`at most 1/4 may go to video`: no month of May."""
    word = text.plain[slice(*match.span("m1"))]
    return word == "may" and bool(re.match(r"\s+(?:go|be|not|get|end|take|run|have|only|flow)\b", text.low[match.end("m1") :]))  # fmt: skip


_BOTH = re.compile(r"(\d{1,2})([/.])(\d{1,2})[/.](\d{2,4})")


def _numeric(first: str, second: str) -> tuple[date | None, date | None]:
    """`01.06.2026` and `30.06.2026`: days first with points, months first with strokes, if both can be."""
    one, two = _BOTH.fullmatch(first), _BOTH.fullmatch(second)
    if one is None or two is None:
        return None, None
    orders = ((1, 3), (3, 1)) if one[2] == "." else ((3, 1), (1, 3))
    for day, month in orders:
        made = [_checked(int(m[4]) % 100 + 2000, int(m[month]), int(m[day])) for m in (one, two)]
        if None not in made:
            return made[0], made[1]
    return None, None


def _date(match: re.Match[str]) -> date | None:
    if match["iso"]:
        year, month, day = map(int, match["iso"].split("-"))
        return _checked(year, month, day)
    name, day_text = match["m1"] or match["m2"], match["d1"] or match["d2"]
    return _made(match["y1"] or match["y2"], name, day_text) if name else None


def _made(year: str | None, month: str, day: str) -> date | None:
    return _checked(int(year or 2026), MONTHS[month.rstrip(".")], int(day))


def _checked(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

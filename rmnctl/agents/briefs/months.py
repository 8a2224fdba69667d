"""Months that a plan runs in, alone, listed or as a range: `in March`, `April to June`, `When: May`."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from itertools import pairwise

from rmnctl.agents.briefs.text import Text, has

MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
MONTH = "(?:" + "|".join(
    re.escape(m) + r"(?![a-z])" + (r"\.?" if len(m) <= len("sept") and m != "may" else "")
    for m in sorted(MONTHS, key=len, reverse=True)
) + ")"  # fmt: skip
_YEAR = r"(?:,?\s+20\d\d)?"
_SEVERAL = re.compile(
    rf"(?<![a-z])(?P<first>{MONTH}){_YEAR}(?P<more>(?:\s*(?:,\s*(?:and\s+)?|and|&|/|\+|plus|-|to|until|till|through|thru)\s*(?:in\s+)?{MONTH}{_YEAR})*)"
    r"(?!\s*\d{1,2}(?!\d))"
)
_LED = re.compile(
    r"(?:(?<![a-z])(?:in|for|during|throughout|over|all of|whole of|all|entire|whole|full|across|covering|covers?|between|from|month of)\s+(?:the\s+|both\s+)?(?:months? of\s+|whole of\s+)?"
    r"|\b(?:when|timing|flight|period|months?|duration|run ?time|term|horizon|dates?|live|running|time ?frame|campaign|schedule)\s*[:=]\s*)$"
)
_NOUN = re.compile(
    r"\s+(?:flight|campaign|push|burst|activity|promotion|promo|plan|activation|run)\b"
)
_FRAGMENT = (
    re.compile(r"(?:^|[.!?,;\n|/]|\s-)\s*$"),
    re.compile(r"\s*(?:only|please|pls|full month)?\s*(?:[,;.\n|/]|\s-|$)"),
)
_RANGE = re.compile(r"\s*(?:-|to|until|till|through|thru)\b|^\s*-")
#: `we launched it in March` tells what was.
_TOLD = re.compile(
    r"\b(?:we|they|he|she|it|i|which|who)\s+(?:\w+ly\s+)?(?:launched|sold|grew|started|began|ran|had|was|were|saw|"
    r"hired|opened|moved|met|spoke|did|made|won|lost|spent|ended|bought|got)\b"
)
#: And so does `we raised prices in May`, as against `we booked $80k for May`.
_DID = re.compile(r"\b(?:we|they|he|she|it|i|who|\w+s?)\s+\w{2,}ed\b")


def months(text: Text) -> Iterator[tuple[int, int, int]]:
    """Days, start and end of every passage that names the months a plan runs in."""
    for match in _SEVERAL.finditer(text.low):
        start, end = match.span()
        led = _LED.search(text.low[:start])
        single = not match["more"]
        # The point of `July.` may end the sentence.
        after = text.low[end - text.low.endswith(".", start, end) :]
        fragment = _FRAGMENT[0].search(text.low[:start]) and _FRAGMENT[1].match(after)
        if not (led or fragment or _NOUN.match(text.low, end)):
            continue
        word = match["first"].rstrip(".")
        if word == "may" and not text.plain[start].isupper():
            continue
        if not _is_named(text, match, led) or _is_told(text, start, end, led, single=single):
            continue
        begin = led.start() + len(led[0]) - len(led[0].lstrip()) if led else start
        yield _days(match[0]), begin, end


def all_months(text: Text) -> Iterator[tuple[int, int, int]]:
    """Days, start and end of every passage that names months, whatever is said of them."""
    for match in _SEVERAL.finditer(text.low):
        if text.plain[match.start()].isupper() or len(match["first"]) > len("sept"):
            yield _days(match[0]), *match.span()


def _is_named(text: Text, match: re.Match[str], led: re.Match[str] | None) -> bool:
    """Whether the words are months, not `mar` or `dec` for something else."""
    short = len(match["first"].rstrip(".")) <= len("july")
    return bool(led) or text.plain[match.start()].isupper() or not short


def _is_told(text: Text, start: int, end: int, led: re.Match[str] | None, *, single: bool) -> bool:
    """`we raised prices in May`: what was, or another's time."""
    before = text.low[text.sentence(start)[0] : start]
    within = led is not None and led[0].strip().startswith("in")
    aside = within and has("aside", text, *text.clause(start, end))
    passed = led is not None and led[0].strip().split()[0] in {"in", "all", "during", "throughout"}
    inside = before[before.rfind("(") + 1 :] if before.rfind("(") > before.rfind(")") else ""
    return bool(
        _TOLD.search(before)
        or (passed and _DID.search(before))
        or (aside and single)
        or re.search(r"%|\bper ?cent\b", inside)
    )


def _days(words: str) -> int:
    """Days of the months named, of those between them too where they are a range."""
    hits = list(re.finditer(rf"(?<![a-z]){MONTH}", words))
    numbers = [MONTHS[h[0].rstrip(".")] for h in hits]
    joined = [words[a.end() : b.start()] for a, b in pairwise(hits)]
    between = len(numbers) == 2 and any(_RANGE.search(j) for j in joined)
    if between:
        first, last = numbers
        numbers = [(first - 1 + n) % 12 + 1 for n in range((last - first) % 12 + 1)]
    return sum(calendar.monthrange(2026, n)[1] for n in dict.fromkeys(numbers))

"""The numbers of a sentence, in figures and in words, with how exactly they are said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "b": 1e9,
    "billion": 1e9, "hundred": 1e2,
}  # fmt: skip
_DIGITS = re.compile(
    r"(?P<sign>[-+\u2212])?(?:[$\u20ac\u00a3]\s?)?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+)?(?P<power>e[-+]?\d+)?"
    r"(?:\s?(?P<scale>thousand|million|billion|hundred|bn|mn|[kmb])(?![a-z]))?"
    r"\s?(?P<percent>%|percent\b|per cent\b)?",
    re.IGNORECASE,
)
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "half": 0.5, "quarter": 0.25, "third": 1 / 3,
    "twice": 2, "double": 2, "doubles": 2, "triple": 3, "triples": 3, "thrice": 3,
}  # fmt: skip
_WORD = re.compile(r"\b(" + "|".join(_WORDS) + r")s?\b", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """A number as it is said.

    Attributes:
        text: The words.
        value: Its value; a percentage as a part of one.
        error: Half of its last place: what rounding may have taken.
        start: Where it stands.
        share: Said as a percentage.
        signed: Said with a sign.
        words: Said in letters.
    """

    text: str
    value: float
    error: float
    start: int = 0
    share: bool = False
    signed: bool = False
    words: bool = False


def said_numbers(sentence: str, names: Iterable[str]) -> list[Said]:
    """All numbers of a sentence; digits of known names are none.

    A letter next to a digit that is no known name (`Q3`, `v2`) counts as a number: what it means
    cannot be checked.
    """
    masked = sentence
    for name in sorted(names, key=len, reverse=True):
        masked = re.sub(
            rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", "_" * len(name), masked
        )
    found = [_figure(hit) for hit in _DIGITS.finditer(masked)]
    rest = _DIGITS.sub(lambda hit: " " * len(hit[0]), masked)
    return found + [
        Said(hit[0], float(_WORDS[hit[1].lower()]), 0.0, hit.start(), words=True)
        for hit in _WORD.finditer(rest)
    ]


def _figure(hit: re.Match[str]) -> Said:
    places = len(hit["part"] or "") - 1 if hit["part"] else 0
    power = int(hit["power"][1:]) if hit["power"] else 0
    scale = _SCALES.get((hit["scale"] or "").lower(), 1.0) * 10.0**power
    share = hit["percent"] is not None
    scale = scale / 100 if share else scale
    value = float(hit["whole"].replace(",", "") + (hit["part"] or "")) * scale
    if hit["sign"] in {"-", "\u2212"}:
        value = -value
    return Said(
        hit[0].strip(),
        value,
        0.5 * 10.0**-places * scale,
        hit.start(),
        share,
        signed=bool(hit["sign"]),
    )

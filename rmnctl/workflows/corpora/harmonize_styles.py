"""Styles of headers: case, joints, prefixes, suffixes, abbreviations."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_PREFIX = (
    *("", "", "", "", "ad ", "total ", "sum ", "metrics ", "report ", "sp ", "rm ", "media "),
    "onsite ",
)
_SUFFIX = (
    *("", "", "", "", " total", " 7d", " 14d", " 30 days", " amt", " value", " all", " sum"),
    " actual",
)
_MEASURED = {"impressions", "clicks", "orders", "units", "revenue", "cost"}


@dataclass(frozen=True)
class Style:
    """How a network writes its headers.

    Attributes:
        case: plain | title | upper | snake | camel | kebab | screaming.
        prefix: Before measures.
        suffix: After measures.
        currency: After money, e.g. ` (EUR)`.
        short: Share of words that are cut.
        plain_letters: Accents are left out.
    """

    case: str
    prefix: str
    suffix: str
    currency: str
    short: float
    plain_letters: bool

    def apply(self, words: str, meaning: str, rng: random.Random) -> str:
        """A name in this style."""
        if meaning in _MEASURED and rng.random() < 0.5:
            words = f"{self.prefix}{words}{self.suffix}"
        parts = [_cut(w, rng) if rng.random() < self.short else w for w in words.split()]
        if self.plain_letters:
            parts = [_plain(p) for p in parts]
        text = _JOIN[self.case](parts)
        return text + (self.currency if meaning in {"revenue", "cost", "other_money"} else "")


def draw_style(rng: random.Random) -> Style:
    """A network's style."""
    return Style(
        case=rng.choice((*("title",) * 3, *("plain",) * 2, *("snake",) * 3, *("camel",) * 2,
                         "upper", "kebab", "screaming")),
        prefix=rng.choice(_PREFIX),
        suffix=rng.choice(_SUFFIX),
        currency=rng.choice((*("",) * 7, " (USD)", " EUR", " [GBP]", " €", "_local", " in $")),
        short=rng.choice((0.0, 0.0, 0.0, 0.3, 0.8)),
        plain_letters=rng.random() < 0.3,
    )  # fmt: skip


def _cut(word: str, rng: random.Random) -> str:
    """An abbreviation: the beginning, or without vowels."""
    if len(word) < 5 or not word.isascii():
        return word
    if rng.random() < 0.5:
        return word[: rng.randint(3, 4)]
    return word[0] + re.sub(r"[aeiou]", "", word[1:])


def _plain(word: str) -> str:
    parted = unicodedata.normalize("NFKD", word)
    return unicodedata.normalize("NFC", "".join(c for c in parted if not unicodedata.combining(c)))


def _camel(parts: list[str]) -> str:
    return parts[0].lower() + "".join(p[:1].upper() + p[1:] for p in parts[1:])


_JOIN: Final[dict[str, Callable[[list[str]], str]]] = {
    "plain": " ".join,
    "title": lambda p: " ".join(w[:1].upper() + w[1:] for w in p),
    "upper": lambda p: " ".join(p).upper(),
    "snake": lambda p: "_".join(p).lower(),
    "camel": _camel,
    "kebab": lambda p: "-".join(p).lower(),
    "screaming": lambda p: "_".join(p).upper(),
}

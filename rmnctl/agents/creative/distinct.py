"""Whether two texts say the same thing in the same words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import combinations

_WORD = re.compile(r"\w+")
#: Words that make no difference between two ads.
SMALL = frozenset("a an and at by for from in is it of on or the this to with you your".split())
#: Words that a text is taken to open with.
_OPENING = 3


def tokens(text: str) -> frozenset[str]:
    """The words of a text that tell it from another, in plain lower case."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
    return frozenset(w for w in words if w not in SMALL) or frozenset(words)


def overlap(one: str, two: str) -> float:
    """Jaccard's share of words in common, 0 to 1."""
    a, b = tokens(one), tokens(two)
    return len(a & b) / len(a | b) if a | b else 1.0


def opens_alike(one: str, two: str, names: Sequence[str]) -> bool:
    """Whether two texts begin in the same form: two of their first three words are the same, in their places.

    Args:
        one: A text.
        two: Another.
        names: Of the product; a text that begins with one is of no form.
    """
    if any(text.startswith(name) for text in (one, two) for name in names if name):
        return False
    first, second = (_WORD.findall(text.casefold())[:_OPENING] for text in (one, two))
    same = [a == b for a, b in zip(first, second, strict=False)]
    return same.count(True) >= _OPENING - 1


def distinctness(texts: Sequence[str]) -> float | None:
    """1 less the mean overlap over all pairs; None for fewer than two texts."""
    pairs = [overlap(a, b) for a, b in combinations(texts, 2)]
    return 1 - sum(pairs) / len(pairs) if pairs else None

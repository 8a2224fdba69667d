"""Slips of the pen in words that decide a reading: `maximun`, `budgt`, `percnet`."""

from __future__ import annotations

import re

#: Words that matter and that no other English word is one slip away from.
_WORDS = (
    "maximum", "minimum", "percent", "thousand", "million", "sponsored", "display", "revenue", "conversions",
    "retailers", "retailer", "networks", "experiments", "exclude", "between", "budget", "dollars", "without",
    "respectively", "incremental", "placement", "placements", "horizon", "exactly", "quarter", "neither",
    "maximise", "maximize", "optimise", "optimize", "purchases", "nothing", "offsite", "onsite",
)  # fmt: skip
_SHORTEST = 5
_TOKEN = re.compile(r"[A-Za-z]+")


def spelled(brief: str) -> tuple[str, list[str]]:
    """The brief with slips in deciding words put right, and a note on each."""
    notes: list[str] = []

    def put_right(match: re.Match[str]) -> str:
        word = match[0].lower()
        if len(word) < _SHORTEST or word in _WORDS:
            return match[0]
        meant = next((w for w in _WORDS if _slip(word, w)), None)
        if meant is None:
            return match[0]
        notes.append(f'"{match[0]}" is read as {meant}.')
        return meant.capitalize() if match[0][0].isupper() else meant

    return _TOKEN.sub(put_right, brief), notes


def _slip(word: str, meant: str) -> bool:
    """Whether one letter was dropped, doubled, swapped or replaced, behind the first and not as an ending."""
    if word[0] != meant[0] or meant.startswith(word) or word.startswith(meant):
        return False
    if word.endswith(("s", "ed", "er", "ing")) and not meant.endswith(word[-1]):
        return False
    if len(word) == len(meant):
        odd = [i for i in range(len(meant)) if word[i] != meant[i]]
        swapped = (
            len(odd) == _SWAP and word[odd[0]] == meant[odd[1]] and word[odd[1]] == meant[odd[0]]
        )
        return len(odd) == 1 or (swapped and odd[1] == odd[0] + 1)
    longer, shorter = (word, meant) if len(word) > len(meant) else (meant, word)
    return len(longer) - len(shorter) == 1 and any(
        longer[:i] + longer[i + 1 :] == shorter for i in range(1, len(longer))
    )


_SWAP = 2

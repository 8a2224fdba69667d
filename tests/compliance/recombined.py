"""Copies nobody wrote: halves of labelled copies put together anew, no two alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

_HERE = Path(__file__).parent


def labelled_copies(split: str = "*") -> list[dict[str, Any]]:
    """The copies of a labelled set, or of all, as lines of input without their labels."""
    rows = [
        json.loads(line)
        for path in sorted(_HERE.glob(f"labelled_{split}.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [{k: v for k, v in row.items() if k != "expected"} for row in rows]


def recombined(number: int, seed: int) -> list[dict[str, Any]]:
    """Distinct copies made of the first words of one labelled copy and the last of another.

    Args:
        number: How many.
        seed: Of the draw; the same seed gives the same copies.

    Returns:
        Lines of input; platform, element and facts are those of the first copy, and both copies
        are for the same locale.
    """
    random, rows = Random(seed), labelled_copies()
    by_locale: dict[str | None, list[str]] = {}
    for row in rows:
        by_locale.setdefault(row["context"].get("locale"), []).append(row["copy"])
    seen = set[str]()
    made: list[dict[str, Any]] = []
    while len(made) < number:
        row = random.choice(rows)
        other = random.choice(by_locale[row["context"].get("locale")])
        words = " ".join([*_part(row["copy"], random, head=True), *_part(other, random)])
        if words not in seen:
            seen.add(words)
            made.append(row | {"id": len(made), "copy": words})
    return made


def _part(copy: str, random: Random, *, head: bool = False) -> Iterator[str]:
    """Some words from the beginning or the end of a copy."""
    words = copy.split(" ")
    at = random.randint(0, len(words))
    yield from words[:at] if head else words[at:]

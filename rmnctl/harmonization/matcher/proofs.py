"""Arithmetic: ratios that a report prints beside its measures prove which column is which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from rmnctl.harmonization.matcher.types import Column
from rmnctl.harmonization.matcher.values import Shape
from rmnctl.harmonization.matcher.words import Reading, compose, lexicon, stands, tokens

_ENOUGH_ROWS = 4
_ENOUGH_SHARE = 0.9
#: Ratio word to (above, below, factor).
_RATIOS: dict[str, tuple[str, str, float]] = {
    "ctr": ("clicks", "impressions", 1.0),
    "cpc": ("cost", "clicks", 1.0),
    "cpm": ("cost", "impressions", 1000.0),
    "roas": ("revenue", "cost", 1.0),
    "acos": ("cost", "revenue", 1.0),
    "cvr": ("conversions", "clicks", 1.0),
    "cpa": ("cost", "conversions", 1.0),
    "aov": ("revenue", "conversions", 1.0),
}


@dataclass(frozen=True)
class Proof:
    """Two columns whose quotient is a third that the report names as a ratio."""

    ratio: int
    above: int
    below: int
    kind: str
    share: float


def ratio_kind(name: str) -> str | None:
    """Which ratio a header names, if any."""
    words, text = tokens(name), compose(name)
    for kind, phrases in lexicon().ratios.items():
        if any(stands(p, words, text) for p in phrases):
            return kind
    return None


def _holds(
    above: np.ndarray, below: np.ndarray, ratio: np.ndarray, step: float, factor: float
) -> float | None:
    """Share of rows on which above/below is the ratio as shown; None with too few rows."""
    usable = (below > 0) & (above > 0) & np.isfinite(ratio) & (ratio > 0)
    if usable.sum() < _ENOUGH_ROWS:
        return None
    quotient = above[usable] / below[usable] * factor
    shown = ratio[usable]
    best = 0.0
    for scale in (1.0, 100.0):
        expected = quotient * scale
        # Rounding of the ratio itself, and of money with two places in the measures.
        slack = step * 1.02 + 0.006 * expected / np.maximum(
            np.minimum(above[usable], below[usable]), 0.5
        )
        close = np.abs(expected - shown) <= np.maximum(slack, 0.002 * expected)
        spread = len(np.unique(np.round(shown, 9)))
        if spread >= min(_ENOUGH_ROWS, 3):
            best = max(best, float(close.mean()))
    return best


def find_sums(shapes: Sequence[Shape], candidates: Sequence[int]) -> set[int]:
    """Candidates that are parts: two of them add up to a third on every row."""
    parts: set[int] = set()
    for whole, first, second in permutations(candidates, 3):
        a, b, c = (shapes[i].numbers for i in (whole, first, second))
        if a is None or b is None or c is None or first > second:
            continue
        usable = np.isfinite(a) & np.isfinite(b) & np.isfinite(c) & (a > 0)
        both = usable & (b > 0) & (c > 0)
        if both.sum() >= 3 and np.all(np.abs(a - b - c)[usable] <= 0.011 + 1e-6 * a[usable]):
            parts |= {first, second}
    return parts


def find_proofs(
    columns: Sequence[Column], shapes: Sequence[Shape], readings: Sequence[Reading]
) -> list[Proof]:
    """Every identity that holds between two measures and a named ratio of the whole."""
    numeric = [
        i
        for i, s in enumerate(shapes)
        if s.numbers is not None and ratio_kind(columns[i].name) is None and not s.percent
        and s.distinct > 1
    ]  # fmt: skip
    proofs: list[Proof] = []
    for r, column in enumerate(columns):
        kind, ratio = ratio_kind(column.name), shapes[r].numbers
        said = readings[r]
        if kind is None or ratio is None or said.part or said.other:
            continue  # a ratio of direct or new-to-brand sales says nothing of all sales
        factor = _RATIOS[kind][2]
        for a, b in permutations(numeric, 2):
            above, below = shapes[a].numbers, shapes[b].numbers
            if above is None or below is None:
                continue
            share = _holds(above, below, ratio, shapes[r].step, factor)
            if share is not None and share >= _ENOUGH_SHARE:
                proofs.append(Proof(r, a, b, kind, share))
    return proofs


def roles(proofs: Sequence[Proof]) -> dict[int, dict[str, list[Proof]]]:
    """Column to the fields that proofs give it."""
    found: dict[int, dict[str, list[Proof]]] = {}
    for proof in proofs:
        above, below, _ = _RATIOS[proof.kind]
        for column, field in ((proof.above, above), (proof.below, below)):
            found.setdefault(column, {}).setdefault(field, []).append(proof)
    return found

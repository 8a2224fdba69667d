"""Fields that no header names: the only column whose cells speak for one gets it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rmnctl.harmonization.matcher import values
from rmnctl.harmonization.matcher.scores import Score, mean
from rmnctl.harmonization.matcher.types import Column
from rmnctl.harmonization.matcher.values import Shape
from rmnctl.harmonization.matcher.words import Reading


def fill_gaps(
    columns: Sequence[Column],
    shapes: Sequence[Shape],
    readings: Sequence[Reading],
    scores: list[dict[str, Score]],
    winners: dict[str, int],
) -> None:
    """Give a field nobody named to the only column whose cells speak for it; never surely."""
    free = [i for i in range(len(columns)) if i not in winners.values()]
    silent = [
        i for i in free
        if not readings[i].fields and not readings[i].setting and not readings[i].derived
    ]  # fmt: skip

    def give(field: str, found: list[int], why: str) -> None:
        if field not in winners and len(found) == 1:
            winners[field] = found[0]
            scores[found[0]][field] = Score(0.6, 0.0, (why,))

    give("date", [i for i in silent if shapes[i].date and not readings[i].date_other
                  and shapes[i].distinct > 1], "values: days, and no other column has them")  # fmt: skip
    for field in ("retailer_id", "placement_type"):
        give(
            field,
            [
                i for i in silent
                if not readings[i].entity and values.share_speaking_of(field, columns[i]) >= 0.5
            ],
            f"values: known words for {field}",
        )  # fmt: skip
    plain = [i for i in silent if not readings[i].other and not readings[i].entity]
    counts = [i for i in plain if shapes[i].integer and not shapes[i].money]
    amounts = [i for i in plain if shapes[i].money or shapes[i].decimals > 0.2]

    def moving_with(field: str, among: list[int]) -> list[int]:
        partner = shapes[winners[field]].numbers if field in winners else None
        return [i for i in among if _zero_together(shapes[i].numbers, partner)]

    if "impressions" in winners:
        shown = shapes[winners["impressions"]].numbers
        give("clicks", [i for i in counts if _clicks_like(shapes[i].numbers, shown)],
             "values: a small share of impressions on every row")  # fmt: skip
    give(
        "conversions",
        moving_with("revenue", counts)[:1],
        "values: above zero just where revenue is",
    )
    sold = mean(shapes[winners["conversions"]]) if "conversions" in winners else 0.0
    worth = [i for i in moving_with("conversions", amounts) if mean(shapes[i]) > sold]
    give("revenue", worth[:1], "values: above zero just where orders are")
    give("cost", moving_with("clicks", amounts), "values: above zero just where clicks are")


def _zero_together(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Two measures of one event are zero on the same rows."""
    if one is None or other is None:
        return False
    usable = np.isfinite(one) & np.isfinite(other)
    first, second = one[usable] > 0, other[usable] > 0
    if min(second.sum(), (~second).sum()) < 3:
        return False
    return bool((first == second).mean() >= 0.97)


def _clicks_like(counts: np.ndarray | None, shown: np.ndarray | None) -> bool:
    if counts is None or shown is None:
        return False
    usable = np.isfinite(counts) & np.isfinite(shown) & (shown > 0)
    if usable.sum() < 4 or np.any(counts[usable] > shown[usable]):
        return False
    share = counts[usable].sum() / shown[usable].sum()
    return bool(0.0008 <= share <= 0.06)

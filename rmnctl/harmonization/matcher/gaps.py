"""Fields that no header names: the only column whose cells speak for one gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rmnctl.harmonization.matcher import values
from rmnctl.harmonization.matcher.describe import kind_of, zero_together
from rmnctl.harmonization.matcher.scores import Score, mean
from rmnctl.harmonization.matcher.types import Column
from rmnctl.harmonization.matcher.values import Shape
from rmnctl.harmonization.matcher.words import Reading

_SAME_ORDER = 0.85
_KINDS = 3


def fill_gaps(
    columns: Sequence[Column],
    shapes: Sequence[Shape],
    readings: Sequence[Reading],
    scores: list[dict[str, Score]],
    winners: dict[str, int],
) -> None:
    """Give a field nobody named to the only column whose cells speak for it; never surely."""
    gaps = _Gaps(columns, shapes, readings, scores, winners)
    gaps.dimensions()
    gaps.measures()


@dataclass(frozen=True)
class _Gaps:
    columns: Sequence[Column]
    shapes: Sequence[Shape]
    readings: Sequence[Reading]
    scores: list[dict[str, Score]]
    winners: dict[str, int]

    def _free(self) -> list[int]:
        return [i for i in range(len(self.columns)) if i not in self.winners.values()]

    def _silent(self) -> list[int]:
        said = self.readings
        return [
            i for i in self._free() if not (said[i].fields or said[i].setting or said[i].derived)
        ]

    def _give(self, field: str, found: list[int], why: str) -> None:
        if field not in self.winners and len(found) == 1:
            self.winners[field] = found[0]
            self.scores[found[0]][field] = Score(0.6, 0.0, (why,))

    def dimensions(self) -> None:
        """Days, item numbers, names of retailers and of places."""
        shapes, readings, silent = self.shapes, self.readings, self._silent()
        days = [i for i in silent if shapes[i].date and shapes[i].distinct > 1]
        self._give(
            "date",
            [i for i in days if not readings[i].date_other],
            "values: days, and no other column has them",
        )
        # A summary has no event day; the first day of its period is the day nearest to one.
        self._give(
            "date",
            [i for i in self._free() if shapes[i].date and readings[i].date_start],
            "values: days; the first day of a period, and no event day",
        )
        self._give(
            "sku_id",
            [i for i in silent if not readings[i].other and values.is_item_number(self.columns[i])],
            "values: item numbers whose check digits are right",
        )
        self._give(
            "sku_id",
            [i for i in silent if self._names_items(i)],
            "values: codes of many kinds, and no other column has them",
        )
        for field in ("retailer_id", "placement_type"):
            spoken = [i for i in silent if not readings[i].entity]
            self._give(
                field,
                [i for i in spoken if values.share_speaking_of(field, self.columns[i]) >= 0.5],
                f"values: known words for {field}",
            )

    def _names_items(self, index: int) -> bool:
        """Codes, many of them, that come again: items sell on more than one day."""
        said, shape = self.readings[index], self.shapes[index]
        if said.other or said.entity or shape.distinct < _KINDS or shape.decimals or shape.money:
            return False
        again = shape.distinct < shape.filled * len(self.columns[index].values)
        return again and kind_of(self.columns[index], shape) == "codes"

    def measures(self) -> None:
        """What stands to a measure already found as only one measure can."""
        shapes = self.shapes
        plain = [
            i for i in self._silent() if not (self.readings[i].other or self.readings[i].entity)
        ]
        counts = [i for i in plain if shapes[i].integer and not shapes[i].money]
        amounts = [i for i in plain if shapes[i].money or shapes[i].decimals > 0.2]
        shown = self._numbers("impressions")
        clicks = [i for i in counts if _clicks_like(shapes[i].numbers, shown)]
        self._give("clicks", clicks, "values: a small share of impressions on every row")
        bought = self._zero_with("revenue", counts)[:1]
        self._give("conversions", bought, "values: above zero just where revenue is")
        sold = self._mean("conversions", 0.0)
        worth = [i for i in self._zero_with("conversions", amounts) if mean(shapes[i]) > sold]
        self._give("revenue", worth[:1], "values: above zero just where orders are")
        paid = self._zero_with("clicks", amounts)
        self._give("cost", paid, "values: above zero just where clicks are")
        self._give("cost", self._along("clicks", amounts), "values: rises and falls with clicks")
        few = [i for i in counts if mean(shapes[i]) < self._mean("clicks", float("nan"))]
        self._give(
            "conversions", self._along("revenue", few), "values: rises and falls with revenue"
        )

    def _numbers(self, field: str) -> np.ndarray | None:
        return self.shapes[self.winners[field]].numbers if field in self.winners else None

    def _mean(self, field: str, otherwise: float) -> float:
        return mean(self.shapes[self.winners[field]]) if field in self.winners else otherwise

    def _zero_with(self, field: str, among: list[int]) -> list[int]:
        partner = self._numbers(field)
        return [i for i in among if zero_together(self.shapes[i].numbers, partner)]

    def _along(self, field: str, among: list[int]) -> list[int]:
        partner, free = self._numbers(field), self._free()
        return [i for i in among if i in free and _follows(self.shapes[i].numbers, partner)]


def _follows(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Above zero wherever the other is, and in nearly the same order."""
    if one is None or other is None:
        return False
    usable = np.isfinite(one) & np.isfinite(other)
    first, second = one[usable], other[usable]
    if len(first) < 8 or np.any(first < 0) or np.any((second > 0) & (first <= 0)):
        return False
    if len(set(first)) < 4 or len(set(second)) < 4:
        return False
    ranks = [np.argsort(np.argsort(x, kind="stable")) for x in (first, second)]
    return bool(np.corrcoef(ranks[0], ranks[1])[0, 1] >= _SAME_ORDER)


def _clicks_like(counts: np.ndarray | None, shown: np.ndarray | None) -> bool:
    if counts is None or shown is None:
        return False
    usable = np.isfinite(counts) & np.isfinite(shown) & (shown > 0)
    if usable.sum() < 4 or np.any(counts[usable] > shown[usable]):
        return False
    share = counts[usable].sum() / shown[usable].sum()
    return bool(0.0008 <= share <= 0.06)

"""What the cells of a column tell beside its name, in words that hold no cell of the report.

A number column is told by what its numbers are, how it stands to measures already found (so much
per click, zero on the same rows), and where it comes in the order of means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rmnctl.harmonization.matcher import values
from rmnctl.harmonization.matcher.scores import mean
from rmnctl.harmonization.matcher.types import MEASURES, MONEY, Column
from rmnctl.harmonization.matcher.values import Shape

#: Fields that a column of a kind can be.
FITTING: Mapping[str, tuple[str, ...]] = {
    "days": ("date",),
    "money": MONEY,
    "decimals": (*MONEY, "conversions"),
    "counts": MEASURES,
    "codes": ("sku_id", "retailer_id"),
    "words": ("placement_type", "retailer_id"),
    "percentages": (),
    "nothing": (),
}
_PER = {"impressions": "impression", "clicks": "click", "conversions": "order", "cost": "cost"}
_MANY = 40


@dataclass(frozen=True)
class Description:
    """A column in words.

    Attributes:
        kind: What its cells are, a key of `FITTING`.
        facts: How it stands to the measures found, e.g. `0.4 per click`.
        size: Its place among means, e.g. `impressions > this > ?`; empty without numbers.
    """

    kind: str
    facts: tuple[str, ...]
    size: str


def kind_of(column: Column, shape: Shape) -> str:
    """What the cells of a column are."""
    if not shape.filled:
        return "nothing"
    if shape.date:
        return "days"
    if shape.numbers is None:
        if values.looks_like_code(column) and _has_digits(column):
            return "codes"
        return "words"
    if shape.percent:
        return "percentages"
    if shape.integer and not shape.money:
        return "codes" if values.is_item_number(column) or _as_long(column) else "counts"
    return "money" if shape.money else "decimals"


def describe(
    columns: Sequence[Column],
    shapes: Sequence[Shape],
    found: Mapping[str, int],
    open_: Sequence[int],
    index: int,
) -> Description:
    """Tell a column.

    Args:
        columns: The report.
        shapes: Of its columns.
        found: Fields whose column is known.
        open_: Columns that are not, and that numbers are compared with too.
        index: Which column.
    """
    shape = shapes[index]
    kind = kind_of(columns[index], shape)
    if kind == "words":
        many = shape.distinct > _MANY
        different = "many" if many else _few(shape.distinct)
        return Description(kind, (f"{different} different",), "")
    if kind not in {"money", "decimals", "counts"} or shape.numbers is None:
        return Description(kind, (), "")
    measures = {f: i for f, i in found.items() if f in MEASURES and i != index}
    facts = []
    for field, per in _PER.items():
        partner = mean(shapes[measures[field]]) if field in measures else 0.0
        if partner > 0:
            facts.append(f"{_short(mean(shape) / partner)} per {per}")
    for field, i in measures.items():
        if zero_together(shape.numbers, shapes[i].numbers):
            facts.append(f"zero with {field}")
    facts = facts[:2] + [f for f in facts[2:] if f.startswith("zero")][:1]
    return Description(kind, tuple(facts), _order(shapes, measures, open_, index))


def zero_together(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Two measures of one event are zero on the same rows."""
    if one is None or other is None:
        return False
    usable = np.isfinite(one) & np.isfinite(other)
    first, second = one[usable] > 0, other[usable] > 0
    if min(second.sum(), (~second).sum()) < 3:
        return False
    return bool((first == second).mean() >= 0.97)


def _order(
    shapes: Sequence[Shape], measures: Mapping[str, int], open_: Sequence[int], index: int
) -> str:
    named = [(mean(shapes[i]), field) for field, i in measures.items()]
    taken = {index, *measures.values()}
    named += [
        (mean(shapes[i]), "?")
        for i in open_
        if i not in taken and shapes[i].numbers is not None and not shapes[i].percent
    ]
    named.append((mean(shapes[index]), "this"))
    ranked = sorted((pair for pair in named if np.isfinite(pair[0])), key=lambda p: (-p[0], p[1]))
    names: list[str] = []
    for _, name in ranked:
        if name == "?" and names and names[-1].startswith("?"):
            names[-1] = "??"  # two or more in a row: how many says nothing
        else:
            names.append(name)
    return " > ".join(names)


def _short(value: float) -> str:
    """One significant digit, never in powers."""
    if 0 < value < 0.0005:
        return "under 0.0005"
    if value >= 10 or value <= 0:
        return f"{value:.0f}"
    return f"{float(f'{value:.1g}'):f}".rstrip("0").rstrip(".")


def _few(count: int) -> str:
    return "2 to 6" if 2 <= count <= 6 else "1" if count < 2 else "some"


def _has_digits(column: Column) -> bool:
    filled = [c for c in column.values if c and c.strip()]
    return sum(any(x.isdigit() for x in c) for c in filled) > 0.8 * len(filled)


def _as_long(column: Column) -> bool:
    """Whole numbers of one length of five digits or more: numbers of things."""
    lengths = {len(c.strip()) for c in column.values if c and c.strip()}
    return len(lengths) == 1 and min(lengths) >= 5

"""What the matcher takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

#: The fields a report column can be; event_id and attr_model are made, never read.
FIELDS = (
    *("retailer_id", "placement_type", "sku_id", "date"),
    *("impressions", "clicks", "conversions", "revenue", "cost"),
)
MEASURES = ("impressions", "clicks", "conversions", "revenue", "cost")
MONEY = ("revenue", "cost")


@dataclass(frozen=True)
class Column:
    """A source column.

    Attributes:
        name: Header exactly as in the file.
        values: A sample of cells as text, aligned by row with the other columns; None is empty.
    """

    name: str
    values: tuple[str | None, ...]


@dataclass(frozen=True)
class Alternate:
    """Another field the column could be."""

    field: str
    confidence: float


@dataclass(frozen=True)
class Proposal:
    """What a column is taken for.

    Attributes:
        source: Header of the column.
        field: RMIS field, or None for none.
        confidence: Of `field`, or that it is none; 0 to 1.
        alternates: Other fields, best first.
        evidence: Reasons in words; names, kinds and shares only, never a cell's value.
    """

    source: str
    field: str | None
    confidence: float
    alternates: tuple[Alternate, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class OpenColumn:
    """A column left open, in words; none of its cells.

    Attributes:
        index: Which column of the report.
        header: As in the file.
        kind: What its cells are, e.g. `money`.
        facts: How its numbers stand to measures already found, e.g. `0.4 per click`.
        size: Its place among the means of columns; empty without numbers.
        beside: Headers of its neighbours.
        candidates: Open fields that it can be, with the matcher's belief.
    """

    index: int
    header: str
    kind: str
    facts: tuple[str, ...]
    size: str
    beside: tuple[str, ...]
    candidates: tuple[Alternate, ...]


class Chooser(Protocol):
    """The seam for a model: says how likely each open column is which of its candidates."""

    def choose(self, columns: Sequence[OpenColumn]) -> Sequence[Mapping[str, float]]:
        """For each column the chance of every candidate; what is missing to 1 is none of them."""
        ...

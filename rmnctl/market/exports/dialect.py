"""What a dialect has to say about itself, and helpers they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rmnctl.market.config import ExportConfig
from rmnctl.market.exports.rows import ReportRows
from rmnctl.market.world import World
from rmnctl.rmis import PlacementType

#: Encoded text is handed on in pieces of about this many lines.
LINES = 20_000


@dataclass(frozen=True)
class Facts:
    """The truth about a dialect, for tests of whatever reads it.

    Attributes:
        suffix: End of the file name, e.g. `console.csv`.
        columns: RMIS field to column, for the fields the report has.
        placements: The network's word for each placement.
        sku_key: What identifies the item: `sku_id` or `retailer_item_id`.
        attribution: Windows and scope, as in a mapping.
    """

    suffix: str
    columns: Mapping[str, str]
    placements: Mapping[PlacementType, str]
    sku_key: str
    attribution: Mapping[str, Any]


class Writer(Protocol):
    """Turns rows into the bytes of a file."""

    def __call__(
        self, world: World, export: ExportConfig, rows: ReportRows, totals: ReportRows
    ) -> Iterator[bytes]:
        """Write `rows`; `totals` holds each row once, for a closing line."""


def days_as(world: World, pattern: str) -> list[str]:
    """Every day of history as the dialect writes it."""
    catalogue = world.catalogue
    return [catalogue.day(d).strftime(pattern) for d in range(catalogue.config.history_days)]


def joined(lines: Iterable[str], encoding: str) -> Iterator[bytes]:
    """Lines as encoded pieces of bounded size."""
    piece: list[str] = []
    for line in lines:
        piece.append(line)
        if len(piece) == LINES:
            yield "".join(piece).encode(encoding)
            piece.clear()
    yield "".join(piece).encode(encoding)


def columns_of(rows: ReportRows) -> Iterator[tuple[int, ...]]:
    """Rows as tuples of plain integers, in the order of the fields of `ReportRows`."""
    names = (
        *("day", "placement", "sku", "impressions", "clicks", "orders", "units"),
        *("revenue", "other_units", "other_revenue", "cost"),
    )
    return zip(*(getattr(rows, name).tolist() for name in names), strict=True)

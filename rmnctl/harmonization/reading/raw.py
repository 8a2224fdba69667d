"""What every reader gives: a header, and batches of text cells with their record numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, Protocol

import pyarrow as pa
from pydantic import Field, field_validator

from rmnctl.config import ConfigModel

#: Column of the stream that holds the record number; cells are c0, c1, … in header order.
ROW = "source_row"


class ReadSpec(ConfigModel):
    """How a file is laid out; what is not said is found out from the file."""

    format: Literal["auto", "csv", "json", "parquet"] = Field(
        "auto", description="auto decides by content, then by file name"
    )
    delimiter: str | None = Field(
        None, description="one character; null: tab for .tsv, else found from the header"
    )
    encoding: str = Field("auto", description="auto: byte-order mark, else UTF-8; or cp1252 …")
    skip_rows: int = Field(0, ge=0, description="lines before the header")
    records: str | None = Field(None, description="JSON: dotted path to the list of records")
    null_values: tuple[str, ...] = Field(
        ("", "-", "--", "n/a", "na", "null", "none", "nan", "\u2014", "\u2013"),
        description="cells that mean: not known; compared without case and outer spaces",
    )
    decimal: Literal[".", ","] = Field(".", description="decimal mark of numbers")
    thousands: str = Field(
        "auto", description="marks between groups of digits; auto: the usual ones for `decimal`"
    )

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        if value is not None and len(value) != 1:
            raise ValueError('must be one character; write "\\t" for a tab')
        return value

    def grouping(self) -> str:
        """The characters that may stand between groups of digits."""
        if self.thousands != "auto":
            return self.thousands
        other = "," if self.decimal == "." else "."
        return other + " '\u00a0\u202f\u2009\u2019"


@dataclass(frozen=True)
class RaggedRow:
    """A record that does not have as many cells as the header.

    Attributes:
        row: Record number, 1 is the first after the header.
        text: The record as it stands in the file.
        cells: How many cells it has.
    """

    row: int
    text: str
    cells: int


class RawReport(Protocol):
    """One report file; `batches` may be called more than once and gives the same each time."""

    path: Path
    header: tuple[str, ...]
    ragged: list[RaggedRow]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Batches of columns c0 … cN (text) and `source_row` (int64)."""
        ...


def stream_schema(width: int) -> pa.Schema:
    """Schema of the batches of a report with `width` columns."""
    cells = [pa.field(f"c{i}", pa.string()) for i in range(width)]
    return pa.schema([*cells, pa.field(ROW, pa.int64())])


def sample(report: RawReport, rows: int) -> list[tuple[str | None, ...]]:
    """The first records as tuples of cells, empty text as None."""
    taken: list[tuple[str | None, ...]] = []
    for batch in islice(report.batches(), 8):
        columns = [batch.column(i).to_pylist()[:rows] for i in range(batch.num_columns - 1)]
        taken.extend(tuple(c or None for c in cells) for cells in zip(*columns, strict=True))
        if len(taken) >= rows:
            break
    return taken[:rows]

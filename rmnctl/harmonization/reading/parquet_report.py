"""Parquet reports, read as text so that every format meets the same checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pac
import pyarrow.parquet as pq

from rmnctl.errors import InputError
from rmnctl.harmonization.reading.disk import readable
from rmnctl.harmonization.reading.raw import RaggedRow, stream_schema

_BATCH_ROWS = 65_536


class ParquetReport:
    """A Parquet file of plain columns.

    Attributes:
        path: The file.
        header: Column names.
        ragged: Always empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ragged: list[RaggedRow] = []
        try:
            with readable(path):
                metadata = pq.read_metadata(path)
        except pa.ArrowException as error:
            raise InputError(
                f"{path} is a damaged Parquet file.", hint="Fetch it again."
            ) from error
        schema = metadata.schema.to_arrow_schema()
        if not metadata.num_rows:
            raise InputError(f"{path} has columns and no records.", hint="Fetch it again.")
        nested = [f.name for f in schema if pa.types.is_nested(f.type)]
        if nested:
            raise InputError(f"{path}: nested columns cannot be read: {', '.join(nested)}.")
        self.header = tuple(schema.names)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the records; see `RawReport`."""
        schema = stream_schema(len(self.header))
        done = 0
        try:
            with readable(self.path), pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                    cells = [pac.cast(column, pa.string()) for column in batch.columns]
                    numbers = pa.array(range(done + 1, done + 1 + len(batch)), pa.int64())
                    done += len(batch)
                    yield pa.RecordBatch.from_arrays([*cells, numbers], schema=schema)
        except pa.ArrowException as error:
            raise InputError(f"{self.path} is damaged or holds a type that is not text.") from error

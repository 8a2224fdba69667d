"""Pass two: write the rows that are kept, and everything about those that are not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from rmnctl.harmonization.judge import PREVIOUS, Source
from rmnctl.harmonization.reading.raw import ROW, stream_schema
from rmnctl.harmonization.reasons import Reason, codes, sql_codes
from rmnctl.harmonization.transform import MEASURES
from rmnctl.tables import one_row, quote

if TYPE_CHECKING:
    import duckdb

QUARANTINE_SCHEMA = "quarantine/v1"
SET_ASIDE_SCHEMA = "set_aside/v1"
RESTATEMENTS_SCHEMA = "restatements/v1"

_QUARANTINE = pa.schema(
    [
        pa.field("input", pa.string()),
        pa.field("source_file_sha256", pa.string()),
        pa.field("source_row", pa.int64()),
        pa.field("reasons", pa.string()),
        pa.field("fields", pa.string()),
        pa.field("cells", pa.string()),
        pa.field("mapping_id", pa.string()),
        pa.field("mapping_version", pa.int32()),
        pa.field("as_of", pa.date32()),
        pa.field("fixed", pa.bool_()),
    ]
)


class Capture:
    """The last streaming of a file: rows not to be kept are taken out, some set by.

    Rows are taken out here rather than by a join, because joins lose the order of rows.
    """

    def __init__(self, source: Source, dropped: np.ndarray, wanted: np.ndarray) -> None:
        self._source = source
        self._dropped = dropped
        self._wanted = wanted
        self._set_by: list[pa.RecordBatch] = []
        self._schema = stream_schema(len(source.report.header))

    def reader(self) -> pa.RecordBatchReader:
        """The stream of the rows that are kept."""
        return pa.RecordBatchReader.from_batches(self._schema, self._kept())

    def _kept(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches():
            if not len(self._dropped):
                yield batch
                continue
            rows = batch.column(ROW).to_numpy()
            out = np.isin(rows, self._dropped, assume_unique=True)
            if not out.any():
                yield batch
                continue
            self._set_by.append(batch.filter(pa.array(np.isin(rows, self._wanted))))
            yield batch.filter(pa.array(~out))

    def table(self) -> pa.Table:
        """The cells of the wanted rows, after the stream has ended."""
        return pa.Table.from_batches(self._set_by, schema=self._schema).sort_by(ROW)


def capture_all(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> list[Capture]:
    """One capture a source; wanted are the cells of quarantined and restated rows."""
    captures = []
    for number, source in enumerate(sources):
        rows = connection.execute(
            "SELECT source_row, disposition = 'quarantined' OR (disposition = 'superseded' AND "
            "EXISTS (SELECT 1 FROM restated r WHERE r.file = e.file AND "
            "r.source_row = e.source_row)) AS wanted FROM exceptions e WHERE e.file = ? "
            "ORDER BY source_row",
            [number],
        ).fetchnumpy()
        dropped = np.asarray(rows["source_row"], dtype=np.int64)
        captures.append(Capture(source, dropped, dropped[np.asarray(rows["wanted"], dtype=bool)]))
    return captures


def list_restated(connection: duckdb.DuckDBPyConnection) -> None:
    """Create table `restated`: superseded rows whose measures differ from the kept row's."""
    connection.execute(
        "CREATE TEMP TABLE restated AS SELECT o.file, o.source_row FROM settled o "
        "JOIN settled n ON n.k1 = o.k1 AND n.k2 = o.k2 AND n.reason = 0 AND n.m <> o.m "
        f"WHERE o.reason = {Reason.SUPERSEDED.value}"
    )


def carried_query(previous: Path | None) -> str | None:
    """SQL (from FROM on) for the rows of an earlier run that stay, or None without one."""
    if previous is None:
        return None
    return (
        f"FROM read_parquet({quote(previous)}, file_row_number = true) WHERE file_row_number "
        f"NOT IN (SELECT source_row FROM settled WHERE file = {PREVIOUS} AND reason <> 0)"
    )


def rmis_query(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    captures: Sequence[Capture],
    previous: Path | None,
) -> str:
    """SQL for `rmis.parquet`: kept rows, earlier run first, then files and rows in order."""
    selects = []
    carried = carried_query(previous)
    if carried is not None:
        selects.append(f"SELECT * EXCLUDE (file_row_number) {carried}")
    for number, (source, capture) in enumerate(zip(sources, captures, strict=True)):
        connection.register(f"cells_{number}", capture.reader())
        typed = source.transform.typed(f"cells_{number}")
        selects.append(source.transform.rmis(typed, source.sha256))
    return " UNION ALL BY NAME ".join(f"({s})" for s in selects)


def quarantine_table(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    captures: Sequence[Capture],
    unreadable: Sequence[dict[str, Any]] = (),
) -> pa.Table:
    """The quarantined rows of all sources with their original cells and all their reasons.

    Args:
        connection: Where `exceptions` lies.
        sources: The input files.
        captures: Their original cells, after the rows were written.
        unreadable: Quarantined rows of an earlier run that still cannot be read.
    """
    rows = [r | {"cells": json.dumps(r["cells"], ensure_ascii=False)} for r in unreadable]
    for number, (source, capture) in enumerate(zip(sources, captures, strict=True)):
        verdicts = {
            row: (mask, bad)
            for row, mask, bad in connection.execute(
                "SELECT source_row, mask, bad FROM exceptions "
                "WHERE file = ? AND disposition = 'quarantined'",
                [number],
            ).fetchall()
        }
        names = _unique(source.report.header)
        fields = list(source.mapping.fields)
        own = [
            _quarantined(
                source,
                row,
                " ".join(codes(verdicts[row][0])),
                " ".join(f for i, f in enumerate(fields) if verdicts[row][1] & 1 << i),
                dict(zip(names, cells, strict=True)),
            )
            for row, cells in _cells(capture.table(), set(verdicts))
        ]
        own += [
            _quarantined(source, r.row, "E_ROW_SHAPE", "", {"_record": r.text})
            for r in source.report.ragged
        ]
        rows.extend(sorted(own, key=lambda r: r["source_row"]))
    return pa.Table.from_pylist(rows, schema=_QUARANTINE)


def _unique(header: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _cells(table: pa.Table, wanted: set[int]) -> Iterator[tuple[int, tuple[str | None, ...]]]:
    columns = [table.column(i).to_pylist() for i in range(table.num_columns)]
    for *cells, row in zip(*columns, strict=True):
        if row in wanted:
            yield row, tuple(cells)


def _quarantined(
    source: Source, row: int, reasons: str, fields: str, cells: dict[str, Any]
) -> dict[str, Any]:
    return {
        "input": source.name,
        "source_file_sha256": source.sha256,
        "source_row": row,
        "reasons": reasons,
        "fields": fields,
        "cells": json.dumps(cells, ensure_ascii=False),
        "mapping_id": source.mapping.id,
        "mapping_version": source.mapping.version,
        "as_of": source.as_of,
        "fixed": False,
    }


def quarantine_lines(table: pa.Table) -> str:
    """The quarantine as JSON lines a person can mend: change what stands under `cells`."""
    lines = [
        json.dumps(
            {
                "source_file_sha256": row["source_file_sha256"],
                "source_row": row["source_row"],
                "reasons": row["reasons"].split(),
                "fields": row["fields"].split(),
                "cells": json.loads(row["cells"]),
            },
            ensure_ascii=False,
        )
        for row in table.to_pylist()
    ]
    return "".join(line + "\n" for line in lines)


def set_aside_query(sources: Sequence[Source]) -> str:
    """SQL for the rows that were counted but not kept: copies, superseded, totals, blanks."""
    names = ", ".join(f"({n}, {quote(s.name)}, {quote(s.sha256)})" for n, s in enumerate(sources))
    return (
        "SELECT i.input, i.sha256 AS source_file_sha256, e.source_row, e.disposition, "
        f"{sql_codes('e.mask')} AS reasons FROM exceptions e "
        f"JOIN (VALUES {names}) i(file, input, sha256) USING (file) "
        "WHERE e.disposition <> 'quarantined' ORDER BY e.file, e.source_row"
    )


def _narrow(connection: duckdb.DuckDBPyConnection) -> str:
    """A condition that spares reading all rows again where nothing was restated."""
    (restated,) = one_row(connection, "SELECT count(*) FROM restated")
    return " WHERE event_id IN (SELECT event_id FROM olds)" if restated else " WHERE false"


def restatements_query(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    captures: Sequence[Capture],
    previous: Path | None,
    written: Path,
) -> str:
    """SQL for what later reports changed: one row a key and measure, old value and new."""
    columns = f"event_id, source_file_sha256, source_row, as_of, {', '.join(MEASURES)}"
    olds = []
    for number, (source, capture) in enumerate(zip(sources, captures, strict=True)):
        connection.register(f"captured_{number}", capture.table())
        rows = source.transform.rmis(source.transform.typed(f"captured_{number}"), source.sha256)
        olds.append(
            f"SELECT {columns} FROM ({rows}) WHERE source_row IN "
            f"(SELECT source_row FROM restated WHERE file = {number})"
        )
    if previous is not None:
        olds.append(
            f"SELECT {columns} FROM read_parquet({quote(previous)}, file_row_number = true) "
            f"WHERE file_row_number IN (SELECT source_row FROM restated WHERE file = {PREVIOUS})"
        )
    changes = " UNION ALL ".join(
        f"SELECT o.event_id, n.retailer_id, n.date, n.placement_type, n.campaign_id, n.sku_id, "
        f"{quote(m)} AS measure, o.{m}::DECIMAL(18,6) AS old, n.{m}::DECIMAL(18,6) AS new, "
        "o.as_of AS old_as_of, n.as_of AS new_as_of, o.source_file_sha256 AS old_file, "
        "o.source_row AS old_row, n.source_file_sha256 AS new_file, n.source_row AS new_row "
        f"FROM olds o JOIN news n USING (event_id) WHERE o.{m} IS DISTINCT FROM n.{m}"
        for m in MEASURES
    )
    return (
        f"WITH olds AS ({' UNION ALL '.join(olds)}), "
        f"news AS (SELECT * FROM read_parquet({quote(written)}){_narrow(connection)}) "
        f"SELECT * FROM ({changes}) ORDER BY retailer_id, date, event_id, measure, old_as_of"
    )

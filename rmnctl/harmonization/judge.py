"""Pass one: every row of every file gets the reasons, if any, why it will not reach RMIS.

A row can be judged by itself (a bad date), against its file (another grain, amounts out of
scale), or against all rows with its key (copies, conflicts, restatements). The first happens
while the file streams by; the rest in a narrow table that holds one line a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from rmnctl import rmis
from rmnctl.errors import InputError
from rmnctl.harmonization.mapping import Mapping
from rmnctl.harmonization.reading import RawReport
from rmnctl.harmonization.reading.raw import stream_schema
from rmnctl.harmonization.reasons import SET_ASIDE, Reason, disposition
from rmnctl.harmonization.transform import KEY, MEASURES, Transform
from rmnctl.tables import one_row, quote

if TYPE_CHECKING:
    import duckdb

#: Rows taken over from an earlier run are file −1.
PREVIOUS = -1

_FAULTS = sum(r.value for r in Reason if not r & SET_ASIDE)
_OUT = _FAULTS | Reason.E_TOTAL_ROW.value | Reason.BLANK_ROW.value
_LOG_BINS = 20
_MIN_ROWS_FOR_SCALE = 30
#: A tenfold jump in every ratio an amount takes part in, and 25-fold on average.
_SCALE_EACH, _SCALE_MEAN = 1.0, 1.4


@dataclass
class Source:
    """One input file with everything needed to read it.

    Attributes:
        name: What reports call it.
        path: The file.
        mapping: The mapping that reads it.
        report: The opened file.
        transform: Its SQL.
        as_of: The day the report was taken.
        sha256: Digest of the file; not needed before rows are written.
        retyped: Fields most of whose cells no longer parse; found by `judge`.
        failed: What went wrong while the file streamed by, if anything did.
    """

    name: str
    path: Path
    mapping: Mapping
    report: RawReport
    transform: Transform
    as_of: date
    sha256: str = ""
    retyped: tuple[str, ...] = ()
    failed: InputError | None = None

    def reader(self) -> pa.RecordBatchReader:
        """The file's cells as an Arrow stream for DuckDB."""
        schema = stream_schema(len(self.report.header))
        return pa.RecordBatchReader.from_batches(schema, self.batches())

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The file's batches; DuckDB hides what a stream raises, so it is kept in `failed`."""
        try:
            yield from self.report.batches()
        except InputError as error:
            self.failed = error
            raise


def _key_hash(salt: int) -> str:
    columns = [k if k in {"date", "period_end", "hour"} else f"{k}::VARCHAR" for k in KEY]
    return f"hash({salt}, {', '.join(columns)})"


def _measure_hash(present: set[str]) -> str:
    # Every measure takes part, so that a row compares with one from an earlier run.
    values = [n if n in present else f"NULL::{rmis.field(n).sql}" for n in MEASURES]
    return f"hash({', '.join(values)}, currency::VARCHAR)"


def _log_ratio(above: str, below: str, present: set[str]) -> str:
    if not {above, below} <= present:
        return "NULL::FLOAT"
    return f"CASE WHEN {above} > 0 AND {below} > 0 THEN log10({above}::DOUBLE / {below}::DOUBLE) END::FLOAT"


_RATIOS = {
    "cpc": ("cost", "clicks"),
    "cpm": ("cost", "impressions"),
    "aov": ("revenue", "conversions"),
    "roas": ("revenue", "cost"),
}


def _judged(number: int, transform: Transform, stream: str) -> str:
    present = set(transform.measures())
    money = [f"{n if n in present else 'NULL::DECIMAL(18,6)'} AS {n}" for n in ("cost", "revenue")]
    ratios = [f"{_log_ratio(a, b, present)} AS {n}" for n, (a, b) in _RATIOS.items()]
    return (
        f"SELECT {number}::SMALLINT AS file, source_row, mask::INTEGER AS mask, bad::UINTEGER AS bad, "
        f"period::TINYINT AS period, {_key_hash(1)} AS k1, {_key_hash(2)} AS k2, "
        f"{_measure_hash(present)} AS m, currency::VARCHAR AS currency, {', '.join([*money, *ratios])} "
        f"FROM ({transform.typed(stream)})"
    )


@contextmanager
def telling_why(sources: Sequence[Source]) -> Iterator[None]:
    """Where a query fails because a file could not be read, raise the reader's own error."""
    try:
        yield
    except Exception:
        for source in sources:
            if source.failed is not None:
                raise source.failed from None
        raise


def judge(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], previous: Path | None = None
) -> None:
    """Create table `judged`: one line a row of every source, with its reason mask.

    Args:
        connection: Where the table is made.
        sources: The input files, in the order their rows are to be written.
        previous: The `rmis.parquet` that this run continues, if any.
    """
    for number, source in enumerate(sources):
        # DuckDB finds the Arrow stream under this name.
        connection.register("raw_cells", source.reader())
        select = _judged(number, source.transform, "raw_cells")
        verb = "CREATE TEMP TABLE judged AS" if number == 0 else "INSERT INTO judged"
        with telling_why([source]):
            connection.execute(f"{verb} {select}")
        connection.unregister("raw_cells")
        _judge_periods(connection, number)
        _judge_scale(connection, number)
        source.retyped = _retyped(connection, number, source.transform)
    _judge_copies(connection, sources, previous)


def _flag(connection: duckdb.DuckDBPyConnection, reason: Reason, where: str) -> None:
    connection.execute(f"UPDATE judged SET mask = mask | {reason.value} WHERE {where}")


def _judge_periods(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """A row that covers another period than most of its file is not comparable to them."""
    common = connection.execute(
        f"SELECT period FROM judged WHERE file = {number} AND mask & {_OUT} = 0 "
        "GROUP BY period ORDER BY count(*) DESC, period"
    ).fetchall()
    if len(common) > 1:
        _flag(connection, Reason.E_GRAIN_MIX, f"file = {number} AND period <> {common[0][0]}")


def _centre(connection: duckdb.DuckDBPyConnection, number: int, ratio: str) -> float | None:
    """Median of a ratio's log10 over a file, from a histogram: exact sums, no sorting."""
    bins = connection.execute(
        f"SELECT floor({ratio} * {_LOG_BINS})::INTEGER AS bin, count(*) FROM judged "
        f"WHERE file = {number} AND mask & {_OUT} = 0 AND {ratio} IS NOT NULL GROUP BY bin ORDER BY bin"
    ).fetchall()
    total = sum(rows for _, rows in bins)
    if total < _MIN_ROWS_FOR_SCALE:
        return None
    passed = 0
    for position, rows in bins:
        passed += rows
        if passed * 2 >= total:
            return float(position + 0.5) / _LOG_BINS
    return None


def _judge_scale(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Find single rows whose amount is in another unit, as cents or micros among dollars.

    One odd ratio is life; an amount a hundredfold off moves every ratio it takes part in.
    """
    centres = {ratio: _centre(connection, number, ratio) for ratio in _RATIOS}
    for signs in ({"cpc": 1, "cpm": 1, "roas": -1}, {"aov": 1, "roas": 1}):
        known = {r: s for r, s in signs.items() if centres[r] is not None}
        for direction in (1, -1):
            gaps = [f"{direction * s} * ({r} - ({centres[r]}))" for r, s in known.items()]
            if len(gaps) < 2:
                continue
            # Each gap is tested by itself first: almost every row fails there, cheaply.
            each = " AND ".join(f"coalesce({gap} >= {_SCALE_EACH}, true)" for gap in gaps)
            seen = " + ".join(f"({r} IS NOT NULL)::INTEGER" for r in known)
            total = " + ".join(f"coalesce({gap}, 0)" for gap in gaps)
            _flag(
                connection,
                Reason.E_UNIT_SUSPECT,
                f"file = {number} AND {each} AND {seen} >= 2 "
                f"AND ({total}) / ({seen}) >= {_SCALE_MEAN}",
            )


def _retyped(
    connection: duckdb.DuckDBPyConnection, number: int, transform: Transform
) -> tuple[str, ...]:
    """Fields most of whose rows hold a cell that no longer parses."""
    names = list(transform.mapping.fields)
    counts = ", ".join(f"count(*) FILTER (bad & {1 << i} <> 0)" for i in range(len(names)))
    rows, *failed = one_row(
        connection, f"SELECT count(*), {counts} FROM judged WHERE file = {number}"
    )
    return tuple(name for name, bad in zip(names, failed, strict=True) if bad * 2 > rows)


def _judge_copies(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], previous: Path | None
) -> None:
    """Settle rows with one key: the last undisputed report wins.

    Rows of one report date that differ are a conflict and all quarantined; equal ones are
    copies of the first. Whatever an older report said is superseded.
    """
    dates = ", ".join(f"({n}, DATE {quote(s.as_of.isoformat())})" for n, s in enumerate(sources))
    connection.execute(f"CREATE TEMP TABLE taken AS SELECT * FROM (VALUES {dates}) t(file, as_of)")
    _add_previous(connection, previous)
    connection.execute(
        "CREATE TEMP TABLE twins AS SELECT file, source_row, k1, k2, m, as_of FROM ("
        f"SELECT file, source_row, k1, k2, m, as_of FROM judged JOIN taken USING (file) "
        f"WHERE mask & {_OUT} = 0 UNION ALL SELECT {PREVIOUS}, source_row, k1, k2, m, as_of FROM old"
        ") WHERE k1 IN (SELECT k1 FROM (SELECT k1 FROM judged WHERE "
        f"mask & {_OUT} = 0 UNION ALL SELECT k1 FROM old) GROUP BY k1 HAVING count(*) > 1)"
    )
    connection.execute(
        # Generation: an earlier run is older than any report of the same day.
        "CREATE TEMP TABLE settled AS WITH grouped AS (SELECT *, file >= 0 AS fresh, "
        "count(DISTINCT m) OVER same_report AS versions, "
        "row_number() OVER (same_report ORDER BY file, source_row) AS place FROM twins "
        "WINDOW same_report AS (PARTITION BY k1, k2, as_of, file >= 0)), "
        "winner AS (SELECT k1, k2, max((as_of, fresh)) AS best FROM grouped "
        "WHERE versions = 1 GROUP BY k1, k2) "
        "SELECT g.file, g.source_row, g.k1, g.k2, g.m, CASE "
        f"WHEN w.best IS NOT NULL AND (g.as_of, g.fresh) < w.best THEN {Reason.SUPERSEDED.value} "
        f"WHEN g.versions > 1 THEN {Reason.E_DUP_CONFLICT.value} "
        f"WHEN g.place > 1 THEN {Reason.DUPLICATE.value} ELSE 0 END AS reason "
        "FROM grouped g LEFT JOIN winner w ON w.k1 = g.k1 AND w.k2 = g.k2"
    )
    connection.execute(
        "UPDATE judged SET mask = mask | s.reason FROM settled s WHERE s.reason <> 0 "
        "AND s.file = judged.file AND s.source_row = judged.source_row"
    )


def _add_previous(connection: duckdb.DuckDBPyConnection, previous: Path | None) -> None:
    if previous is None:
        connection.execute(
            "CREATE TEMP TABLE old (source_row BIGINT, k1 UBIGINT, k2 UBIGINT, m UBIGINT, as_of DATE)"
        )
        return
    connection.execute(
        "CREATE TEMP TABLE old AS SELECT file_row_number AS source_row, "
        f"{_key_hash(1)} AS k1, {_key_hash(2)} AS k2, {_measure_hash(set(MEASURES))} AS m, as_of "
        f"FROM read_parquet({quote(previous)}, file_row_number = true)"
    )


def list_exceptions(connection: duckdb.DuckDBPyConnection) -> None:
    """Create table `exceptions`: the judged rows that are not kept, with where each ends."""
    connection.execute(
        "CREATE TEMP TABLE exceptions AS SELECT file, source_row, mask, bad, "
        f"{disposition('mask')} AS disposition FROM judged WHERE mask <> 0"
    )


@dataclass(frozen=True)
class Entry:
    """One line of the balance: what became of some rows of one file.

    Attributes:
        file: Position of the file among the sources.
        currency: ISO code, `?` where the row has none.
        disposition: kept, quarantined, duplicate, superseded, total or blank.
        rows: How many.
        cost: Exact sum of the costs that could be read, in `currency`.
        revenue: The same of revenue.
    """

    file: int
    currency: str
    disposition: str
    rows: int
    cost: Decimal
    revenue: Decimal


def balance(connection: duckdb.DuckDBPyConnection) -> list[Entry]:
    """Rows and money of every judged row, by file, currency and disposition."""
    found = connection.execute(
        f"SELECT file, coalesce(currency, '?'), {disposition('mask')} AS place, count(*), "
        "coalesce(sum(cost), 0), coalesce(sum(revenue), 0) FROM judged GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [Entry(*row) for row in found]


def reason_counts(connection: duckdb.DuckDBPyConnection) -> dict[int, dict[str, int]]:
    """How many rows of each file carry each reason."""
    sums = ", ".join(f"count(*) FILTER (mask & {r.value} <> 0)" for r in Reason)
    found = connection.execute(
        f"SELECT file, {sums} FROM exceptions GROUP BY file ORDER BY file"
    ).fetchall()
    return {
        row[0]: {r.name: n for r, n in zip(Reason, row[1:], strict=True) if n and r.name}
        for row in found
    }

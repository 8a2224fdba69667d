"""Deterministic tables: the only place that writes Parquet or JSON, or digests a file.

Bytes depend on content alone. Tables made in Python go through Arrow, tables made in SQL
through DuckDB's `COPY`; both keep the order they are given, so a writer sorts by its key first.
Money is DECIMAL: parallel float sums differ in the last bits from run to run.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmnctl.errors import Failure

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ROW_GROUP_ROWS = 61_440
_CHUNK = 1 << 20


def sha256_file(path: Path) -> str:
    """Digest of a file's bytes, as lower-case hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def connect(
    *, threads: int | None = None, memory_mb: int | None = None
) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that never touches the network and keeps rows in order.

    Args:
        threads: Worker threads; DuckDB's own default when None.
        memory_mb: Limit of the buffer manager, MB.
    """
    import duckdb

    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "true",
        }
    )
    # The first would compute on every row what CASE and COALESCE keep for the few in need of it;
    # the second turns IN into a join, and joins lose the order of rows.
    connection.execute("SET disabled_optimizers = 'common_subexpressions,in_clause'")
    # Progress is told by commands, in their own way.
    connection.execute("SET enable_progress_bar = false")
    if threads is not None:
        connection.execute(f"SET threads = {int(threads)}")
    if memory_mb is not None:
        connection.execute(f"SET memory_limit = '{int(memory_mb)}MB'")
    return connection


def quote(text: str | os.PathLike[str]) -> str:
    """A SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary sibling to write; rename it into place only when all went well.

    Raises:
        Failure: The disk refused (full, read-only, no permission); nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise disk_failure(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def disk_failure(path: Path, error: OSError) -> Failure:
    """The message for a disk that refuses to write."""
    return Failure(
        f"Cannot write {path}: {error.strerror or type(error).__name__}.",
        hint="Free disk space or choose another folder with --runs DIR, then run again.",
    )


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def json_text(value: Any) -> str:
    """JSON as a person reads it, with one final newline; keys keep their order."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write one JSON document atomically."""
    write_bytes(path, json_text(value).encode())


def write_batches(
    path: Path, schema: pa.Schema, batches: Iterable[pa.Table | pa.RecordBatch]
) -> int:
    """Stream Arrow batches into one Parquet file, in the order given.

    Batches are cut to whole row groups, so the bytes do not depend on how rows were batched.

    Returns:
        The number of rows written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    with replacing(path) as temporary:
        writer = pq.ParquetWriter(temporary, schema, compression="snappy", version="2.6")
        with writer:
            pending: list[pa.Table] = []
            waiting = 0
            for batch in batches:
                table = (
                    pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
                )
                pending.append(table.cast(schema))
                waiting += table.num_rows
                rows += table.num_rows
                if waiting >= ROW_GROUP_ROWS:
                    whole = pa.concat_tables(pending)
                    full = waiting // ROW_GROUP_ROWS * ROW_GROUP_ROWS
                    writer.write_table(whole.slice(0, full), row_group_size=ROW_GROUP_ROWS)
                    pending, waiting = [whole.slice(full)], waiting - full
            if waiting or not rows:
                last = pa.concat_tables(pending) if pending else schema.empty_table()
                writer.write_table(last, row_group_size=ROW_GROUP_ROWS)
    return rows


def write_table(path: Path, table: pa.Table) -> int:
    """Write one Arrow table, in the order given. Returns its rows."""
    return write_batches(path, table.schema, [table])


def _reason(error: Exception) -> str:
    """Why the engine stopped, in the system's words; its own message may hold a statement."""
    known = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)
    text = str(error)
    named = (os.strerror(n) for n in known if os.strerror(n) in text)
    return next(named, f"{type(error).__name__} from the query engine")


@contextmanager
def no_values() -> Iterator[None]:
    """Let no text of the query engine out: it quotes the values it stumbles over.

    Raises:
        Failure: The engine failed; only the kind of failure is said, also in a traceback.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        kind = type(error).__name__
        raise Failure(
            f"The query engine failed with {kind}.",
            hint="Its words are not shown: they may quote the data.",
        ) from None


@contextmanager
def engine_failures() -> Iterator[None]:
    """Say in our words that the engine has no room left to work: disk or memory.

    Raises:
        Failure: A query needed more memory than it may use, and its spill file was refused.
    """
    import duckdb

    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise Failure(
            f"The query engine stopped: {_reason(error)}. What does not fit into memory it keeps "
            f"in {Path('.tmp').absolute()} while it works.",
            hint="Free disk space there, work in another folder, or allow more memory "
            "(RMNCTL_MEMORY_MB), then run again.",
        ) from error


def copy_query(connection: duckdb.DuckDBPyConnection, sql: str, path: Path) -> int:
    """Write the result of a query to Parquet, in the order the query gives. Returns its rows."""
    import duckdb

    with replacing(path) as temporary:
        try:
            (rows,) = one_row(
                connection,
                f"COPY ({sql}) TO {quote(temporary)} "
                f"(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {ROW_GROUP_ROWS})",
            )
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise Failure(
                f"Cannot write {path}: {_reason(error)}.",
                hint="Free disk space or memory (RMNCTL_MEMORY_MB), then run again.",
            ) from error
    return int(rows)


def one_row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The only row of a query's result."""
    return tuple(connection.execute(sql).fetchall()[0])


def read_rows(path: Path, columns: str = "*") -> list[dict[str, Any]]:
    """A small Parquet file as dictionaries, in file order."""
    with connect() as connection:
        cursor = connection.execute(f"SELECT {columns} FROM read_parquet({quote(path)})")
        names = [description[0] for description in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

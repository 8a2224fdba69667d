"""From events to what each customer brings to each cell: the owner's side, nothing leaves it.

A cell is a block (period and placement) and a SKU, each as a small number. Grouping by
numbers instead of names is what keeps a release near the cost of a plain GROUP BY.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rmnctl.cleanroom.calendar import Grain, period_sql
from rmnctl.cleanroom.policy import EVENTS, MONEY, Policy
from rmnctl.errors import ConfigError, InputError, did_you_mean
from rmnctl.tables import identifier, one_row, quote

if TYPE_CHECKING:
    import duckdb

#: SKU code of the remainder of a block, and of releases without SKUs.
OTHER = -1
_NO_ONE = 0
_FRACTIONAL = "DECIMAL(18,6)"


@dataclass(frozen=True)
class Domains:
    """The public values of each dimension, in the order that numbers them.

    Attributes:
        placements: None where the policy does not offer the dimension.
        skus: As above.
    """

    placements: tuple[str, ...] | None
    skus: tuple[str, ...] | None

    @property
    def width(self) -> int:
        """Blocks in a period."""
        return len(self.placements) if self.placements else 1


@dataclass(frozen=True)
class Events:
    """An events file that was found fit to release from.

    Attributes:
        path: Parquet, one row an event.
        keyed: It has the policy's customer key.
    """

    path: Path
    keyed: bool


def open_events(connection: duckdb.DuckDBPyConnection, path: Path, policy: Policy) -> Events:
    """Check that a file holds the events a policy speaks of.

    Raises:
        InputError: No Parquet file, or a column is missing; names columns, never values.
    """
    import duckdb

    if not path.exists():
        raise InputError(f"{path} does not exist.", hint="`rmnctl simulate` writes events.")
    if path.is_dir():
        raise InputError(f"{path} is a directory, not a Parquet file of events.")
    try:
        described = connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet({quote(path)})"
        ).fetchall()
    except duckdb.Error as error:
        raise InputError(f"{path} is not a Parquet file.") from error
    present = {str(row[0]) for row in described}
    needed = ["retailer_id", *policy.metrics]
    dimensions = policy.dimensions
    needed += ["date"] if dimensions.date.grain != "all" or dimensions.date.from_ else []
    needed += ["placement_type"] if dimensions.placement_type else []
    needed += ["sku_id"] if dimensions.sku_id else []
    missing = [name for name in needed if name not in present]
    if missing:
        raise InputError(
            f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}.",
            hint=did_you_mean(missing[0], sorted(present)),
        )
    return Events(path, policy.entity_key is not None and policy.entity_key in present)


def public_domains(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    catalogue: Path | None,
    known_skus: Sequence[str] | None,
) -> Domains:
    """The public values of a policy's dimensions.

    Args:
        connection: To read the catalogue with.
        policy: Says which dimensions there are and where their values come from.
        catalogue: Parquet file with the column `sku_id`, where the policy asks for one.
        known_skus: SKUs of the release before: they keep their numbers, new ones come after.

    Raises:
        ConfigError: The policy asks for a catalogue and none was given.
        InputError: The catalogue is none.
    """
    dimensions = policy.dimensions
    placements = dimensions.placement_type.domain if dimensions.placement_type else None
    skus: tuple[str, ...] | None = None
    if dimensions.sku_id is not None:
        listed = dimensions.sku_id.domain
        skus = listed if isinstance(listed, tuple) else _catalogue(connection, policy, catalogue)
        known = tuple(known_skus or ())
        skus = (*known, *(s for s in skus if s not in set(known)))
    return Domains(tuple(placements) if placements is not None else None, skus)


def _catalogue(
    connection: duckdb.DuckDBPyConnection, policy: Policy, path: Path | None
) -> tuple[str, ...]:
    import duckdb

    if path is None:
        raise ConfigError(
            f"The policy of {policy.retailer} takes its SKUs from a catalogue.",
            hint="Add --catalogue FILE, a Parquet file with the column sku_id.",
        )
    try:
        rows = connection.execute(
            f"SELECT DISTINCT sku_id::VARCHAR FROM read_parquet({quote(path)}) "
            "WHERE sku_id IS NOT NULL ORDER BY 1"
        ).fetchall()
    except duckdb.Error:
        raise InputError(f"{path} is not a Parquet file with the column sku_id.") from None
    if not rows:
        raise InputError(f"{path} names no SKU.")
    return tuple(str(row[0]) for row in rows)


def block_period(block: str, domains: Domains) -> str:
    """SQL for the period of a block."""
    return f"floor({block} / {domains.width})::INTEGER"


def _codes(values: Sequence[str] | None, column: str) -> str:
    """SQL for the number of a value in a public domain; NULL outside it."""
    if values is None:
        return "0"
    listed = ", ".join(quote(v) for v in values)
    return f"enum_code(try_cast({column} AS ENUM ({listed})))"


def gather(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    events: Events,
    policy: Policy,
    domains: Domains,
    grain: Grain,
) -> None:
    """Make `table` with one row for each block, SKU and customer.

    Columns: `b` block, `s` SKU code, `e` customer (a 64-bit hash that never leaves this
    connection; rows without a customer count as one), `events`, and the metrics as sums.
    Rows outside the public domain are left out; `rows_outside` tells how many.

    Raises:
        InputError: A cell cannot be read as what its column is.
    """
    import duckdb

    # Eight bytes a number instead of the sixteen of a sum: half the memory, and faster to add.
    sums = ", ".join(
        f"sum(CAST({identifier(m)} AS {kind}))::{kind} AS {m}"
        for m in policy.metrics
        for kind in (_FRACTIONAL if m in (*MONEY, "conversions") else "BIGINT",)
    )
    key = identifier(policy.entity_key or "")
    entity = (
        f"CASE WHEN {key} IS NULL THEN {_NO_ONE}::UBIGINT ELSE hash({key}::VARCHAR) END"
        if events.keyed
        # Without a key each record stands for itself, and equal records are told apart by a
        # count, not by their place: a record lost must not make all that follow look changed.
        else f"hash({_record(policy)}, row_number() OVER (PARTITION BY {_record(policy)}))"
    )
    # A customer's rows are added in the hash table; the order of rows never matters.
    sql = f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT b, s, e, count(*)::BIGINT AS {EVENTS}, {sums} FROM (
            SELECT *, {_block(policy, domains, grain)} AS b,
                {_codes(domains.skus, "sku_id") if domains.skus is not None else OTHER} AS s,
                {entity} AS e
            FROM {_source(events, policy)})
        WHERE b IS NOT NULL AND s IS NOT NULL
        GROUP BY b, s, e
    """
    try:
        connection.execute(sql).fetchall()
    except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.BinderException):
        # The engine's own words quote the value.
        raise InputError(
            f"{events.path} holds a value that its column cannot mean.",
            hint="Dates must be dates; metrics must be finite numbers.",
        ) from None


def _record(policy: Policy) -> str:
    dimensions = policy.dimensions
    columns = [*policy.metrics, "date"]
    columns += ["placement_type"] if dimensions.placement_type else []
    columns += ["sku_id"] if dimensions.sku_id else []
    return ", ".join(identifier(c) for c in columns)


def _source(events: Events, policy: Policy) -> str:
    reading = f"read_parquet({quote(events.path)})"
    dates = policy.dimensions.date
    limits = [f"retailer_id = {quote(policy.retailer)}"]
    if dates.from_ is not None:
        limits.append(f"CAST(date AS DATE) >= DATE '{dates.from_}'")
    if dates.to is not None:
        limits.append(f"CAST(date AS DATE) <= DATE '{dates.to}'")
    return f"(SELECT * FROM {reading} WHERE {' AND '.join(limits)})"


def _block(policy: Policy, domains: Domains, grain: Grain) -> str:
    period = period_sql("CAST(date AS DATE)", grain)
    placement = _codes(
        domains.placements if policy.dimensions.placement_type else None, "placement_type"
    )
    return f"({period} * {domains.width} + {placement})::INTEGER"


def count_rows(
    connection: duckdb.DuckDBPyConnection, events: Events, policy: Policy
) -> tuple[int, int]:
    """Rows of the file, and of these the retailer's own within the public dates."""
    (total,) = one_row(connection, f"SELECT count(*) FROM read_parquet({quote(events.path)})")
    (own,) = one_row(connection, f"SELECT count(*) FROM {_source(events, policy)}")
    return int(total), int(own)


def densest(
    connection: duckdb.DuckDBPyConnection,
    events: Events,
    policy: Policy,
    domains: Domains,
    grain: Grain,
) -> tuple[float, float]:
    """Upper bounds of what a grain could keep, by rows alone: share under a SKU, and in all.

    One cheap pass tells which grains are not worth the counting of customers.
    """
    sku = _codes(domains.skus, "sku_id") if domains.skus is not None else str(OTHER)
    least = policy.thresholds.min_records
    named, kept, total = one_row(
        connection,
        f"""
        WITH cells AS (
            SELECT {_block(policy, domains, grain)} AS b, {sku} AS s, count(*) AS n
            FROM {_source(events, policy)} GROUP BY ALL),
        blocks AS (
            SELECT sum(n) AS n, coalesce(sum(n) FILTER (n >= {least}), 0) AS named
            FROM cells WHERE b IS NOT NULL AND s IS NOT NULL GROUP BY b)
        SELECT sum(named), sum(n) FILTER (n >= {least}), sum(n) FROM blocks
        """,
    )
    if not total:
        return 0.0, 0.0
    return float(named or 0) / float(total), float(kept or 0) / float(total)

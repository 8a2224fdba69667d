"""What was spent and credited, by cell and period: the input of every fit.

A release names a SKU where it passed the rules and puts the others of a period and placement
into one remainder. The remainder is kept beside the cells, because its total says what the
unnamed cells had together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from rmnctl.errors import InputError
from rmnctl.tables import connect, no_values, quote

_MEASURES = ("cost", "revenue", "conversions")
#: Longer periods that days add up to.
_UNITS = {7: "week", 30: "month"}
_NEEDED = ("retailer_id", "placement_type", "sku_id", "date", "cost", "revenue", "conversions")


@dataclass(frozen=True)
class Panel:
    """Cells by periods. N cells, T periods, B blocks (retailer x placement).

    Attributes:
        retailer: (N,) names.
        placement: (N,) names.
        sku: (N,) names.
        block: (N,) block of each cell.
        blocks: The (retailer, placement) of each block.
        starts: First day of each period.
        days: Length of a period.
        spend: (N, T) cost, currency units; NaN where only the remainder tells.
        revenue: (N, T) attributed revenue; NaN likewise.
        conversions: (N, T) attributed conversions; NaN likewise.
        rest_spend: (B, T) cost of the cells whose `spend` is NaN, all together; NaN: not known.
        rest_revenue: (B, T) likewise.
        currency: ISO 4217, or None.
    """

    retailer: np.ndarray
    placement: np.ndarray
    sku: np.ndarray
    block: np.ndarray
    blocks: tuple[tuple[str, str], ...]
    starts: tuple[date, ...]
    days: int
    spend: np.ndarray
    revenue: np.ndarray
    conversions: np.ndarray
    rest_spend: np.ndarray
    rest_revenue: np.ndarray
    currency: str | None

    def __len__(self) -> int:
        return len(self.sku)

    def before(self, periods: int) -> Panel:
        """The panel without its periods from number `periods` on."""
        cut = {
            name: getattr(self, name)[:, :periods]
            for name in ("spend", "revenue", "conversions", "rest_spend", "rest_revenue")
        }
        return Panel(
            self.retailer, self.placement, self.sku, self.block, self.blocks,
            self.starts[:periods], self.days, currency=self.currency, **cut,
        )  # fmt: skip


def read_panel(tables: Sequence[Path], skus: Sequence[str] | None = None) -> Panel:
    """Read releases (`aggregates.parquet`), or any RMIS-shaped tables, as one panel.

    Args:
        tables: Parquet files of one grain; a row without a SKU is a block's remainder.
        skus: All SKUs there are; by default those that any table names.

    Raises:
        InputError: Columns are missing, currencies or grains differ, a key comes twice, or
            there is nothing with a date.
    """
    if not tables:
        raise InputError("There is no table to fit.", hint="Name at least one release.")
    with connect() as connection, no_values():
        _load(connection, tables)
        currency = _currency(connection)
        days = _grain(connection)
        return _arrays(connection, skus, days, currency)


def _load(connection: duckdb.DuckDBPyConnection, tables: Sequence[Path]) -> None:
    selects = []
    for path in tables:
        try:
            described = connection.execute(
                f"DESCRIBE SELECT * FROM read_parquet({quote(path)})"
            ).fetchall()
        except duckdb.Error:
            raise InputError(f"{path} is not a Parquet table.") from None
        present = {row[0] for row in described}
        missing = [name for name in _NEEDED if name not in present]
        if missing:
            raise InputError(
                f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}."
            )
        end = "period_end" if "period_end" in present else "date"
        currency = "currency" if "currency" in present else "NULL"
        # Through text, because a column of nothing but nulls is a column of integers to Parquet.
        selects.append(
            f"SELECT {', '.join(_NEEDED[:3])}, date::VARCHAR::DATE AS date, "
            f"{', '.join(f'{name}::DOUBLE AS {name}' for name in _NEEDED[4:])}, "
            f"{end}::VARCHAR::DATE AS period_end, {currency}::VARCHAR AS currency "
            f"FROM read_parquet({quote(path)}) WHERE date IS NOT NULL"
        )
    try:
        connection.execute(f"CREATE TEMP TABLE rows AS {' UNION ALL '.join(selects)}").fetchall()
    except duckdb.ConversionException:
        raise InputError(
            "A date, cost, revenue or conversions column holds no dates or numbers.",
            hint="Give releases (`aggregates.parquet`) or tables shaped like them.",
        ) from None
    (rows,) = connection.execute("SELECT count(*) FROM rows").fetchall()[0]
    if not rows:
        raise InputError(
            "No row has a date, so nothing can be learned about response.",
            hint="A release with grain `all` has one period; response needs several.",
        )


def _currency(connection: duckdb.DuckDBPyConnection) -> str | None:
    found = connection.execute(
        "SELECT DISTINCT currency FROM rows WHERE currency IS NOT NULL AND currency <> 'XXX'"
    ).fetchall()
    if len(found) > 1:
        raise InputError(
            f"The tables are in {len(found)} currencies.", hint="Convert them to one first."
        )
    return str(found[0][0]) if found else None


def _grain(connection: duckdb.DuckDBPyConnection) -> int:
    """Days of a period, the longest of all tables; months count as 30."""
    connection.execute(
        "ALTER TABLE rows ADD COLUMN days INTEGER; "
        "UPDATE rows SET days = coalesce(period_end - date, 0) + 1; "
        "UPDATE rows SET days = 30 WHERE days BETWEEN 28 AND 31"
    ).fetchall()
    found = sorted(
        int(row[0]) for row in connection.execute("SELECT DISTINCT days FROM rows").fetchall()
    )
    if len(found) == 1:
        return found[0]
    if len(found) > 2 or found[0] != 1 or found[1] not in _UNITS:
        raise InputError(
            f"The tables have periods of different lengths ({', '.join(map(str, found))} days), and "
            "the shorter are no part of the longer.",
            hint="Pin one grain in all policies (dimensions.date.grain: day, week or month) and "
            "release again; days are added up to either. Or fit each retailer by itself "
            "(`rmnctl curves` with one release), put the curves into one table and plan with "
            "`rmnctl plan --curves`.",
        )
    _coarsen(connection, _UNITS[found[1]])
    return found[1]


def _coarsen(connection: duckdb.DuckDBPyConnection, unit: str) -> None:
    """Add days up to periods. A cell that was hidden on a day joins the remainder of its period."""
    period = f"date_trunc('{unit}', date)::DATE"
    sums = ", ".join(f"sum({m}) AS {m}, count({m}) AS n_{m}" for m in _MEASURES)
    named = ", ".join(f"CASE WHEN n_{m} = n THEN {m} END AS {m}" for m in _MEASURES)
    rest = ", ".join(
        f"sum(CASE WHEN sku_id IS NULL OR n_{m} < n THEN {m} END) AS {m}" for m in _MEASURES
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE coarse AS
        WITH length AS (
            SELECT retailer_id, placement_type, {period} AS date, count(DISTINCT date) AS n
            FROM rows WHERE days = 1 GROUP BY ALL),
        cells AS (
            SELECT retailer_id, placement_type, sku_id, {period} AS date, {sums}
            FROM rows WHERE days = 1 GROUP BY ALL),
        counted AS (FROM cells JOIN length USING (retailer_id, placement_type, date))
        SELECT retailer_id, placement_type, sku_id, date, {named}
        FROM counted WHERE sku_id IS NOT NULL
        UNION ALL
        SELECT retailer_id, placement_type, NULL, date, {rest} FROM counted GROUP BY ALL
        UNION ALL
        SELECT retailer_id, placement_type, sku_id, date, {", ".join(_MEASURES)}
        FROM rows WHERE days > 1;
        DROP TABLE rows;
        CREATE TEMP TABLE rows AS SELECT * FROM coarse
        """
    ).fetchall()


def _arrays(
    connection: duckdb.DuckDBPyConnection,
    skus: Sequence[str] | None,
    days: int,
    currency: str | None,
) -> Panel:
    rows = connection.execute(f"SELECT {', '.join(_NEEDED)} FROM rows ORDER BY ALL").fetchnumpy()
    named = np.array([s is not None for s in rows["sku_id"].tolist()])
    retailers, placements = (np.asarray(rows[k], dtype=object) for k in _NEEDED[:2])
    skus_of = np.asarray(rows["sku_id"].tolist(), dtype=object)
    known = sorted(set(skus or ()) | {str(s) for s in skus_of[named]})
    blocks = sorted({(str(r), str(p)) for r, p in zip(retailers, placements, strict=True)})
    if not known:
        # Placements only: each block is a cell of its own.
        known, named, skus_of = ["*"], np.ones(len(named), bool), np.full(len(named), "*", object)
    starts = sorted({d.astype("M8[D]").item() for d in np.unique(rows["date"])})
    block_of = {b: i for i, b in enumerate(blocks)}
    sku_of = {s: i for i, s in enumerate(known)}
    time_of = {d: i for i, d in enumerate(starts)}
    b = np.array([block_of[str(r), str(p)] for r, p in zip(retailers, placements, strict=True)])
    t = np.array([time_of[d.astype("M8[D]").item()] for d in rows["date"]])
    s = np.array([sku_of[str(x)] if n else -1 for x, n in zip(skus_of, named, strict=True)])
    cost, revenue, conversions = (
        np.ma.filled(np.ma.asarray(rows[name]), np.nan)
        for name in ("cost", "revenue", "conversions")
    )
    shape = (len(blocks), len(known), len(starts))
    _refuse_twice(b, s, t, shape)

    def cells(values: np.ndarray) -> np.ndarray:
        out = np.full(shape, np.nan)
        out[b[named], s[named], t[named]] = values[named]
        return out.reshape(-1, shape[2])

    def rest(values: np.ndarray) -> np.ndarray:
        out = np.full((shape[0], shape[2]), np.nan)
        out[b[~named], t[~named]] = values[~named]
        return out

    pairs = [(block, sku) for block in blocks for sku in known]
    return Panel(
        retailer=np.array([p[0][0] for p in pairs], dtype=object),
        placement=np.array([p[0][1] for p in pairs], dtype=object),
        sku=np.array([p[1] for p in pairs], dtype=object),
        block=np.repeat(np.arange(len(blocks)), len(known)),
        blocks=tuple(blocks),
        starts=tuple(starts),
        days=days,
        spend=cells(cost),
        revenue=cells(revenue),
        conversions=cells(conversions),
        rest_spend=rest(cost),
        rest_revenue=rest(revenue),
        currency=currency,
    )


def _refuse_twice(b: np.ndarray, s: np.ndarray, t: np.ndarray, shape: tuple[int, ...]) -> None:
    key = (b * (shape[1] + 1) + s + 1) * shape[2] + t
    if len(np.unique(key)) != len(key):
        raise InputError(
            "A retailer, placement, SKU and date comes more than once.",
            hint="Give each retailer's release once.",
        )

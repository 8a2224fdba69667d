"""Outcomes by unit and day, read from RMIS or from any table of that shape, and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from rmnctl.config import ConfigModel
from rmnctl.errors import ConfigError, InputError, did_you_mean
from rmnctl.tables import connect, identifier, quote

if TYPE_CHECKING:
    import duckdb

#: Revenue under one of these may not be added to revenue under another.
_ATTRIBUTION = (
    "attr_model", "credit_model", "interaction", "window_click_days", "window_view_days",
    "sku_scope", "sales_channel", "conversion_basis", "report_timezone",
)  # fmt: skip
#: Columns of advertising reports; a till has none of them.
_REPORT = frozenset({"attr_model", "placement_type", "impressions", "clicks", "conversions"})
#: What such a table cannot say.
ATTRIBUTED_WARNING = (
    "the table is an advertising report: its revenue is attributed, not all sales. Ads that are off "
    "have no attributed sales, so the test would find attribution, not increments; use sales of "
    "the till wherever there are some"
)
_MONEY = "DECIMAL(18, 6)"


class PanelColumns(ConfigModel):
    """Where a table keeps unit, day and money."""

    unit: str | None = Field(
        "geo", description="column of the region or store; null: the whole table is one unit"
    )
    date: str = Field("date", description="column of the day")
    revenue: str = Field("revenue", description="column of the outcome, currency units")
    spend: str | None = Field(
        "spend", description="column of media spend, currency units; null: not in the table"
    )
    where: dict[str, str] = Field(
        default_factory=dict, description="keep rows in which these columns hold these texts"
    )
    rows: str = Field(
        "one",
        pattern="^(one|sum)$",
        description="one: a row a unit and day, else refuse; sum: add rows up (RMIS)",
    )
    absent: str = Field(
        "refuse",
        pattern="^(refuse|zero)$",
        description="a unit and day without a row: refuse, or zero where the source leaves out "
        "days without sales",
    )


@dataclass(frozen=True)
class Panel:
    """A complete table of units x days.

    Attributes:
        units: Names, sorted, (U,).
        days: Consecutive days, (T,).
        revenue: Currency units, (U, T), finite.
        spend: Currency units, (U, T), or None where the table has none.
        attributed: The table looks like an advertising report, whose revenue is attributed.
    """

    units: tuple[str, ...]
    days: tuple[date, ...]
    revenue: np.ndarray
    spend: np.ndarray | None
    attributed: bool = False

    def between(self, first: date, last: date, what: str) -> Panel:
        """The days from first to last, both included.

        Raises:
            InputError: The panel does not cover them.
        """
        if first < self.days[0] or last > self.days[-1]:
            raise InputError(
                f"{what} must cover {first} to {last}; the table has {self.days[0]} to "
                f"{self.days[-1]}.",
                hint="Wait until the last day is reported in full, then export again.",
            )
        a, b = (first - self.days[0]).days, (last - self.days[0]).days + 1
        return Panel(
            self.units,
            self.days[a:b],
            self.revenue[:, a:b],
            None if self.spend is None else self.spend[:, a:b],
            self.attributed,
        )

    def of(self, units: Sequence[str], what: str, spare: Sequence[str] = ()) -> Panel:
        """The named units, in that order; `spare` ones may be there, too.

        Raises:
            InputError: One is missing, or the panel has others.
        """
        place = {u: i for i, u in enumerate(self.units)}
        missing = sum(u not in place for u in units)
        unknown = len(set(self.units) - set(units) - set(spare))
        if missing or unknown:
            raise InputError(
                f"{what}: {missing} of {len(units)} units of the design are missing and {unknown} "
                "units are not in the design.",
                hint="Units are compared letter by letter; assignment.parquet lists them. "
                "Filter others out with columns.where.",
            )
        order = [place[u] for u in units]
        spend = None if self.spend is None else self.spend[order]
        return Panel(tuple(units), self.days, self.revenue[order], spend, self.attributed)


def read_panel(
    path: Path, columns: PanelColumns, *, currency: str, retailer_id: str | None = None
) -> Panel:
    """Read a Parquet or CSV file into a complete panel.

    Args:
        path: The file.
        columns: Its columns, and which rows count.
        currency: What a column `currency`, if there is one, must say.
        retailer_id: What a column `retailer_id`, if there is one, must say.

    Raises:
        ConfigError: A configured column does not exist.
        InputError: The file is no table, or it has no rows, values that are no numbers or dates,
            a unit and day twice, days or units with gaps, or sums of what may not be added.
    """
    import duckdb

    if path.suffix.lower() in {".parquet", ".pq"}:
        source = f"read_parquet({quote(path)})"
    else:
        source = f"read_csv({quote(path)}, all_varchar = true, header = true)"
    with connect(threads=1) as connection:
        try:
            connection.execute(f"CREATE TABLE raw AS SELECT * FROM {source}")
        except duckdb.Error:
            raise InputError(f"{path} is neither a Parquet nor a CSV table.") from None
        _check_columns(connection, path, columns)
        _keep(connection, path, columns.where)
        _check_one_meaning(
            connection, path, columns, {"currency": currency, "retailer_id": retailer_id}
        )
        _type(connection, path, columns)
        return _pivot(connection, path, columns)


def _check_columns(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: PanelColumns
) -> None:
    known = _names(connection)
    wanted = [columns.unit, columns.date, columns.revenue, columns.spend, *columns.where]
    for name in wanted:
        if name is not None and name not in known:
            raise ConfigError(
                f"{path} has no column {name}.", hint=f"{did_you_mean(name, known)} Set columns.*."
            )


def _names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [str(row[0]) for row in connection.execute("DESCRIBE raw").fetchall()]


def _keep(connection: duckdb.DuckDBPyConnection, path: Path, where: Mapping[str, str]) -> None:
    for name, text in where.items():
        connection.execute(
            f"DELETE FROM raw WHERE {identifier(name)}::VARCHAR IS DISTINCT FROM {quote(text)}"
        )
    (left,) = connection.execute("SELECT count(*) FROM raw").fetchall()[0]
    if not left:
        raise InputError(f"{path} has no rows that columns.where keeps.")


def _check_one_meaning(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    columns: PanelColumns,
    expected: Mapping[str, str | None],
) -> None:
    known = _names(connection)
    for name, text in expected.items():
        if name in known and text is not None:
            (other,) = connection.execute(
                f"SELECT count(*) FROM raw WHERE {identifier(name)}::VARCHAR <> {quote(text)}"
            ).fetchall()[0]
            if other:
                raise InputError(
                    f"{path}: {other} rows have another {name} than the experiment.",
                    hint=f"Keep the right rows: columns.where.{name}, or correct the experiment.",
                )
    for name in _ATTRIBUTION if columns.rows == "sum" else ():
        if name in known:
            (kinds,) = connection.execute(
                f"SELECT count(DISTINCT coalesce({identifier(name)}::VARCHAR, '')) FROM raw"
            ).fetchall()[0]
            if kinds > 1:
                raise InputError(
                    f"{path}: rows differ in {name}; their revenue may not be added up.",
                    hint=f"Keep rows of one kind with columns.where.{name}.",
                )


def _type(connection: duckdb.DuckDBPyConnection, path: Path, columns: PanelColumns) -> None:
    """Make the table `typed`, money as DECIMAL, every cell known."""
    unit = "'all'" if columns.unit is None else f"{identifier(columns.unit)}::VARCHAR"
    spend = (
        "NULL" if columns.spend is None else f"TRY_CAST({identifier(columns.spend)} AS {_MONEY})"
    )
    connection.execute(
        f"CREATE TABLE typed AS SELECT {unit} AS unit, "
        f"TRY_CAST(TRY_CAST({identifier(columns.date)} AS TIMESTAMP) AS DATE) AS day, "
        f"TRY_CAST({identifier(columns.revenue)} AS {_MONEY}) AS revenue, {spend} AS spend FROM raw"
    )
    checks = {"unit": columns.unit, "day": columns.date, "revenue": columns.revenue}
    if columns.spend is not None:
        checks["spend"] = columns.spend
    faults = []
    for column, name in checks.items():
        (bad,) = connection.execute(
            f"SELECT count(*) FROM typed WHERE {column} IS NULL"
        ).fetchall()[0]
        if bad:
            kind = {"unit": "no unit", "day": "no date"}.get(column, "no finite number")
            faults.append(f"{name} holds {kind} in {bad} rows")
    if faults:
        raise InputError(
            f"{path}: {'; '.join(faults)}.",
            hint="An unknown value is not 0; fill it from the source or leave the unit out.",
        )
    if columns.spend is not None:
        (bad,) = connection.execute("SELECT count(*) FROM typed WHERE spend < 0").fetchall()[0]
        if bad:
            raise InputError(f"{path}: {columns.spend} is below 0 in {bad} rows.")


def _pivot(connection: duckdb.DuckDBPyConnection, path: Path, columns: PanelColumns) -> Panel:
    if columns.rows == "one":
        (twice,) = connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM typed GROUP BY unit, day HAVING count(*) > 1)"
        ).fetchall()[0]
        if twice:
            raise InputError(
                f"{path}: {twice} pairs of unit and day stand there more than once.",
                hint="Remove the copies; where rows are parts of a sum, set columns.rows: sum.",
            )
    rows = connection.execute(
        "SELECT unit, day, sum(revenue)::DOUBLE, sum(spend)::DOUBLE FROM typed "
        "GROUP BY unit, day ORDER BY unit, day"
    ).fetchall()
    units = tuple(sorted({r[0] for r in rows}))
    first, last = min(r[1] for r in rows), max(r[1] for r in rows)
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    missing = len(units) * len(days) - len(rows)
    if missing and columns.absent == "refuse":
        raise InputError(
            f"{path}: {missing} of {len(units) * len(days)} pairs of unit and day are missing "
            f"between {first} and {last}.",
            hint="Where the source leaves out days without sales, set columns.absent: zero; a day "
            "that is not known cannot be used.",
        )
    place = {unit: i for i, unit in enumerate(units)}
    revenue, spend = np.zeros((len(units), len(days))), np.zeros((len(units), len(days)))
    for unit, day, earned, paid in rows:
        at = place[unit], (day - first).days
        revenue[at], spend[at] = earned, paid or 0.0
    attributed = not _REPORT.isdisjoint(_names(connection))
    return Panel(units, days, revenue, None if columns.spend is None else spend, attributed)

"""The table that says who is treated when, and its digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from rmnctl.config import fingerprint_of
from rmnctl.measurement.config import ExperimentConfig

if TYPE_CHECKING:
    import pyarrow as pa

TREATED, CONTROL = "treatment", "control"


@dataclass(frozen=True)
class Assignment:
    """One row a unit (geo) or a unit and period (switchback), in that order.

    Attributes:
        units: Name of the unit, (R,).
        periods: Number of the period from 1, (R,); 1 for geo experiments.
        first_days: First day of each row.
        last_days: Last day of each row.
        treated: (R,), bool.
        pair: Number of the unit's pair from 1, 0 for none, (R,).
        planned_cents: Incremental spend planned, (R,).
        baseline_revenue: Revenue to expect without the test, (R,), currency units.
        baseline_spend: Spend to expect without the test, (R,), currency units.
    """

    units: tuple[str, ...]
    periods: np.ndarray
    first_days: tuple[date, ...]
    last_days: tuple[date, ...]
    treated: np.ndarray
    pair: np.ndarray
    planned_cents: np.ndarray
    baseline_revenue: np.ndarray
    baseline_spend: np.ndarray

    def rows(self) -> list[dict[str, Any]]:
        """As records, money planned as exact amounts."""
        columns = (
            self.units, self.periods.tolist(), self.first_days, self.last_days,
            self.treated.tolist(), self.pair.tolist(), self.planned_cents.tolist(),
            self.baseline_revenue.tolist(), self.baseline_spend.tolist(),
        )  # fmt: skip
        return [
            {
                "unit": unit, "period": period, "start_date": first, "end_date": last,
                "arm": TREATED if treated else CONTROL, "pair": pair or None,
                "planned_spend": Decimal(cents).scaleb(-2).quantize(Decimal("0.000001")),
                "baseline_revenue": revenue, "baseline_spend": spend,
            }
            for unit, period, first, last, treated, pair, cents, revenue, spend in zip(
                *columns, strict=True
            )
        ]  # fmt: skip

    def table(self) -> pa.Table:
        """As an Arrow table."""
        import pyarrow as pa

        schema = pa.schema(
            [
                ("unit", pa.string()), ("period", pa.int32()), ("start_date", pa.date32()),
                ("end_date", pa.date32()), ("arm", pa.string()), ("pair", pa.int32()),
                ("planned_spend", pa.decimal128(18, 6)), ("baseline_revenue", pa.float64()),
                ("baseline_spend", pa.float64()),
            ]
        )  # fmt: skip
        return pa.Table.from_pylist(self.rows(), schema=schema)

    @classmethod
    def read(cls, rows: list[dict[str, Any]]) -> Assignment:
        """From the records of `assignment.parquet`, in its order."""
        return cls(
            tuple(r["unit"] for r in rows),
            np.array([r["period"] for r in rows], dtype=int),
            tuple(r["start_date"] for r in rows),
            tuple(r["end_date"] for r in rows),
            np.array([r["arm"] == TREATED for r in rows]),
            np.array([r["pair"] or 0 for r in rows], dtype=int),
            np.array([int(r["planned_spend"] * 100) for r in rows], dtype=np.int64),
            np.array([r["baseline_revenue"] for r in rows], dtype=float),
            np.array([r["baseline_spend"] for r in rows], dtype=float),
        )


@dataclass(frozen=True)
class Comparisons:
    """Contrasts of a synthetic-control lot.

    Attributes:
        weights: (A, U), columns in the order of the assignment.
        scale: (A,).
    """

    weights: np.ndarray
    scale: np.ndarray

    def table(self) -> pa.Table:
        """One row a treated set: its noise and its weights in the order of units."""
        import pyarrow as pa

        return pa.table(
            {
                "assignment": pa.array(np.arange(len(self.scale)), pa.int32()),
                "scale": pa.array(self.scale, pa.float64()),
                "weights": pa.array(self.weights.tolist(), pa.list_(pa.float64())),
            }
        )

    @classmethod
    def read(cls, rows: list[dict[str, Any]]) -> Comparisons:
        """From the records of `contrasts.parquet`, in its order."""
        return cls(
            np.array([r["weights"] for r in rows], dtype=float),
            np.array([r["scale"] for r in rows], dtype=float),
        )


def lot_digest(assignment: Assignment, comparisons: Comparisons | None) -> str:
    """Digest of who is treated and of all else that analysis takes from the design."""
    rows = [{k: str(v) for k, v in row.items()} for row in assignment.rows()]
    others = (
        None if comparisons is None else [comparisons.weights.tolist(), comparisons.scale.tolist()]
    )
    return fingerprint_of([rows, others])


def period_dates(config: ExperimentConfig, period_days: int) -> list[tuple[date, date]]:
    """First and last day of every period."""
    return [
        (
            config.start_date + timedelta(days=n),
            config.start_date + timedelta(days=n + period_days - 1),
        )
        for n in range(0, config.days, period_days)
    ]

"""A finished plan with what it was made from: what reflection looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from rmnctl.planning import Cvar, Plan, PlanRequest, plan
from rmnctl.response import Backtest, Fitted, LiftTest

KEY = ("retailer_id", "placement_type", "sku_id")


@dataclass(frozen=True)
class Learned:
    """Where the curves of a plan come from.

    Attributes:
        fitted: The fit of all cells.
        tests: Lift tests.
        backtest: How well the last periods were foreseen.
        known: From a table of curves to what the plan's mode knows of its own SKUs: their cells
            only, with margins and the like.
    """

    fitted: Fitted
    tests: Sequence[LiftTest]
    backtest: Backtest
    known: Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Case:
    """A plan to reflect on.

    Attributes:
        request: What was asked.
        document: The content of `plan.json`.
        curves: `curves/v1` that it was planned on.
        draws: `curve_draws/v1` of the same cells, or None.
        learned: Where the curves come from, or None for a plan on any table.
        planned_draws: Draws that the plan itself was solved on, or None: on `curves`.
        cvar: Caution that it was solved with.
    """

    request: PlanRequest
    document: dict[str, Any]
    curves: pa.Table
    draws: pa.Table | None = None
    learned: Learned | None = None
    planned_draws: pa.Table | None = None
    cvar: Cvar | None = None

    def solve(self, request: PlanRequest) -> Plan:
        """Another request on the very curves of this plan.

        Raises:
            ConfigError: The request does not fit the curves.
            Failure: No plan keeps all its rules.
        """
        return plan(self.curves, request, draws=self.planned_draws, cvar=self.cvar)

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """The cells of the plan, in its order."""
        return [cell_key(row) for row in self.document["allocation"]]

    def column(self, name: str, missing: float = 0.0) -> np.ndarray:
        """(N,) a number of the allocation, in its order; `missing` where it is null."""
        rows = self.document["allocation"]
        return np.array([missing if r.get(name) is None else r[name] for r in rows], dtype=float)


def cell_key(row: dict[str, Any]) -> tuple[str, ...]:
    """What names a cell: retailer, placement, SKU, and the week where there is one."""
    return tuple(str(row[name]) for name in (*KEY, "week") if row.get(name) is not None)


def ordered(table: pa.Table, keys: Sequence[tuple[str, ...]]) -> pa.Table:
    """The rows of a table of cells in the order of `keys`; what is not among them is left out."""
    rows = table.select([n for n in (*KEY, "week") if n in table.column_names]).to_pylist()
    place = {cell_key(row): i for i, row in enumerate(rows)}
    return table.take([place[key] for key in keys])


def numbers(table: pa.Table, name: str, missing: float = np.nan) -> np.ndarray:
    """(N,) a column as floats; `missing` where it is null or not there."""
    if name not in table.column_names:
        return np.full(table.num_rows, missing)
    values = np.array(
        [np.nan if v is None else float(v) for v in table[name].to_pylist()], dtype=float
    )
    return np.where(np.isnan(values), missing, values)

"""A plan as it is handed over: totals, certificate, allocation, prices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from rmnctl.planning.cells import Cells
from rmnctl.planning.draft import LinearModel
from rmnctl.planning.request import PlanRequest

PLAN_SCHEMA = "plan/v1"

Status = Literal["optimal", "gap_open"]


@dataclass(frozen=True)
class Totals:
    """Sums over the plan; None where a column that is needed is missing.

    Attributes:
        spend: Money.
        incremental_revenue: Money, after stock.
        incremental_margin: margin_rate x revenue - spend, money.
        conversions: Incremental conversions.
        roas: Attributed revenue over spend.
        iroas: Incremental revenue over spend.
    """

    spend: float
    incremental_revenue: float
    incremental_margin: float | None
    conversions: float | None
    roas: float | None
    iroas: float | None


@dataclass(frozen=True)
class Certificate:
    """How good the plan is, for certain; in units of the objective.

    Attributes:
        lower: The plan's own value on the exact curves.
        upper: No plan is worth more.
        gap: (upper - lower) / |lower|.
    """

    lower: float
    upper: float
    gap: float


@dataclass(frozen=True)
class Price:
    """What a rule costs.

    Attributes:
        rule: Its field in the request, or `stock`.
        about: Whom it binds, e.g. `retailer alpha` or `alpha / SKU-1`.
        limit: What it asks for, in its own unit.
        used: What the plan has.
        price: Objective gained if the rule gave way by one unit, at least 0.
        unit: That unit.
        binding: Whether the plan stands at the limit.
    """

    rule: str
    about: str
    limit: float
    used: float
    price: float
    unit: str
    binding: bool


@dataclass(frozen=True)
class Comparison:
    """The plan beside last period's allocation, valued on the same curves.

    Attributes:
        last: Totals of last period's allocation.
        objective: Its objective.
        gained: The plan's objective minus that.
        breaks_rules: Whether last period's allocation would break a rule of this request.
        unmatched_spend: Its spend on cells that have no curve, which is left out.
    """

    last: Totals
    objective: float
    gained: float
    breaks_rules: bool
    unmatched_spend: float


@dataclass(frozen=True)
class Plan:
    """An allocation with its proof.

    Attributes:
        request: What was asked.
        status: `gap_open` where time ran out before the gap was closed.
        totals: Sums.
        certificate: Value, bound and gap.
        table: One row a cell in the order of its key, for `plan.parquet`: key columns, `spend`,
            `predicted_incremental_revenue`, `predicted_incremental_margin`, `mroas`, `bound`
            (off, min, max, stock or none), `experiment`, and `last_spend` where given.
        prices: Shadow prices; stock only where it binds.
        solver: What solved it.
        comparison: Beside last period, or None.
        model: The last linear model, for export.
    """

    request: PlanRequest
    status: Status
    totals: Totals
    certificate: Certificate
    table: pa.Table
    prices: tuple[Price, ...]
    solver: str
    comparison: Comparison | None
    model: LinearModel | None = None

    @property
    def allocation(self) -> list[dict[str, Any]]:
        """The table as one dictionary a cell."""
        rows: list[dict[str, Any]] = self.table.to_pylist()
        return rows

    @property
    def binding(self) -> tuple[str, ...]:
        """The rules that the plan stands at."""
        return tuple(
            f"{p.rule} ({p.about})" if p.about else p.rule for p in self.prices if p.binding
        )

    def plain(self) -> dict[str, Any]:
        """The content of `plan.json`."""
        return {
            "schema": PLAN_SCHEMA,
            "request": self.request.plain(),
            "status": self.status,
            "totals": asdict(self.totals),
            "certificate": asdict(self.certificate),
            "allocation": self.allocation,
            "prices": [asdict(p) for p in self.prices],
            "binding": list(self.binding),
            "solver": self.solver,
            "comparison": None if self.comparison is None else asdict(self.comparison),
        }


def totals(cells: Cells, spend: np.ndarray, revenue: np.ndarray) -> Totals:
    """Sums over cells.

    Args:
        cells: The cells.
        spend: Money by cell.
        revenue: Incremental revenue sold, money by cell.
    """
    money, sold = float(spend.sum()), float(revenue.sum())
    margin = float(np.nansum(cells.margin_rate * revenue)) - money
    attributed = float(np.nansum(cells.attributed_ratio * revenue))
    return Totals(
        spend=money,
        incremental_revenue=sold,
        incremental_margin=None if np.isnan(cells.margin_rate).any() else margin,
        conversions=None
        if np.isnan(cells.revenue_per_conversion).any()
        else float((revenue / cells.revenue_per_conversion).sum()),
        roas=None if np.isnan(cells.attributed_ratio).any() or money <= 0 else attributed / money,
        iroas=sold / money if money > 0 else None,
    )

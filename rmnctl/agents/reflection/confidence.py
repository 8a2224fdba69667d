"""Confidence: how often such a plan would have beaten going on as before, in past periods.

For each fold the curves are fitted on what came before a period, the request is planned for that
period's length, and both that plan and the mix of the periods before, at the same spend, are
played into the period as it came: each shown cell with the sales it then had. What is tested is
which cells to favour and how well demand is foreseen. The depth of curves is that of the fit, and
what is incremental comes from lift tests: past sales cannot check either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pydantic import Field

from rmnctl.agents.reflection.case import Learned, cell_key, numbers
from rmnctl.agents.reflection.statistics import wilson
from rmnctl.config import ConfigModel
from rmnctl.errors import RmnctlError
from rmnctl.planning import Objective, PlanRequest, plan
from rmnctl.response import Fitted, fit_curves
from rmnctl.response.shapes import credited, pressure, value

_LEAST_BEFORE = 10
#: A cell that spent less than this part of its usual spend tells nothing of its level.
_LEAST_SPEND = 0.2


class Confidence(ConfigModel):
    """How often the plan's way of planning won in the past."""

    folds: int = Field(description="past periods it was played back in")
    wins: int = Field(description="periods in which it beat the mix of the periods before")
    win_rate: float | None
    interval: tuple[float, float] | None = Field(description="Wilson's, at `level`")
    level: float
    gain_share: float | None = Field(
        description="mean gain over the spend of a period, by attributed sales and lift tests"
    )
    evidence: str = Field(description="`low` where folds are few, `none` where there are none")
    tests: str = Field(description="what the folds can and cannot tell")


@dataclass(frozen=True)
class _Fold:
    gained: float
    spend: float


def confidence(
    learned: Learned | None, request: PlanRequest, *, folds: int, least: int, level: float
) -> Confidence:
    """Play the request back in the last periods.

    Args:
        learned: The fit and its data; None: nothing to play back.
        request: The request; its money is scaled to the length of a period.
        folds: Periods at most.
        least: Fewer folds are low evidence.
        level: Of the interval.
    """
    played = [] if learned is None else _play_back(learned, request, folds)
    n, wins = len(played), sum(f.gained > 0 for f in played)
    spent = sum(f.spend for f in played)
    return Confidence(
        folds=n,
        wins=wins,
        win_rate=wins / n if n else None,
        interval=wilson(wins, n, level) if n else None,
        level=level,
        gain_share=sum(f.gained for f in played) / spent if spent > 0 else None,
        evidence="none" if n == 0 else "low" if n < least else "sufficient",
        tests="Which cells to favour, against the mix of the periods before at the same spend; "
        "not the depth of curves, nor what is incremental.",
    )


def _play_back(learned: Learned, request: PlanRequest, folds: int) -> list[_Fold]:
    panel = learned.fitted.panel
    last = len(panel.starts)
    asked = _scaled(request, panel.days / request.horizon_days)
    back = max(1, round(request.horizon_days / panel.days))
    played = []
    for origin in range(max(_LEAST_BEFORE, last - folds), last):
        fitted = fit_curves(panel.before(origin), learned.tests, horizon_days=panel.days, draws=50)
        curves = _without_horizon(learned.known(fitted.table()))
        try:
            made = plan(curves, asked)
        except RmnctlError:
            # A request that could not be met then says nothing of the plan.
            continue
        planned = {cell_key(row): float(row["spend"]) for row in made.allocation}
        fold = _judge(learned.fitted, fitted, curves, planned, origin, back, asked)
        if fold is not None:
            played.append(fold)
    return played


def _scaled(request: PlanRequest, factor: float) -> PlanRequest:
    """The request over another time, money in proportion."""
    limits = tuple(
        limit.model_copy(
            update={
                name: None if getattr(limit, name) is None else getattr(limit, name) * factor
                for name in ("min_spend", "max_spend")
            }
        )
        for limit in request.limits
    )
    least = request.active_min_spend
    return request.model_copy(
        update={
            "budget": request.budget * factor,
            "limits": limits,
            "active_min_spend": None if least is None else least * factor,
        }
    )


def _without_horizon(curves: pa.Table) -> pa.Table:
    """Curves without what is only known of the planned weeks."""
    return curves.drop_columns(
        [n for n in ("stock_units", "promo_multiplier") if n in curves.column_names]
    )


def _judge(
    whole: Fitted,
    fitted: Fitted,
    curves: pa.Table,
    planned: dict[tuple[str, ...], float],
    origin: int,
    back: int,
    request: PlanRequest,
) -> _Fold | None:
    """Play a plan and the mix before it into the period `origin` as it came."""
    panel, learned = whole.panel, fitted.attributed
    keys = list(zip(panel.retailer, panel.placement, panel.sku, strict=True))
    seen = np.isfinite(panel.spend[:, origin]) & np.isfinite(panel.revenue[:, origin])
    spent = np.nan_to_num(panel.spend[:, origin])
    shown = seen & (spent > _LEAST_SPEND * learned.usual)
    cells = np.array([i for i, key in enumerate(keys) if key in planned and shown[i]], dtype=int)
    if not len(cells):
        return None
    x = np.array([planned[keys[i]] for i in cells])
    before = fitted.spend[cells, -back:].mean(axis=1)
    if not x.sum() > 0 or not before.sum() > 0:
        return None
    level = _level(whole, fitted, cells, origin)
    gain = _gain(curves, [keys[i] for i in cells], request)
    usual, depth = learned.usual[cells], learned.depth[cells]

    def worth(spend: np.ndarray) -> float:
        return float((gain * level * value(spend / usual, depth)).sum())

    # Both spend the same, so that costs cancel.
    return _Fold(worth(x) - worth(before * x.sum() / before.sum()), float(x.sum()))


def _level(whole: Fitted, fitted: Fitted, cells: np.ndarray, origin: int) -> np.ndarray:
    """(M,) incremental revenue at usual spend that the sales of a period speak of."""
    panel, learned = whole.panel, fitted.attributed
    spend = np.nan_to_num(panel.spend[:, : origin + 1])
    now = np.array(
        [float(pressure(spend[i], float(learned.carryover[i]), panel.days)[-1]) for i in cells]
    )
    organic = fitted.ratio.organic[panel.block[cells]]
    shape = credited(now / learned.usual[cells], learned.depth[cells], organic)
    ratio = fitted.ratio.point[panel.block[cells]]
    return np.asarray(panel.revenue[cells, origin] / np.maximum(shape, 1e-3) / ratio)


def _gain(curves: pa.Table, keys: list[tuple[str, ...]], request: PlanRequest) -> np.ndarray:
    """(M,) what a unit of incremental revenue is worth."""
    place = {cell_key(row): i for i, row in enumerate(curves.to_pylist())}
    table = curves.take([place[key] for key in keys])
    if request.objective is Objective.INCREMENTAL_MARGIN:
        return numbers(table, "margin_rate")
    if request.objective is Objective.CONVERSIONS:
        return np.asarray(1 / numbers(table, "revenue_per_conversion"))
    return np.ones(len(keys))

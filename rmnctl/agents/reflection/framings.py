"""The same question asked otherwise: other objectives, horizons and rules, solved again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from rmnctl.agents.reflection.case import Case, numbers, ordered
from rmnctl.agents.reflection.value import response_of, worth_of
from rmnctl.config import ConfigModel
from rmnctl.errors import RmnctlError
from rmnctl.planning import Cvar, Objective, Plan, PlanRequest, plan

_CAUTION = Cvar(level=0.8, weight=1.0)
_CAUTIOUS_DRAWS = 25


class Framing(ConfigModel):
    """Another way to ask, and the plan it gives."""

    framing: str
    change: str = Field(description="what is asked otherwise")
    spend: float | None
    own_value: float | None = Field(description="what that plan is worth by its own objective")
    value: float | None = Field(
        description="what its allocation is worth as this plan was asked, same horizon and curves"
    )
    overlap: float | None = Field(
        description="share of the two plans' mixes that is the same money in the same cells"
    )
    note: str = Field("", description="why there is no such plan")


def without_limits(request: PlanRequest) -> PlanRequest:
    """The request with nothing but its budget and objective."""
    return request.model_copy(
        update={
            "limits": (),
            "roas_floor": None,
            "experiment_share": 0.0,
            "active_min_spend": None,
            "max_active_cells": None,
        }
    )


def framings(case: Case, free: Plan) -> tuple[Framing, ...]:
    """Solve the request under other objectives, horizons and rules.

    Args:
        case: The plan.
        free: The same request without limits, already solved.
    """
    asked = case.request
    found = [_framed(case, "no_limits", "nothing but budget and objective", free)]
    for objective in Objective:
        if objective is not asked.objective:
            other = asked.model_copy(update={"objective": objective})
            change = f"objective {objective.value.replace('_', ' ')}"
            found.append(_solved(case, objective.value, change, case.curves, other))
    for name, factor in (("half_horizon", 0.5), ("double_horizon", 2.0)):
        days = max(1, round(asked.horizon_days * factor))
        change = f"the same budget over {days} days"
        found.append(_solved(case, name, change, _over(case.curves, factor), asked))
    if case.draws is not None:
        few = case.draws.filter(pc.less(case.draws["draw"], _CAUTIOUS_DRAWS))
        change = f"the mean of the worst {1 - _CAUTION.level:.0%} of draws, not of all"
        found.append(
            _solved(case, "cautious", change, case.curves, asked, draws=few, cvar=_CAUTION)
        )
    found.append(_last_mix(case))
    return tuple(found)


def _over(curves: pa.Table, factor: float) -> pa.Table:
    """The curves over another time: spend and revenue in proportion; stock stays."""
    for name in ("a", "c", "a_sd", "c_sd", "min_spend", "max_spend"):
        if name in curves.column_names:
            place = curves.column_names.index(name)
            values = pa.array(numbers(curves, name) * factor, from_pandas=True)
            curves = curves.set_column(place, name, values)
    return curves


def _solved(
    case: Case,
    name: str,
    change: str,
    curves: pa.Table,
    request: PlanRequest,
    **more: Any,
) -> Framing:
    same: dict[str, Any] = {}
    if curves is case.curves:
        # Draws speak of the plan's own horizon, so other horizons go without.
        same = {"draws": case.planned_draws, "cvar": case.cvar}
    try:
        made = plan(curves, request, **(more or same))
    except RmnctlError as error:
        return Framing(
            framing=name, change=change, spend=None, own_value=None, value=None, overlap=None,
            note=error.message,
        )  # fmt: skip
    return _framed(case, name, change, made)


def _framed(case: Case, name: str, change: str, made: Plan) -> Framing:
    spend = numbers(ordered(made.table, case.keys), "spend", 0.0)
    return _described(case, name, change, spend, made.certificate.lower)


def _described(case: Case, name: str, change: str, spend: np.ndarray, own: float | None) -> Framing:
    point = Case(case.request, case.document, case.curves)
    return Framing(
        framing=name,
        change=change,
        spend=round(float(spend.sum()), 2),
        own_value=None if own is None else round(own, 2),
        value=round(float(worth_of(point, spend, response_of(point)).objective[0]), 2),
        overlap=_overlap(case.column("spend"), spend),
    )


def _overlap(one: np.ndarray, other: np.ndarray) -> float | None:
    """Share of two mixes that is the same, 0 to 1."""
    if not one.sum() > 0 or not other.sum() > 0:
        return None
    return round(float(np.minimum(one / one.sum(), other / other.sum()).sum()), 4)


def _last_mix(case: Case) -> Framing:
    """Last period's mix at this plan's spend: what going on as before would be."""
    last, spend = case.column("last_spend"), case.column("spend")
    change = "last period's mix at this plan's spend"
    if not last.sum() > 0:
        return Framing(
            framing="as_before", change=change, spend=None, own_value=None, value=None,
            overlap=None, note="Nothing is known of last period.",
        )  # fmt: skip
    scaled = last * spend.sum() / last.sum()
    return _described(case, "as_before", change, scaled, None)

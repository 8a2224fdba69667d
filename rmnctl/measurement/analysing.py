"""From a finished experiment to iROAS: what was drawn, applied to what happened."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from rmnctl.errors import InputError
from rmnctl.measurement.assignment import Assignment, Comparisons, lot_digest
from rmnctl.measurement.config import Switchback
from rmnctl.measurement.document import (
    Estimate,
    ExperimentDesign,
    ExperimentResult,
)
from rmnctl.measurement.geo_analysis import analyse_geo
from rmnctl.measurement.outcome import Found, Outcomes
from rmnctl.measurement.panel import ATTRIBUTED_WARNING, Panel
from rmnctl.measurement.switchback_analysis import analyse_switchback

#: Spend that is this many times more or less than planned is worth a warning.
_FAR_OFF = 1.5


def check_design(
    design: ExperimentDesign, assignment: Assignment, comparisons: Comparisons | None
) -> None:
    """Refuse a design that is not as it was drawn.

    Raises:
        InputError: The document, or who is treated, was altered after the randomisation.
    """
    if design.digest != design.own_digest():
        raise InputError("The design was altered after the randomisation: its digest differs.")
    if design.randomisation.digest != lot_digest(assignment, comparisons):
        raise InputError("The assignment was altered after the randomisation: its digest differs.")


def analyse_experiment(
    design: ExperimentDesign,
    assignment: Assignment,
    comparisons: Comparisons | None,
    panel: Panel,
    *,
    spend: float | None = None,
    level: float = 0.95,
) -> ExperimentResult:
    """Analyse a finished experiment as it was designed.

    Args:
        design: `design.json`.
        assignment: `assignment.parquet`.
        comparisons: `contrasts.parquet` of synthetic controls, or None.
        panel: Outcomes that cover the test; other days are not looked at.
        spend: Incremental spend of the whole test where the panel has none; currency units.
        level: Confidence of `ci`.

    Raises:
        InputError: The design was altered, outcomes do not cover it, units differ, spend is not
            known, or treatment did not happen.
    """
    check_design(design, assignment, comparisons)
    outcomes = _outcomes(design, assignment, panel, spend)
    if isinstance(design.design, Switchback):
        found = analyse_switchback(design, design.design, assignment, outcomes, level)
    else:
        found = analyse_geo(design, assignment, comparisons, outcomes, level)
    return _result(design, found, level, attributed=panel.attributed)


def _outcomes(
    design: ExperimentDesign, assignment: Assignment, panel: Panel, spend: float | None
) -> Outcomes:
    rows = panel.of(design.units, "The outcomes", design.unassigned)
    rows = rows.between(design.start_date, design.end_date, "The outcomes")
    period_days = (assignment.last_days[0] - assignment.first_days[0]) // timedelta(days=1) + 1
    shape = (len(design.units), -1)

    def surprise(daily: np.ndarray, baseline: np.ndarray) -> np.ndarray:
        by_period = daily.reshape(len(daily), -1, period_days).sum(axis=2)
        return np.asarray(by_period - baseline.reshape(shape))

    revenue = surprise(rows.revenue, assignment.baseline_revenue)
    if spend is not None:
        shares = assignment.planned_cents / assignment.planned_cents.sum()
        return Outcomes(revenue, (spend * shares).reshape(shape), spend_is_planned=True)
    if rows.spend is None or design.columns.spend is None:
        # Without spend in the history the usual spend of each unit would count as the test's.
        where = "outcomes" if rows.spend is None else "history"
        raise InputError(
            f"The {where} had no spend, so incremental spend and iROAS are not known.",
            hint="Name its column (columns.spend) in both, or give the incremental spend of the "
            "whole test with --spend.",
        )
    paid = surprise(rows.spend, assignment.baseline_spend)
    return Outcomes(revenue, paid, spend_is_planned=False)


def _result(
    design: ExperimentDesign, found: Found, level: float, *, attributed: bool
) -> ExperimentResult:
    part = found.spend / design.spend.planned
    warnings = [*found.warnings, *([ATTRIBUTED_WARNING] if attributed else [])]
    if not 1 / _FAR_OFF < part < _FAR_OFF:
        warnings.append(f"incremental spend is {part:.0%} of what was planned")
    return ExperimentResult(
        test_id=design.test_id,
        type=design.type,
        method=found.method,
        retailer_id=design.retailer_id,
        placement_type=design.placement_type,
        currency=design.currency,
        start_date=design.start_date,
        end_date=design.end_date,
        incremental_spend=found.spend,
        incremental_revenue=Estimate(
            estimate=found.revenue, standard_error=found.revenue_se, **found.revenue_intervals
        ),
        iroas=Estimate(
            estimate=found.revenue / found.spend,
            standard_error=found.iroas_se,
            **found.iroas_intervals,
        ),
        p_value=found.p_value,
        level=level,
        diagnostics=found.diagnostics | {"spend_vs_planned": part},
        warnings=tuple(warnings),
        design_digest=design.digest,
    )

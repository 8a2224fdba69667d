"""Analysing a geo experiment: differences in differences, judged by the lot itself."""

from __future__ import annotations

import numpy as np

from rmnctl.errors import InputError
from rmnctl.measurement.assignment import Assignment, Comparisons
from rmnctl.measurement.config import MatchedPairs
from rmnctl.measurement.document import ExperimentDesign
from rmnctl.measurement.geo import Lot, pair_lot, set_lot
from rmnctl.measurement.outcome import Found, Outcomes, at_levels, cautions, need_spend, plain
from rmnctl.measurement.randomisation import Contrasts, interval, p_value, standard_error


def analyse_geo(
    design: ExperimentDesign,
    assignment: Assignment,
    comparisons: Comparisons | None,
    outcomes: Outcomes,
    level: float,
) -> Found:
    """Incremental revenue per spend with exact p-value and interval by test inversion.

    The interval is exact where each unit of spend adds the same revenue in all treated units.

    Raises:
        InputError: The assignment is not what the seed draws, or treatment did not happen.
    """
    lot = _lot(design, assignment, comparisons)
    revenue, spend = outcomes.revenue[:, 0], outcomes.spend[:, 0]
    contrasts = Contrasts(lot.weights @ revenue, lot.weights @ spend, lot.scale, lot.observed)
    paid = float(contrasts.paid[lot.observed])
    need_spend(paid)
    intervals = at_levels(lambda at: interval(contrasts, at), level)
    pairs = isinstance(design.design, MatchedPairs)
    control = float(assignment.baseline_revenue[~assignment.treated].sum())
    seen = float((revenue + assignment.baseline_revenue)[~assignment.treated].sum())
    return Found(
        method="matched pairs, difference in differences, sign-flip randomisation"
        if pairs
        else "synthetic control, randomisation among admissible sets",
        spend=paid,
        revenue=float(contrasts.gap[lot.observed]),
        revenue_se=standard_error(contrasts),
        iroas_se=standard_error(contrasts) / paid,
        revenue_intervals=plain(intervals, paid),
        iroas_intervals=plain(intervals),
        p_value=p_value(contrasts),
        diagnostics={
            "assignments": len(lot.weights),
            "exact": lot.exhaustive,
            "units": len(design.units),
            "pairs": int(lot.pair.max()) + 1 if pairs else None,
            "control_change_vs_baseline": seen / control - 1 if control > 0 else None,
            "spend_seen_in_control": float(spend[~assignment.treated].sum()),
        },
        warnings=cautions(outcomes, intervals),
    )


def _lot(design: ExperimentDesign, assignment: Assignment, comparisons: Comparisons | None) -> Lot:
    if isinstance(design.design, MatchedPairs):
        lot = pair_lot(assignment.pair - 1, design.seed)
    elif comparisons is None:
        raise InputError("The design has lost its contrasts; they are part of the randomisation.")
    else:
        lot = set_lot(comparisons.weights, comparisons.scale, design.seed)
    if not np.array_equal(lot.treated[lot.observed], assignment.treated):
        raise InputError("The assignment is not what the seed of the design draws.")
    return lot

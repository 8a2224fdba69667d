"""Designing a geo experiment: match, play placebos, draw."""

from __future__ import annotations

import numpy as np

from rmnctl.errors import InputError
from rmnctl.measurement.assignment import Assignment, Comparisons, lot_digest
from rmnctl.measurement.config import ExperimentConfig, MatchedPairs, SyntheticControl
from rmnctl.measurement.document import Payment, Randomisation, Sensitivity
from rmnctl.measurement.geo import Lot, change, draw_lot, planned_spend
from rmnctl.measurement.panel import Panel
from rmnctl.measurement.randomisation import Placebos
from rmnctl.measurement.sensitivity import assess, placebo_starts, sample_assignments, to_cents

#: Matching needs some weeks to see what moves together.
_LEAST_MATCHED_DAYS = 21


class GeoDesign:
    """A drawn geo experiment.

    Attributes:
        assignment: Who is treated.
        comparisons: Contrasts of synthetic controls, or None.
        sensitivity: What it can see.
        payment: What it costs.
        randomisation: What the lot chose from.
    """

    def __init__(self, panel: Panel, config: ExperimentConfig) -> None:
        kind = config.design
        if not isinstance(kind, MatchedPairs | SyntheticControl):
            raise TypeError("a geo design is made of pairs or synthetic controls")
        history = panel.revenue.shape[1]
        matched = history // 2
        if matched < _LEAST_MATCHED_DAYS:
            raise InputError(
                f"The history of {history} days is too short to match units.",
                hint=f"At least {2 * _LEAST_MATCHED_DAYS} days are needed.",
            )
        # Units are matched on the first half and judged on the second, so that power is not
        # that of a match made for the very days it is judged on.
        lot = draw_lot(panel.revenue[:, :matched], kind, config.seed, config.alpha)
        gap_days = (config.start_date - panel.days[-1]).days - 1
        baseline = panel.revenue[:, -config.baseline_days :].mean(axis=1)
        self.sensitivity, self.payment = _assess(panel, config, lot, matched, gap_days)
        self.assignment = _assignment(panel, config, lot, baseline, self.payment)
        self.comparisons = None
        if isinstance(kind, SyntheticControl):
            self.comparisons = Comparisons(lot.weights, lot.scale)
        count = len(lot.weights)
        self.randomisation = Randomisation(
            assignments=count,
            exhaustive=lot.exhaustive,
            smallest_p=(2 if isinstance(kind, MatchedPairs) and lot.exhaustive else 1) / count,
            digest=lot_digest(self.assignment, self.comparisons),
        )


def _assess(
    panel: Panel, config: ExperimentConfig, lot: Lot, matched: int, gap_days: int
) -> tuple[Sensitivity, Payment]:
    first = max(matched, config.baseline_days + gap_days)
    starts = placebo_starts(panel.revenue.shape[1], first, config.days)
    changes = np.stack(
        [change(panel.revenue, s, config.days, config.baseline_days, gap_days) for s in starts],
        axis=1,
    )
    rows, drawn = sample_assignments(len(lot.weights), config.seed)
    size = panel.revenue[:, :matched].mean(axis=1)
    shares = planned_spend(size, lot.treated[rows][drawn])
    weights = lot.weights[rows]
    placebos = Placebos(weights @ changes, weights @ shares.T, lot.scale[rows], drawn)
    return assess(placebos, config)


def _assignment(
    panel: Panel, config: ExperimentConfig, lot: Lot, baseline: np.ndarray, payment: Payment
) -> Assignment:
    part = np.flatnonzero(lot.taking_part) if (lot.pair >= 0).any() else np.arange(len(baseline))
    treated = lot.treated[lot.observed]
    shares = planned_spend(baseline, treated[None])[0]
    spend = np.zeros(len(baseline))
    if panel.spend is not None:
        spend = panel.spend[:, -config.baseline_days :].mean(axis=1)
    count = len(part)
    return Assignment(
        units=tuple(panel.units[i] for i in part),
        periods=np.ones(count, dtype=int),
        first_days=(config.start_date,) * count,
        last_days=(config.end_date,) * count,
        treated=treated[part],
        pair=lot.pair[part] + 1,
        planned_cents=to_cents(payment.planned, shares)[part],
        baseline_revenue=config.days * baseline[part],
        baseline_spend=config.days * spend[part],
    )

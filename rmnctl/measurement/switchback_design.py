"""Designing a switchback: lay out periods, play placebos, toss the coins."""

from __future__ import annotations

import numpy as np

from rmnctl.errors import InputError
from rmnctl.measurement.assignment import Assignment, lot_digest, period_dates
from rmnctl.measurement.config import ExperimentConfig, Switchback
from rmnctl.measurement.document import Payment, Randomisation, Sensitivity
from rmnctl.measurement.panel import Panel
from rmnctl.measurement.randomisation import Placebos
from rmnctl.measurement.sensitivity import assess, placebo_starts, sample_assignments, to_cents
from rmnctl.measurement.switchback import Layout

_WEEK = 7


def layout_of(kind: Switchback, units: int, days: int) -> Layout:
    """The layout of a switchback over so many units and days."""
    return Layout(units, days // kind.period_days, kind.carryover_periods, kind.estimator)


class SwitchbackDesign:
    """A drawn switchback; attributes as of `GeoDesign`, without comparisons."""

    def __init__(self, panel: Panel, config: ExperimentConfig) -> None:
        kind = config.design
        if not isinstance(kind, Switchback):
            raise TypeError("a switchback is needed")
        layout = layout_of(kind, len(panel.units), config.days)
        if 2.0 / 2**layout.coins > config.alpha:
            raise InputError(
                f"{layout.coins} coins cannot reject at alpha {config.alpha:g}.",
                hint="A longer test, shorter periods or more units toss more coins.",
            )
        coins = layout.toss(config.seed)
        path = layout.paths(coins.sequences[[coins.observed]])[0]
        on, off = layout.exposed(path[None])
        if not on.any() or not off.any():
            raise InputError(
                "The coins of this seed treat all or nothing; nothing could be compared.",
                hint="A longer test or more units make that unlikely; or take another seed now, "
                "before the test, and never after it.",
            )
        gap_days = (config.start_date - panel.days[-1]).days - 1
        self.sensitivity, self.payment = _assess(panel, config, layout, coins.sequences, gap_days)
        self.assignment = _assignment(panel, config, kind, path, self.payment)
        self.comparisons = None
        count = len(coins.sequences)
        self.randomisation = Randomisation(
            assignments=count,
            exhaustive=coins.exhaustive,
            smallest_p=(2 if coins.exhaustive else 1) / count,
            digest=lot_digest(self.assignment, None),
        )


def expected(history: np.ndarray, first_weekday: int, days: int, weekday: int) -> np.ndarray:
    """What to expect of each day, by weekday where whole weeks are known, (U, days).

    Args:
        history: Daily outcomes right before, (U, B).
        first_weekday: Weekday of its first day, 0 to 6.
        days: How many days to expect.
        weekday: Weekday of the first of them.
    """
    if history.shape[1] % _WEEK:
        return np.repeat(history.mean(axis=1, keepdims=True), days, axis=1)
    place = (first_weekday + np.arange(history.shape[1])) % _WEEK
    means = np.stack([history[:, place == d].mean(axis=1) for d in range(_WEEK)], axis=1)
    return np.asarray(means[:, (weekday + np.arange(days)) % _WEEK])


def by_period(daily: np.ndarray, period_days: int) -> np.ndarray:
    """Sums by period, (U, T), from days, (U, D)."""
    return np.asarray(daily.reshape(len(daily), -1, period_days).sum(axis=2))


def _assess(
    panel: Panel, config: ExperimentConfig, layout: Layout, sequences: np.ndarray, gap_days: int
) -> tuple[Sensitivity, Payment]:
    assert isinstance(config.design, Switchback)  # noqa: S101  for the type checker
    reach, days = config.baseline_days + gap_days, config.days
    starts = placebo_starts(panel.revenue.shape[1], reach, days)
    weekday = panel.days[0].weekday()
    surprises = []
    for start in starts:
        before = panel.revenue[:, start - reach : start - gap_days]
        plain = expected(before, weekday + int(start) - reach, days, weekday + int(start))
        surprise = panel.revenue[:, start : start + days] - plain
        surprises.append(by_period(surprise, config.design.period_days).ravel())
    rows, drawn = sample_assignments(len(sequences), config.seed)
    compared = sequences[rows]
    treated = layout.paths(compared[drawn]).reshape(len(drawn), -1).astype(float)
    # An effect of 1 on the whole test, spread evenly over what half the coins treat.
    spread = treated / (treated.shape[1] / 2)
    gap = layout.gaps(compared, np.stack(surprises, axis=1))
    paid = layout.gaps(compared, spread.T)
    return assess(Placebos(gap, paid, np.ones(len(rows)), drawn), config)


def _assignment(
    panel: Panel, config: ExperimentConfig, kind: Switchback, path: np.ndarray, payment: Payment
) -> Assignment:
    spans = period_dates(config, kind.period_days)
    units, periods = path.shape

    def baseline(daily: np.ndarray | None) -> np.ndarray:
        if daily is None:
            return np.zeros(units * periods)
        plain = expected(
            daily[:, -config.baseline_days :],
            panel.days[-config.baseline_days].weekday(),
            config.days,
            config.start_date.weekday(),
        )
        return by_period(plain, kind.period_days).ravel()

    flat = path.ravel()
    return Assignment(
        units=tuple(u for u in panel.units for _ in range(periods)),
        periods=np.tile(np.arange(1, periods + 1), units),
        first_days=tuple(s[0] for s in spans) * units,
        last_days=tuple(s[1] for s in spans) * units,
        treated=flat,
        pair=np.zeros(units * periods, dtype=int),
        planned_cents=to_cents(payment.planned, flat / flat.sum()),
        baseline_revenue=baseline(panel.revenue),
        baseline_spend=baseline(panel.spend),
    )

"""What analysis takes in and what it finds, the same for every design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rmnctl.errors import InputError
from rmnctl.measurement.document import bounds

Interval = tuple[float, float]


@dataclass(frozen=True)
class Outcomes:
    """What happened, minus what the baseline let expect; currency units.

    Attributes:
        revenue: By unit and period, (U, T); geo experiments have one period.
        spend: By unit and period, (U, T).
        spend_is_planned: Spend was spread as planned, not seen.
    """

    revenue: np.ndarray
    spend: np.ndarray
    spend_is_planned: bool


@dataclass(frozen=True)
class Found:
    """What a test found; currency units.

    Attributes:
        method: How, in words.
        spend: Incremental spend.
        revenue: Incremental revenue.
        revenue_se: Its standard error.
        iroas_se: Standard error of revenue / spend.
        revenue_intervals: Keys `ci`, `ci95`, `ci80`.
        iroas_intervals: The same of iROAS.
        p_value: Of no effect at all.
        diagnostics: Facts that help to judge the result.
        warnings: What to be careful about.
    """

    method: str
    spend: float
    revenue: float
    revenue_se: float
    iroas_se: float
    revenue_intervals: dict[str, Any]
    iroas_intervals: dict[str, Any]
    p_value: float
    diagnostics: dict[str, Any]
    warnings: tuple[str, ...] = field(default=())


def at_levels(interval: Callable[[float], Interval], level: float) -> dict[str, Interval]:
    """Intervals at the wanted level, at 95 % and at 80 %."""
    made = {0.95: interval(0.95), 0.8: interval(0.8)}
    return {"ci": made.get(level) or interval(level), "ci95": made[0.95], "ci80": made[0.8]}


def plain(intervals: dict[str, Interval], factor: float = 1.0) -> dict[str, Any]:
    """Intervals for a document, multiplied."""
    return {k: bounds((low * factor, high * factor)) for k, (low, high) in intervals.items()}


def need_spend(spend: float) -> None:
    """Refuse a test in which treatment cost nothing.

    Raises:
        InputError: Incremental spend is not above 0.
    """
    if not spend > 0:
        raise InputError(
            "Treated units did not spend more than the others: the treatment did not happen.",
            hint="Compare the arms in assignment.parquet with what ran, and check columns.spend.",
        )


def cautions(outcomes: Outcomes, intervals: dict[str, Interval]) -> tuple[str, ...]:
    """Warnings that hold for every design."""
    found = []
    if outcomes.spend_is_planned:
        found.append("spend was spread over units as planned, not as seen")
    if not all(np.isfinite(v) for pair in intervals.values() for v in pair):
        found.append("an interval has an open end: the test cannot tell how far the effect goes")
    return tuple(found)

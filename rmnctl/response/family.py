"""Does the concave family fit where spend was low? A test of the first money's return.

Concave curves return most on the first money, S-shaped ones least. A fit at usual spend cannot
tell them apart; periods of little spend can. Poisson regression of credited revenue (Santos Silva
and Tenreyro 2006) with one effect a cell and one a SKU and period, so that only differences
between placements of a SKU within a period count and demand that budgets follow is out:

    log E y_ist = cell_i + demand_st + theta log h_i(z) + kappa min(log(z / z0), 0)

h is the fitted curve, z spend over usual spend. Under the null that returns at low spend fall no
faster than the family says, kappa <= 0; S-curves have kappa > 0. Standard errors are clustered by
retailer and SKU, the test is one-sided. Spend is taken as it was, without carry-over, which can only
hide an S: pressure carried over makes weak weeks look better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from rmnctl.response.attributed import Attributed
from rmnctl.response.panel import Panel
from rmnctl.response.poisson import Effects, Regression, poisson_regression
from rmnctl.response.shapes import credited, hill_value

Verdict = Literal["no sign", "wrong family", "cannot tell"]

#: Spend over usual spend below which it counts as low.
LOW_SPEND = 0.6
#: False alarms that are accepted, and the power from which silence says something.
SIZE, POWER = 0.05, 0.80
#: Exponent of the S-curve that power is stated for: a Hill curve with an inflection.
REFERENCE_EXPONENT = 1.8
#: Error that a fitted depth and observed demand leave in kappa, however many cells there are.
KAPPA_BIAS_SD = 0.025
#: SKUs of a retailer whose placements all spend less than this are paused, on an empty shelf most
#: often: fewer days, not weaker ones.
_PAUSED = 0.4
_LEAST_LOW, _LEAST_CLUSTERS = 30, 30
_LEAST_SPEND = 0.02
#: A cell with fewer conversions a period has few visits, too: what it spent in a week is then a matter
#: of chance, which hides an S behind noise in spend.
_LEAST_CONVERSIONS = 10


@dataclass(frozen=True)
class FamilyTest:
    """What the panel says of the family at low spend.

    Attributes:
        verdict: `wrong family` where the null is rejected; `no sign` where it is not although an
            S-curve would have been noticed; else `cannot tell`.
        reason: Why not, where it cannot be told; else empty.
        kappa: Extra elasticity of credited revenue below `LOW_SPEND`, no unit; NaN: not computed.
        standard_error: Of `kappa`, clustered, with `KAPPA_BIAS_SD`.
        p_value: One-sided, of kappa <= 0.
        statistic: kappa over its standard error.
        threshold: Of `statistic`, at size 0.05.
        power: Chance to notice S-curves of exponent 1.8 through the fitted points.
        cells: Cells that took part.
        low_periods: Their periods below `LOW_SPEND`.
    """

    verdict: Verdict
    reason: str
    kappa: float
    standard_error: float
    p_value: float
    statistic: float
    threshold: float
    power: float
    cells: int
    low_periods: int

    @property
    def sentence(self) -> str:
        """The verdict in plain words."""
        if self.verdict == "wrong family":
            return (
                f"Wrong family: at less than {LOW_SPEND:g} of usual spend, credited revenue falls "
                f"faster than any curve of this fit says (p = {self.p_value:.2g}), as it does on "
                "S-curves. Do not trust curves far below usual spend, nor plans that start cells "
                "small."
            )
        if self.verdict == "no sign":
            return (
                f"No sign of S-curves: at less than {LOW_SPEND:g} of usual spend revenue is no lower "
                f"than the family says (p = {self.p_value:.2g}); far below, nothing was seen."
            )
        return (
            f"Cannot tell whether curves are S-shaped: {self.reason} What the curves say far below "
            "usual spend is untested."
        )

    def plain(self) -> dict[str, object]:
        """JSON-ready; what was not computed is null."""

        def number(value: float) -> float | None:
            return round(value, 4) if math.isfinite(value) else None

        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "null": f"below {LOW_SPEND:g} of usual spend, returns fall no faster than the family says",
            "kappa": number(self.kappa),
            "standard_error": number(self.standard_error),
            "statistic": number(self.statistic),
            "threshold": number(self.threshold),
            "p_value": float(f"{self.p_value:.3g}") if math.isfinite(self.p_value) else None,
            "size": SIZE,
            "power": number(self.power),
            "cells": self.cells,
            "low_periods": self.low_periods,
        }


@dataclass(frozen=True)
class _Rows:
    """Cell-periods that take part, M of them."""

    cell: np.ndarray
    item: np.ndarray
    item_period: np.ndarray
    revenue: np.ndarray
    relative: np.ndarray

    def take(self, rows: np.ndarray) -> _Rows:
        return _Rows(
            self.cell[rows],
            self.item[rows],
            self.item_period[rows],
            self.revenue[rows],
            self.relative[rows],
        )


def check_family(panel: Panel, fitted: Attributed, organic: np.ndarray) -> FamilyTest:
    """Test the fitted family at low spend.

    Args:
        panel: What was fitted.
        fitted: The fit.
        organic: (N,) organic share of attributed revenue at usual spend, as in the fit.
    """
    rows = _informative(_rows(panel, fitted))
    low = rows.relative < LOW_SPEND
    cells, clusters = len(np.unique(rows.cell)), len(np.unique(rows.item))
    if int(low.sum()) < _LEAST_LOW or clusters < _LEAST_CLUSTERS:
        return _untold(
            f"only {int(low.sum())} periods of {cells} cells and {clusters} SKUs of a retailer went "
            f"below {LOW_SPEND:g} of usual spend beside other placements.",
            cells,
            int(low.sum()),
        )
    depth, share = fitted.depth[rows.cell], organic[rows.cell]
    curve = np.log(credited(rows.relative, depth, share))
    slow = (1 - share) * hill_value(rows.relative, depth, REFERENCE_EXPONENT)
    columns = np.column_stack([curve, np.minimum(np.log(rows.relative / LOW_SPEND), 0.0)])
    effects = Effects(
        (np.unique(rows.cell, return_inverse=True)[1], rows.item_period),
        np.unique(rows.item, return_inverse=True)[1],
    )
    made = poisson_regression(rows.revenue / rows.revenue.mean(), columns, effects)
    if made is None:
        return _untold("spend hardly varied between placements.", cells, int(low.sum()))
    s_curve = np.log(slow + share * rows.relative)
    return _judged(made, float(made.projected(s_curve)[1]), cells, int(low.sum()))


def _judged(made: Regression, expected: float, cells: int, low: int) -> FamilyTest:
    kappa = float(made.coefficients[1])
    error = math.hypot(float(made.standard_errors[1]), KAPPA_BIAS_SD)
    statistic, threshold = kappa / error, -NormalDist().inv_cdf(SIZE)
    power = NormalDist().cdf(expected / error - threshold)
    verdict: Verdict = "no sign" if power >= POWER else "cannot tell"
    if statistic > threshold:
        verdict = "wrong family"
    reason = (
        f"S-curves would have been noticed with a chance of {power:.0%} only."
        if verdict == "cannot tell"
        else ""
    )
    return FamilyTest(
        verdict, reason, kappa, error, NormalDist().cdf(-statistic), statistic, threshold, power,
        cells, low,
    )  # fmt: skip


def _untold(reason: str, cells: int, low: int) -> FamilyTest:
    nan = math.nan
    return FamilyTest("cannot tell", reason, nan, nan, nan, nan, nan, nan, cells, low)


def _rows(panel: Panel, fitted: Attributed) -> _Rows:
    """Named periods with spend, of SKUs that were not paused as a whole."""
    relative = fitted.spend / fitted.usual[:, None]
    seen = np.isfinite(panel.spend) & np.isfinite(panel.revenue) & fitted.supported[:, None]
    seen &= (relative > _LEAST_SPEND) & (_conversions(panel) >= _LEAST_CONVERSIONS)[:, None]
    _, item = np.unique(
        np.array([f"{r}\0{s}" for r, s in zip(panel.retailer, panel.sku, strict=True)]),
        return_inverse=True,
    )
    log = np.where(seen, np.log(np.maximum(relative, _LEAST_SPEND)), 0.0)
    total, count = np.zeros((2, item.max() + 1, relative.shape[1]))
    np.add.at(total, item, log)
    np.add.at(count, item, seen)
    others = count[item] - 1
    seen &= (others > 0) & (total[item] - log > np.log(_PAUSED) * np.maximum(others, 1))
    cell, period = np.nonzero(seen)
    place = item[cell] * relative.shape[1] + period
    return _Rows(cell, item[cell], place, panel.revenue[cell, period], relative[cell, period])


def _conversions(panel: Panel) -> np.ndarray:
    """(N,) conversions in a named period, on average."""
    named = np.isfinite(panel.conversions)
    total = np.where(named, panel.conversions, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(named.sum(axis=1), 1))


def _informative(rows: _Rows) -> _Rows:
    """Without rows that an effect of their own fits exactly, or whose effect is minus infinity."""
    while len(rows.cell):
        kept = np.ones(len(rows.cell), dtype=bool)
        for group in (rows.cell, rows.item_period):
            _, code, size = np.unique(group, return_inverse=True, return_counts=True)
            kept &= (size[code] > 1) & (np.bincount(code, rows.revenue)[code] > 0)
        if kept.all():
            break
        rows = rows.take(kept)
    places = np.unique(rows.item_period, return_inverse=True)[1]
    return _Rows(rows.cell, rows.item, places, rows.revenue, rows.relative)

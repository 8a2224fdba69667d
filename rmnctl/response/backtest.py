"""Rolling back-tests on attributed sales, which are what the data hold.

They check the shape, the demand forecast and the noise. They cannot check what is incremental:
no report ever shows that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rmnctl.response.attributed import fit_attributed
from rmnctl.response.lift import LiftTest, learn_ratio
from rmnctl.response.panel import Panel
from rmnctl.response.shapes import credited, pressure

_ORIGINS = 4
_CALIBRATION = 2
_RECENT = 4


@dataclass(frozen=True)
class Backtest:
    """How well the next period's attributed revenue was foreseen.

    Attributes:
        cells: Cell-periods that were predicted and seen.
        coverage: Share of them inside their nominal 80 % interval.
        wape: Sum of absolute errors over the sum of revenue.
        naive_wape: The same for the revenue per spend of each cell so far, times spend.
        by_period: (inside the interval, predicted) of each judged period.
    """

    cells: int
    coverage: float
    wape: float
    naive_wape: float
    by_period: tuple[tuple[int, int], ...] = ()

    def plain(self) -> dict[str, float]:
        """JSON-ready."""
        return {
            "cells": self.cells,
            "coverage_80": round(self.coverage, 4),
            "wape": round(self.wape, 4),
            "naive_wape": round(self.naive_wape, 4),
        }


@dataclass(frozen=True)
class _Prediction:
    """One period of all cells that were seen: actual, mean, standard error, naive guess."""

    actual: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    naive: np.ndarray


def run_backtest(panel: Panel, tests: Sequence[LiftTest], nominal: float = 0.8) -> Backtest:
    """Fit on what came before, predict the next period at the spend it had, for four periods.

    Intervals are as wide as the errors of the two periods before were, in standard errors
    (split conformal): sales have heavier tails than any formula for their variance.

    Args:
        panel: At least six periods more than a fit needs.
        tests: Past lift tests.
        nominal: Coverage of the intervals.
    """
    last = len(panel.starts)
    origins = range(max(last - _ORIGINS - _CALIBRATION, 8), last)
    made = [_predict(panel, tests, origin) for origin in origins]
    calibrating, judged = made[:_CALIBRATION], made[_CALIBRATION:]
    if not judged or not sum(len(p.actual) for p in judged):
        return Backtest(0, float("nan"), float("nan"), float("nan"))
    scores = np.concatenate([np.abs(p.actual - p.mean) / p.sd for p in calibrating])
    z = float(np.quantile(scores, nominal)) if len(scores) else 1.28
    actual, mean, sd, naive = (
        np.concatenate([getattr(p, name) for p in judged])
        for name in ("actual", "mean", "sd", "naive")
    )
    error = np.abs(actual - mean)
    total = max(float(actual.sum()), 1e-9)
    return Backtest(
        len(actual),
        float((error <= z * sd).mean()),
        float(error.sum() / total),
        float(np.abs(actual - naive).sum() / total),
        tuple((int((np.abs(p.actual - p.mean) <= z * p.sd).sum()), len(p.actual)) for p in judged),
    )


def _predict(panel: Panel, tests: Sequence[LiftTest], origin: int) -> _Prediction:
    known = panel.before(origin)
    organic = learn_ratio(known, tests).organic[panel.block]
    fitted = fit_attributed(known, organic)
    seen = (
        np.isfinite(panel.spend[:, origin])
        & np.isfinite(panel.revenue[:, origin])
        & fitted.supported
    )
    spend = np.nan_to_num(panel.spend[:, : origin + 1])
    now = np.empty(len(panel))
    for carryover in np.unique(fitted.carryover):
        cells = fitted.carryover == carryover
        now[cells] = pressure(spend[cells], float(carryover), panel.days)[:, -1]
    shape = credited(now / fitted.usual, fitted.depth, organic)
    retailer_of = np.searchsorted(np.array(fitted.retailers), panel.retailer.astype(str))
    demand = fitted.demand[:, -_RECENT:].mean(axis=1)[retailer_of]
    moves = np.diff(np.log(np.maximum(fitted.demand, 1e-9)), axis=1).std(axis=1)[retailer_of]
    mean = fitted.level * shape * demand
    variance = fitted.dispersion * mean + mean**2 * (
        fitted.item_variance + fitted.level_sd**2 + moves**2
    )
    past = np.nansum(known.revenue, axis=1) / np.maximum(np.nansum(known.spend, axis=1), 1e-9)
    return _Prediction(
        panel.revenue[seen, origin],
        mean[seen],
        np.sqrt(np.maximum(variance[seen], 1e-12)),
        (past * spend[:, -1])[seen],
    )

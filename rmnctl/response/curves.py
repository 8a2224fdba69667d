"""From a panel and lift tests to incremental curves: `curves/v1` and `curve_draws/v1`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from rmnctl.errors import InputError
from rmnctl.response.attributed import MEAN_DEPTH_SD, Attributed, fit_attributed
from rmnctl.response.family import FamilyTest, check_family
from rmnctl.response.lift import CELL_SPREAD, LiftTest, Ratio, learn_ratio
from rmnctl.response.panel import Panel
from rmnctl.response.shapes import DEPTHS

CURVES_SCHEMA = "curves/v1"
DRAWS_SCHEMA = "curve_draws/v1"
FAMILY = "saturating_exp"
DRAWS = 200
LEAST_PERIODS = 8
#: Error of the level of a cell that is never shown by itself, on the log scale; a cell that is
#: hidden in part of the periods has that part of it.
UNSEEN_SPREAD = 0.35
#: A SKU's history mixes promotions and empty shelves; its usual response differs from its
#: average by so much, on the log scale, in all its placements; public prior.
ITEM_SPREAD = 0.22
#: Recent periods that say how strong demand is now.
_RECENT = 4


@dataclass(frozen=True)
class Fitted:
    """Curves with everything that was learned on the way.

    Attributes:
        panel: What was fitted.
        attributed: Attributed response.
        ratio: Attributed over incremental revenue.
        horizon_days: Days the curves speak of.
        log_a: (N, D) draws of log a.
        log_c: (N, D) draws of log c.
    """

    panel: Panel
    attributed: Attributed
    ratio: Ratio
    horizon_days: int
    log_a: np.ndarray
    log_c: np.ndarray

    @property
    def spend(self) -> np.ndarray:
        """(N, T) spend of each period, hidden cells with their part of the remainder."""
        return self.attributed.spend

    @cached_property
    def family_test(self) -> FamilyTest:
        """Whether the family is right at low spend, as far as the panel can say; made when asked."""
        return check_family(self.panel, self.attributed, self.ratio.organic[self.panel.block])

    def checked_table(self) -> pa.Table:
        """`table()` with the verdict of `family_test` in the column `family_check`."""
        table = self.table()
        verdict = pa.array([self.family_test.verdict] * table.num_rows, pa.string())
        return table.append_column("family_check", verdict)

    def table(self) -> pa.Table:
        """`curves/v1`: medians of the draws, their spread, and what supports each cell."""
        a, c = np.exp(np.median(self.log_a, axis=1)), np.exp(np.median(self.log_c, axis=1))
        panel = self.panel
        columns: dict[str, Any] = {
            "retailer_id": panel.retailer.tolist(),
            "placement_type": panel.placement.tolist(),
            "sku_id": panel.sku.tolist(),
            "family": [FAMILY] * len(panel),
            "a": a,
            "c": c,
            "a_sd": np.exp(self.log_a).std(axis=1),
            "c_sd": np.exp(self.log_c).std(axis=1),
            "revenue_per_conversion": _revenue_per_conversion(panel),
            "attributed_ratio": self.ratio.point[panel.block],
            "usual_spend": self.attributed.usual * self.horizon_days / panel.days,
            "periods": self.attributed.periods,
            "support": np.where(self.attributed.supported, "own", "pooled").tolist(),
            "lift_test": self.ratio.informed[panel.block],
        }
        if panel.currency is not None:
            columns["currency"] = [panel.currency] * len(panel)
        return pa.table(columns)

    def draws_table(self) -> pa.Table:
        """`curve_draws/v1`: joint draws, one row for each cell and draw."""
        n, d = self.log_a.shape
        panel = self.panel
        return pa.table(
            {
                "retailer_id": np.repeat(panel.retailer, d).tolist(),
                "placement_type": np.repeat(panel.placement, d).tolist(),
                "sku_id": np.repeat(panel.sku, d).tolist(),
                "draw": np.tile(np.arange(d), n),
                "a": np.exp(self.log_a).ravel(),
                "c": np.exp(self.log_c).ravel(),
            }
        )


def fit_curves(
    panel: Panel,
    tests: Sequence[LiftTest],
    *,
    horizon_days: int = 28,
    draws: int = DRAWS,
    seed: int = 0,
) -> Fitted:
    """Fit incremental response curves.

    Args:
        panel: Attributed revenue and spend by cell and period.
        tests: Past lift tests, retailer x placement.
        horizon_days: Days the curves speak of; spend and revenue count over them.
        draws: Joint posterior draws.
        seed: Of the draws.

    Raises:
        InputError: Too few periods, or no revenue in any.
    """
    _check(panel)
    ratio = learn_ratio(panel, tests)
    attributed = fit_attributed(panel, ratio.organic[panel.block])
    rng = np.random.default_rng(seed)
    n = len(panel)
    placements, placement_of = np.unique(panel.placement.astype(str), return_inverse=True)
    shift = MEAN_DEPTH_SD * rng.normal(size=(len(placements), draws))
    depth = _depth_draws(attributed.weights, draws, rng) * np.exp(shift)[placement_of]
    items, item_of = np.unique(
        np.array([f"{r}\0{s}" for r, s in zip(panel.retailer, panel.sku, strict=True)]),
        return_inverse=True,
    )
    usual_conditions = ITEM_SPREAD * rng.normal(size=(len(items), draws))
    hidden = 1 - attributed.periods / len(panel.starts)
    level_sd = np.hypot(np.minimum(attributed.level_sd, 0.5), UNSEEN_SPREAD * hidden)
    recent = attributed.demand[:, -_RECENT:].mean(axis=1)
    retailer_of = np.searchsorted(np.array(attributed.retailers), panel.retailer.astype(str))
    forecast_sd = attributed.demand.std(axis=1) / np.sqrt(_RECENT)
    log_ratio = (
        ratio.log_mean[panel.block, None]
        + (ratio.log_sd[:, None] * rng.normal(size=(len(panel.blocks), draws)))[panel.block]
        + CELL_SPREAD * rng.normal(size=(n, draws))
    )
    log_level = (
        np.log(np.maximum(attributed.level, 1e-9))[:, None]
        + level_sd[:, None] * rng.normal(size=(n, draws))
        + usual_conditions[item_of]
        + np.log(recent)[retailer_of, None]
        + (forecast_sd[:, None] * rng.normal(size=(len(recent), draws)))[retailer_of]
    )
    scale = horizon_days / panel.days
    log_a = log_level - log_ratio + np.log(scale) - np.log(-np.expm1(-depth))
    log_c = np.log(np.maximum(attributed.usual, 1e-9) * scale)[:, None] - np.log(depth)
    return Fitted(panel, attributed, ratio, horizon_days, log_a, log_c)


def _depth_draws(weights: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(N, D) depths from grid posteriors, spread evenly within a grid step."""
    steps = np.cumsum(weights, axis=1)
    chosen = (rng.random((len(weights), draws))[:, :, None] > steps[:, None, :]).sum(axis=2)
    logs = np.log(DEPTHS)
    width = logs[1] - logs[0]
    jitter = (rng.random(chosen.shape) - 0.5) * width
    return np.asarray(np.exp(logs[np.minimum(chosen, len(logs) - 1)] + jitter))


def _check(panel: Panel) -> None:
    """There is enough to fit a response to."""
    if len(panel.starts) < LEAST_PERIODS:
        raise InputError(
            f"There are {len(panel.starts)} periods; a response needs at least {LEAST_PERIODS}.",
            hint="Release at a finer grain, or over a longer time.",
        )
    if not np.any((panel.revenue > 0) & (panel.conversions > 0)):
        raise InputError(
            "No cell shows revenue and conversions in the same period; no response can be fitted.",
            hint="Release under a smaller threshold, at a coarser grain, or over a longer time.",
        )


def _revenue_per_conversion(panel: Panel) -> np.ndarray:
    """(N,) attributed revenue over conversions of a SKU, over all places where both are seen."""
    both = np.isfinite(panel.revenue) & np.isfinite(panel.conversions)
    revenue = np.where(both, panel.revenue, 0.0).sum(axis=1)
    conversions = np.where(both, panel.conversions, 0.0).sum(axis=1)
    _, sku_of = np.unique(panel.sku.astype(str), return_inverse=True)
    by_sku = np.bincount(sku_of, revenue) / np.maximum(np.bincount(sku_of, conversions), 1e-12)
    overall = revenue.sum() / max(conversions.sum(), 1e-12)
    return np.where(by_sku > 0, by_sku, overall)[sku_of]

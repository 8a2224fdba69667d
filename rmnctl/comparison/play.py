"""One world: see, fit, plan and score every play of a study in it.

A play is a way to plan: what the response curves are fitted on, what is known of SKUs beside
them, and the objective. Arms, coalitions of private facts, doses and objectives are all plays, so
optimiser, constraints, curve family and experimental evidence are the same by construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rmnctl.cleanroom import Policy
from rmnctl.comparison.experiment import one_more_test
from rmnctl.comparison.seeing import Released, event_panel, lift_tests, release_panel
from rmnctl.comparison.truth import KEY, Cells, baselines, score, true_revenue, truth_curves
from rmnctl.errors import InputError
from rmnctl.market import Catalogue, MarketConfig, World, build_catalogue, draw_world
from rmnctl.planning import Objective, PlanRequest, plan
from rmnctl.planning.knowledge import with_view
from rmnctl.response import Panel, fit_curves

#: What curves are fitted on. `experiment` is the release with one more geo experiment.
#: Name of the row that says why a lenient study could not fit.
UNFIT = "unfit"
Source = Literal["release", "experiment", "reports", "events", "truth"]


@dataclass(frozen=True)
class Play:
    """One way to plan.

    Attributes:
        name: Unique in a study.
        source: What curves are fitted on.
        view: Name of the study's view; None for the truth, which needs none.
        objective: In place of the request's, or None.
    """

    name: str
    source: Source
    view: str | None
    objective: Objective | None = None


@dataclass(frozen=True)
class Study:
    """What is the same in all worlds; can be sent to another process.

    Attributes:
        market: The market; its catalogue is shared by all worlds.
        request: The one request.
        policies: Clean-room policies, one a retailer.
        plays: What is planned in each world.
        views: What is known of SKUs, by name.
        seed: Of the curve draws.
        lenient: Data that allow no fit are a finding, not an error.
    """

    market: MarketConfig
    request: PlanRequest
    policies: tuple[Policy, ...]
    plays: tuple[Play, ...]
    views: Mapping[str, pa.Table]
    seed: int
    lenient: bool = False


@dataclass(frozen=True)
class _Known:
    """Curves of one source.

    Attributes:
        curves: `curves/v1` of the brand's cells.
        cells: How many of them have a curve of their own.
        skus: SKUs with at least one such cell.
    """

    curves: pa.Table
    cells: int
    skus: int


@cache
def _catalogue(market: str) -> Catalogue:
    return build_catalogue(MarketConfig.model_validate_json(market))


def play_world(study: Study, seed: int) -> list[dict[str, Any]]:
    """Play one world.

    Args:
        study: What to play.
        seed: The world.

    Returns:
        One row a play and baseline: `world`, `play`, and its scores.
    """
    catalogue = _catalogue(study.market.model_dump_json(by_alias=True))
    world = draw_world(study.market, catalogue, seed)
    cells = Cells.of(world, study.request.brand_id, study.request.retailers)
    sources = _Sources(study, world, cells)
    try:
        rows = [_played(study, world, cells, sources, item) for item in study.plays]
    except InputError as error:
        if not study.lenient:
            raise
        return [{"world": seed, "play": UNFIT, "reason": error.message}]
    for name, spend in baselines(world, cells, study.request).items():
        rows.append({"world": seed, "play": name} | dict(score(world, cells, spend, study.request)))
    for released in sources.released:
        rows.append({"world": seed, "play": f"release:{released.retailer}"} | released.plain())
    return rows


def _played(
    study: Study, world: World, cells: Cells, sources: _Sources, item: Play
) -> dict[str, Any]:
    known = sources.known(item.source)
    curves = known.curves
    if item.view is not None:
        curves = with_view(curves, study.views[item.view])
    request = study.request
    if item.objective is not None:
        request = request.model_copy(update={"objective": item.objective})
    made = plan(curves, request)
    spend = cells.align(made.table, "spend")
    return (
        {"world": world.seed, "play": item.name}
        | dict(score(world, cells, spend, request))
        | {
            "predicted_margin": made.totals.incremental_margin,
            "gap": made.certificate.gap,
            "accuracy": _accuracy(_predicted(curves, cells, sources.common), sources.truth),
            "skus_with_own_curve": known.skus,
            "cells_with_own_curve": known.cells,
        }
    )


class _Sources:
    """What was seen in a world, fitted when first needed."""

    def __init__(self, study: Study, world: World, cells: Cells) -> None:
        self.released: tuple[Released, ...] = ()
        self.common = _common_spend(world, cells, study.request)
        self.truth = true_revenue(world, cells, self.common)
        self._study, self._world, self._cells = study, world, cells
        self._done: dict[Source, _Known] = {}
        self._release: Panel | None = None

    def known(self, source: Source) -> _Known:
        if source not in self._done:
            self._done[source] = self._learn(source)
        return self._done[source]

    def _learn(self, source: Source) -> _Known:
        world, cells = self._world, self._cells
        if source == "truth":
            return _Known(truth_curves(world, cells), len(cells), len(cells.skus))
        tests = lift_tests(world)
        if source in {"release", "experiment"}:
            if self._release is None:
                self._release, self.released = release_panel(world, self._study.policies)
            panel = self._release
            if source == "experiment":
                tests = (*tests, *one_more_test(world, panel, cells.skus))
        elif source == "reports":
            panel = event_panel(world, cells.skus, reported_only=True)
        else:
            panel = event_panel(world)
        request = self._study.request
        fitted = fit_curves(panel, tests, horizon_days=request.horizon_days, seed=self._study.seed)
        table = fitted.table()
        mine = pc.is_in(table["sku_id"], pa.array(cells.skus, pa.string()))
        table = table.filter(mine)
        if request.retailers:
            table = table.filter(
                pc.is_in(table["retailer_id"], pa.array(request.retailers, pa.string()))
            )
        own = table.filter(pc.equal(table["support"], "own"))
        return _Known(table, own.num_rows, len(set(own["sku_id"].to_pylist())))


def _common_spend(world: World, cells: Cells, request: PlanRequest) -> np.ndarray:
    """(V, cells) spend vectors on which every arm's prediction is judged.

    Last period's mix and the equal split, each at half, all and twice the budget.
    """
    each = baselines(world, cells, request).values()
    return np.stack([spend * size for spend in each for size in (0.5, 1.0, 2.0)])


def _predicted(curves: pa.Table, cells: Cells, spend: np.ndarray) -> np.ndarray:
    """(V, cells) incremental revenue an arm predicts; stock it knows of is shared in proportion."""

    def column(name: str, otherwise: float) -> np.ndarray:
        if name not in curves.column_names:
            return np.full(len(cells), otherwise)
        filled = pc.fill_null(curves[name].cast(pa.float64()), otherwise)
        return cells.align(curves.select(list(KEY)).append_column(name, filled), name)

    a, c = column("a", 0.0), column("c", 1.0)
    scaled = spend / np.where(c > 0, c, 1.0)
    if "shape" in curves.column_names and curves["family"][0].as_py() != "saturating_exp":
        power = scaled ** column("shape", 1.0)
        asked = a * power / (1 + power)
    else:
        asked = -a * np.expm1(-scaled)
    asked = asked * column("promo_multiplier", 1.0)
    units = asked / np.maximum(column("price", 1.0), 1e-9)
    stock = column("stock_units", np.inf)
    pools = np.unique([f"{r}\0{s}" for r, _, s in cells.rows], return_inverse=True)[1]
    total = np.stack([np.bincount(pools, u) for u in units])[:, pools]
    served = np.divide(stock, total, out=np.ones_like(total), where=total > stock)
    return np.asarray(asked * served)


def _accuracy(predicted: np.ndarray, truth: np.ndarray) -> float:
    """1 - WAPE over all cells and spend vectors."""
    return float(1 - np.abs(predicted - truth).sum() / max(np.abs(truth).sum(), 1e-12))

"""`rmnctl compare --plans`: two finished plans, scored by the market they were made for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow.parquet as pq
from pydantic import Field

from rmnctl.comparison.truth import KEY, Cells, score, truth_curves
from rmnctl.config import ConfigModel, Settings, load_config
from rmnctl.errors import InputError, RunError
from rmnctl.market import MarketConfig, World, build_catalogue, draw_world
from rmnctl.planning import PLAN_SCHEMA, PlanRequest, plan
from rmnctl.reporting.plans_page import plans_page
from rmnctl.runs import Input, Manifest, Run, artifact_input, resolve

PLANS_SCHEMA: Final = "rmnctl/plan-comparison/v1"
_TRUTH = "truth.parquet"


class ComparePlansConfig(ConfigModel):
    """Configuration of `rmnctl compare --plans`."""

    schema_: Literal["rmnctl/compare-plans/v1"] = Field("rmnctl/compare-plans/v1", alias="schema")
    plans: tuple[str, str] = Field(description="run ids of the two plans")
    market: str = Field(description="run id of the market that scores them")


class PlanComparison(ConfigModel):
    """Content of `plan_comparison.json`; one world, so there are no intervals."""

    schema_: Literal["rmnctl/plan-comparison/v1"] = Field(PLANS_SCHEMA, alias="schema")
    market: str = Field(description="run id")
    request: dict[str, Any]
    plans: dict[str, dict[str, Any]] = Field(
        description="run id to mode, expected scores under the truth, and regret"
    )
    delta: dict[str, float] = Field(description="second minus first, by metric")
    where: dict[str, dict[str, float]] = Field(
        description="spend by retailer and placement, and by run id; currency units"
    )
    verdict: list[str]


@dataclass(frozen=True)
class ComparePlansResult:
    """A finished comparison of plans.

    Attributes:
        run: The run.
        document: The content of `plan_comparison.json`.
    """

    run: Run
    document: PlanComparison


@dataclass(frozen=True)
class OpenedPlans:
    """Two plans that belong together, and their market."""

    inputs: list[Input]
    documents: list[dict[str, Any]]
    names: tuple[str, str]
    market: str
    config: MarketConfig


def open_plans(refs: tuple[str, str], market: str | None, settings: Settings) -> OpenedPlans:
    """Open two plans and the market that both were made for.

    Raises:
        RunError: A run is not there, is no plan, or the market has no truth.
        InputError: The plans answer different requests or come from different markets.
    """
    inputs, documents, manifests = [], [], []
    for number, ref in enumerate(refs, 1):
        _, manifest = resolve(settings.runs, ref, "plan")
        for name, schema in (("plan.json", PLAN_SCHEMA), ("plan.parquet", PLAN_SCHEMA)):
            inputs.append(
                artifact_input(
                    settings.runs, f"plan_{number}_{name.partition('.')[2]}", manifest.run_id,
                    name, schema=schema,
                )
            )  # fmt: skip
        documents.append(json.loads(inputs[-2].location.read_text(encoding="utf-8")))
        manifests.append(manifest)
    if documents[0]["request"] != documents[1]["request"]:
        differs = sorted(
            k for k in documents[0]["request"]
            if documents[0]["request"][k] != documents[1]["request"].get(k)
        )  # fmt: skip
        raise InputError(
            f"The plans answer different requests: {', '.join(differs)} differ.",
            hint="Plan both with the same --set request=FILE.",
        )
    made_for = [_market_of(m, settings) for m in manifests]
    if market is None and made_for[0] is None:
        raise RunError(
            "The plans do not say which market they were made for.",
            hint="Name the simulate run with --market.",
        )
    folder, scored_by = resolve(settings.runs, market or str(made_for[0]), "simulate")
    for manifest, own in zip(manifests, made_for, strict=True):
        if own is not None and own != scored_by.run_id and not _same(own, scored_by, settings):
            raise InputError(
                f"{manifest.run_id} was made for the market {own}, not for {scored_by.run_id}.",
                hint="Compare plans of one market.",
            )
    if scored_by.artifact(_TRUTH) is None:
        raise RunError(
            f"{scored_by.run_id} has no {_TRUTH}: a market without truth scores nothing."
        )
    inputs.append(
        artifact_input(settings.runs, "truth", scored_by.run_id, _TRUTH, schema="truth/v1")
    )
    config = load_config(MarketConfig, folder / scored_by.config.path).model
    names = (manifests[0].run_id, manifests[1].run_id)
    return OpenedPlans(inputs, documents, names, scored_by.run_id, config)


def _market_of(manifest: Manifest, settings: Settings) -> str | None:
    """The simulate run behind a plan: that of its catalogue."""
    for record in manifest.inputs:
        if record.name == "catalogue" and record.run_id is not None:
            _, found = resolve(settings.runs, record.run_id)
            return found.run_id if found.verb == "simulate" else None
    return None


def _same(run: str, other: Manifest, settings: Settings) -> bool:
    """Whether two simulate runs are the same market, drawn twice."""
    _, found = resolve(settings.runs, run, "simulate")
    return found.fingerprint == other.fingerprint


def compare_plans(
    refs: tuple[str, str], market: str | None = None, settings: Settings | None = None
) -> ComparePlansResult:
    """Score two finished plans by the truth of their market.

    Args:
        refs: The two plan runs.
        market: The simulate run; by default the one both plans were made for.
        settings: Where runs lie.

    Raises:
        RunError: A run is not there, or the market has no truth.
        InputError: The runs do not belong together.
    """
    settings = settings or Settings()
    opened = open_plans(refs, market, settings)
    request = PlanRequest.model_validate(opened.documents[0]["request"])
    world = draw_world(opened.config, build_catalogue(opened.config))
    cells = Cells.of(world, request.brand_id, request.retailers)
    tables = [i.location for i in opened.inputs if i.record.name.endswith("_parquet")]
    spends = [_spend(path, cells, world) for path in tables]
    best = cells.align(plan(truth_curves(world, cells), request).table, "spend")
    oracle = score(world, cells, best, request)
    scores = [dict(score(world, cells, spend, request)) for spend in spends]
    goal = request.objective.value
    goal = goal if goal in oracle else "incremental_margin"
    rows = {
        name: {"mode": document.get("clean_room_mode"), "regret": oracle[goal] - own[goal]} | own
        for name, document, own in zip(opened.names, opened.documents, scores, strict=True)
    }
    delta = {k: scores[1][k] - scores[0][k] for k in scores[0]}
    document = PlanComparison(
        market=opened.market,
        request=request.plain(),
        plans=rows,
        delta=delta,
        where=_where(opened),
        verdict=_verdict(rows, delta, goal, opened.config.currency),
    )
    config = ComparePlansConfig(plans=opened.names, market=opened.market)
    with Run.start(settings.runs, "compare", config, inputs=opened.inputs) as run:
        run.write_json("plan_comparison.json", document.plain(), PLANS_SCHEMA)
        run.write_text(
            "report.html", plans_page(document.plain(), opened.config.currency), "html/v1"
        )
        run.metrics = {f"delta.{k}": v for k, v in delta.items()}
    return ComparePlansResult(run, document)


def _spend(path: Path, cells: Cells, world: World) -> np.ndarray:
    table = pq.read_table(path)
    known = set(cells.rows)
    strange = [k for k in zip(*(table[n].to_pylist() for n in KEY), strict=True) if k not in known]
    if strange:
        raise InputError(
            f"{path} spends on {len(strange)} cells that the market does not have.",
            hint=f"The market has {len(world.catalogue.skus)} SKUs; compare plans made for it.",
        )
    return cells.align(table, "spend")


def _where(opened: OpenedPlans) -> dict[str, dict[str, float]]:
    """What each plan spends in each place."""
    found: dict[str, dict[str, float]] = {}
    for name, document in zip(opened.names, opened.documents, strict=True):
        for cell in document["allocation"]:
            place = f"{cell['retailer_id']} {cell['placement_type'].replace('_', ' ')}"
            spent = found.setdefault(place, dict.fromkeys(opened.names, 0.0))
            spent[name] += cell["spend"]
    return dict(sorted(found.items()))


def _verdict(
    rows: dict[str, dict[str, Any]], delta: dict[str, float], goal: str, currency: str
) -> list[str]:
    lines = [
        f"{name} ({own['mode'] or 'own curves'}): expected {goal.replace('_', ' ')} "
        f"{own[goal]:,.0f} {currency}, {own['regret']:,.0f} below the best plan, iROAS "
        f"{own['iroas']:.2f}, {own['stockout_spend_share']:.1%} of spend on stocked-out SKUs"
        for name, own in rows.items()
    ]
    return [
        *lines,
        (
            f"The second brings {delta[goal]:+,.0f} {currency}. One world: no interval; "
            "`rmnctl compare -c` plays many."
        ),
    ]

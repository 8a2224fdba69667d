"""A finished plan run, opened again with the very data it was made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from rmnctl.agents.reflection import Case, Learned
from rmnctl.config import Settings
from rmnctl.config.yaml_file import validate
from rmnctl.errors import InputError, RunError
from rmnctl.planning import CURVES_SCHEMA, PLAN_SCHEMA, PlanRequest, read_curves
from rmnctl.planning.knowledge import VIEW_SCHEMA
from rmnctl.response import run_backtest
from rmnctl.runs import Input, Manifest, artifact_input, file_input, list_runs, resolve
from rmnctl.runs.manifest import InputRecord, Status
from rmnctl.runs.store import open_artifact
from rmnctl.workflows.curves import Prepared, fit
from rmnctl.workflows.plan import VERB, CurvePlanConfig, not_closed
from rmnctl.workflows.planning_config import PlanConfig
from rmnctl.workflows.private_view import private_view, with_priors, with_private

_PAST = 20


@dataclass(frozen=True)
class OpenedPlan:
    """A plan run with everything reflection and questions need.

    Attributes:
        manifest: Of the plan run.
        case: The plan, its curves, and the fit behind them.
        inputs: For the manifest of whoever asks.
        past: (name, `plan.json`) of other complete plans, newest first.
    """

    manifest: Manifest
    case: Case
    inputs: list[Input]
    past: list[tuple[str, dict[str, Any]]]


def short_name(manifest: Manifest) -> str:
    """A name of a run that does not change when it is repeated: verb and fingerprint."""
    return f"{manifest.verb}-{manifest.fingerprint.removeprefix('sha256:')[:6]}"


def open_plan(
    ref: str, settings: Settings, *, history: bool = True, remember: bool = True
) -> OpenedPlan:
    """Open a plan run and fit its curves again.

    Args:
        ref: The run.
        settings: Where runs lie.
        history: Also open and fit the data behind the curves; else the plan alone.
        remember: Also open other plans of the runs folder.

    Raises:
        RunError: The run cannot be used, or an input of it is gone or altered.
        InputError: Likewise, for inputs that are files.
    """
    folder, manifest = resolve(settings.runs, ref, VERB)
    document = _document(folder, manifest)
    request = PlanRequest.model_validate(document["request"])
    inputs = [_part(folder, manifest, "plan.json", PLAN_SCHEMA)]
    config = _config(folder)
    if isinstance(config, CurvePlanConfig):
        source = _again(next(i for i in manifest.inputs if i.name == "curves"), settings)
        case = Case(request, document, _of_retailers(read_curves(source.location), request))
        inputs.append(source)
    else:
        inputs.append(_part(folder, manifest, "curves.parquet", CURVES_SCHEMA))
        curves = _of_retailers(read_curves(inputs[-1].location), request)
        case = Case(request, document, curves)
        if history or config.uncertainty.draws:
            view = _recalled_view(folder, manifest)
            case, more = _with_history(case, config, manifest, settings, view)
            inputs += more
    past = _past(manifest, settings) if remember else []
    inputs += [one for one, _ in past]
    # Two runs of one fingerprint hold the same plan: one is enough to remember.
    named = {name: other for _, (name, other) in past}
    return OpenedPlan(manifest, case, inputs, sorted(named.items()))


def _part(folder: Path, manifest: Manifest, name: str, schema: str) -> Input:
    path = open_artifact(folder, manifest, name, schema)
    found = manifest.artifact(name)
    record = InputRecord(
        name=name.partition(".")[0],
        kind="run",
        ref=manifest.run_id,
        run_id=manifest.run_id,
        path=name,
        schema_=schema,
        sha256=found.sha256 if found else "",
    )
    return Input(record, path)


def _document(folder: Path, manifest: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        open_artifact(folder, manifest, "plan.json", PLAN_SCHEMA).read_bytes()
    )
    return found


def _config(folder: Path) -> PlanConfig | CurvePlanConfig:
    data = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    if data.get("schema") == "rmnctl/plan-curves/v1":
        return validate(CurvePlanConfig, data)
    return validate(PlanConfig, data)


def _of_retailers(curves: pa.Table, request: PlanRequest) -> pa.Table:
    if not request.retailers:
        return curves
    return curves.filter(pc.is_in(curves["retailer_id"], pa.array(request.retailers)))


def _again(record: InputRecord, settings: Settings) -> Input:
    """An input of an earlier run, the same bytes.

    Raises:
        RunError: It was altered, or the run it came from is gone.
        InputError: The file is gone.
    """
    if record.kind == "run" and record.run_id is not None:
        found = artifact_input(
            settings.runs, record.name, record.run_id, record.path, schema=record.schema_
        )
    else:
        found = file_input(record.name, Path(record.ref), record.schema_)
    if found.record.sha256 != record.sha256:
        raise RunError(
            f"Input {record.name} was altered after the plan.",
            hint="Plan again; then reflect on the new plan.",
        )
    return found


def _recalled_view(folder: Path, manifest: Manifest) -> pa.Table | None:
    """What the federation answered about the SKUs of a plan of mode `federated`, or None."""
    if manifest.artifact("view.parquet") is None:
        return None
    return pq.read_table(open_artifact(folder, manifest, "view.parquet", VIEW_SCHEMA))


def _with_history(
    case: Case,
    config: PlanConfig,
    manifest: Manifest,
    settings: Settings,
    recalled: pa.Table | None,
) -> tuple[Case, list[Input]]:
    inputs = [_again(record, settings) for record in manifest.inputs]
    skus = sorted(set(case.curves["sku_id"].to_pylist()))
    prepared = Prepared(inputs, tuple(skus))
    asked = config.model_copy(update={"request": case.request})
    fitted = fit(asked, prepared)
    own = pa.array(skus, pa.string())
    private = prepared.path("private")
    view = recalled if private is None else private_view(private)

    def known(table: pa.Table) -> pa.Table:
        mine = not_closed(table.filter(pc.is_in(table["sku_id"], own)), config)
        if view is None:
            return with_priors(mine, config.priors.margin_rate)
        return with_private(mine, view)

    draws = fitted.draws_table()
    learned = Learned(fitted, prepared.tests(), run_backtest(fitted.panel, prepared.tests()), known)
    drawn = not_closed(draws.filter(pc.is_in(draws["sku_id"], own)), config)
    if not len(case.keys):
        raise InputError("The plan has no cell.")
    few = config.uncertainty.draws
    planned = drawn.filter(pc.less(drawn["draw"], few)) if few else None
    caution = config.uncertainty.cvar
    return Case(case.request, case.document, case.curves, drawn, learned, planned, caution), inputs


def _past(manifest: Manifest, settings: Settings) -> list[tuple[Input, tuple[str, dict[str, Any]]]]:
    """Other complete plans, the newest first, each an input so that its digest is on record."""
    found: list[tuple[Input, tuple[str, dict[str, Any]]]] = []
    for other in list_runs(settings.runs, VERB):
        if other.status is not Status.COMPLETE or other.fingerprint == manifest.fingerprint:
            continue
        folder = settings.runs / other.run_id
        try:
            part = _part(folder, other, "plan.json", PLAN_SCHEMA)
        except RunError:
            # A past plan that was altered is no memory; it is no reason to stop either.
            continue
        record = part.record.model_copy(update={"name": f"past_{len(found) + 1}"})
        found.append((Input(record, part.location), (short_name(other), _document(folder, other))))
        if len(found) == _PAST:
            break
    return found

"""`rmnctl plan --brief-file`: many briefs, each planned, in one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from rmnctl.agents.briefs import Understood
from rmnctl.config import ConfigModel, Settings
from rmnctl.errors import ConfigError, Failure, Findings, RmnctlError
from rmnctl.planning import PLAN_SCHEMA, PlanRequest
from rmnctl.planning.planner import Engine
from rmnctl.response import Fitted
from rmnctl.runs import Input, Run, artifact_input, file_input
from rmnctl.workflows.briefs import Brief
from rmnctl.workflows.curves import fit, prepare
from rmnctl.workflows.plan import PlanResult, plan, plan_curves
from rmnctl.workflows.plan_case import short_name
from rmnctl.workflows.planning_config import PlanConfig

VERB = "plan-briefs"
BRIEFS_SCHEMA = "planned-briefs/v1"
NAMES_SCHEMA = "rmnctl/briefs/v1"
_FIGURES = ("spend", "incremental_revenue", "incremental_margin", "conversions", "iroas")


class BriefLine(ConfigModel):
    """One line of a brief file."""

    id: str
    brief: str


class PlanBriefsConfig(ConfigModel):
    """Configuration `rmnctl/plan-briefs/v1`: many briefs on the same data."""

    schema_: Literal["rmnctl/plan-briefs/v1"] = Field("rmnctl/plan-briefs/v1", alias="schema")
    briefs: tuple[BriefLine, ...] = Field(min_length=1, description="in the order of the table")
    names: Path = Field(description="names that briefs may use")
    plan: PlanConfig | None = Field(None, description="data and mode; its request is not used")
    curves: str | None = Field(None, description="instead of plan: a table of curves")
    engine: Engine = Field("auto", description="solver")


@dataclass(frozen=True)
class PlanBriefsResult:
    """Many planned briefs.

    Attributes:
        run: With `briefs.json` and `briefs.parquet`.
        rows: One for each brief, in order: what was asked, what became of it, and its figures.
        plans: Run of each plan that was made, by id of its brief.
    """

    run: Run
    rows: list[dict[str, Any]]
    plans: dict[str, str]


def plan_briefs(
    config: PlanBriefsConfig,
    found: Sequence[tuple[Brief, Understood]],
    settings: Settings | None = None,
    *,
    reader: str = "rules",
    overrides: Sequence[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> PlanBriefsResult:
    """Plan every brief that is a request; one that cannot be planned loses no other.

    Curves are fitted once for each horizon. Each plan is a run of its own, so that it can be
    asked and reflected on; the table names it by verb and fingerprint.

    Args:
        config: The briefs, and the data for all of them.
        found: Each brief as it was understood.
        settings: Where runs lie.
        reader: What read the briefs.
        overrides: `--set` texts, for the record.
        say: Is told how far it is.

    Raises:
        ConfigError: Neither data nor curves are given, or both.
        InputError: The data are not what they should be.
        RunError: A run is not there.
    """
    settings = settings or Settings()
    if (config.plan is None) == (config.curves is None):
        raise ConfigError("plan-briefs: give plan or curves, one of them.")
    fits: dict[int, Fitted] = {}
    made: list[tuple[dict[str, Any], PlanResult | None]] = []
    for number, (brief, understood) in enumerate(found, 1):
        say(f"Brief {brief.id} ({number} of {len(found)}) …")
        made.append(_one(config, brief, understood, settings, fits, reader))
    plans = {row["id"]: done.run.run_id for row, done in made if done is not None}
    inputs: list[Input] = [file_input("names", config.names, NAMES_SCHEMA)]
    inputs += [
        artifact_input(settings.runs, f"plan {name}", run_id, "plan.json", schema=PLAN_SCHEMA)
        for name, run_id in plans.items()
    ]
    rows = [row for row, _ in made]
    with Run.start(settings.runs, VERB, config, inputs=inputs, overrides=overrides) as run:
        run.write_json("briefs.json", {"reader": reader, "briefs": rows}, BRIEFS_SCHEMA)
        run.write_table("briefs.parquet", _table(rows), BRIEFS_SCHEMA)
        run.metrics = {
            "briefs": len(rows),
            "plans": len(plans),
            "problems": sum(row["status"] == "problem" for row in rows),
            "no_plan": sum(row["status"] == "no_plan" for row in rows),
        }
    return PlanBriefsResult(run, rows, plans)


def _one(
    config: PlanBriefsConfig,
    brief: Brief,
    understood: Understood,
    settings: Settings,
    fits: dict[int, Fitted],
    reader: str,
) -> tuple[dict[str, Any], PlanResult | None]:
    row = {"status": "problem", "plan": None, "totals": None, **understood.plain(brief.id)}
    if understood.request is None:
        return row, None
    notes = {"brief": brief.text, "reader": reader, **understood.plain(brief.id)}
    try:
        done = _planned(config, understood.request, notes, settings, fits)
    except (Failure, ConfigError) as error:
        # This request cannot be planned; what is wrong with the data ends them all.
        return row | {"status": "no_plan", "error": _plain(error)}, None
    totals = {name: done.document["totals"][name] for name in _FIGURES}
    name = short_name(done.run.manifest)
    return row | {"status": "planned", "plan": name, "totals": totals}, done


def _planned(
    config: PlanBriefsConfig,
    request: PlanRequest,
    notes: dict[str, Any],
    settings: Settings,
    fits: dict[int, Fitted],
) -> PlanResult:
    if config.plan is None:
        path = Path(config.curves or "")
        return plan_curves(path, request, settings, engine=config.engine, brief=notes)
    asked = config.plan.model_copy(update={"request": request})
    prepared = prepare(asked, settings)
    days = request.horizon_days
    if days not in fits:
        fits[days] = fit(asked, prepared)
    return plan(asked, settings, engine=config.engine, brief=notes, learned=(prepared, fits[days]))


def _plain(error: RmnctlError) -> dict[str, Any]:
    return {
        "code": error.code,
        "exit_code": error.exit_code,
        "message": error.message,
        "hint": error.hint,
    }


def _table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """One row a brief, for spreadsheets; what is not known is null."""
    flat = []
    for row in rows:
        request, totals, error = row["request"] or {}, row["totals"] or {}, row["error"] or {}
        flat.append(
            {
                "id": row["id"],
                "status": row["status"],
                "problem": error.get("code"),
                "brand_id": request.get("brand_id"),
                "budget": request.get("budget"),
                "currency": request.get("currency"),
                "horizon_days": request.get("horizon_days"),
                "assumptions": len(row["assumptions"]),
                "plan": row["plan"],
                **{name: totals.get(name) for name in _FIGURES},
            }
        )
    numbers = {"budget", *_FIGURES}
    whole = {"horizon_days", "assumptions"}
    kinds = [
        (n, pa.float64() if n in numbers else pa.int64() if n in whole else pa.string())
        for n in flat[0]
    ]
    return pa.Table.from_pylist(flat, schema=pa.schema(kinds))


def raise_unplanned(done: PlanBriefsResult) -> None:
    """End with exit code 5 where some brief has no plan.

    Raises:
        Findings: Names how many, and which, with the code of each.
    """
    wrong = {row["id"]: row["error"]["code"] for row in done.rows if row["status"] != "planned"}
    if wrong:
        raise Findings(
            f"{len(wrong)} of {len(done.rows)} briefs have no plan; the others were planned.",
            hint="Each says why under `error` in briefs.json.",
            details={"problems": wrong},
        )

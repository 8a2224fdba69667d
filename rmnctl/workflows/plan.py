"""`rmnctl plan`: from what a mode may see to a certified allocation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from rmnctl.agents.words import explain_plan
from rmnctl.config import ConfigModel, Settings, load_config
from rmnctl.errors import ConfigError
from rmnctl.planning import CURVES_SCHEMA, PLAN_SCHEMA, Plan, PlanRequest, read_curves, write_lp
from rmnctl.planning import plan as allocate
from rmnctl.planning.knowledge import VIEW_SCHEMA
from rmnctl.planning.planner import Engine
from rmnctl.reporting.plan_page import plan_page
from rmnctl.response import Fitted
from rmnctl.runs import Input, Run, file_input
from rmnctl.workflows.curves import FIT_SCHEMA, Prepared, describe, fit, prepare
from rmnctl.workflows.plan_warnings import plan_warnings
from rmnctl.workflows.planning_config import PlanConfig, load_request
from rmnctl.workflows.private_view import private_view, with_priors, with_private
from rmnctl.workflows.recalled_view import (
    RECALL_SCHEMA,
    RecalledView,
    products_of,
    recalled_view,
)

VERB = "plan"
BRIEF_SCHEMA = "rmnctl/brief/v1"
ADAPTER_SCHEMA = "peft/safetensors"


class CurvePlanConfig(ConfigModel):
    """Configuration of a plan on a table of curves: `rmnctl plan --curves T --request R`."""

    schema_: Literal["rmnctl/plan-curves/v1"] = Field("rmnctl/plan-curves/v1", alias="schema")
    curves: str = Field(description="curves/v1, Parquet or CSV")
    request: PlanRequest


@dataclass(frozen=True)
class PlanResult:
    """A finished plan.

    Attributes:
        run: The run.
        plan: The plan.
        document: The content of `plan.json`.
    """

    run: Run
    plan: Plan
    document: dict[str, Any]


def plan(
    config: PlanConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
    engine: Engine = "auto",
    export_lp: Path | None = None,
    brief: Mapping[str, Any] | None = None,
    learned: tuple[Prepared, Fitted] | None = None,
) -> PlanResult:
    """Fit curves from what the mode may see, and allocate the budget.

    Args:
        config: Data, mode and request.
        settings: Where runs lie.
        overrides: `--set` texts, for the record.
        engine: Solver.
        export_lp: Also write the linear model here.
        brief: The brief that the request was read from, with how it was read; kept in the run.
        learned: Inputs and fit of this very configuration, where they are at hand already.

    Raises:
        ConfigError: Configuration and data do not fit.
        InputError: The data are not what they should be.
        Failure: No plan keeps all rules; says what would have to give.
    """
    settings, request = settings or Settings(), load_request(config)
    prepared = prepare(config, settings) if learned is None else learned[0]
    fitted = fit(config, prepared) if learned is None else learned[1]
    own = set(prepared.skus)
    recalled, asked = _recalled(config, prepared, settings, request)
    curves = _known(fitted.checked_table(), config, prepared, recalled)
    curves = not_closed(_of(curves, own), config)
    made = allocate(
        curves,
        request,
        draws=_draws(fitted, own, config),
        cvar=config.uncertainty.cvar,
        last=not_closed(_of(_last_period(fitted), own), config),
        engine=engine,
        time_limit=config.time_limit_s,
    )
    document = _document(made, curves, config.mode, len(own), recalled)
    _export(made, export_lp)
    with Run.start(
        settings.runs,
        VERB,
        config,
        inputs=[*prepared.inputs, *asked],
        seed=config.seed,
        overrides=overrides,
    ) as run:
        run.write_table("curves.parquet", curves, CURVES_SCHEMA)
        if recalled is not None:
            run.write_table("recalled.parquet", recalled.answers, RECALL_SCHEMA)
            run.write_table("view.parquet", recalled.table, VIEW_SCHEMA)
        run.write_json("fit.json", describe(fitted), FIT_SCHEMA)
        _write(run, made, document, brief)
        run.privacy = {"leaves_owner": False, "mode": config.mode}
    return PlanResult(run, made, document)


def plan_curves(
    curves_path: Path,
    request: PlanRequest,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
    engine: Engine = "auto",
    export_lp: Path | None = None,
    brief: Mapping[str, Any] | None = None,
) -> PlanResult:
    """Allocate the budget over any table of curves.

    Raises:
        ConfigError: The request does not fit the curves.
        InputError: The table is wrong, by column and row.
        Failure: No plan keeps all rules; says what would have to give.
    """
    settings = settings or Settings()
    source = file_input("curves", curves_path, CURVES_SCHEMA)
    table = read_curves(curves_path)
    made = allocate(table, request, engine=engine)
    _export(made, export_lp)
    config = CurvePlanConfig(curves=str(curves_path), request=request)
    with Run.start(settings.runs, VERB, config, inputs=[source], overrides=overrides) as run:
        document = _document(made, table, None, None)
        _write(run, made, document, brief)
    return PlanResult(run, made, document)


def _recalled(
    config: PlanConfig, prepared: Prepared, settings: Settings, request: PlanRequest
) -> tuple[RecalledView | None, list[Input]]:
    """What the federation answers about the brand's SKUs, and the adapters it answered with."""
    if config.data.federation is None:
        return None, []
    from rmnctl.federation import FederationConfig, LoRAFederation

    federation = LoRAFederation(
        load_config(FederationConfig, config.data.federation).model, settings
    )
    products, sold = products_of(prepared.inputs[0].location, request.brand_id)
    view = recalled_view(federation, products, request.brand_id, request.retailers or sold)
    used = [federation.registry.get(name) for name in view.adapters]
    federation.close()
    return view, [
        file_input(f"adapter_{a.id}", a.folder / "adapter_model.safetensors", ADAPTER_SCHEMA)
        for a in used
    ]


def _draws(fitted: Fitted, own: set[str], config: PlanConfig) -> pa.Table | None:
    """The first joint draws of the brand's cells, or None where none are wanted."""
    count = config.uncertainty.draws
    if not count:
        return None
    draws = not_closed(_of(fitted.draws_table(), own), config)
    return draws.filter(pc.less(draws["draw"], count))


def not_closed(table: pa.Table, config: PlanConfig) -> pa.Table:
    """The cells that may be bought.

    Raises:
        ConfigError: None may.
    """
    for one in config.closed:
        there = pc.and_(
            pc.equal(table["retailer_id"], one.retailer_id),
            pc.equal(table["placement_type"], one.placement_type),
        )
        table = table.filter(pc.invert(there))
    if config.closed and not table.num_rows:
        raise ConfigError("closed: no cell is left to plan.", hint="Open some placement.")
    return table


def _known(
    curves: pa.Table, config: PlanConfig, prepared: Prepared, recalled: RecalledView | None
) -> pa.Table:
    """Curves with what this mode knows of margins, stock, promotions and prices."""
    if recalled is not None:
        return with_private(_of(curves, set(prepared.skus)), recalled.table)
    private = prepared.path("private")
    if private is None:
        return with_priors(curves, config.priors.margin_rate)
    return with_private(_of(curves, set(prepared.skus)), private_view(private))


def _of(table: pa.Table, skus: set[str]) -> pa.Table:
    return table.filter(pc.is_in(table["sku_id"], pa.array(sorted(skus), pa.string())))


def _last_period(fitted: Fitted) -> pa.Table:
    """What was spent in the last periods, as long as the horizon."""
    panel = fitted.panel
    periods = max(1, round(fitted.horizon_days / panel.days))
    spend = fitted.spend[:, -periods:].sum(axis=1)
    return pa.table(
        {
            "retailer_id": panel.retailer.tolist(),
            "placement_type": panel.placement.tolist(),
            "sku_id": panel.sku.tolist(),
            "spend": spend,
        }
    )


def _export(made: Plan, path: Path | None) -> None:
    if path is None:
        return
    if made.model is None:
        raise ConfigError(
            "--export-lp: this plan needed no linear model.", hint="Add --engine highs."
        )
    write_lp(made.model, path)


def _document(
    made: Plan,
    curves: pa.Table,
    mode: str | None,
    skus: int | None,
    recalled: RecalledView | None = None,
) -> dict[str, Any]:
    plain = made.plain()
    return plain | {
        "adapters_used": [] if recalled is None else list(recalled.adapters),
        "clean_room_mode": mode,
        "warnings": plan_warnings(curves, made),
        "rationale": _rationale(made, mode, skus),
        # In plain words; a sentence with a number that the plan does not hold is left out.
        "explanation": list(explain_plan(plain).sentences),
    }


def _rationale(made: Plan, mode: str | None, skus: int | None) -> list[str]:
    """Why the plan is as it is, each sentence read off its numbers."""
    totals, certificate = made.totals, made.certificate
    lines = [
        f"Spends {totals.spend:,.2f} of {made.request.budget:,.2f}"
        + ("; the rest would lose money." if totals.spend < 0.999 * made.request.budget else "."),
        (
            f"No plan under these rules and curves is worth more than {certificate.upper:,.2f}; "
            f"this one is worth {certificate.lower:,.2f} (gap {certificate.gap:.1e})."
        ),
    ]
    if mode is not None:
        lines.append(f"Mode {mode}, {skus} SKUs.")
    lines += [f"At its limit: {rule}." for rule in made.binding]
    if made.comparison is not None:
        lines.append(
            f"{made.comparison.gained:,.2f} more than last period's allocation on the same curves."
        )
    return lines


def _write(run: Run, made: Plan, document: dict[str, Any], brief: Mapping[str, Any] | None) -> None:
    if brief is not None:
        run.write_json("brief.json", dict(brief), BRIEF_SCHEMA)
    run.write_table("plan.parquet", made.table, PLAN_SCHEMA)
    run.write_json("plan.json", document, PLAN_SCHEMA)
    run.write_text("report.html", plan_page(document), "html/v1")
    run.metrics = {
        "spend": made.totals.spend,
        "incremental_revenue": made.totals.incremental_revenue,
        "incremental_margin": made.totals.incremental_margin,
        "iroas": made.totals.iroas,
        "gap": made.certificate.gap,
    }


def with_mode(config: PlanConfig, mode: str | None) -> PlanConfig:
    """The configuration in another mode, checked again."""
    if mode is None or mode == config.mode:
        return config
    from rmnctl.config.yaml_file import validate

    return validate(PlanConfig, config.plain() | {"mode": mode})

"""`rmnctl experiment design`: a history in, a randomised test with its price out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rmnctl.agents.measurement import MeasurementAgent, Proposal
from rmnctl.config import Settings
from rmnctl.config.yaml_file import validate
from rmnctl.errors import ConfigError
from rmnctl.measurement import (
    ASSIGNMENT_SCHEMA,
    CONTRASTS_SCHEMA,
    DESIGN_SCHEMA,
    ExperimentConfig,
    ExperimentDesign,
    design_experiment,
    read_panel,
)
from rmnctl.runs import Input, Run, artifact_input, file_input, resolve
from rmnctl.tables import engine_failures
from rmnctl.workflows.plan_case import open_plan

VERB = "experiment-design"
DESIGN, ASSIGNMENT, CONTRASTS = "design.json", "assignment.parquet", "contrasts.parquet"
OUTCOMES_SCHEMA = "outcomes/v1"


@dataclass(frozen=True)
class DesignResult:
    """A finished design.

    Attributes:
        run: The run, with `design.json` and `assignment.parquet`; None after a dry run.
        design: The document.
    """

    run: Run | None
    design: ExperimentDesign


def experiment_design(
    config: ExperimentConfig,
    settings: Settings | None = None,
    *,
    plan: Input | None = None,
    overrides: Sequence[str] = (),
    dry_run: bool = False,
) -> DesignResult:
    """Design an experiment.

    Args:
        config: What to find out, on which history.
        settings: Where runs lie.
        plan: The plan that the wish was made from, for the record.
        overrides: `--set` texts, for the record.
        dry_run: Compute everything, write nothing.

    Raises:
        ConfigError: The wish contradicts itself, the history or the budget.
        InputError: The history is not fit for it.
        RunError: The history is of a run that cannot be used.
    """
    settings = settings or Settings()
    history = table_input("history", config.history, settings)
    with engine_failures():
        panel = read_panel(
            history.location,
            config.columns,
            currency=config.currency,
            retailer_id=config.retailer_id,
        )
    made = design_experiment(panel, config)
    if dry_run:
        return DesignResult(None, made.document)
    inputs = [history] if plan is None else [history, plan]
    with Run.start(
        settings.runs, VERB, config, inputs=inputs, seed=config.seed, overrides=overrides
    ) as run:
        run.write_json(DESIGN, made.document.plain(), DESIGN_SCHEMA)
        run.write_table(ASSIGNMENT, made.assignment.table(), ASSIGNMENT_SCHEMA)
        if made.comparisons is not None:
            run.write_table(CONTRASTS, made.comparisons.table(), CONTRASTS_SCHEMA)
        sensitivity, spend = made.document.sensitivity, made.document.spend
        run.metrics = {
            "spend_planned": spend.planned,
            "spend_needed": spend.needed,
            "mde_revenue": sensitivity.mde_revenue,
            "mde_iroas": sensitivity.mde_iroas,
            "power": sensitivity.power,
        }
    return DesignResult(run, made.document)


@dataclass(frozen=True)
class Wish:
    """What a plan wants tested.

    Attributes:
        config: The template with the plan's cell, budget and expected iROAS.
        proposal: The cell, and what hangs on it.
        plan: The plan, as an input.
    """

    config: ExperimentConfig
    proposal: Proposal
    plan: Input


def wish_of_plan(template: ExperimentConfig, ref: str, settings: Settings | None = None) -> Wish:
    """The test that a plan would learn most from, at the retailer whose history is at hand.

    The plan gives placement, budget, what must be found (the iROAS it plans with) and, where it
    has an experiment share, the spend; the template gives history, kind of design and dates.

    Args:
        template: A configuration of `rmnctl experiment design`.
        ref: Run of the plan.
        settings: Where runs lie.

    Raises:
        ConfigError: The plan spends nothing at that retailer, or has no fit behind it.
        RunError: The plan cannot be used.
    """
    opened = open_plan(ref, settings or Settings(), remember=False)
    answer = MeasurementAgent(opened.case).execute({"want": "propose"}).output
    own = [
        p for p in answer.proposals
        if p.retailer_id == template.retailer_id and p.planned_spend > 0
    ]  # fmt: skip
    if not own:
        raise ConfigError(
            f"The plan spends nothing at {template.retailer_id}, whose history is configured.",
            hint="Give a configuration with the history of a retailer in the plan.",
        )
    best = own[0]
    request = opened.case.request
    revenue = sum(
        row["predicted_incremental_revenue"]
        for row in opened.case.document["allocation"]
        if (row["retailer_id"], row["placement_type"]) == (best.retailer_id, best.placement_type)
    )
    update = {
        "test_id": f"{template.design.kind}-{best.retailer_id}-{best.placement_type}",
        "placement_type": best.placement_type,
        "budget": request.budget,
        "expected_iroas": round(revenue / best.planned_spend, 4),
    }
    if request.experiment_share > 0:
        update["spend"] = round(request.experiment_share * request.budget, 2)
    config = validate(ExperimentConfig, template.plain() | update)
    return Wish(config, best, opened.inputs[0])


def table_input(name: str, text: str, settings: Settings) -> Input:
    """A table named as a file or as `run:artifact`.

    Raises:
        InputError: There is no such file.
        RunError: There is no such run or artifact, or it was altered.
    """
    if not Path(text).exists() and ":" in text:
        reference, _, artifact = text.rpartition(":")
        _, manifest = resolve(settings.runs, reference)
        known = manifest.artifact(artifact)
        schema = known.schema_ if known else OUTCOMES_SCHEMA
        return artifact_input(settings.runs, name, reference, artifact, schema=schema)
    return file_input(name, Path(text), OUTCOMES_SCHEMA)

"""`rmnctl experiment design`: a history in, a randomised test with its price out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rmnctl.config import Settings
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
    overrides: Sequence[str] = (),
    dry_run: bool = False,
) -> DesignResult:
    """Design an experiment.

    Args:
        config: What to find out, on which history.
        settings: Where runs lie.
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
    with Run.start(
        settings.runs, VERB, config, inputs=[history], seed=config.seed, overrides=overrides
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

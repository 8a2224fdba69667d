"""`rmnctl experiment analyze`: a design and what happened in, iROAS with its interval out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import ValidationError

from rmnctl.config import Settings
from rmnctl.errors import RunError
from rmnctl.measurement import (
    ASSIGNMENT_SCHEMA,
    CONTRASTS_SCHEMA,
    DESIGN_SCHEMA,
    LIFT_TESTS_SCHEMA,
    RESULT_SCHEMA,
    AnalyzeConfig,
    Assignment,
    Comparisons,
    ExperimentDesign,
    ExperimentResult,
    analyse_experiment,
    read_panel,
)
from rmnctl.runs import Input, Run, artifact_input, resolve
from rmnctl.tables import engine_failures, read_rows
from rmnctl.workflows import experiment_design
from rmnctl.workflows.experiment_design import ASSIGNMENT, CONTRASTS, DESIGN, table_input

VERB = "experiment-analyze"
RESULT, LIFT_TESTS = "result.json", "lift_tests.parquet"


@dataclass(frozen=True)
class AnalyzeResult:
    """A finished analysis.

    Attributes:
        run: The run, with `result.json` and `lift_tests.parquet`.
        result: The document.
    """

    run: Run
    result: ExperimentResult


def experiment_analyze(
    config: AnalyzeConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
) -> AnalyzeResult:
    """Analyse a finished experiment.

    Args:
        config: The design run and the outcomes.
        settings: Where runs lie.
        overrides: `--set` texts, for the record.

    Raises:
        RunError: The design run cannot be used, or was altered.
        InputError: The outcomes do not fit the design.
    """
    settings = settings or Settings()
    folder, manifest = resolve(settings.runs, config.design, experiment_design.VERB)
    parts = {"design": (DESIGN, DESIGN_SCHEMA), "assignment": (ASSIGNMENT, ASSIGNMENT_SCHEMA)}
    if manifest.artifact(CONTRASTS) is not None:
        parts["contrasts"] = (CONTRASTS, CONTRASTS_SCHEMA)
    inputs: dict[str, Input] = {
        name: artifact_input(settings.runs, name, str(folder), artifact, schema=schema)
        for name, (artifact, schema) in parts.items()
    }
    inputs["outcomes"] = table_input("outcomes", config.outcomes, settings)
    design = _read_design(inputs["design"])
    assignment = Assignment.read(read_rows(inputs["assignment"].location))
    comparisons = None
    if "contrasts" in inputs:
        comparisons = Comparisons.read(read_rows(inputs["contrasts"].location))
    columns = config.columns or design.columns
    if config.spend is not None:
        columns = columns.model_copy(update={"spend": None})
    with engine_failures():
        panel = read_panel(
            inputs["outcomes"].location,
            columns,
            currency=design.currency,
            retailer_id=design.retailer_id,
        )
    result = analyse_experiment(
        design, assignment, comparisons, panel, spend=config.spend, level=config.level
    )
    with Run.start(
        settings.runs, VERB, config, inputs=list(inputs.values()), overrides=overrides
    ) as run:
        _write(run, result)
    return AnalyzeResult(run, result)


def _read_design(record: Input) -> ExperimentDesign:
    try:
        return ExperimentDesign.model_validate(json.loads(record.location.read_bytes()))
    except (ValidationError, ValueError) as error:
        raise RunError(
            f"{record.record.run_id}/{DESIGN} is not a design that this version reads.",
            hint="Design the experiment again; a running one needs the version that made it.",
        ) from error


def _write(run: Run, result: ExperimentResult) -> None:
    import pyarrow as pa

    run.write_json(RESULT, result.plain(), RESULT_SCHEMA)
    money = pa.decimal128(18, 6)
    schema = pa.schema(
        [
            ("test_id", pa.string()), ("retailer_id", pa.string()),
            ("placement_type", pa.string()), ("start_date", pa.date32()),
            ("end_date", pa.date32()), ("spend", money), ("incremental_revenue", money),
            ("standard_error", money), ("iroas", pa.float64()), ("iroas_se", pa.float64()),
        ]
    )  # fmt: skip
    row = {
        k: Decimal(f"{v:.2f}") if schema.field(k).type == money else v
        for k, v in result.lift_test().items()
    }
    run.write_table(LIFT_TESTS, pa.Table.from_pylist([row], schema=schema), LIFT_TESTS_SCHEMA)
    run.metrics = {
        "iroas": result.iroas.estimate,
        "incremental_revenue": result.incremental_revenue.estimate,
        "incremental_spend": result.incremental_spend,
        "p_value": result.p_value,
    }

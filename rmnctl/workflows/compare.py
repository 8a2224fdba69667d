"""`rmnctl compare`: one request, planned in every way, played in worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from rmnctl.comparison.compose import Parts, compose
from rmnctl.comparison.config import CompareConfig
from rmnctl.comparison.document import COMPARISON_SCHEMA, ROWS_SCHEMA, ComparisonResult
from rmnctl.comparison.executor import Crew, Executor
from rmnctl.comparison.gate import judge_gate, load_gate
from rmnctl.comparison.play import Study
from rmnctl.comparison.recall import CONFUSION_SCHEMA
from rmnctl.comparison.summary import Table
from rmnctl.config import Settings
from rmnctl.errors import Findings
from rmnctl.reporting.comparison_markdown import comparison_markdown
from rmnctl.reporting.comparison_page import comparison_page
from rmnctl.runs import Input, Run, artifact_input
from rmnctl.workflows.compare_inputs import Opened, open_inputs
from rmnctl.workflows.compare_studies import Side, side_jobs, side_results

VERB = "compare"
DOCUMENT, ROWS, CONFUSION = "comparison.json", "comparison.parquet", "confusion.json"
#: Told how many worlds are done and how many there are.
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class CompareResult:
    """A finished comparison.

    Attributes:
        run: The run.
        document: The content of `comparison.json`.
    """

    run: Run
    document: ComparisonResult


def compare(
    config: CompareConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
    executor: Executor = "local",
    progress: Progress | None = None,
    gate: Path | None = None,
    baseline: str | None = None,
) -> CompareResult:
    """Compare ways to plan.

    Args:
        config: Market, request, arms and worlds.
        settings: Where runs lie, and how many processes.
        overrides: `--set` texts, for the record.
        executor: `local` for processes on this machine, `ray` for a cluster.
        progress: Told after each world; finished worlds of earlier runs count at once.
        gate: What the comparison must hold, `rmnctl/gate/v1`; see `raise_gate`.
        baseline: A compare run whose figures must not have moved.

    Raises:
        ConfigError: The configuration does not fit together.
        InputError: An input is not what it should be, or belongs to another market.
        RunError: A run is not there.
        Failure: No plan keeps all rules of the request.
    """
    settings = settings or Settings()
    opened = open_inputs(config, settings)
    rules = load_gate(gate) if gate is not None else None
    before = _baseline(baseline, settings) if baseline is not None else None
    crew = Crew(settings.runs / ".cache" / "worlds", executor, settings.threads, progress)
    seeds = range(config.first_seed, config.first_seed + config.worlds)
    jobs: list[tuple[Study, int]] = [(opened.study, seed) for seed in seeds]
    sides = side_jobs(config, opened, jobs)
    played = crew.play(jobs + [job for side in sides for job in side.jobs])
    rows = [row for world in played[: len(jobs)] for row in world]
    document = _document(config, opened, rows, sides, played[len(jobs) :])
    inputs = [*opened.inputs, *([before[0]] if before else [])]
    if rules is not None or before is not None:
        judged = judge_gate(document, rules, before[1] if before else None)
        document = document.model_copy(update={"gate": judged})
    with Run.start(
        settings.runs, VERB, config, inputs=inputs, seed=config.seed, overrides=overrides
    ) as run:
        run.write_table(ROWS, rows_table(rows), ROWS_SCHEMA)
        run.write_json(DOCUMENT, document.plain(), COMPARISON_SCHEMA)
        run.write_text("report.html", comparison_page(document), "html/v1")
        run.write_text("comparison.md", comparison_markdown(document), "markdown/v1")
        known = opened.answers
        if known.confusion is not None and not known.simulated:
            run.write_json(CONFUSION, known.confusion.plain(), CONFUSION_SCHEMA)
        run.metrics = _metrics(document)
        run.privacy = {"leaves_owner": False, "note": "scored against a simulator's truth"}
    return CompareResult(run, document)


def raise_gate(result: CompareResult) -> None:
    """Turn a failed gate into the exception whose exit code is 5; the run stays complete.

    Raises:
        Findings: Listing what moved.
    """
    gate = result.document.gate
    if gate is None or gate.passed:
        return
    failed = [c for c in gate.checks if not c.passed]
    raise Findings(
        f"The gate failed on {len(failed)} of {len(gate.checks)} checks:\n  "
        + "\n  ".join(c.message for c in failed),
        hint=f"The comparison is complete: {result.run.folder / DOCUMENT}",
        details={"run_id": result.run.run_id, "checks": [c.plain() for c in failed]},
    )


def _document(
    config: CompareConfig,
    opened: Opened,
    rows: list[dict[str, Any]],
    sides: Sequence[Side],
    played: Sequence[list[dict[str, Any]]],
) -> ComparisonResult:
    study = opened.study
    table = Table.of(rows, study.request.budget, opened.primary, config.bootstrap, config.seed)
    parts = Parts(
        table=table,
        rows=rows,
        primary=opened.primary,
        market=str(config.market),
        catalogue_seed=study.market.catalogue_seed,
        currency=study.market.currency,
        request=study.request,
        missing=opened.missing,
        recall=opened.answers.recall,
        leak=opened.answers.leak,
        simulated_recall=opened.answers.simulated,
        arms=config.arms,
    )
    return compose(config, replace(parts, **side_results(config, opened, table, sides, played)))


def _baseline(ref: str, settings: Settings) -> tuple[Input, ComparisonResult]:
    found = artifact_input(
        settings.runs, "baseline", ref, DOCUMENT, schema=COMPARISON_SCHEMA, expects=VERB
    )
    return found, read_comparison(found.location)


def read_comparison(path: Path) -> ComparisonResult:
    """Read a `comparison.json`.

    Raises:
        InputError: It is none, or of another schema version.
    """
    from pydantic import ValidationError

    from rmnctl.errors import InputError

    try:
        return ComparisonResult.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        raise InputError(
            f"{path} is not a comparison of schema {COMPARISON_SCHEMA}.",
            hint="`rmnctl compare -c configs/compare/default.yaml` writes one.",
        ) from error


def rows_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows by world and play as a table; columns in the order they first appear."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        text = any(isinstance(v, str) for v in values)
        kind = pa.string() if text else pa.int64() if name == "world" else pa.float64()
        columns[name] = pa.array(values, kind)
    return pa.table(columns)


def _metrics(document: ComparisonResult) -> dict[str, Any]:
    metric = document.primary_metric
    found: dict[str, Any] = {"worlds": document.worlds}
    for name, arm in document.arms.items():
        found[f"{name}.{metric}"] = arm.metrics[metric].mean
    for name, deltas in document.deltas.items():
        if name.endswith("_vs_clean_room"):
            found[f"{name}.pct"] = deltas[metric].pct
    return found


__all__ = ["CompareResult", "compare", "raise_gate", "read_comparison", "rows_table"]

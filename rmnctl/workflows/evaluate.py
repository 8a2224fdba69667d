"""`rmnctl evaluate`: every adapter on every task, alone and composed, on held-out text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from rmnctl.config import Settings, load_config
from rmnctl.federation import FederationConfig, LoRAFederation
from rmnctl.federation.card import WEIGHTS_NAME
from rmnctl.federation.composition import interference
from rmnctl.federation.grading import Grade
from rmnctl.reporting.matrix import matrix_markdown, matrix_svg
from rmnctl.runs import Run, file_input
from rmnctl.workflows.corpora import Sources
from rmnctl.workflows.corpora.briefs import HELD_OUT
from rmnctl.workflows.evaluation.conditions import STRATEGIES, Conditions
from rmnctl.workflows.evaluation.config import EvaluateConfig
from rmnctl.workflows.evaluation.figures import Cell, cell
from rmnctl.workflows.evaluation.recalling import recall_of_brands
from rmnctl.workflows.evaluation.tasks import Task, tasks_of

VERB = "evaluate"
EVALUATION_SCHEMA = "evaluation/v1"
ADAPTER_SCHEMA = "peft/safetensors"


@dataclass(frozen=True)
class EvaluateResult:
    """A finished evaluation.

    Attributes:
        run: The run.
        cells: One a task and condition.
        document: The content of `evaluation.json`.
    """

    run: Run
    cells: tuple[Cell, ...]
    document: dict[str, Any]


def evaluate(
    config: EvaluateConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> EvaluateResult:
    """Ask every task under every condition and compare with the bare base.

    Args:
        config: What to measure on.
        settings: Where runs and models lie.
        overrides: `--set` texts, for the record.
        tell: Takes a line on progress.

    Raises:
        ConfigError: The configuration is wrong.
        InputError: There is no adapter to evaluate, or one cannot be used.
        Failure: The backend is a server.
    """
    settings = settings or Settings()
    asked = load_config(FederationConfig, config.federation).model
    federation = LoRAFederation(asked, settings).with_config(
        strategy="additive", rank=None, weights={}
    )
    sources = Sources(market=config.market, labelled=HELD_OUT)
    tasks = tasks_of(config, federation.registry, sources)
    adapters = list(federation.registry)
    inputs = [file_input("market", config.market, "rmnctl/market/v1")]
    inputs += [file_input(a.id, a.folder / WEIGHTS_NAME, ADAPTER_SCHEMA) for a in adapters]
    with Run.start(
        settings.runs, VERB, config, inputs=inputs, seed=config.seed, overrides=overrides
    ) as run:
        conditions = Conditions(federation, config.merged_rank)
        graded = []
        for task in tasks:
            tell(f"{task.name}: {len(task.rows)} rows under {len(adapters) + 5} conditions …")
            graded.append((task, conditions.alone(task) | conditions.composed(task)))
        cells = tuple(_cells(graded, config))
        document = _document(config, tasks, cells, conditions)
        if config.recall_skus:
            tell("recall of brands …")
            document["recall"] = recall_of_brands(
                federation, sources, config.recall_skus, config.seed
            )
        document["interference"] = [
            {"adapters": list(pair), "cosine": cosine}
            for pair, cosine in interference(adapters).items()
        ]
        _write(run, document, cells, graded)
    federation.close()
    return EvaluateResult(run, cells, document)


def _cells(
    graded: Sequence[tuple[Task, dict[str, list[Grade]]]], config: EvaluateConfig
) -> list[Cell]:
    return [
        cell(
            task.name,
            condition,
            found["base"],
            grades,
            resamples=config.bootstrap,
            seed=config.seed,
        )
        for task, found in graded
        for condition, grades in found.items()
    ]


def _document(
    config: EvaluateConfig, tasks: Sequence[Task], cells: Sequence[Cell], conditions: Conditions
) -> dict[str, Any]:
    registry = conditions.federation.registry
    return {
        "schema": EVALUATION_SCHEMA,
        "base": conditions.federation.base.name,
        "adapters": {a.id: a.digest for a in registry},
        "tasks": {t.name: {"rows": len(t.rows), "stack": list(t.stack)} for t in tasks},
        "cells": [c.plain() for c in cells],
        "not_applicable": conditions.skipped,
        "calibration": conditions.weights,
        "composing_hurts": hurt(cells),
        "merged_rank": config.merged_rank,
    }


def hurt(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Where a stack's loss on a task is above that of the task's own adapter alone."""
    known = {(c.task, c.condition): c for c in cells}
    return [
        {"task": c.task, "strategy": c.condition, "loss": c.nll, "alone": alone.nll}
        for c in cells
        if c.condition in STRATEGIES
        and (alone := known.get((c.task, c.task))) is not None
        and c.nll > alone.nll
    ]


def _write(
    run: Run,
    document: dict[str, Any],
    cells: Sequence[Cell],
    graded: Sequence[tuple[Task, dict[str, list[Grade]]]],
) -> None:
    rows = [
        {
            "task": task.name,
            "condition": condition,
            "subject": row.subject,
            "wording": row.wording,
            "nll": grade.nll,
            "tokens": grade.tokens,
            "exact": grade.exact,
        }
        for task, found in graded
        for condition, grades in found.items()
        for row, grade in zip(task.rows, grades, strict=True)
    ]
    run.write_json("evaluation.json", document, EVALUATION_SCHEMA)
    run.write_table("evaluation.parquet", pa.Table.from_pylist(rows), EVALUATION_SCHEMA)
    run.write_text("matrix.md", matrix_markdown(document), "markdown/v1")
    run.write_text("matrix.svg", matrix_svg(document), "svg/v1")
    run.metrics = {f"{c.task}.{c.condition}.change": c.change for c in cells}
    run.privacy = {"leaves_owner": False, "holds": "losses and shares, no answer"}

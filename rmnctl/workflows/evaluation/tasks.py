"""What is asked of whom: held-out rows by task, and the stack that would answer them in use."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from rmnctl.errors import InputError
from rmnctl.federation import Adapter, AdapterType, Registry
from rmnctl.workflows.corpora import CORPORA, Row, Sources, build_corpus
from rmnctl.workflows.evaluation.config import EvaluateConfig


@dataclass(frozen=True)
class Task:
    """Held-out text of one adapter.

    Attributes:
        name: The adapter's id.
        rows: To measure on.
        tuning: To search weights on; none of them is in `rows`.
        stack: Adapters that a request for this knowledge is answered with, in order.
    """

    name: str
    rows: tuple[Row, ...]
    tuning: tuple[Row, ...]
    stack: tuple[str, ...]


def tasks_of(config: EvaluateConfig, registry: Registry, sources: Sources) -> list[Task]:
    """Every task whose adapter is there.

    Raises:
        InputError: There is no adapter with held-out text, or a named one is missing.
    """
    names = config.tasks or tuple(a.id for a in registry if a.id in CORPORA)
    if not names:
        raise InputError(
            f"No adapter in {registry.folder} has held-out text.",
            hint="`make adapters` trains those of this repository.",
        )
    found = []
    for name in names:
        adapter = registry.get(name)
        held = list(build_corpus(name, sources).eval)
        random.Random(config.seed).shuffle(held)  # noqa: S311 - a sample, no secret
        stack = tuple(a.id for a in stack_of(adapter, registry))
        rows, tuning = held[: config.rows], held[config.rows :][: config.calibration_rows]
        found.append(Task(name, tuple(rows), tuple(tuning), stack))
    return found


def stack_of(adapter: Adapter, registry: Registry) -> list[Adapter]:
    """An adapter among the others of a full request: one of each type, its own in its place.

    A task adapter stands only where the task is asked for; other layers are the first there are.
    """
    chosen = []
    for kind in AdapterType:
        if kind is adapter.card.adapter_type:
            chosen.append(adapter)
        elif kind is not AdapterType.TASK:
            chosen += [a for a in registry if a.card.adapter_type is kind][:1]
    return chosen


def brand_of(names: Sequence[str], registry: Registry) -> str | None:
    """The brand whose knowledge is among these adapters."""
    owners = {registry.get(name).card.brand_id for name in names} - {None}
    return next(iter(owners), None)

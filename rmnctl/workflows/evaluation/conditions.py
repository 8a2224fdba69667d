"""Under what each task is asked: the base, each adapter alone, and the stack composed in each way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rmnctl.errors import InputError
from rmnctl.federation import LoRAFederation, Request, calibrate
from rmnctl.federation.grading import Grade
from rmnctl.workflows.corpora import Row
from rmnctl.workflows.evaluation.tasks import Task, brand_of

#: Ways to put a stack together, in the order they are shown.
STRATEGIES: Final = ("additive", "sequential", "merged", "calibrated")
#: Weights that calibration tries; fewer than usual, each costs a pass over the tuning rows.
GRID: Final = (0.5, 0.75, 1.0, 1.25)


def ask(federation: LoRAFederation, rows: Sequence[Row], adapters: Sequence[str]) -> list[Grade]:
    """Grade rows under exactly these adapters."""
    brand = brand_of(adapters, federation.registry)
    requests = [
        Request(r.prompt, brand_id=brand, system=r.system, force_adapters=tuple(adapters))
        for r in rows
    ]
    return federation.grade(requests, [r.answer for r in rows])


@dataclass
class Conditions:
    """Ways to answer a task.

    Attributes:
        federation: Base and adapters.
        merged_rank: What strategy merged re-compresses to.
        skipped: Strategies that do not apply, with the reason, by task.
        weights: Calibrated weights by task.
    """

    federation: LoRAFederation
    merged_rank: int
    skipped: dict[str, dict[str, str]] = field(default_factory=dict)
    weights: dict[str, dict[str, Any]] = field(default_factory=dict)

    def alone(self, task: Task) -> dict[str, list[Grade]]:
        """The base, and each adapter by itself."""
        found = {"base": ask(self.federation, task.rows, ())}
        for adapter in self.federation.registry:
            found[adapter.id] = ask(self.federation, task.rows, (adapter.id,))
        return found

    def composed(self, task: Task) -> dict[str, list[Grade]]:
        """The task's stack in each way that applies."""
        found = {}
        for strategy in STRATEGIES:
            try:
                stack = self._lineage(task) if strategy == "sequential" else task.stack
                found[strategy] = ask(self._strategy(strategy, task), task.rows, stack)
            except InputError as error:
                self.skipped.setdefault(task.name, {})[strategy] = error.message
        return found

    def _lineage(self, task: Task) -> tuple[str, ...]:
        """A task's adapter on what it was trained on."""
        parents = self.federation.registry.get(task.name).card.parents
        if not parents:
            raise InputError("it was trained on the bare base")
        return (*(p.adapter_id for p in parents), task.name)

    def _strategy(self, strategy: str, task: Task) -> LoRAFederation:
        if strategy == "calibrated":
            return self.federation.with_config(strategy="additive", weights=self._calibrated(task))
        rank = self.merged_rank if strategy == "merged" else None
        return self.federation.with_config(strategy=strategy, rank=rank)

    def _calibrated(self, task: Task) -> dict[str, float]:
        if not task.tuning:
            raise InputError("no rows were kept for the search of weights")

        def loss(federation: LoRAFederation) -> float:
            graded = ask(federation, task.tuning, task.stack)
            return sum(g.nll for g in graded) / sum(g.tokens for g in graded)

        additive = self.federation.with_config(strategy="additive")
        found = calibrate(additive, loss, task.stack, grid=GRID, rounds=1)
        self.weights[task.name] = {
            "weights": found.weights,
            "before": found.before,
            "after": found.after,
            "tried": found.tried,
        }
        return found.weights

# ruff: noqa: T201
"""What a model adds to the matcher: `python -m tests.harmonization.matcher.evaluate_model`.

Without arguments the held-out reports, under each composition. `--harder` is what choices were
calibrated on: the development reports, which the matcher's words were written for, made unfamiliar
by hiding a fifth of those words and one header in ten. Intervals are drawn over families.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rmnctl.agents.column_question import NONE, SYSTEM
from rmnctl.agents.harmonizer import TASK, decide, given_of, question
from rmnctl.config import load_config
from rmnctl.federation import FederationConfig, LoRAFederation, Request
from rmnctl.harmonization.matcher import Column, OpenColumn, propose
from rmnctl.harmonization.matcher.choosing import Collector
from rmnctl.harmonization.matcher.types import FIELDS
from rmnctl.harmonization.matcher.words import Lexicon, lexicon
from tests.corpus.generate import load_reports
from tests.harmonization.matcher.evaluate import columns_of

#: Compositions to compare: None is what selection takes.
WAYS: Mapping[str, tuple[str, ...] | None] = {
    "task_harmonize": ("task_harmonize",),
    "as selected": None,
    "base model": (),
}


@dataclass(frozen=True)
class Labelled:
    """A report as the matcher sees it, with the field of every column; `hide` seeds hidden words."""

    family: str
    columns: tuple[Column, ...]
    labels: dict[str, str]
    hide: int | None = None


def reports(split: str, draws: Sequence[int], *, harder: bool = False) -> list[Labelled]:
    """The reports of a split with drawn values, one a draw."""
    found = []
    for draw in draws:
        for report in load_reports():
            if report["split"] != split:
                continue
            columns = columns_of(report, draw)
            labels = {c["name"]: c["field"] or "" for c in report["columns"]}
            if harder:
                columns, labels = _masked(columns, labels, f"{report['report']}/{draw}")
            hide = draw if harder else None
            found.append(Labelled(report["family"], tuple(columns), labels, hide))
    return found


def _masked(
    columns: Sequence[Column], labels: Mapping[str, str], seed: str
) -> tuple[list[Column], dict[str, str]]:
    """One header in ten replaced by one that says nothing."""
    rng = random.Random(seed)
    made, kept = [], {}
    for n, column in enumerate(columns):
        name = f"col {n + 1}" if rng.random() < 0.1 else column.name
        made.append(Column(name, column.values))
        kept[name] = labels[column.name]
    return made, kept


def known_words(seed: int | None) -> Lexicon | None:
    """The matcher's words, or all but a fifth of those that name fields."""
    return None if seed is None else lexicon().without(0.2, random.Random(seed))


class Answered:
    """The agent's rule over answers that are there already, by prompt."""

    def __init__(self, said: Mapping[str, Mapping[str, float]] | None) -> None:
        self.said = said

    def choose(self, columns: Sequence[OpenColumn]) -> list[dict[str, float]]:
        """As `ModelChooser`."""
        found = []
        for column in columns:
            given = given_of(column)
            said = None if self.said is None else self.said[question(given)]
            share = decide(given, said).probability
            found.append({a.field: share[a.field] for a in column.candidates})
        return found


def answers(
    federation: LoRAFederation, prompts: Sequence[str], force: tuple[str, ...] | None
) -> dict[str, dict[str, float]]:
    """Log-probability of every field, and of none, by prompt."""
    options = [*FIELDS, NONE]
    requests = [Request(p, TASK, system=SYSTEM, force_adapters=force) for p in prompts]
    said = federation.choose(requests, options)
    return {p: dict(zip(options, s, strict=True)) for p, s in zip(prompts, said, strict=True)}


def asked(given: Sequence[Labelled]) -> list[str]:
    """Every question about reports, each once."""
    collector = Collector()
    for report in given:
        propose(report.columns, collector, known_words(report.hide))
    return list(dict.fromkeys(question(given_of(c)) for c in collector.columns))


@dataclass(frozen=True)
class Counts:
    """Figures by report.

    Attributes:
        wanted: Core fields with a first choice.
        right: Of these, given to it.
        without: Columns without a core field.
        mapped: Of these, given one.
    """

    wanted: np.ndarray
    right: np.ndarray
    without: np.ndarray
    mapped: np.ndarray


def counts(given: Sequence[Labelled], chooser: Answered | None) -> Counts:
    """Figures of one way to choose."""
    rows = []
    for report in given:
        proposals = propose(report.columns, chooser, known_words(report.hide))
        given_to = {p.field: p.source for p in proposals if p.field}
        first = {f: n for n, f in report.labels.items() if f and "@" not in f}
        empty = [p for p in proposals if not report.labels[p.source]]
        rows.append(
            (
                len(first),
                sum(given_to.get(f) == n for f, n in first.items()),
                len(empty),
                sum(p.field is not None for p in empty),
            )
        )
    return Counts(*np.array(rows).T)


def told(name: str, given: Sequence[Labelled], now: Counts, before: Counts) -> str:
    """One line: accuracy and false maps, and the difference to the matcher with 95 % interval."""
    families = sorted({r.family for r in given})
    member = np.array([[r.family == f for r in given] for f in families], dtype=float)
    rng = np.random.default_rng(0)
    weights = rng.multinomial(len(families), [1 / len(families)] * len(families), 4000) @ member
    share = (weights @ now.right) / (weights @ now.wanted)
    delta = share - (weights @ before.right) / (weights @ before.wanted)
    low, high = np.quantile(share, (0.025, 0.975))
    less, more = np.quantile(delta, (0.025, 0.975))
    return (
        f"{name:<16} first choice {now.right.sum() / now.wanted.sum():.3f} [{low:.3f}, {high:.3f}] "
        f"({now.right.sum()}/{now.wanted.sum()}), beside the matcher "
        f"{(now.right.sum() - before.right.sum()) / now.wanted.sum():+.3f} [{less:+.3f}, {more:+.3f}]"
        f", field given to a column without one {now.mapped.sum() / now.without.sum():.4f} "
        f"({now.mapped.sum()}/{now.without.sum()})"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harder", action="store_true")
    parser.add_argument("--draws", type=int, default=2)
    options = parser.parse_args()
    draws = range(1, options.draws + 1)
    given = reports("dev" if options.harder else "heldout", draws, harder=options.harder)
    prompts = asked(given)
    print(
        f"{len(given)} reports, {len({r.family for r in given})} families, {len(prompts)} questions"
    )
    matcher = counts(given, None)
    print(told("matcher", given, matcher, matcher), flush=True)
    config = load_config(FederationConfig, Path("configs/federation.yaml")).model
    federation = LoRAFederation(config)
    for name, force in WAYS.items():
        now = counts(given, Answered(answers(federation, prompts, force)))
        print(told(name, given, now, matcher), flush=True)


if __name__ == "__main__":
    main()

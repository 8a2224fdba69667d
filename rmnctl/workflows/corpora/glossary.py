"""Questions for the meaning of a term, and rows made of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rmnctl.federation.chat import SYSTEM
from rmnctl.workflows.corpora.rows import Corpus, Row, some_system


@dataclass(frozen=True)
class Entry:
    """One fact in words.

    Attributes:
        subject: Its name in rows, e.g. `metric/roas`.
        kind: Which wordings ask for it.
        term: What stands in the question.
        answer: What is to be learnt.
    """

    subject: str
    kind: str
    term: str
    answer: str


@dataclass(frozen=True)
class Wordings:
    """Questions of one kind, with the slot {t}.

    Attributes:
        train: For training.
        held_out: For measuring only.
    """

    train: Sequence[str]
    held_out: Sequence[str]


def corpus(
    entries: Iterable[Entry], wordings: dict[str, Wordings], *, times: int, seed: int
) -> Corpus:
    """Every entry in `times` training wordings, and in two held-out ones."""
    rng = random.Random(seed)  # noqa: S311 - variety, not secrets
    train: list[Row] = []
    held: list[Row] = []
    for entry in entries:
        kind = wordings[entry.kind]
        for n in rng.sample(range(len(kind.train)), min(times, len(kind.train))):
            system = some_system(rng)
            train.append(_row(entry, kind.train[n], f"{entry.kind}-{n:02d}", system))
        for n in rng.sample(range(len(kind.held_out)), min(2, len(kind.held_out))):
            held.append(_row(entry, kind.held_out[n], f"{entry.kind}-held-{n:02d}", SYSTEM))
    rng.shuffle(train)
    return Corpus(tuple(train), tuple(held))


def _row(entry: Entry, template: str, wording: str, system: str) -> Row:
    return Row(
        prompt=template.format(t=entry.term),
        answer=entry.answer,
        wording=wording,
        subject=entry.subject,
        system=system,
    )

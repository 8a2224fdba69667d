"""The seam for a model: columns that names and arithmetic leave open, and what becomes of them.

A column is open if no field was given to it, or one only because nothing else was left; a field
is open if no column has it, or only such a one. What is open is told to a `Chooser` in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rmnctl.harmonization.matcher.describe import FITTING, describe, kind_of
from rmnctl.harmonization.matcher.proofs import ratio_kind
from rmnctl.harmonization.matcher.scores import Score
from rmnctl.harmonization.matcher.types import Alternate, Chooser, Column, OpenColumn
from rmnctl.harmonization.matcher.values import Shape
from rmnctl.harmonization.matcher.words import Reading

#: A field is given where its chance is above this.
TAKE = 0.5
#: A field given with less than this by the matcher is asked about again.
DOUBT = 0.9


@dataclass(frozen=True)
class State:
    """A report as the matcher sees it; each sequence has one item a column."""

    columns: Sequence[Column]
    shapes: Sequence[Shape]
    readings: Sequence[Reading]
    scores: Sequence[Mapping[str, Score]]


class Collector:
    """A chooser that chooses nothing and keeps what it was asked."""

    def __init__(self) -> None:
        self.columns: list[OpenColumn] = []

    def choose(self, columns: Sequence[OpenColumn]) -> list[dict[str, float]]:
        """No chance for anything."""
        self.columns += columns
        return [{a.field: 0.0 for a in c.candidates} for c in columns]


def open_columns(state: State, winners: Mapping[str, int]) -> list[OpenColumn]:
    """What a chooser is asked, in the order of columns.

    Args:
        state: The report.
        winners: Field to its column, as far as the matcher gave them.
    """
    sure = {f: i for f, i in winners.items() if not _doubtful(state, f, i)}
    free = [i for i in range(len(state.columns)) if i not in sure.values()]
    open_ = [i for i in free if not _is_ratio(state, i)]
    asked = []
    for i in open_:
        kind = kind_of(state.columns[i], state.shapes[i])
        fields = [f for f in FITTING[kind] if f not in sure]
        if not fields or _is_setting(state, i):
            continue
        told = describe(state.columns, state.shapes, sure, open_, i)
        asked.append(
            OpenColumn(
                index=i,
                header=state.columns[i].name,
                kind=told.kind,
                facts=told.facts,
                size=told.size,
                beside=tuple(
                    state.columns[j].name for j in (i - 1, i + 1) if 0 <= j < len(state.columns)
                ),
                candidates=tuple(
                    Alternate(f, round(min(max(state.scores[i][f].value, 0.0), 1.0), 3))
                    for f in fields
                ),
            )
        )
    return asked


def settle(
    state: State, winners: dict[str, int], chooser: Chooser, note: Callable[[int, str], None]
) -> None:
    """Ask about everything open, and give each open field to its likeliest column.

    Args:
        state: The report.
        winners: Changed in place.
        chooser: Whom to ask.
        note: Told of each column that was given a field by choice.
    """
    asked = open_columns(state, winners)
    if not asked:
        return
    chances = chooser.choose(asked)
    pairs = sorted(
        (
            (-chance[a.field], a.field, column.index)
            for column, chance in zip(asked, chances, strict=True)
            for a in column.candidates
            if chance[a.field] > TAKE
        ),
    )
    settled: set[str] = set()
    for _, field, index in pairs:
        if field in settled or any(winners.get(f) == index for f in settled):
            continue
        for other in [f for f, i in winners.items() if i == index and f != field]:
            del winners[other]
        if winners.get(field) != index:
            note(index, field)
        winners[field] = index
        settled.add(field)


def _doubtful(state: State, field: str, index: int) -> bool:
    score = state.scores[index][field]
    return not score.proved and score.value < DOUBT


def _is_ratio(state: State, index: int) -> bool:
    reading = state.readings[index]
    return (
        reading.derived
        or state.shapes[index].percent
        or bool(ratio_kind(state.columns[index].name))
    )


def _is_setting(state: State, index: int) -> bool:
    reading = state.readings[index]
    return reading.setting or reading.other

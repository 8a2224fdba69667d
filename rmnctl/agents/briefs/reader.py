"""From a brief to a request: the one entrance to this package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rmnctl.agents.briefs.guards import check_fields, check_orders
from rmnctl.agents.briefs.problems import Problem, Unplannable
from rmnctl.agents.briefs.reading import Reading, read
from rmnctl.agents.briefs.spelling import spelled
from rmnctl.agents.briefs.text import read_text
from rmnctl.agents.briefs.understanding import assemble
from rmnctl.agents.briefs.vocabulary import Vocabulary
from rmnctl.planning import PlanRequest


@dataclass(frozen=True)
class Understood:
    """What became of one brief.

    Attributes:
        request: What to plan; None where there is a problem.
        assumptions: What was not said, was read in one of several ways, or was left aside.
        evidence: Field and the words it was read from.
        problem: Why there is no request.
    """

    request: PlanRequest | None
    assumptions: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    problem: Problem | None

    def plain(self, identifier: str) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "id": identifier,
            "request": self.request.plain() if self.request else None,
            "assumptions": list(self.assumptions),
            "evidence": [{"field": name, "words": words} for name, words in self.evidence],
            "error": self.problem.plain() if self.problem else None,
        }


class Adviser(Protocol):
    """Who reads briefs beside the rules, such as a language model."""

    def settle(self, readings: Sequence[Reading]) -> list[Reading]:
        """The same readings, changed where the second reader is heard."""
        ...


def understand(
    briefs: Sequence[str], vocabulary: Vocabulary, adviser: Adviser | None = None
) -> list[Understood]:
    """Read briefs; each becomes a request or a named problem, never a guess about money.

    Args:
        briefs: As people wrote them.
        vocabulary: The names that are known.
        adviser: Reads all briefs, at once, beside the rules.
    """
    readings: dict[int, Reading] = {}
    made: dict[int, Understood] = {}
    for position, brief in enumerate(briefs):
        try:
            readings[position] = prepared(brief, vocabulary)
        except Unplannable as stopped:
            made[position] = Understood(None, (), (), stopped.problem)
    if adviser is not None:
        settled = adviser.settle(list(readings.values()))
        readings = dict(zip(readings, settled, strict=True))
    for position, reading in readings.items():
        made[position] = _assembled(reading, vocabulary)
    return [made[position] for position in range(len(briefs))]


def prepared(brief: str, vocabulary: Vocabulary) -> Reading:
    """A brief as rules read it.

    Raises:
        Unplannable: It gives orders to the reader, or asks for what no clean room gives.
    """
    text = read_text(brief)
    check_orders(text)
    right, slips = spelled(brief)
    text = read_text(right)
    check_fields(text, vocabulary)
    reading = read(right, vocabulary)
    return replace(reading, notes=(*slips, *reading.notes))


def _assembled(reading: Reading, vocabulary: Vocabulary) -> Understood:
    try:
        request, draft = assemble(reading, vocabulary)
    except Unplannable as stopped:
        return Understood(None, (), (), stopped.problem)
    return Understood(request, tuple(draft.assumptions), tuple(draft.used), None)

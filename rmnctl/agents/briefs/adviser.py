"""The language model as the one who settles doubts about a brief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.kinds import Kind
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.questions import (
    SYSTEM,
    Question,
    about_name,
    about_number,
    answered,
    label,
)
from rmnctl.agents.briefs.reading import Reading, reread
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.federation import LoRAFederation, Request

#: Longest answer, tokens: a role and a letter with a digit, as a JSON string.
_ANSWER = 16
TASK = "planning"


@dataclass(frozen=True)
class _Doubt:
    """One question about one brief: about a number, or about a name."""

    reading: int
    question: Question
    role: int | None = None
    name: Anchor | None = None


class ModelAdviser:
    """Asks a federation what doubtful numbers and names are for; one batch for all briefs.

    Args:
        federation: Base and adapters.
        every: Ask about every number, not only doubtful ones: the model alone decides.
        force_adapters: These adapters instead of those selected; () is the bare base.

    Attributes:
        asked: How many questions it has asked.
        exchanges: Each question with its answer.
    """

    def __init__(
        self,
        federation: LoRAFederation,
        *,
        every: bool = False,
        force_adapters: tuple[str, ...] | None = None,
    ) -> None:
        self._federation = federation
        self._every = every
        self._force = force_adapters
        self.asked = 0
        self.exchanges: list[tuple[str, str]] = []

    def settle(self, readings: Sequence[Reading]) -> list[Reading]:
        """The readings with what the model said of their doubts.

        Raises:
            InputError: An adapter is missing or damaged.
            Failure: The server is down, or answers nonsense.
        """
        doubts = [d for n, reading in enumerate(readings) for d in self._doubts(n, reading)]
        self.asked += len(doubts)
        if not doubts:
            return list(readings)
        found = self._federation.infer_batch([self._request(d.question) for d in doubts])
        changed: dict[int, list[tuple[_Doubt, str]]] = {}
        for doubt, answer in zip(doubts, found, strict=True):
            self.exchanges.append((doubt.question.prompt, str(answer.value)))
            changed.setdefault(doubt.reading, []).append((doubt, str(answer.value)))
        return [
            _settled(reading, changed[n]) if n in changed else reading
            for n, reading in enumerate(readings)
        ]

    @property
    def adapters(self) -> list[dict[str, Any]]:
        """The layers that answered, with why; none before anything was asked."""
        return self._federation.get_active_adapters() if self.asked else []

    def _request(self, question: Question) -> Request:
        return Request(
            question.prompt,
            TASK,
            schema={"type": "string", "enum": list(question.options)},
            system=SYSTEM,
            max_new_tokens=_ANSWER,
            force_adapters=self._force,
        )

    def _doubts(self, number: int, reading: Reading) -> list[_Doubt]:
        made = []
        for place, role in enumerate(reading.roles):
            if self._every or _doubtful(role):
                question = about_number(reading, role.value)
                if len(question.options) > 1:
                    made.append(_Doubt(number, question, role=place))
        taken = {id(r.anchor) for r in reading.roles if r.anchor is not None}
        out = {id(a) for a in reading.excluded}
        for anchor in reading.places:
            idle = anchor.topic is Topic.NAMES and id(anchor) not in taken
            if (
                idle
                and anchor.scope is not Scope.RETAILER
                and (self._every or id(anchor) not in out)
            ):
                made.append(_Doubt(number, about_name(reading, anchor), name=anchor))
        return made


def _doubtful(role: Role) -> bool:
    """Whether rules could not tell what a number is for; bare numbers are mostly for nothing."""
    if role.value.kind is Kind.NUMBER and role.purpose is Purpose.UNKNOWN:
        return False
    return not role.sure


def _settled(reading: Reading, answers: Sequence[tuple[_Doubt, str]]) -> Reading:
    roles = list(reading.roles)
    excluded = list(reading.excluded)
    notes = list(reading.notes)
    for doubt, answer in answers:
        if doubt.role is not None:
            before = roles[doubt.role]
            roles[doubt.role] = answered(before, doubt.question, answer)
            words = reading.text.quote(before.value.start, before.value.end)
            if label(before, doubt.question) != answer:
                notes.append(
                    f'"{words}": the model took it for "{_plain(doubt.question, answer)}".'
                )
        elif doubt.name is not None:
            words = reading.text.quote(doubt.name.start, doubt.name.end)
            was = any(a is doubt.name for a in excluded)
            if answer == "nothing" and not was:
                excluded.append(doubt.name)
                notes.append(f'"{words}": the model read that nothing is to be spent there.')
            elif answer != "nothing" and was:
                excluded = [a for a in excluded if a is not doubt.name]
    return reread(reading, roles, excluded, notes)


def _plain(question: Question, answer: str) -> str:
    """An answer in words: `max P1` becomes `max video`."""
    way, _, code = answer.partition(" ")
    anchor = dict(question.codes).get(code)
    if anchor is None:
        return way
    return f"{way} " + ", ".join(i for m in anchor.mentions for i in m.ids)

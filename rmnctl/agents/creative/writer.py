"""Who writes: anything that answers prompts; the federation does so under its composition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rmnctl.agents.creative.brief import Piece
from rmnctl.agents.creative.prompt import SYSTEM
from rmnctl.agents.creative.using import Using
from rmnctl.federation import LoRAFederation, Request, Sampling

TASK = "creative"
#: Tokens that a character needs at most: one a byte. The limit itself is kept by the grammar; an
#: answer that ran out of tokens would be no JSON and end the run.
_TOKENS_A_CHARACTER = 4
#: JSON around the copy, tokens.
_FRAME = 32
#: Tokens for copy made of known words. Its limit is no part of the grammar, which would have to
#: know every word at every place; what is too long is cut after a word. A quarter of them is left to
#: end a word or a name, so that an answer is never cut in the middle of its JSON.
_TOKENS_A_WORDY_CHARACTER = 2 / 3
_WORDY_FRAME = 40
#: Shorter texts are no copy.
_SHORTEST = 3
#: A copy may not end on one of these, which a cut leaves behind.
_DANGLING = re.compile(
    r"(?:[\s,;:–—-]+(?:a|an|and|at|by|for|from|in|is|it|its|of|on|or|that|the|this|to|with|your|"
    r"our|as|are|be|but|so|fl|than|into|their|every|no|very))*[\s,;:–—-]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asked:
    """One text to be written.

    Attributes:
        piece: What for.
        prompt: What the writer is told.
        seed: Of its draws; None: the likeliest text.
        heat: Added to the temperature: a writer that is sure of one text says it again and again.
        pattern: What the text looks like, where decoding can keep to a regular expression.
        use: What the prompt asks the text to hold.
    """

    piece: Piece
    prompt: str
    seed: int | None
    heat: float = 0.0
    pattern: str | None = None
    use: Using | None = None


@dataclass(frozen=True)
class Written:
    """A text as it was written.

    Attributes:
        text: The copy.
        surprise: How unlikely the writer itself held it, nats a token; None where not known.
        cut: It was longer than its room, and lost its end.
    """

    text: str
    surprise: float | None = None
    cut: bool = False


class Writer(Protocol):
    """Answers prompts; the same ones get the same texts."""

    def write(self, asked: Sequence[Asked]) -> list[Written]:
        """One text for each, in order."""
        ...


class FederationWriter:
    """The composed model; length is limited while it decodes."""

    def __init__(
        self,
        federation: LoRAFederation,
        *,
        temperature: float = 0.8,
        force_adapters: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        """Make a writer.

        Args:
            federation: Who answers.
            temperature: Of what is drawn.
            force_adapters: By brand_id, exactly these adapters in place of those that fit.
        """
        self._federation = federation
        self._temperature = temperature
        self._forced = force_adapters

    def write(self, asked: Sequence[Asked]) -> list[Written]:
        """Write all in one go; rows under one composition are generated together."""
        answers = self._federation.infer_batch([self._request(a) for a in asked])
        return [
            _written(one, str(answer.value["copy"]), answer.surprise)
            for one, answer in zip(asked, answers, strict=True)
        ]

    def _request(self, asked: Asked) -> Request:
        piece, brief = asked.piece, asked.piece.brief
        text: dict[str, Any] = {"type": "string", "minLength": _SHORTEST, "maxLength": piece.limit}
        room = piece.limit * _TOKENS_A_CHARACTER + _FRAME
        if asked.pattern is not None:
            text = {"type": "string", "pattern": asked.pattern}
            room = int(piece.limit * _TOKENS_A_WORDY_CHARACTER) + _WORDY_FRAME
        return Request(
            asked.prompt,
            task=TASK,
            retailer_id=brief.retailer_id,
            brand_id=brief.brand_id,
            system=SYSTEM,
            schema={"type": "object", "properties": {"copy": text}, "required": ["copy"]},
            max_new_tokens=room,
            force_adapters=None if self._forced is None else self._forced[brief.brand_id],
            sampling=None
            if asked.seed is None
            else Sampling(self._temperature + asked.heat, asked.seed),
        )


def _written(asked: Asked, said: str, surprise: float | None) -> Written:
    text = whole(said, asked.piece.limit, by_letters=asked.pattern is None)
    return Written(text, surprise, len(text) < len(" ".join(said.split())))


def whole(text: str, limit: int, *, by_letters: bool = True) -> str:
    """A text within its limit, without the half word or the loose end that a limit leaves.

    Args:
        text: As written.
        limit: Characters.
        by_letters: It was stopped at the limit, be it in the middle of a word.
    """
    text = " ".join(text.split())
    if len(text) > limit:
        # A word that ends at the limit is whole.
        text = text[: limit + 1].rpartition(" ")[0] or text[:limit]
    elif by_letters and len(text) == limit and not text.endswith((".", "!", "?")):
        text = text.rpartition(" ")[0] or text
    return _DANGLING.sub("", text)

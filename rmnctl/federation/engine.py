"""What answers a conversation under a composition: the base in this process, or a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rmnctl.federation.chat import Message
from rmnctl.federation.composition import Composition, Recipe
from rmnctl.federation.grammar import Constraint


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn where the likeliest is not wanted.

    Attributes:
        temperature: Divides the logits; above 0.
        seed: Of this answer's own draws; the same batch with the same seeds gives the same text.
    """

    temperature: float
    seed: int


@dataclass(frozen=True)
class Ask:
    """One conversation to be continued.

    Attributes:
        messages: From system to the last one.
        max_new_tokens: Longest answer.
        constraint: What the answer must look like, if anything.
        sampling: None: the likeliest token, always.
    """

    messages: tuple[Message, ...]
    max_new_tokens: int
    constraint: Constraint | None = None
    sampling: Sampling | None = None


@dataclass(frozen=True)
class Answer:
    """One continuation.

    Attributes:
        text: Without the stop token.
        finish: `stop`, `length`, or `closed` (see `Continuation`).
        prompt_tokens: Length of the conversation.
        completion_tokens: Length of the answer.
        prefill_ms: Reading the batch this was in.
        decode_ms: Writing the batch this was in.
        grammar_ms: Of that, for this answer's grammar.
        surprise: How unlikely the model held what it wrote under a grammar, nats a token; None
            where that is not known.
    """

    text: str
    finish: str
    prompt_tokens: int
    completion_tokens: int
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    grammar_ms: float = 0.0
    surprise: float | None = None


class Engine(Protocol):
    """A backend."""

    @property
    def placement(self) -> str:
        """Type and place of composed tensors; part of cache keys."""
        ...

    def make(self, recipe: Recipe) -> Composition:
        """Put adapters together in the form that this backend serves."""
        ...

    def answer(self, composition: Composition | None, asks: Sequence[Ask]) -> list[Answer]:
        """Continue conversations, all under one composition; None is the bare base."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...

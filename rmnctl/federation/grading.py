"""How well known answers fit the model: loss, and whether greedy decoding would give them.

One forward pass a row, no generation: an answer is given greedily exactly where each of its
tokens is the likeliest after those before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rmnctl.federation.composition import Composition
    from rmnctl.federation.engine import Ask
    from rmnctl.federation.local_engine import LocalEngine


@dataclass(frozen=True)
class Grade:
    """How an answer fits.

    Attributes:
        nll: Negative log-likelihood of answer and stop token, nats, summed over tokens.
        tokens: How many tokens that is.
        exact: Whether greedy decoding gives exactly this answer.
    """

    nll: float
    tokens: int
    exact: bool


def grade(
    engine: LocalEngine,
    composition: Composition | None,
    asks: Sequence[Ask],
    answers: Sequence[str],
) -> list[Grade]:
    """Grade each answer as the continuation of its conversation.

    Raises:
        InputError: A conversation does not fit the context.
    """
    rows = [
        (engine.tokens(ask), (*engine.encode(answer), engine.stop))
        for ask, answer in zip(asks, answers, strict=True)
    ]
    found: dict[int, Grade] = {}
    for batch, logs, skipped in _passes(engine, composition, rows):
        for n, index in enumerate(batch):
            prompt, answer = rows[index]
            first = len(prompt) - 1 - skipped
            own = logs[n, first : first + len(answer)]
            greedy = tuple(own.argmax(-1).tolist())
            nll = -sum(float(own[k, token]) for k, token in enumerate(answer))
            found[index] = Grade(nll, len(answer), greedy == answer)
    return [found[i] for i in range(len(rows))]


def grade_parts(
    engine: LocalEngine,
    composition: Composition | None,
    asks: Sequence[Ask],
    answers: Sequence[Sequence[str]],
) -> list[list[float]]:
    """Log-probability of each part of an answer, given the parts before it.

    Parts are encoded one by one, as a form is filled in.

    Raises:
        InputError: A conversation does not fit the context.
    """
    encoded = [[engine.encode(part) for part in parts] for parts in answers]
    rows = [
        (engine.tokens(ask), (*chain.from_iterable(parts), engine.stop))
        for ask, parts in zip(asks, encoded, strict=True)
    ]
    found: dict[int, list[float]] = {}
    for batch, logs, skipped in _passes(engine, composition, rows):
        for n, index in enumerate(batch):
            at = len(rows[index][0]) - 1 - skipped
            found[index] = []
            for tokens in encoded[index]:
                own = logs[n, range(at, at + len(tokens)), list(tokens)]
                found[index].append(float(own.sum()))
                at += len(tokens)
    return [found[i] for i in range(len(rows))]


def choose(
    engine: LocalEngine,
    composition: Composition | None,
    asks: Sequence[Ask],
    candidates: Sequence[str],
) -> list[list[float]]:
    """Log-probability of each candidate, given that the answer is one of them.

    Read off at the first token at which candidates differ, so that a list of candidates costs one
    row; candidates must all differ there, as band labels do.

    Raises:
        ValueError: Two candidates begin alike further than the others.
        InputError: A conversation does not fit the context.
    """
    encoded = [engine.encode(c) for c in candidates]
    shared = 0
    while len({e[: shared + 1] for e in encoded}) == 1:
        shared += 1
    heads = [e[shared] if len(e) > shared else engine.stop for e in encoded]
    if len(set(heads)) < len(heads):
        raise ValueError("candidates must differ at one token")
    lead = encoded[0][:shared]
    rows = [(engine.tokens(ask), (*lead, engine.stop)) for ask in asks]
    found: dict[int, list[float]] = {}
    for batch, logs, skipped in _passes(engine, composition, rows):
        for n, index in enumerate(batch):
            at = len(rows[index][0]) - 1 + shared - skipped
            among = logs[n, at, list(heads)].log_softmax(-1)
            found[index] = [float(x) for x in among]
    return [found[i] for i in range(len(rows))]


def _passes(
    engine: LocalEngine,
    composition: Composition | None,
    rows: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
) -> Iterator[tuple[list[int], Any, int]]:
    """Batches of rows of like length, each row a prompt and its continuation.

    Gives the rows' indices, log-probabilities (rows, positions, vocabulary) of the last positions
    only, and how many positions were left out before them.
    """
    import torch

    order = sorted(range(len(rows)), key=lambda i: (len(rows[i][0]) + len(rows[i][1]), i))
    for start in range(0, len(order), engine.batch_size):
        batch = order[start : start + engine.batch_size]
        filled = [[*rows[i][0], *rows[i][1]] for i in batch]
        width = max(map(len, filled))
        keep = width - min(len(rows[i][0]) for i in batch) + 1
        ids = torch.tensor([r + [engine.stop] * (width - len(r)) for r in filled])
        with engine.adapted.using(composition) as model:
            logits = model(input_ids=ids.to(engine.device), logits_to_keep=keep).logits.float()
        yield batch, logits.log_softmax(-1), width - keep

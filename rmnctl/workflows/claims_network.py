"""Fitting the network that reads claims: words as the base model knows them, labelled lines to learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rmnctl.compliance.claims import Network, WordVectors
from rmnctl.compliance.claims.grams import words
from rmnctl.federation import ensure_base
from rmnctl.federation.models import load_models
from rmnctl.federation.word_vectors import KnownWords, known_words
from rmnctl.training.convolution import EPOCHS, WIDTHS, fit_convolution
from rmnctl.workflows.claims_lines import Line, digest_of

MODELS = Path("configs/models.yaml")
#: Words in fewer lines keep the vector that the base model gives them.
LEAST_ROWS = 2
_STEPS = 127


def fit_network(
    lines: Sequence[Line],
    known: KnownWords | None = None,
    *,
    epochs: int = EPOCHS,
    note: Callable[[str], None] | None = None,
) -> Network:
    """The network that some lines teach.

    Args:
        lines: Labelled lines.
        known: What the base model knows of words; None: the default base is asked.
        epochs: How often the lines are read.
        note: Is told how training goes.

    Raises:
        Failure: The extra `llm` is not installed.
    """
    known = known or known_words(ensure_base(load_models(MODELS)))
    told = [words(line.text) for line in lines]
    spread = Counter(word for text in told for word in set(text))
    start = _start(known)
    place = {word: n for n, word in enumerate(spread, start=1)}
    width = known.vectors.shape[1]
    vectors = np.vstack([np.zeros((1, width)), *(_vector(start, word)[None] for word in spread)])
    free = np.array([False, *(spread[word] >= LEAST_ROWS for word in spread)])
    rows = [[place[word] for word in text] for text in told]
    truth, heavy = [line.claim for line in lines], [line.weight for line in lines]
    made = fit_convolution(rows, truth, heavy, vectors, free, epochs=epochs, note=note)
    learnt = {word: made.vectors[place[word]] for word in spread if free[place[word]]}
    return Network(
        _with(known, learnt),
        WIDTHS,
        made.filters,
        made.biases,
        made.weights,
        made.bias,
        digest_of(lines),
    )


def _start(known: KnownWords) -> WordVectors:
    return _in_steps(known.heads, known.tails, known.vectors)


def _vector(start: WordVectors, word: str) -> np.ndarray:
    """Where a word starts from: marks and numbers, of which the base was not asked, from chance."""
    if start.rows_of(word):
        return start.of(word)
    seed = int.from_bytes(word.encode()[:4].ljust(4, b"\0"), "little")
    return np.asarray(np.random.default_rng(seed).standard_normal(start.vectors.shape[1]))


def _with(known: KnownWords, learnt: dict[str, np.ndarray]) -> WordVectors:
    """What the base knows, with the words that lines have taught in the place of its own."""
    heads = list(dict.fromkeys([*known.heads, *learnt]))
    of_base = dict(zip(known.heads, known.vectors, strict=False))
    tails = known.vectors[len(known.heads) :]
    rows = [learnt[word] if word in learnt else of_base[word] for word in heads]
    return _in_steps(tuple(heads), known.tails, np.vstack([*rows, tails]))


def _in_steps(heads: tuple[str, ...], tails: tuple[str, ...], vectors: np.ndarray) -> WordVectors:
    """Vectors in eight bits, each row by its own scale."""
    scale = np.maximum(np.abs(vectors).max(axis=1), 1e-6) / _STEPS
    steps = np.round(vectors / scale[:, None]).astype(np.int8)
    return WordVectors(heads, tails, steps, scale.astype(np.float32))

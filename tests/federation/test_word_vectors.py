"""What the base model knows of single words."""

from __future__ import annotations

import numpy as np
import pytest

from rmnctl.federation.base import ensure_base
from rmnctl.federation.models import load_models
from rmnctl.federation.word_vectors import WIDTH, KnownWords, known_words
from rmnctl.workflows.claims_network import MODELS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def known() -> KnownWords:
    """Of the shipped base."""
    pytest.importorskip("torch")
    return known_words(ensure_base(load_models(MODELS)))


def test_each_word_and_piece_has_a_row(known: KnownWords) -> None:
    """Words come first, then pieces; a layer says nothing of a piece alone."""
    assert known.vectors.shape == (len(known.heads) + len(known.tails), 2 * WIDTH)
    assert len(set(known.heads)) == len(known.heads) > 10_000
    assert {"the", "clean", "warm"} <= set(known.heads)
    assert "ing" in known.tails
    assert not known.vectors[len(known.heads) :, WIDTH:].any()


@pytest.mark.parametrize(
    ("word", "like", "unlike"),
    [("soft", "smooth", "budget"), ("dog", "cat", "invoice")],
)
def test_words_of_one_meaning_lie_near_each_other(
    known: KnownWords, word: str, like: str, unlike: str
) -> None:
    """A word is nearer to its like than to a word of another field."""
    place = {head: row for row, head in enumerate(known.heads)}
    one, two, three = (known.vectors[place[w]] for w in (word, like, unlike))

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    assert cosine(one, two) > cosine(one, three) + 0.1

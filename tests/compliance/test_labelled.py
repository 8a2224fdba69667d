"""The engine against labelled copy."""

from __future__ import annotations

from itertools import combinations

import pytest

from rmnctl.compliance import Engine
from tests.compliance.evaluate import SPLITS, evaluate, labelled


@pytest.mark.parametrize("split", SPLITS)
def test_verdicts_agree_with_labels(split: str, engine: Engine) -> None:
    """Accuracy of at least 0.95, and the right rule named in nine of ten violations."""
    scores = evaluate(split, engine)
    assert scores.accuracy >= 0.95
    assert scores.rule >= 0.9


@pytest.mark.parametrize(("one", "other"), list(combinations(SPLITS, 2)))
def test_the_splits_share_no_copy(one: str, other: str) -> None:
    """No copy of one set stands in another, so that tuning never sees what is measured."""
    assert {row["copy"] for row in labelled(one)} & {
        row["copy"] for row in labelled(other)
    } == set()
    assert min(len(labelled(one)), len(labelled(other))) >= 100

"""The engine against labelled copy."""

from __future__ import annotations

import pytest

from rmnctl.compliance import Engine
from tests.compliance.evaluate import evaluate, labelled


@pytest.mark.parametrize("split", ["dev", "heldout"])
def test_verdicts_agree_with_labels(split: str, engine: Engine) -> None:
    """Accuracy of at least 0.95, and the right rule named in nine of ten violations."""
    scores = evaluate(split, engine)
    assert scores.accuracy >= 0.95
    assert scores.rule >= 0.9


def test_the_splits_share_no_copy() -> None:
    """No copy of the held-out set stands in the set used for tuning."""
    dev, heldout = ({row["copy"] for row in labelled(s)} for s in ("dev", "heldout"))
    assert dev & heldout == set()
    assert min(len(dev), len(heldout)) >= 250

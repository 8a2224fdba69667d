from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from pathlib import Path

import pytest

from rmnctl.agents.briefs import understand
from rmnctl.workflows.briefs import DEFAULT_NAMES, load_vocabulary, make_adviser
from rmnctl.workflows.corpora.briefs import HELD_OUT
from tests.agents.evaluate_briefs import LABELLED, evaluate, is_right

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def adviser():
    """The shipped adapter on the shipped base."""
    config, vocabulary = load_vocabulary(DEFAULT_NAMES)
    made = make_adviser(config, vocabulary, None, pytest.fail)
    assert made is not None
    return made


def test_the_adapter_reads_what_patterns_cannot(adviser) -> None:
    """Of briefs that neither was made with, more are exactly right with it, and no more bad ones planned."""
    paths: list[Path] = [LABELLED / f"{name}.jsonl" for name in HELD_OUT[-2:]]
    rules = [one for path in paths for one in evaluate(path)]
    both = [one for path in paths for one in evaluate(path, adviser)]

    def right(done) -> int:
        return sum(is_right(r, u) for r, u in done if r["request"] is not None)

    def planned(done) -> int:
        return sum(u.request is not None for r, u in done if r["request"] is None)

    assert right(both) >= right(rules) + 6
    assert planned(both) <= planned(rules)


def test_what_the_model_reads_is_told(adviser, vocabulary) -> None:
    """A reading that the model changed says so among the assumptions."""
    brief = "Harbor, $120,000, six weeks. Their rival put $310,000 into a stadium last June."
    [rules] = understand([brief], vocabulary)
    [both] = understand([brief], vocabulary, adviser)
    assert both.request is not None
    assert both.request.budget == 120_000
    changed = rules.request is None or rules.request.plain() != both.request.plain()
    assert changed <= any("the model reads" in line for line in both.assumptions)

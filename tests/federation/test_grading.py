from __future__ import annotations

import math

import pytest

from rmnctl.federation import Request

ANSWERS = ("margin A", "margin B", "margin C")


def _requests(*prompts):
    return [Request(p, None, "alpha", "brand_x") for p in prompts]


def test_grading_agrees_with_scoring(federation):
    """The loss of an answer is minus its log-probability, whatever else is in the batch."""
    requests = _requests("What is it?", "A much longer question about the very same product?")
    graded = federation.grade(requests, ANSWERS[:2])
    for request, answer, found in zip(requests, ANSWERS[:2], graded, strict=True):
        score = federation.score(request.prompt, [answer], None, "alpha", "brand_x")[0]
        assert found.nll == pytest.approx(-score, rel=1e-4)


def test_an_exact_answer_is_what_greedy_decoding_gives(federation):
    """What the model says greedily is graded exact, and anything else is not."""
    requests = _requests("What is it?")
    said = federation.infer_batch([*requests])[0]
    if said.finish == "stop":
        assert federation.grade(requests, [said.text])[0].exact
    assert not federation.grade(requests, [said.text[::-1] + " no"])[0].exact


def test_choosing_agrees_with_scoring(federation):
    """Chances among candidates sum to one and order them as the first token that differs does."""
    requests = _requests("Which band?", "And the other one, which band is that in?")
    for chances in federation.choose(requests, ANSWERS):
        assert sum(map(math.exp, chances)) == pytest.approx(1)
    alone = federation.choose(requests[:1], ANSWERS)[0]
    together = federation.choose(requests, ANSWERS)[0]
    assert together == pytest.approx(alone, abs=1e-4)


def test_candidates_that_share_their_first_difference_are_refused(federation):
    """Candidates that cannot be told apart at one token are an error, not a guess."""
    with pytest.raises(ValueError, match="one token"):
        federation.choose(_requests("Which?"), ("a b", "a b", "c"))

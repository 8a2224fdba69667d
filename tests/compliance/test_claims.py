"""The reader of claims: what it has learnt, from what, and when it is heard."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.compliance import Checked, Engine, Level, Verdict, parse_line
from rmnctl.compliance.claims import SURE, ClaimReader, Gram, claim_reader, grams
from rmnctl.compliance.facts import Copy
from rmnctl.workflows.claims import fit, labelled_claims
from tests.compliance.learnt import PATH, held_out, learnt_from


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The shipped packs."""
    return Engine.load()


def check(engine: Engine, text: str, **facts: object) -> Checked:
    """A headline about home goods."""
    context = {"category": "home", "locale": "en-US", "brand": "Norvik"} | facts
    copy = parse_line(
        json.dumps(
            {"id": 1, "platform": "any", "element": "headline", "copy": text, "context": context}
        )
    )
    assert isinstance(copy, Copy), copy
    return engine.check(copy)


TOLD = "The dog slept through it, and so did the neighbours upstairs."


def test_a_claim_told_as_a_scene_asks_for_evidence(engine: Engine) -> None:
    """Words that no pattern holds are asked about, with how probable a claim is."""
    found = check(engine, TOLD)
    assert found.verdict is Verdict.NEEDS_FACTS
    assert [f.rule for f in found.findings] == ["L01"]
    assert "probable" in found.findings[0].message
    assert found.findings[0].missing == ("substantiation",)


def test_evidence_settles_what_the_reader_asks(engine: Engine) -> None:
    """A claim with evidence is compliant."""
    assert check(engine, TOLD, substantiation=["LAB-7"]).verdict is Verdict.COMPLIANT


def test_the_reader_alone_condemns_nothing(engine: Engine) -> None:
    """Where there is no evidence, what only the reader finds goes to a person."""
    found = check(engine, TOLD, substantiation=[])
    assert found.verdict is Verdict.NEEDS_REVIEW
    assert {f.level for f in found.findings} == {Level.NEEDS_REVIEW}


def test_the_reader_is_silent_where_a_pattern_speaks(engine: Engine) -> None:
    """A claim that a pattern finds is reported once, at its words."""
    found = [
        f for f in check(engine, "Dries twice as fast as bleach does.").findings if f.rule == "L01"
    ]
    assert found
    assert all("probable" not in f.message for f in found)


def test_the_reader_knows_english_only(engine: Engine) -> None:
    """Copy of another language is left to patterns."""
    found = check(engine, TOLD, locale="de-DE")
    assert all("probable" not in f.message for f in found.findings)


def test_the_brands_own_name_says_nothing(engine: Engine) -> None:
    """A name is left out before the reader looks."""
    first = check(engine, TOLD.replace("The dog", "Norvik"))
    other = check(engine, TOLD.replace("The dog", "Best Proof"), brand="Best Proof")
    assert [f.message for f in first.findings] == [f.message for f in other.findings]


def test_copies_that_teach_are_those_of_the_dev_sets(engine: Engine) -> None:
    """The file is what `python -m tests.compliance.learnt` writes."""
    assert PATH.read_text(encoding="utf-8").splitlines() == list(learnt_from(engine))


def test_no_held_out_copy_is_learnt_from() -> None:
    """What measures the checker does not teach it."""
    assert not held_out() & {line.text for line in labelled_claims()}


def test_each_text_is_labelled_once() -> None:
    """No line is taught as a claim in one file and as plain in another."""
    labels: dict[str, bool] = {}
    for line in labelled_claims():
        assert labels.setdefault(line.text, line.claim) is line.claim, line.text


def test_fitting_a_part_tells_the_rest_apart() -> None:
    """A reader fitted to a few voices is right about another in four of five lines at least."""
    lines = labelled_claims()
    files = sorted({line.file for line in lines})
    reader = fit(lines, leave_out=files[2:])
    others = [line for line in lines if line.file == "reviewer"]
    right = sum((reader.probability(line.text) > 0.5) is line.claim for line in others)
    assert right / len(others) >= 0.8


@pytest.mark.slow
def test_the_shipped_weights_are_those_that_the_lines_give() -> None:
    """Fitting anew gives the same probabilities, to rounding."""
    lines = labelled_claims()
    anew, shipped = fit(lines), claim_reader()
    assert anew.known.keys() == shipped.known.keys()
    assert max(abs(anew.probability(x.text) - shipped.probability(x.text)) for x in lines) < 0.02


@given(st.text(max_size=200))
def test_any_text_has_a_probability(text: str) -> None:
    """Whatever is read, the answer lies between 0 and 1."""
    assert 0 < claim_reader().probability(text.lower()) < 1


def test_runs_of_words_have_both_ends_and_numbers_by_size() -> None:
    """Numbers count by how long they are."""
    assert "< for 00" in list(grams("for 48 hours!"))
    assert "0000" in list(grams("2,500 shops"))
    assert ClaimReader({"a": Gram(1.0, 2.0)}, 0.0).probability("a") > SURE

"""The readers of claims: what they have learnt, from what, and when they are heard."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.compliance import Checked, Engine, Level, Verdict, parse_line
from rmnctl.compliance.claims import (
    LANGUAGES,
    SURE,
    ClaimReader,
    Gram,
    GramReader,
    claim_reader,
)
from rmnctl.compliance.claims.grams import counts_of, grams
from rmnctl.compliance.facts import Copy
from rmnctl.compliance.letters import fold_pattern
from rmnctl.workflows.claims import fit
from rmnctl.workflows.claims_lines import SHOP, Line, digest_of, labelled_claims
from tests.compliance.learnt import held_out, learnt_from


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The shipped packs."""
    return Engine.load()


def check(engine: Engine, text: str, platform: str = "any", **facts: object) -> Checked:
    """A headline about home goods."""
    context = {"category": "home", "locale": "en-US", "brand": "Norvik"} | facts
    copy = parse_line(
        json.dumps(
            {"id": 1, "platform": platform, "element": "headline", "copy": text, "context": context}
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


def test_what_reads_like_plain_copy_holds_no_claim(engine: Engine) -> None:
    """Words of a claim in a line that makes none are let run."""
    text = "Roast from frozen, 25 minutes at 400 F."
    assert any(f.rule == "L01" for f in check(Engine.load(learnt=False), text).findings)
    assert check(engine, text).verdict is Verdict.COMPLIANT


def test_a_guess_is_silent_where_a_person_has_to_look_anyway(engine: Engine) -> None:
    """A platform without public rules is reported alone, not beside a guess."""
    found = check(engine, TOLD, "target_roundel")
    assert [f.rule for f in found.findings] == ["no_rules"]


@pytest.mark.parametrize(
    ("locale", "told", "plain"),
    [
        (
            "de-DE",
            "Selbst nach zwanzig Wäschen sieht es aus wie neu.",
            "Pullover aus Baumwolle in vier Farben.",
        ),
        (
            "fr-FR",
            "Même après vingt lavages, il est comme neuf.",
            "Un pull en coton, en quatre couleurs.",
        ),
    ],
)
def test_german_and_french_claims_are_told_from_plain_lines(
    locale: str, told: str, plain: str
) -> None:
    """Each language has a reader of its own."""
    reader = claim_reader(locale[:2])
    assert reader.network is None
    assert reader.probability(fold_pattern(told).lower()) > 0.5
    assert reader.probability(fold_pattern(plain).lower()) < 0.5


def test_copy_of_another_language_is_left_to_patterns(engine: Engine) -> None:
    """No reader guesses about a language that it has not learnt."""
    found = check(engine, TOLD, locale="it-IT")
    assert all("probable" not in f.message for f in found.findings)


def test_the_brands_own_name_says_nothing(engine: Engine) -> None:
    """A name is left out before the reader looks."""
    first = check(engine, TOLD.replace("The dog", "Norvik"))
    other = check(engine, TOLD.replace("The dog", "Best Proof"), brand="Best Proof")
    assert [f.message for f in first.findings] == [f.message for f in other.findings]


def test_copies_that_teach_are_those_of_the_dev_sets(engine: Engine) -> None:
    """The files are what `python -m tests.compliance.learnt` writes."""
    for path, lines in learnt_from(engine).items():
        assert path.read_text(encoding="utf-8").splitlines() == lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_held_out_copy_is_learnt_from(language: str) -> None:
    """What measures the checker does not teach it."""
    held = {fold_pattern(text).lower() for text in held_out()}
    assert not held & {line.text for line in labelled_claims(language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_is_labelled_once(language: str) -> None:
    """No line is taught as a claim in one file and as plain in another."""
    labels: dict[str, bool] = {}
    for line in labelled_claims(language):
        assert labels.setdefault(line.text, line.claim) is line.claim, line.text


def _right(reader: GramReader, lines: list[Line]) -> float:
    """Share of lines that a reader tells right."""
    return sum((reader.odds(line.text) > 0) is line.claim for line in lines) / len(lines)


def test_fitting_a_part_tells_the_rest_apart() -> None:
    """A reader fitted to a few voices is right about another in four of five lines at least."""
    lines = labelled_claims()
    files = sorted({line.file for line in lines})
    reader = fit(lines, leave_out=files[2:])
    assert _right(reader, [line for line in lines if line.file == "reviewer"]) >= 0.8


@pytest.mark.parametrize("language", LANGUAGES)
def test_fitting_three_shops_tells_a_fourth_apart(language: str) -> None:
    """In each language it is right about another shop's lines in four of five at least."""
    lines = labelled_claims(language)
    files = sorted({line.file for line in lines if line.file.startswith(SHOP)})
    reader = fit(lines, leave_out={line.file for line in lines} - set(files[:3]))
    assert _right(reader, [line for line in lines if line.file == files[3]]) >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_weights_are_those_that_the_lines_give(language: str) -> None:
    """Fitting anew gives the same probabilities, to rounding, and the network has learnt from these lines."""
    lines = labelled_claims(language)
    anew, shipped = ClaimReader(fit(lines), None), claim_reader(language)
    alone = replace(shipped, network=None)
    assert anew.grams.known.keys() == shipped.grams.known.keys()
    assert max(abs(anew.probability(x.text) - alone.probability(x.text)) for x in lines) < 0.02
    if shipped.network is not None:
        assert shipped.network.digest == digest_of(lines)


@given(st.text(max_size=200), st.sampled_from(LANGUAGES))
def test_any_text_has_a_probability(text: str, language: str) -> None:
    """Whatever is read, the answer lies between 0 and 1."""
    assert 0 < claim_reader(language).probability(text.lower()) < 1


_SAID = st.lists(
    st.sampled_from(["the", "cold", "stays", "for", "48", "hours", ".", "zzz"]), max_size=12
)


@given(_SAID)
def test_known_runs_are_found_sooner_but_no_others(said: list[str]) -> None:
    """Skipping runs with an unknown part changes nothing."""
    known, text = claim_reader("en").grams.known, " ".join(said)
    assert counts_of(text, known) == Counter(gram for gram in grams(text) if gram in known)


def test_runs_of_words_have_both_ends_and_numbers_by_size() -> None:
    """Numbers count by how long they are."""
    assert "< for 00" in list(grams("for 48 hours!"))
    assert "0000" in list(grams("2,500 shops"))
    reader = ClaimReader(GramReader({"a": Gram(1.0, 2.0)}, 0.0), None)
    assert reader.probability("a") > SURE


def test_words_are_cut_to_their_stems_where_a_language_has_many_endings() -> None:
    """Endings do not hide a word or a pair of words."""
    assert "bewe*" in list(grams("das bewegt", stem=4))
    assert "das bewe*" in list(grams("das bewegt", stem=4))
    assert "das" in list(grams("das bewegt", stem=4))
    assert not any("*" in gram for gram in grams("das bewegt"))


def test_a_file_of_weights_is_read_as_it_was_written() -> None:
    """Bias, stem and weights come back."""
    reader = GramReader({"a b": Gram(1.5, -2.25)}, 0.125, 4)
    assert GramReader.parse(reader.written(3)) == reader

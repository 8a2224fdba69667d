"""Writing a word differently does not hide it, and spans stay those of the original."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.compliance import Engine, Verdict
from rmnctl.compliance.kinds.compiled import compile_check
from rmnctl.compliance.letters import Letters
from rmnctl.compliance.needles import Sieve
from rmnctl.compliance.normalise import MAX_CHECKED, normalise
from rmnctl.compliance.patterns import compiled, whole
from tests.compliance.conftest import Check
from tests.compliance.evaluate import labelled

LETTERS = Letters({"е": "e", "о": "o", "Ь": "b"})


@pytest.mark.parametrize(
    ("copy", "part"),
    [
        ("The best rug", "best"),
        ("The b\u200best rug", "b\u200best"),
        ("The ｂｅｓｔ rug", "ｂｅｓｔ"),
        ("The bést rug", "bést"),
        ("The be\u0301st rug", "be\u0301st"),
        ("The bеst rug", "bеst"),
        ("The b3st rug", "b3st"),
        ("The <b>best</b> rug", "<b>best"),
        ("The b&#101;st rug", "b&#101;st"),
        ("😀 The  best rug", "best"),
        ("The b\u00adest rug", "b\u00adest"),
    ],
)
def test_a_disguised_word_is_found_where_it_stands(copy: str, part: str, check: Check) -> None:
    """Zero-width, wide, accented, look-alike and encoded letters are read; the span is exact."""
    found = check(copy, "amazon_display", substantiation=[])
    spans = [f.span for f in found.findings if f.rule == "A04"]
    assert [copy[slice(*s)].removeprefix("The ").strip() for s in spans] == [part]


@pytest.mark.parametrize(
    "copy", ["Bеst rugs", "B\u200best rugs", "Rugs \u202e sgur", "R0gs and r3al rugs"]
)
def test_a_disguise_itself_is_never_cleared(copy: str, check: Check) -> None:
    """Hidden, imitated or reversed letters need a person even where no rule minds the word."""
    assert check(copy).verdict is not Verdict.COMPLIANT


@pytest.mark.parametrize(
    "copy", ["CO2 bottle caps", "H2O flask", "Q10 cream", "B12 drops", "MP3 player", "A 5kg bag"]
)
def test_digits_in_names_are_no_disguise(copy: str, check: Check) -> None:
    """Formulas, units and model names keep their digits."""
    assert check(copy, "amazon_display").verdict is Verdict.COMPLIANT


@given(st.text(max_size=80))
def test_every_character_knows_its_origin(original: str) -> None:
    """Views map to ascending places inside the original."""
    text = normalise(original, LETTERS, {"best", "free"}.__contains__)
    for view in (text.shown, text.folded):
        spans = [view.span(i, i + 1) for i in range(len(view.text))]
        assert all(0 <= a < b <= len(original) for a, b in spans)
        assert spans == sorted(spans)


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "Zs"]), max_size=60))
def test_plain_text_stays_as_it_is(original: str) -> None:
    """Without odd characters what is shown is what was written."""
    text = normalise(original, LETTERS, lambda _: False)
    assert text.shown.text == original


PATTERNS = ["best(?: ever)?", "(?:free|gratis) gift", r"\d+ ?%", "sav(?:e|ing)s?", "(?:a|b)c{2,}d?"]


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(["best", "ever", "free", "gratis", "gift", "20 %", "savings", "accd", "x"]),
        max_size=6,
    )
)
def test_the_sieve_keeps_every_pattern_that_matches(words: list[str]) -> None:
    """No pattern that matches a text is sieved out."""
    text = " ".join(words)
    sieve = Sieve(whole(p) for p in PATTERNS)
    matching = {whole(p) for p in PATTERNS if re.search(whole(p), text)}
    assert matching <= set(sieve.candidates(text.split(" ")))


def test_no_pattern_of_the_packs_is_sieved_out_of_labelled_copy(engine: Engine) -> None:
    """Whatever matches a labelled copy is among the candidates of its pack's sieve."""
    words, letters = engine.vocabulary, Letters(engine.vocabulary.look_alikes)
    sources = {
        source
        for _, rule in engine.rules()
        for check in rule.checks
        if not check.cased
        for source in compile_check(rule, check, words, words.words.supported).sources
    }
    sieve = Sieve(sorted(sources))
    copies = [row["copy"] for split in ("dev", "dev3") for row in labelled(split)][::120]
    for copy in copies:
        text = normalise(copy, letters, words.is_common).folded.text
        candidates = set(sieve.candidates(text.split(" ")))
        assert {s for s in sources - candidates if compiled(s).search(text)} == set()


@pytest.mark.parametrize(
    ("copy", "shown"),
    [
        ("C-u-r-e-s all", "cures all"),
        ("The b.e.s.t rug", "the best rug"),
        ("Get it f r e e now", "get it free now"),
        ("Vitamins A B C D", "vitamins a b c d"),
        ("a two-in-one U.S. set", "a two-in-one u.s. set"),
        ("0-1-2-3 go", "0-1-2-3 go"),
    ],
)
def test_words_whose_letters_are_set_apart_are_read_as_words(copy: str, shown: str) -> None:
    """Marks between single letters are left out; blanks too, where a common word comes out."""
    text = normalise(copy, LETTERS, {"best", "free", "cures"}.__contains__)
    assert text.folded.text == shown
    assert bool(text.disguised) is (shown != copy.lower())


@pytest.mark.parametrize(
    "unit",
    ["a", " ", "best ", "!", "free ", "&", "<", "a-", "1 ", "\u200b", "\u202e", "ا", "😀", "$5 ", "lose 5 lbs ",
     "cure the your a an ", "0", "i love my ", ". ", "@a", "clinically proven to "],
)  # fmt: skip
def test_a_megabyte_of_anything_ends_soon_and_is_not_cleared(unit: str, check: Check) -> None:
    """A copy of a megabyte takes less than two seconds of the processor and never comes out compliant."""
    copy = unit * (1_000_000 // len(unit))
    started = time.process_time()
    found = check(copy, "amazon_display", "body")
    assert time.process_time() - started < 2
    assert found.verdict is not Verdict.COMPLIANT
    assert len(copy) > MAX_CHECKED

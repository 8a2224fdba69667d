"""Writing a word differently does not hide it, and spans stay those of the original."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.compliance import Verdict
from rmnctl.compliance.letters import Letters
from rmnctl.compliance.normalise import MAX_CHECKED, normalise
from tests.compliance.conftest import Check

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

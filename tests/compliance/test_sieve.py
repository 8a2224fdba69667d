"""What makes checking fast changes nothing about what is found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.compliance import Copy, Engine
from rmnctl.compliance.alternatives import Alternatives
from rmnctl.compliance.judge import findings_of
from rmnctl.compliance.kinds.compiled import written_out
from rmnctl.compliance.letters import Letters
from rmnctl.compliance.needles import Sieve
from rmnctl.compliance.normalise import normalise
from rmnctl.compliance.patterns import Pattern, compiled, joined, whole
from rmnctl.compliance.scope import sought
from tests.compliance.recombined import labelled_copies, recombined

PATTERNS = ["best(?: ever)?", "(?:free|gratis) gift", r"\d+ ?%", "sav(?:e|ing)s?", "(?:a|b)c{2,}d?",
            "my (?:old )?rug", "(?:one|two|\\d) in (?:ten|\\d+)"]  # fmt: skip
WORDS = ["best", "ever", "free", "gratis", "gift", "20 %", "savings", "accd", "x", "my", "rug", "one",
         "in", "ten", "amy", "sting"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=6), st.sampled_from([" ", "-"]))
def test_the_sieve_keeps_every_pattern_that_matches(words: list[str], gap: str) -> None:
    """No pattern that matches a text is sieved out."""
    text = gap.join(words)
    sieve = Sieve(whole(p) for p in PATTERNS)
    matching = {whole(p) for p in PATTERNS if re.search(whole(p), text)}
    assert matching <= set(sieve.candidates(text.split(" ")))


def _sources(engine: Engine, copies: list[Copy]) -> list[str]:
    """The patterns of every check that holds for one of some copies."""
    scopes = {engine.scope(engine.subject(copy)) for copy in copies}
    return sorted({s for scope in scopes for held in scope.checks for s in sought(held.compiled)})


@pytest.fixture(scope="module")
def copies() -> list[Copy]:
    """Labelled and recombined copies, some of each."""
    return [Copy.model_validate(r) for r in [*labelled_copies()[::40], *recombined(60, seed=3)]]


def test_every_check_finds_the_same_without_the_sieve(engine: Engine, copies: list[Copy]) -> None:
    """Findings of candidates are those of all checks that hold, with all their patterns tried."""
    for copy in copies:
        subject = engine.subject(copy)
        every = [f for held in engine.scope(subject).checks for f in findings_of(held, subject)]
        some = engine.scope(subject).candidates(subject)
        assert [f for held in some for f in findings_of(held, subject)] == every


def test_patterns_with_plain_blanks_match_where_those_of_the_packs_do(
    engine: Engine, copies: list[Copy]
) -> None:
    """Reading hyphens as blanks moves no match of a shipped pattern."""
    texts = [engine.subject(copy).text.folded.text for copy in copies if "-" in copy.copy_][:20]
    assert len(texts) > 5
    for source in _sources(engine, copies):
        pattern = re.compile(source)
        for text in texts:
            assert compiled(source).spans(text) == [m.span() for m in pattern.finditer(text)]


@pytest.mark.parametrize(
    "token",
    ["a b", "a ?b", "a-b c", r"a\sb c", "[^a] b", "~a b", r"(.)b c\1", "a[ ,]b c", "(?:a )?"],
)
@settings(deadline=None)
@given(st.text(alphabet="abc -,", max_size=12))
def test_blanks_stand_for_hyphens_wherever_that_is_meant(token: str, text: str) -> None:
    """A pattern finds what its written form finds, whether or not it tells blanks from hyphens."""
    source = whole(token)
    expected = [m.span() for m in re.finditer(source, text)]
    assert Pattern(source).spans(text) == expected
    assert Pattern(source).search(text) is bool(expected)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([*PATTERNS, "best ever gift", "~ng", "~gift(?= my)"]), min_size=1),
    st.lists(st.sampled_from(WORDS), max_size=8),
    st.sampled_from([" ", "-"]),
)
def test_tokens_tried_one_by_one_stand_where_one_pattern_finds_them(
    tokens: list[str], words: list[str], gap: str
) -> None:
    """Alternatives find what their tokens find when they are joined, in the same places."""
    text = gap.join(words)
    expected = [m.span() for m in re.finditer(joined(tokens), text)]
    assert Alternatives(tokens).spans(text) == expected
    assert Alternatives(tokens).search(text) is bool(expected)


def test_innocent_phrases_stand_where_one_pattern_finds_them(
    engine: Engine, copies: list[Copy]
) -> None:
    """The long lists of the shipped packs find the same one by one as when they are joined."""
    texts = [engine.subject(copy).text.folded.text for copy in copies]
    exceptions = {c.except_ for _, rule in engine.rules() for c in rule.checks if not c.cased}
    found = 0
    for tokens in exceptions - {()}:
        made = written_out(tokens, engine.vocabulary, cased=False)
        one, many = re.compile(joined(made)), Alternatives(made)
        for text in texts:
            expected = [m.span() for m in one.finditer(text)]
            assert many.spans(text) == expected
            found += len(expected)
    assert found


@settings(deadline=None)
@given(st.text(max_size=40))
def test_plain_copies_are_read_as_those_with_markup_are(original: str) -> None:
    """An entity, which takes the long way, changes nothing about the characters beside it."""
    letters = Letters({"е": "e", "о": "o", "Ь": "b"})
    words = {"best", "free"}.__contains__
    plain = normalise(f"{original} &", letters, words)
    coded = normalise(f"{original} &amp;", letters, words)
    assert plain.shown.text == coded.shown.text
    assert plain.folded.text == coded.folded.text
    assert (plain.length, plain.disguised) == (coded.length, coded.disguised)
    places = range(len(plain.shown.text) - 1)
    assert [plain.shown.span(i, i + 1) for i in places] == [
        coded.shown.span(i, i + 1) for i in places
    ]

"""Copy that means nothing is told from copy."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from rmnctl.agents.creative import (
    Voice,
    Written,
    create,
    pieces_of,
)
from rmnctl.agents.creative.checks import Case
from rmnctl.agents.creative.inventions import cut_problems, other_names, unit_problems
from rmnctl.agents.creative.lexicon import is_plain, word_problems
from tests.agents.copywriting import GOOD, KNOWN, Script, brief, written
from tests.agents.nonsense import labelled, refused


def case_of(engine, **changes) -> Case:
    """What texts about the granola are judged by."""
    [piece] = pieces_of([brief(**changes)], engine)
    return Case.of(piece, Voice(prefer=("calm",), avoid=("crazy",)), engine)


def test_words_that_mean_nothing_are_named(engine) -> None:
    """Words of the brief and plain ones pass; others, loose articles and repeated words do not."""
    words = case_of(engine).lexicon

    def said(text):
        return [p.message for p in word_problems(text, words)]

    assert said("Calm mornings with Harbor Vanilla Oat Granola, made with oats") == []
    assert said("Share Harbor, buffer") == [
        "“buffer” is neither plain English nor in the facts; leave it out."
    ]
    assert said("Share the with Harbor") == ["“the” lacks its noun."]
    assert said("Harbor Vanilla Oat Granola, granola") == ["“granola” is said twice."]
    assert said("Say hello to Harbor, say hello") == ["“say hello” is said twice."]
    sized = case_of(engine, facts={"size": "12 oz"}).lexicon
    [bare] = word_problems("Enjoy Harbor with a 12 oz", sized)
    assert bare.message == "“a 12 oz” lacks its noun."
    assert word_problems("Enjoy Harbor, a 12 oz bag. Calm oats", sized) == []
    assert said("Bring it to. Enjoy Harbor") == ["“to” lacks what follows."]
    assert said("Harbor") == ["A name alone says nothing."]
    assert word_problems("Buffer", None) == []


def test_a_text_says_each_thing_once_and_no_product_holds_itself(engine) -> None:
    """Its forms are one word; a name's words, “little by little” and “say soft, say Harbor” are no slips."""
    words = case_of(engine, facts={"pack": "zip bag", "what": "granola with oats"}).lexicon

    def said(text):
        return [p.message for p in word_problems(text, words) if "plain English" not in p.message]

    assert said("Slowly and so slowly: Harbor") == ["“slowly” is said twice."]
    assert said("Slowly and slow: Harbor") == ["“slow” is said twice."]
    assert said("Harbor in the zip bag. In the zip bag. With oats.") == ["“zip” is said twice."]
    assert said("Little by little, day after day: Harbor") == []
    assert said("Say soft, say Harbor") == []
    assert said("Harbor Vanilla Oat Granola, made with oats") == []
    assert said("Calm Harbor, with a granola in it") == ["“granola” is the product itself."]
    assert said("Harbor Vanilla Oat Granola, with vanilla") == []
    assert said("Meet Harbor, 4 pairs per") == ["“per” lacks what follows."]


def test_words_are_judged_in_english_alone(engine) -> None:
    """A brief for another language has no list of words."""
    context = {"category": "food", "locale": "de-DE", "substantiation": []}
    assert case_of(engine, context=context).lexicon is None


def test_decoding_keeps_to_the_words_that_pass(engine) -> None:
    """The pattern takes copy of known words, nothing else, and no opening that is taken."""
    words = case_of(engine).lexicon
    free, taken = words.pattern(), words.pattern(["Meet Harbor", "Harbor, crunchy"])
    for text in (
        "Meet Harbor",
        "Harbor, calm oats. Enjoy breakfast",
        "Harbor Vanilla Oat Granola.",
    ):
        assert re.fullmatch(free, text)
        assert word_problems(text, words) == []
    for text in (
        "Share Harbor, buffer",
        "Meet Harbr",
        "Crazy Harbor",
        "meet Harbor",
        "Meet  Harbor",
    ):
        assert not re.fullmatch(free, text)
    assert not re.fullmatch(taken, "Meet calm oats")
    assert re.fullmatch(taken, "Meeting Harbor") is None
    assert re.fullmatch(taken, "Enjoy Harbor")
    assert re.fullmatch(taken, "Harbor, calm")


def test_phrases_that_training_text_is_made_of_are_plain() -> None:
    """Every word of the phrases is on the list, so that what is learnt may be said."""
    path = Path("rmnctl/workflows/corpora/creative_phrases.yaml")
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    lists = ("heads", "bare_heads", "worded_heads", "bodies", "sentences", "ctas", "alts", "facts")

    def phrases(part):
        if isinstance(part, str):
            return part
        if isinstance(part, dict):
            return phrases([p for name, p in part.items() if name != "kind"])
        return " ".join(map(phrases, part))

    said = set(
        re.findall(r"[a-z']+", re.sub(r"\{\w+\}", " ", phrases([data[n] for n in lists])).lower())
    )
    assert [w for w in said if not is_plain(w)] == []


def test_a_text_that_surprised_its_writer_is_not_delivered(engine) -> None:
    """The least surprising draft is taken; one that is very surprising fails."""
    odd, plain, plainer = "Oats of the calm door", GOOD[0], GOOD[1]
    surprises = {odd: 3.0, plain: 0.9, plainer: 0.4}
    script = Script(odd, plain, plainer, surprises=surprises)
    piece = pieces_of([brief()], engine)[0]
    made = create(piece, Voice(), script, engine, variants=1, drafts=3)
    assert made.delivered == [plainer]
    assert [p.rule for p in made.variants[0].drafts[0].problems] == ["nonsense"]
    assert written(engine, Script(odd, surprises={odd: 3.0})).delivered == []


def test_what_was_refused_is_not_taken_when_it_is_said_again(engine) -> None:
    """A repair shows the draft, which makes saying it again likely, not better."""

    class Sure(Script):
        def write(self, asked):
            """Sure of it only once it has read it."""
            return [Written(GOOD[0], 0.1 if "cannot run" in one.prompt else 3.0) for one in asked]

    assert written(engine, Sure(GOOD[0])).delivered == []


def test_numbers_keep_their_units() -> None:
    """12 oz is no 12 feet; other writings of the same measure are."""
    known = KNOWN + "\nroom: set of 4"
    for good in ("Now 12 oz", "A 12-oz bag", "Set of 4 bags"):
        assert unit_problems(good, known) == []
    assert [p.rule for p in unit_problems("Now 12 feet of granola", known)] == ["invented_number"]


def test_a_product_cut_short_is_a_fault() -> None:
    """A name that stops in the middle is named with the whole one."""
    product = "Harbor Roasted Almonds"
    found = cut_problems("Meet Harbor Roasted", "Harbor", product)
    assert [p.rule for p in found] == ["garbled_name"]
    assert cut_problems("Meet Harbor Roasted Almonds", "Harbor", product) == []
    assert cut_problems("Harbor, roasted", "Harbor", product) == []


def test_a_product_under_another_name_is_a_fault() -> None:
    """A capital word before the product's own, in the middle of a sentence, is another's name."""
    product, known = "Coppard Tape Measure", "Coppard\nCoppard Tape Measure\ntool: tape measure"
    for bad in ("Meet Couple Tape Measure", "Say hello to Cushion Tape"):
        assert [p.rule for p in other_names(bad, product, known)] == ["garbled_name"]
    for good in (
        "Meet Coppard Tape Measure",
        "Meet Tape Measure. Try Measure",
        "Handy: Tape Measure",
    ):
        assert other_names(good, product, known) == []


def test_labelled_nonsense_is_told_from_copy() -> None:
    """Words refuse four of five texts drawn freely that mean nothing, and hardly any good copy."""
    rows = labelled()
    good = [refused(r) for r in rows if r["good"]]
    free = [refused(r) for r in rows if r["source"] == "drawn freely" and not r["good"]]
    assert sum(good) <= 0.02 * len(good)
    assert sum(free) >= 0.8 * len(free)

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.agents.briefs.filling import settled
from rmnctl.agents.briefs.problems import Unplannable
from rmnctl.agents.briefs.reader import prepared
from rmnctl.agents.briefs.sheet import sheet_of
from rmnctl.agents.briefs.understanding import assemble
from tests.agents.evaluate_briefs import LABELLED, load

BRIEF = "Harbor: $80k at alpha, no video, onsite 5-10 %. Last year we had $95k in March."
TEXTS = [row["brief"] for row in load(LABELLED / "set21.jsonl")]


def request(reading, vocabulary):
    """The request of a reading, or the code of its problem."""
    try:
        return assemble(reading, vocabulary)[0]
    except Unplannable as stopped:
        return stopped.problem.code


def test_a_sheet_marks_numbers_and_names(vocabulary) -> None:
    """Each number has a numeral, each name a letter, and the answer fills them in, the goal last."""
    sheet = sheet_of(prepared(BRIEF, vocabulary))
    plain, marked = sheet.prompt.split("\n\n")
    assert plain == " ".join(BRIEF.split())
    assert marked == (
        "[brand Harbor]: [1 $80k] at [A alpha], no [B video], [C onsite] [2 5-10 %]. "
        "Last year we had [3 $95k] in [4 March]."
    )
    assert "".join(sheet.answer()).split("\n") == [
        "1 budget", "A in", "B out", "C none", "2 is C", "3 past", "4 past", "goal profit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("brief", "mark", "word", "field", "value"),
    [
        ("Harbor, $80k, video 10 and not a bit more.", "2", " max A", "limits", 0.1),
        ("Harbor, $80k, a return of 3 at most.", "2", " roas", "roas_floor", 3.0),
        ("Harbor, $80k, we ran it in March.", "2", " days", "horizon_days", 31),
        ("Harbor, $80k. One quarter. Nothing else.", "2", " days", "horizon_days", 90),
        ("Harbor, $80k, 5 for tests.", "2", " test", "experiment_share", 0.05),
        ("Harbor, $80k. Weeks? I'd say 6.", "2", " weeks", "horizon_days", 42),
        ("Harbor, $80k. Months? I'd say 2.", "2", " months", "horizon_days", 60),
        ("Harbor, $80k. $2.5 must come home.", "2", " roas", "roas_floor", 2.5),
    ],
)
def test_a_box_may_say_what_rules_cannot(vocabulary, brief, mark, word, field, value) -> None:
    """Bare percents, months beside the point and quarters are boxes with more than rules read."""
    reading = prepared(brief, vocabulary)
    sheet = sheet_of(reading)
    place = next(n for n, b in enumerate(sheet.boxes) if b.mark == mark)
    assert word in sheet.boxes[place].options
    got = assemble(settled(reading, sheet, {place: word}), vocabulary)[0]
    found = getattr(got, field)
    assert (found[0].max_share if field == "limits" else found) == value


def test_names_of_a_list_have_letters_of_their_own(vocabulary) -> None:
    """What rules bind to a list can be bound to one of its names, and another left out."""
    reading = prepared("Harbor, $80k, no video/onsite display 30% max.", vocabulary)
    sheet = sheet_of(reading)
    assert "[A [B video]/[C onsite display]] [2 30%] max" in sheet.prompt
    filled = {b.mark: n for n, b in enumerate(sheet.boxes)}
    got = assemble(
        settled(reading, sheet, {filled["2"]: " max C", filled["B"]: " out"}), vocabulary
    )[0]
    assert {x.id: x.max_share for x in got.limits} == {"video": 0, "onsite_display": 0.3}


def test_numbers_that_rules_pass_over_have_boxes(vocabulary) -> None:
    """What counts things by its looks, and multiples in passing, can be filled in all the same."""
    brief = "Harbor, $80k. They sold 900 units, at most 20,000 on video, and want double back."
    reading = prepared(brief, vocabulary)
    sheet = sheet_of(reading)
    boxes = {b.mark: n for n, b in enumerate(sheet.boxes)}
    marks = [reading.roles[b.about].value for b in sheet.boxes if isinstance(b.about, int)]
    assert [float(v.low) for v in marks] == [80_000, 900, 20_000, 2]
    changes = {boxes["3"]: " max A", boxes["4"]: " roas"}
    got = assemble(settled(reading, sheet, changes), vocabulary)[0]
    assert ([x.max_spend for x in got.limits], got.roas_floor) == ([20_000], 2)


def test_a_name_can_be_bounded_like_another(vocabulary) -> None:
    """`the same` has no number of its own: the box of the name says whose bounds it has."""
    reading = prepared("Harbor, $80k. Video: 10% at most. Offsite: the usual, ditto.", vocabulary)
    sheet = sheet_of(reading)
    place = next(n for n, b in enumerate(sheet.boxes) if b.mark == "B")
    got = assemble(settled(reading, sheet, {place: " as A"}), vocabulary)[0]
    assert {x.id: x.max_share for x in got.limits} == {"video": 0.1, "offsite_display": 0.1}


@pytest.mark.parametrize(
    ("brief", "field", "value"),
    [
        ("Harbor, $80k, quarter two, alpha.", "horizon_days", 91),
        ("Harbor, USD 515,000, and it has to last a quarter.", "horizon_days", 90),
        ("Harbor: 1/2 million USD at beta.", "budget", 500_000),
        ("Harbor has a million three dollars.", "budget", 1_300_000),
        ("Harbor, $80k, two dollars sixty back for each dollar.", "roas_floor", 2.6),
        ("Harbor, $80k; each dollar must return two dollars and twenty cents.", "roas_floor", 2.2),
        ("Harbor, $80k, one fortieth of it for experiments.", "experiment_share", 0.025),
    ],
)
def test_spoken_numbers_are_seen(vocabulary, brief, field, value) -> None:
    """Amounts and periods as they are dictated are numbers of the request."""
    assert getattr(assemble(prepared(brief, vocabulary), vocabulary)[0], field) == value


def test_an_amount_that_is_open_is_no_budget(vocabulary) -> None:
    """A budget that the model holds for unsettled is a problem with a name."""
    reading = prepared("Harbor, eighty thousand dollars, says Tom.", vocabulary)
    sheet = sheet_of(reading)
    got = request(settled(reading, sheet, {0: " open"}), vocabulary)
    assert got == "UNCLEAR_MONEY"


def test_retailers_may_be_only_told_of(vocabulary) -> None:
    """A retailer that is not asked for is no place to spend, known or not."""
    reading = prepared("Harbor, $80k. Beta's people were here, and Walmart's.", vocabulary)
    sheet = sheet_of(reading)
    names = {n: " none" for n, b in enumerate(sheet.boxes) if b.mark.isupper()}
    assert names
    assert assemble(settled(reading, sheet, names), vocabulary)[0].retailers == ()


@pytest.mark.parametrize("text", TEXTS)
def test_filling_in_what_stands_there_changes_nothing(vocabulary, text) -> None:
    """A sheet filled in as rules have it is the rules' reading."""
    try:
        reading = prepared(text, vocabulary)
    except Unplannable:
        return
    sheet = sheet_of(reading)
    same = {n: b.filled for n, b in enumerate(sheet.boxes) if b.about is not None}
    assert request(settled(reading, sheet, same), vocabulary) == request(reading, vocabulary)


@settings(deadline=None)
@given(data=st.data(), text=st.sampled_from(TEXTS))
def test_any_filling_ends_in_a_request_or_a_problem(vocabulary, data, text) -> None:
    """Whatever is filled in, no number comes out that the brief does not have."""
    try:
        reading = prepared(text, vocabulary)
    except Unplannable:
        return
    sheet = sheet_of(reading)
    words = {n: data.draw(st.sampled_from(b.options)) for n, b in enumerate(sheet.boxes)}
    got = request(settled(reading, sheet, words), vocabulary)
    if not isinstance(got, str):
        assert got.budget in {float(r.value.low) for r in reading.roles}

from __future__ import annotations

import pytest

from rmnctl.agents.briefs import Code, understand

BASE = "Spend $100,000 for Brand X. "


def exactly(share: float) -> dict[str, float]:
    """One share as both bounds."""
    return {"min_share": pytest.approx(share), "max_share": pytest.approx(share)}


NOTHING = {"max_share": 0}


@pytest.mark.parametrize(
    ("sentence", "field", "value"),
    [
        ("Margin. ROAS floor 2.2. No video.", "roas_floor", 2.2),
        ("Floor 2.5 on ROAS.", "roas_floor", 2.5),
        ("ROI floor 3; video max 10%.", "roas_floor", 3.0),
        ("We want 5:2 return or better.", "roas_floor", 2.5),
        ("Minimum return: 9 to 4.", "roas_floor", 2.25),
        ("Return ratio of at least 7:2.", "roas_floor", 3.5),
        ("Keep cells under control, 25 active max.", "max_active_cells", 25),
        ("No more than 28 switched on at once.", "max_active_cells", 28),
        ("35 live or fewer.", "max_active_cells", 35),
    ],
)
def test_bare_numbers_are_told_by_their_bound(asked, sentence, field, value) -> None:
    """A floor, a ratio of returns and a count of what is active say what a number without a unit is."""
    assert asked(BASE + sentence)[field] == value


@pytest.mark.parametrize(
    "sentence",
    [
        "See me on floor 3 for the ROAS.",
        "We have 25 active shops.",
        "At present we have 25 live.",
        "Return my call at 5:20.",
        "Our 2 active, healthy kids say hello.",
    ],
)
def test_storeys_and_other_counts_bound_nothing(asked, sentence) -> None:
    """Where somebody sits, what is live today and when to call are no rule of the plan."""
    assert set(asked(BASE + sentence)) == {"budget", "brand_id", "currency"}


@pytest.mark.parametrize(
    ("sentence", "limits"),
    [
        ("Sponsored prods 50%, video 10%.", {"sponsored_product": exactly(0.5), "video": exactly(0.1)}),
        ("Spons. brands max 15%, onsite disp. max 10%.", {"sponsored_brand": {"max_share": 0.15}, "onsite_display": {"max_share": 0.1}}),
        ("No spons. prods. Profit.", {"sponsored_product": NOTHING}),
        ("We see no place for video.", {"video": NOTHING}),
        ("CTV (connected TV): none.", {"ctv": NOTHING}),
        ("Keep magnesium capsules (HRB-0036) out of it.", {"HRB-0036": NOTHING}),
        ("HRB-0036 (magnesium capsules) gets nothing.", {"HRB-0036": NOTHING}),
        ("* video + ctv\n* none above 8%", {"ctv": {"max_share": 0.08}, "video": {"max_share": 0.08}}),
        ("\n\u2022 both networks\n\u2022 neither below 30%", {"alpha": {"min_share": 0.3}, "beta": {"min_share": 0.3}}),
    ],
)  # fmt: skip
def test_names_are_known_clipped_and_said_twice(asked, sentence, limits) -> None:
    """Clipped words of a placement, a code in brackets and a pronoun behind a bullet name what they stand for."""
    assert asked(BASE + sentence)["limits"] == limits


@pytest.mark.parametrize(
    ("sentence", "limits"),
    [
        ("Alpha 3, beta 1.", {"alpha": exactly(0.75), "beta": exactly(0.25)}),
        ("Three parts alpha, two parts beta.", {"alpha": exactly(0.6), "beta": exactly(0.4)}),
        ("Split: alpha 7, beta 3.", {"alpha": exactly(0.7), "beta": exactly(0.3)}),
        ("At most a dollar in eight on CTV.", {"ctv": {"max_share": 0.125}}),
        ("ROAS at least 3.2, no more than one dollar in ten on offsite.", {"offsite_display": {"max_share": 0.1}}),
        ("In the shop alpha it should be spend minimum 30,000 dollar.", {"alpha": {"min_spend": 30_000}}),
        ("In the store beta please to spend not more than 30,000 dollar.", {"beta": {"max_spend": 30_000}}),
    ],
)  # fmt: skip
def test_parts_and_places_stand_side_by_side(asked, sentence, limits) -> None:
    """Bare parts beside all retailers, coins counted of so many, and a place before its sum are limits."""
    assert asked(BASE + sentence)["limits"] == limits


@pytest.mark.parametrize(
    "sentence",
    ["Priority: alpha 1, beta 2.", "Call me about alpha 3, beta 1.", "Alpha 3 stores, beta 1 store."],
)  # fmt: skip
def test_ranks_and_counts_beside_names_part_nothing(asked, sentence) -> None:
    """Numbers that rank retailers, or count something else there, are no shares."""
    assert "limits" not in asked(BASE + sentence)


@pytest.mark.parametrize(
    ("sentence", "limits"),
    [
        ("We debated video; Lena asked for 30%, that was turned down, and we settled on a ceiling of 22%.", {"video": {"max_share": 0.22}}),
        ("We argued over alpha for an hour. The compromise is a floor of 30%.", {"alpha": {"min_share": 0.3}}),
        ("The CFO hates CTV, the CMO loves it. They came down on a hard cap of 6%.", {"ctv": {"max_share": 0.06}}),
        ("I wrote 15% as the limit for video in my deck; read that as 18%.", {"video": {"max_share": 0.18}}),
        ("Alpha at least 40% (the slide was wrong: treat it as 45%).", {"alpha": {"min_share": 0.45}}),
        ("Video is capped at 15%, that's supposed to be 18%.", {"video": {"max_share": 0.18}}),
        ("Video max 15%. Read that as a hard limit. Alpha at least 18%.", {"alpha": {"min_share": 0.18}, "video": {"max_share": 0.15}}),
    ],
)  # fmt: skip
def test_what_a_talk_ended_on_holds(asked, sentence, limits) -> None:
    """The outcome of a talk about a name bounds it, and what a number is to be read as replaces it."""
    assert asked(BASE + sentence)["limits"] == limits


@pytest.mark.parametrize(
    "sentence",
    [
        "Search is new. The office agreed on a cap of 15% for home days.",
        "Video went up. The board agreed on a pay rise of 3%.",
        "Video is fun. We settled on a fee cap of 12% with the agency.",
    ],
)
def test_outcomes_of_other_talks_bound_nothing(asked, sentence) -> None:
    """What was agreed on fees, pay or rules of the office is no limit of the name before."""
    assert "limits" not in asked(BASE + sentence)


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("We tried CTV in spring and it ate 90k for nothing, so none of that again please.", "ctv"),
        ("We ran audio last year, never again.", "audio"),
        ("We did video in May. I don't want to see that again.", "video"),
        ("They hate retargeting, so none of that.", "offsite_display"),
        ("Video we do not want.", "video"),
        ("CTV we can do without.", "ctv"),
        ("Offsite display nobody here wants.", "offsite_display"),
        ("Search we would rather not use.", "search"),
    ],
)
def test_what_nobody_wants_again_gets_nothing(asked, sentence, name) -> None:
    """A bad tale that must not repeat itself, and a name that stands before its refusal, leave the name out."""
    assert asked(BASE + sentence)["limits"] == {name: NOTHING}


@pytest.mark.parametrize(
    ("sentence", "limits"),
    [
        ("CTV worked, we'd do that again.", None),
        ("Video we do not want to cut.", None),
        ("Sponsored brands we do not want above 20%.", {"sponsored_brand": {"max_share": 0.2}}),
        ("We forgot video, not again please, so video 20% at least.", {"video": {"min_share": 0.2}}),
        ("We met at alpha. The video team is back from lunch. None of that concerns you.", None),
    ],
)  # fmt: skip
def test_refusals_of_something_else_leave_names_in(asked, sentence, limits) -> None:
    """What worked, what must not be cut or only not exceeded, and remarks on nothing exclude no name."""
    assert asked(BASE + sentence).get("limits") == limits


@pytest.mark.parametrize(
    "brief",
    [
        "Harbor needs media for November, alpha up to 60%. Last November cost us 130k.",
        "Harbor, video at most 10%. The last campaign in spring set us back about $90,000.",
    ],
)
def test_what_the_last_one_cost_is_no_budget(vocabulary, brief) -> None:
    """Money that is told of an earlier time is not taken for the budget, even alone."""
    [got] = understand([brief], vocabulary)
    assert got.problem is not None
    assert got.problem.code is Code.NO_BUDGET


@pytest.mark.parametrize(
    "sentence",
    [
        "Please add the margin that beta earns on each of our cashews.",
        "Tell me how much stock alpha still has of our Lime Sparkling Water.",
    ],
)
def test_fields_are_refused_that_a_clause_asks_for(vocabulary, sentence) -> None:
    """What a retailer earns on, or holds of, products is refused in whatever clause."""
    [got] = understand([BASE + sentence], vocabulary)
    assert got.problem is not None
    assert got.problem.code is Code.BLOCKED_FIELD

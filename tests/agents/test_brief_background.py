"""What letters tell beside the campaign is set aside, and what may be meant is not."""

from __future__ import annotations

import pytest

BASE = "Spend $100,000 for Brand X. "


@pytest.mark.parametrize(
    "noise",
    [
        "I am back from leave (3 weeks).", "We've known each other for 20 years.",
        "It has been 6 months since our last call.", "The approval takes two weeks.",
        "She is here for another 5 weeks.", "My flight lands at 16:40.", "See you in 2 weeks!",
        "Sales were up 8% against last spring.", "Our first trial had 1,200 orders.",
        "Video alone swallowed 30% of it.", "A competitor puts 40% into video.",
        "The spot went well with 7 out of 10 viewers.", "We are a team of 3.",
        "The studio has quoted 45,000 and we declined.", "Our parent company invests 12 million in TV.",
        "The price increase of 3% in January changes nothing.",
    ],
)  # fmt: skip
def test_what_letters_tell_beside_the_campaign_changes_nothing(asked, noise) -> None:
    """Leaves, tales, results, clocks, people and quotes leave the request as it was."""
    assert asked(BASE + noise) == asked(BASE)


@pytest.mark.parametrize(
    ("sentence", "field", "value"),
    [
        ("We shortened it to 3 weeks.", "horizon_days", 21),
        ("It's been extended to 6 weeks.", "horizon_days", 42),
        ("It runs 6 weeks around our 50th anniversary.", "horizon_days", 42),
        ("My preference is 5 weeks.", "horizon_days", 35),
        ("5 weeks in late summer.", "horizon_days", 35),
        ("We capped video at 10%.", "limits", {"video": {"min_share": 0.1, "max_share": 0.1}}),
        ("A colleague suggested 20% as the cap for video.", "limits", {"video": {"max_share": 0.2}}),
        ("The agency recommends a ROAS of 2.5 at least.", "roas_floor", 2.5),
        ("Last time, tests ate 20%; let's have 5% now.", "experiment_share", 0.05),
    ],
)  # fmt: skip
def test_what_may_be_meant_is_read_where_nothing_rivals_it(asked, sentence, field, value) -> None:
    """Weak evidence, such as another's advice, takes no number away on its own."""
    got = asked(BASE + sentence)[field]
    if field == "limits" and "capped" in sentence:
        assert got["video"]["max_share"] == value["video"]["max_share"]
    else:
        assert got == value


@pytest.mark.parametrize(
    "brief",
    [
        "My colleague has $90,000 for Brand X, I have $70,000.",
        "Our sponsor gave us $50k and we have $60k for Brand X.",
        "The group gives Brand X $500,000. We have $450,000 available.",
        "For Brand X we have $40,000, and the retailer adds $10,000.",
        "Someone approved $90,000 for Brand X. Another person has approved $80,000.",
        "It could be 30, it could be 50 thousand dollars for Brand X.",
    ],
)
def test_two_amounts_for_the_campaign_stay_a_problem(read, brief) -> None:
    """Whoever has the money: where both amounts may be the budget, none is chosen."""
    assert read(brief).problem.code in {"TWO_BUDGETS", "UNCLEAR_MONEY"}


def test_what_is_set_aside_is_listed(read) -> None:
    """A duration that is no flight is named among the assumptions."""
    got = read(BASE + "I am back from leave (3 weeks).")
    assert any("background" in a and "3 weeks" in a for a in got.assumptions)


@pytest.mark.parametrize(
    "form",
    [
        "| brand | Brand X |\n| budget | $100,000 |\n| weeks | 3 |\n| video | max 10% |",
        "BRAND      Brand X\nBUDGET     $100,000\nDAYS       21\nVIDEO      max 10%",
        "1) Brand: Brand X\n2) Budget: $100,000\n3) Duration (weeks): 3\n4) Max. share of video (%): 10",
        "Brand\tBrand X\nTotal\t$100,000\nPeriod\t3 weeks\nVideo\tmax 10%",
    ],
    ids=["table", "columns", "numbered", "tabs"],
)
def test_forms_say_the_same_in_any_layout(asked, form) -> None:
    """Tables, columns and numbered keys are read as keys with values."""
    got = asked(form)
    assert (got["budget"], got["horizon_days"]) == (100000, 21)
    assert got["limits"] == {"video": {"max_share": 0.1}}


def test_a_retailer_in_small_letters_is_named_unknown(read) -> None:
    """A known other retailer is refused however it is typed."""
    assert read("brand x, $60k, all on walmart pls").problem.code == "UNKNOWN_RETAILER"

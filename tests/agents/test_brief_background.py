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


@pytest.mark.parametrize(
    "phrase",
    [
        "Thanks a million!", "You are one in a million.", "My two cents, as always.", "I am 100% sure.",
        "I ran 10k this morning.", "Have a great week.", "We have a video call at 9:30.",
        "What else is in store for us?", "That is the million dollar question.",
    ],
)  # fmt: skip
def test_set_phrases_say_nothing_of_a_plan(asked, phrase) -> None:
    """Numbers and names in idioms are no numbers and names."""
    assert asked(BASE + phrase) == asked(BASE)


@pytest.mark.parametrize(
    ("brief", "code"),
    [
        ("Our agency suggested $90k for Brand X.", "UNCLEAR_MONEY"),
        ("An analyst recommends $300,000 for Brand X. Last year we had $220,000.", "UNCLEAR_MONEY"),
        ("The budget for Brand X is still being negotiated, probably $80k.", "UNCLEAR_MONEY"),
        ("If we win the pitch, Brand X has $62k.", "UNCLEAR_MONEY"),
        ("Brand X, $90k minus 10%.", "UNCLEAR_MONEY"),
        ("Brand X gets $62k from us and $20k from alpha.", "UNCLEAR_MONEY"),
        ("Brand X: $30k now, $30k later.", "UNCLEAR_MONEY"),
        ("Brand X's sales were $62k.", "NO_BUDGET"),
        ("My colleague earns $62k. Brand X please, 4 weeks.", "NO_BUDGET"),
        ("The agency quoted $62k for the Brand X clip.", "NO_BUDGET"),
        ("The budget is $90,000 for Brand X. We plan with $100,000.", "TWO_BUDGETS"),
    ],
)
def test_money_that_is_no_budget_yet_or_never_is_named(read, brief, code) -> None:
    """Advice, hopes, conditions, instalments, wages and results are no budgets, even alone."""
    assert read(brief).problem.code == code


@pytest.mark.parametrize(
    "aside",
    [
        "Unlike at Amazon, we get good data here.", "My sister works at Walmart now.",
        "Everyone raves about Instacart.", "We pulled out of Amazon last year.",
    ],
)  # fmt: skip
def test_retailers_that_are_only_told_of_stop_no_plan(asked, aside) -> None:
    """A network that no money is to go to is no unknown retailer of the plan."""
    assert asked(BASE + aside) == asked(BASE)


@pytest.mark.parametrize(
    "refusal",
    [
        "Audio can take a break this time.", "Audio won't be needed.", "Strike audio from the list.",
        "Audio shouldn't see a penny.", "Audio must remain at nil.", "Audio is not part of the plan.",
        "Not one dollar of that in audio.", "Keep audio on the bench.",
    ],
)  # fmt: skip
def test_refusals_leave_a_name_without_money(asked, refusal) -> None:
    """Predicates that give a name nothing are put together from their parts."""
    assert asked(BASE + refusal)["limits"] == {"audio": {"max_share": 0}}


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("in March", 31), ("April to June", 91), ("March and April", 61), ("When: May", 31),
        ("a month and a half", 45), ("from the 1st to the 30th of June", 30),
        ("01.06.2026 - 30.06.2026", 30), ("the weeks are eight", 56),
    ],
)  # fmt: skip
def test_months_and_dates_give_the_days(asked, words, days) -> None:
    """Months alone, listed and as ranges, and dates in figures, are counted in days."""
    assert asked(f"{BASE}{words[0].upper()}{words[1:]}.")["horizon_days"] == days


@pytest.mark.parametrize(
    ("sentence", "bounds"),
    [
        ("Beta over 40% and the client walks.", {"max_share": 0.4}),
        ("If beta drops below 40% they won't renew.", {"min_share": 0.4}),
        ("Beta needs 40% or it won't work.", {"min_share": 0.4}),
        ("Beta: 40%. That's the ceiling.", {"max_share": 0.4}),
        ("Keep beta below 40% and stop after the summer.", {"max_share": 0.4}),
    ],
)
def test_what_follows_a_broken_bound_says_which_bound_it_is(asked, sentence, bounds) -> None:
    """A threat turns a comparison round; an order does not."""
    assert asked(BASE + sentence)["limits"] == {"beta": bounds}

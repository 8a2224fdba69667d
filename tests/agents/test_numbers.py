from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.agents.briefs.amounts import values
from rmnctl.agents.briefs.flight import flights
from rmnctl.agents.briefs.kinds import Kind
from rmnctl.agents.briefs.numerals import numerals
from rmnctl.agents.briefs.text import read_text


def one(text):
    found = values(read_text(text), ())
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("2,500,000", 2_500_000), ("2.500.000", 2_500_000), ("2 500 000", 2_500_000),
        ("2.5M", 2_500_000), ("2.5mm", 2_500_000), ("2,5 Mio.", 2_500_000), ("40k", 40_000),
        ("two and a half million", 2_500_000), ("half a million", 500_000),
        ("three quarters of a million", 750_000), ("a quarter million", 250_000),
        ("one point two million", 1_200_000), ("a hundred and fifty thousand", 150_000),
        ("two hundred and twenty-five thousand", 225_000), ("forty thousand", 40_000),
        ("twenty-five", 25), ("1,440,000.00", 1_440_000), ("1.250 million", 1_250_000),
        ("65,0", 65), ("0.65", Fraction(65, 100)), ("two thirds", Fraction(2, 3)),
        ("a quarter", Fraction(1, 4)), ("1/3", Fraction(1, 3)), ("½", Fraction(1, 2)),
        ("a million", 1_000_000), ("a hundred grand", 100_000),
    ],
)  # fmt: skip
def test_a_number_has_one_value_however_it_is_written(words, value) -> None:
    """Digits with either separator, suffixes, words and fractions give the same exact value."""
    assert [n.value for n in numerals(read_text(words))] == [value]


@given(st.integers(0, 10**9))
def test_grouped_digits_are_read_back(number) -> None:
    """Any whole number with thousands separators is read as itself."""
    found = numerals(read_text(f"{number:,}"))
    assert [n.value for n in found] == [number]


@pytest.mark.parametrize(
    ("words", "kind", "value", "currency"),
    [
        ("$2.5M", Kind.MONEY, 2_500_000, "USD"), ("2,500,000 USD", Kind.MONEY, 2_500_000, "USD"),
        ("\u20ac40k", Kind.MONEY, 40_000, "EUR"), ("forty thousand dollars", Kind.MONEY, 40_000, "USD"),
        ("USD 1 350 000", Kind.MONEY, 1_350_000, "USD"), ("90 grand (USD)", Kind.MONEY, 90_000, "USD"),
        ("C$5,000", Kind.MONEY, 5000, "CAD"), ("55k$", Kind.MONEY, 55_000, "USD"),
        ("40k", Kind.MONEY, 40_000, None), ("minus $20,000", Kind.MONEY, -20_000, "USD"),
        ("65%", Kind.SHARE, Fraction(65, 100), None), ("7.5 per cent", Kind.SHARE, Fraction(75, 1000), None),
        ("sixty percent", Kind.SHARE, Fraction(6, 10), None), ("one in ten", Kind.SHARE, Fraction(1, 10), None),
        ("3x", Kind.MULTIPLE, 3, None), ("4:1", Kind.MULTIPLE, 4, None), ("two to one", Kind.MULTIPLE, 2, None),
        ("three dollars back for every dollar", Kind.MULTIPLE, 3, None),
        ("$10 back for each $4 we spend", Kind.MULTIPLE, Fraction(5, 2), None),
        ("1.75 dollars come back for each dollar invested", Kind.MULTIPLE, Fraction(7, 4), None),
        ("triple our money", Kind.MULTIPLE, 3, None),
        ("four weeks", Kind.DAYS, 28, None), ("28 days", Kind.DAYS, 28, None), ("6-week", Kind.DAYS, 42, None),
        ("40 lines", Kind.COUNT, 40, None),
    ],
)  # fmt: skip
def test_a_unit_says_what_a_number_is(words, kind, value, currency) -> None:
    """Currency, percent, times and periods around a number decide its kind."""
    found = one(words)
    assert (found.kind, found.low, found.currency) == (kind, value, currency)


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [
        ("between 20% and 40%", 0.2, 0.4), ("40-70%", 0.4, 0.7), ("30 to 50 per cent", 0.3, 0.5),
        ("between $20k and $60k", 20_000, 60_000), ("from 35% to 60%", 0.35, 0.6),
    ],
)  # fmt: skip
def test_two_ends_make_one_range(words, low, high) -> None:
    """A range is one candidate, and a unit said once holds for both ends."""
    found = one(words)
    assert (float(found.low), float(found.high)) == (low, high)


@pytest.mark.parametrize(
    "words",
    ["on the 14th", "PO #12345", "12,000 units", "14 people", "the third week", "the first half"],
)
def test_other_numbers_are_no_candidates(words) -> None:
    """Ordinals, references and counts of things are never read as money or shares."""
    assert values(read_text(words), ()) == []


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("from 2 March 2026 to 29 March 2026", 28), ("2026-01-05 to 2026-02-01", 28),
        ("March 3 - March 30", 28), ("1-14 June", 14), ("over the next month", 30),
        ("for a quarter", 90), ("in Q3", 92), ("throughout February", 28), ("a fortnight", 14),
    ],
)  # fmt: skip
def test_a_period_may_be_said_by_the_calendar(words, days) -> None:
    """Dates count both ends; months and quarters have their usual lengths."""
    found, _ = flights(read_text(words))
    assert [v.low for v in found] == [days]


def test_a_quarter_of_the_money_is_no_period() -> None:
    """`A quarter` on a placement is a share, not three months."""
    text = read_text("no more than a quarter on video")
    assert flights(text)[0] == []
    assert [(v.kind, v.low) for v in values(text, ())] == [(Kind.SHARE, Fraction(1, 4))]

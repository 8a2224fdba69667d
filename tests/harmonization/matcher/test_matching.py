"""What the matcher promises, and the traps of real reports."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.harmonization.matcher import Column, propose
from rmnctl.rmis.gtin import check_digit

_SPEC = importlib.util.spec_from_file_location("evaluate", Path(__file__).with_name("evaluate.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
evaluation = importlib.util.module_from_spec(_SPEC)
sys.modules["evaluate"] = evaluation
_SPEC.loader.exec_module(evaluation)

DAYS = tuple(f"2026-03-{d:02d}" for d in range(1, 11))
IMPRESSIONS = tuple(str(1000 + 137 * i) for i in range(10))
CLICKS = tuple(str(10 + 3 * i) for i in range(10))
COST = tuple(f"{(10 + 3 * i) * 0.71:.2f}" for i in range(10))
ORDERS = tuple(str(1 + i % 4) for i in range(10))
SALES = tuple(f"{(1 + i % 4) * 23.45:.2f}" for i in range(10))


def _fields(*columns: tuple[str, tuple[str | None, ...]]) -> dict[str, str | None]:
    return {p.source: p.field for p in propose([Column(n, v) for n, v in columns])}


def test_goals_hold_on_the_development_reports() -> None:
    """Reports of the development families reach the goals for accuracy, abstention, confidence."""
    figures = evaluation.evaluate("dev", (1,))
    assert figures.accuracy >= 0.92
    assert figures.false_map <= 0.02
    assert figures.wrong_when_sure <= 0.01


def test_goals_hold_on_families_never_tuned_on() -> None:
    """Held-out families reach the same goals."""
    figures = evaluation.evaluate("heldout", (1, 2))
    assert figures.accuracy >= 0.92
    assert figures.false_map <= 0.02
    assert figures.wrong_when_sure <= 0.01


def test_arithmetic_overturns_names() -> None:
    """An "ad revenue" that divides by clicks to the printed CPC is the advertiser's cost."""
    cpc = ("0.71",) * 10
    roas = tuple(f"{float(s) / float(c):.4f}" for s, c in zip(SALES, COST, strict=True))
    found = _fields(
        ("Date", DAYS),
        ("Impressions", IMPRESSIONS),
        ("Clicks", CLICKS),
        ("Ad revenue", COST),
        ("CPC", cpc),
        ("Store takings", SALES),
        ("ROAS", roas),
    )
    assert (found["Ad revenue"], found["Store takings"]) == ("cost", "revenue")


def test_sales_that_are_counts_are_not_revenue() -> None:
    """Small whole numbers named sales, beside amounts of revenue, are conversions."""
    found = _fields(
        ("Date", DAYS),
        ("Impressions", IMPRESSIONS),
        ("Clicks", CLICKS),
        ("Spend", COST),
        ("Sales", ORDERS),
        ("Sales value", SALES),
    )
    assert (found["Sales"], found["Sales value"]) == ("conversions", "revenue")


@pytest.mark.parametrize(
    "name",
    ["Daily Budget", "campaignBudgetAmount", "keywordBid", "Max CPC", "Target ROAS", "Avg. CPC"],
)
def test_budgets_bids_and_ratios_are_never_cost(name: str) -> None:
    """A column about what may be spent, or a ratio, gets no core field."""
    found = _fields(("Date", DAYS), ("Clicks", CLICKS), (name, COST), ("Spend", COST))
    assert (found[name], found["Spend"]) == (None, "cost")


def test_of_two_equal_costs_only_one_is_taken() -> None:
    """`cost` and `spend` with the same amounts are not both mapped."""
    found = _fields(("date", DAYS), ("clicks", CLICKS), ("cost", COST), ("spend", COST))
    assert [found["cost"], found["spend"]].count("cost") == 1


def test_one_window_of_a_family_is_chosen() -> None:
    """Of several attribution windows one is revenue, and never a part of the whole."""
    double = tuple(f"{2 * float(s):.2f}" for s in SALES)
    found = _fields(
        ("date", DAYS),
        ("attributedSales3days", SALES),
        ("attributedSales14days", double),
        ("attributedSales30days", double),
        ("advertisedSkuSales14days", SALES),
    )
    assert [n for n, f in found.items() if f == "revenue"] == ["attributedSales14days"]


def test_units_are_conversions_only_without_orders() -> None:
    """Units count as conversions where no orders are reported, and not beside orders."""
    units = tuple(str(int(o) + 1) for o in ORDERS)
    beside = _fields(("Date", DAYS), ("Clicks", CLICKS), ("Orders", ORDERS), ("Units", units))
    alone = _fields(("Date", DAYS), ("Clicks", CLICKS), ("Units", units))
    assert (beside["Orders"], beside["Units"], alone["Units"]) == (
        "conversions",
        None,
        "conversions",
    )


def test_a_summary_is_dated_by_the_first_day_of_its_period() -> None:
    """Without an event day the start of the period is the date, and never surely."""
    starts, ends = ("Start Date", DAYS), ("End Date", DAYS)
    found = {p.source: p for p in propose([Column(n, v) for n, v in (ends, starts)])}
    assert found["Start Date"].field == "date"
    assert found["Start Date"].confidence < 0.9
    assert found["End Date"].field is None


def test_silent_headers_are_read_by_their_cells() -> None:
    """Item numbers with right check digits, and money that moves with clicks, need no name."""
    numbers = tuple(f"{i:011d}{check_digit(f'{i:011d}')}" for i in range(36_000_000, 36_000_010))
    found = _fields(("c7", numbers), ("Clicks", CLICKS), ("m3", COST))
    assert found == {"c7": "sku_id", "Clicks": "clicks", "m3": "cost"}


def test_the_event_day_wins_over_campaign_dates() -> None:
    """Start and end dates are not the day of a row."""
    found = _fields(("Start Date", DAYS), ("End Date", DAYS), ("Day", DAYS), ("Clicks", CLICKS))
    assert [n for n, f in found.items() if f == "date"] == ["Day"]


@pytest.mark.parametrize(
    "name",
    ["Viewable impressions", "New-to-brand orders", "Assisted sales", "Add to cart", "Reach"],
)
def test_other_measures_are_left_alone(name: str) -> None:
    """A measure that RMIS does not hold as a core field is not forced into one."""
    found = _fields(
        ("Date", DAYS),
        ("Impressions", IMPRESSIONS),
        ("Clicks", CLICKS),
        ("Orders", ORDERS),
        ("Sales", SALES),
        (name, ORDERS),
    )
    assert found[name] is None


CELL = st.one_of(st.none(), st.text(max_size=12), st.integers(-10, 10**7).map(str))
TABLES = st.integers(0, 6).flatmap(
    lambda rows: st.lists(
        st.tuples(st.text(max_size=20), st.lists(CELL, min_size=rows, max_size=rows)), max_size=8
    )
)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_any_table_is_answered(table: list[tuple[str, list[str | None]]]) -> None:
    """Whatever the columns, there is one proposal each, and no field is given twice."""
    columns = [Column(name, tuple(cells)) for name, cells in table]
    proposals = propose(columns)
    assert [p.source for p in proposals] == [c.name for c in columns]
    given_fields = [p.field for p in proposals if p.field]
    assert len(given_fields) == len(set(given_fields))
    assert all(0.0 <= p.confidence <= 1.0 for p in proposals)


def test_evidence_never_holds_a_cell() -> None:
    """Evidence names columns and shares, never what stands in a cell."""
    secret = tuple(f"Zq{i}xSecret" for i in range(10))
    columns = [Column("Campaign", secret), Column("SKU", secret), Column("Spend", COST)]
    told = " ".join(e for p in propose(columns) for e in p.evidence)
    assert not any(cell in told for cell in (*secret, *COST))

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.harmonization import cells
from rmnctl.harmonization.mapping import FieldMap
from rmnctl.harmonization.reading import ReadSpec
from rmnctl.tables import connect

COMMA = {"decimal": ","}


def evaluate(sql, texts, stages=()):
    """The value of an expression over column `c` for every text."""
    source = "SELECT unnest(?::VARCHAR[]) AS c"
    for stage in stages:
        source = f"SELECT *, {stage} FROM ({source})"
    with connect(threads=1) as connection:
        return [
            v
            for (v,) in connection.execute(
                f"SELECT {sql} FROM ({source})", [list(texts)]
            ).fetchall()
        ]


def amounts(texts, scale="1", **layout):
    """Cells read as money."""
    spec, scale = ReadSpec(**layout), Decimal(scale)
    stages = (
        f"{cells.quick_number('c', spec, cells.wide_type(scale))} AS q",
        f"CASE WHEN q IS NULL THEN {cells.digits('c', spec)} END AS d",
    )
    return evaluate(cells.number("q", "d", "c", spec, scale), texts, stages)


def counts(texts, **layout):
    """Cells read as whole numbers."""
    spec = ReadSpec(**layout)
    stages = (
        f"{cells.quick_count('c')} AS q",
        f"CASE WHEN q IS NULL THEN {cells.digits('c', spec)} END AS d",
    )
    return evaluate(cells.count("q", "d", "c", spec), texts, stages)


def days(texts, *parse, locale=None):
    """Cells read as days."""
    field = FieldMap.model_validate({"from": "c", "parse": parse, "locale": locale})
    return evaluate(cells.date("c", field), texts)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0", "0"),
        ("12", "12"),
        ("12.5", "12.5"),
        ("12.", "12"),
        (".5", "0.5"),
        (" 12.50 ", "12.5"),
        ("+12.50", "12.5"),
        ("$12.50", "12.5"),
        ("$1,234.56", "1234.56"),
        ("1,234", "1234"),
        ("1,234,567.89", "1234567.89"),
        ("1'234.50", "1234.5"),
        ("1’234.50", "1234.5"),
        ("1 234.50", "1234.5"),
        ("1\u00a0234.50", "1234.5"),
        ("1\u202f234\u202f567.50", "1234567.5"),
        ("12,34,567.00", "1234567"),
        ("-12.50", "-12.5"),
        ("−12.50", "-12.5"),
        ("12.50-", "-12.5"),
        ("-$12.50", "-12.5"),
        ("$-12.50", "-12.5"),
        ("($1,234.56)", "-1234.56"),
        ("USD 12.50", "12.5"),
        ("12.50 USD", "12.5"),
        ("USD1,234.50", "1234.5"),
        ("€12.50", "12.5"),
        ("12.50 €", "12.5"),
        ("R$ 12.50", "12.5"),
        ("US$12.50", "12.5"),
        ("12.50 zł", "12.5"),
        ("¥1,200", "1200"),
        ("kr 12.50", "12.5"),
    ],
)
def test_amounts_with_a_decimal_point(cell, value):
    """Signs, currencies, brackets and every usual grouping leave the number unchanged."""
    assert amounts([cell]) == [Decimal(value)]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12,5", "12.5"),
        ("0,07", "0.07"),
        (",5", "0.5"),
        ("1.234,56", "1234.56"),
        ("1.234.567", "1234567"),
        ("1.234", "1234"),
        ("1\u00a0234,56 €", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1'234,50", "1234.5"),
        ("EUR 1.234,56", "1234.56"),
        ("-1.234,56", "-1234.56"),
        ("(1.234,56 €)", "-1234.56"),
        ("12,50 zł", "12.5"),
        ("1.234,50 Kč", "1234.5"),
        ("199 kr.", "199"),
    ],
)
def test_amounts_with_a_decimal_comma(cell, value):
    """A report with a decimal comma groups with points or spaces."""
    assert amounts([cell], **COMMA) == [Decimal(value)]


@pytest.mark.parametrize(
    "cell",
    [
        *("1,23", "1,2345", "12,34,56", "1.2.3", "1,234.5,6", "1.234,56", "12 3", "1,,234"),
        *("12%", "12.5 %", "abc", "#REF!", "1/2", "12abc", "--", "$", "USD", "€", "()", "1-2"),
        *("0x10", "inf", "Infinity", "nan", "true", "١٢", "12.5.", "5 USD 5", ",5"),
        *("999999999999999999999", "USD", ""),
    ],
)
def test_what_is_no_amount_with_a_decimal_point_is_refused(cell):
    """Ambiguous grouping, percentages, words and overflows are no amount."""
    assert amounts([cell]) == [None]


@pytest.mark.parametrize("cell", ["1.23", "12.5", "1.2345", "1,234,5", "12,5 %", "1,234.56"])
def test_what_is_no_amount_with_a_decimal_comma_is_refused(cell):
    """A point that does not group by three is not taken for a decimal mark."""
    assert amounts([cell], **COMMA) == [None]


def test_micros_are_scaled_exactly():
    """A scale turns micros into currency units without losing a digit."""
    found = amounts(["1234567", "1", "123456789012345678", "1,500,000"], scale="0.000001")
    assert found == [
        Decimal("1.234567"),
        Decimal("0.000001"),
        Decimal("123456789012.345678"),
        Decimal("1.5"),
    ]


def test_percent_of_cents_are_scaled():
    """A scale of a hundredth reads cents, also with grouping."""
    assert amounts(["12345", "1,234"], scale="0.01") == [Decimal("123.45"), Decimal("12.34")]


def test_only_the_named_marks_group():
    """A mapping that names its grouping marks refuses all others."""
    assert amounts(["1'234", "1,234"], thousands="'") == [Decimal(1234), None]


def test_counts_are_whole_numbers():
    """Grouped and trailing-zero counts are read; fractions are refused, never rounded."""
    texts = ["12", "1,234", "1 234", "12.0", "12.5", "1,23", "1,234.7", "1e2x", "12%", "", "-3"]
    assert counts(texts) == [12, 1234, 1234, 12, None, None, None, None, None, None, -3]


def test_counts_with_a_decimal_comma():
    """In a report with a decimal comma a point groups counts by three."""
    assert counts(["1.234", "1.23", "12,0", "12,5"], **COMMA) == [1234, None, 12, None]


@pytest.mark.parametrize(
    ("cell", "parse", "locale", "value"),
    [
        ("2026-03-09", "%Y-%m-%d", None, date(2026, 3, 9)),
        (" 2026-03-09 ", "%Y-%m-%d", None, date(2026, 3, 9)),
        ("03/09/2026", "%m/%d/%Y", None, date(2026, 3, 9)),
        ("09.03.2026", "%d.%m.%Y", None, date(2026, 3, 9)),
        ("20260309", "%Y%m%d", None, date(2026, 3, 9)),
        ("Mar 09, 2026", "%b %d, %Y", None, date(2026, 3, 9)),
        ("2026年03月09日", "%Y年%m月%d日", None, date(2026, 3, 9)),
        ("46090", "excel", None, date(2026, 3, 9)),
        ("2026-03-09 00:00:00", "%Y-%m-%d", None, date(2026, 3, 9)),
        ("2026-03-09T00:00:00Z", "%Y-%m-%d", None, date(2026, 3, 9)),
        ("2026-03-09T00:00:00.000+01:00", "%Y-%m-%d", None, date(2026, 3, 9)),
        ("2024-02-29", "%Y-%m-%d", None, date(2024, 2, 29)),
        ("9. März 2026", "%d. %m %Y", "de", date(2026, 3, 9)),
        ("9. Mrz 2026", "%d. %m %Y", "de", date(2026, 3, 9)),
        ("24 Dez. 2026", "%d %m %Y", "de", date(2026, 12, 24)),
        ("1 août 2026", "%d %m %Y", "fr", date(2026, 8, 1)),
        ("3 févr. 2026", "%d %m %Y", "fr", date(2026, 2, 3)),
        ("14 juin 2026", "%d %m %Y", "fr", date(2026, 6, 14)),
        ("14 juil. 2026", "%d %m %Y", "fr", date(2026, 7, 14)),
        ("14 juillet 2026", "%d %m %Y", "fr", date(2026, 7, 14)),
        ("5 enero 2026", "%d %m %Y", "es", date(2026, 1, 5)),
        ("5 sept. 2026", "%d %m %Y", "es", date(2026, 9, 5)),
        ("5 gen 2026", "%d %m %Y", "it", date(2026, 1, 5)),
        ("5 luglio 2026", "%d %m %Y", "it", date(2026, 7, 5)),
        ("5 março 2026", "%d %m %Y", "pt", date(2026, 3, 5)),
        ("5 fev. 2026", "%d %m %Y", "pt", date(2026, 2, 5)),
        ("5 maart 2026", "%d %m %Y", "nl", date(2026, 3, 5)),
        ("5 mrt. 2026", "%d %m %Y", "nl", date(2026, 3, 5)),
        ("5 mei 2026", "%d %m %Y", "nl", date(2026, 5, 5)),
        ("5 stycznia 2026", "%d %m %Y", "pl", date(2026, 1, 5)),
        ("5 paź 2026", "%d %m %Y", "pl", date(2026, 10, 5)),
        ("5 maj 2026", "%d %m %Y", "pl", date(2026, 5, 5)),
    ],
)
def test_dates(cell, parse, locale, value):
    """Formats, month names in the report's language and a time of midnight give the day."""
    assert days([cell], parse, locale=locale) == [value]


@pytest.mark.parametrize(
    "cell",
    ["2026-02-30", "2026-13-01", "01/02/2026", "yesterday", "", "2026-03-09 14:00", "2026-03", "0"],
)
def test_what_is_no_day_is_refused(cell):
    """Impossible days, other formats and times other than midnight are no day."""
    assert days([cell], "%Y-%m-%d") == [None]


def test_formats_are_tried_in_order():
    """The first format that fits decides."""
    found = days(["03/04/2026", "2026-04-03"], "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d")
    assert found == [date(2026, 4, 3), date(2026, 4, 3)]


OTHER_PERIODS = [
    *("2026-03", "03/2026", "2026", "2026-W12", "2026 KW12", "W12 2026", "Q1 2026", "2026-Q1"),
    *("March 2026", "Mar. 2026", "März 2026", "2026-03-01 13:00", "2026-03-01T13:00:00Z"),
    *("2026-03-01 - 2026-03-07", "01.03.2026 – 07.03.2026", "2026-03-01/2026-03-07"),
    *("Mar 1, 2026 to Mar 7, 2026", "01.03.2026 bis 07.03.2026", "2026-03-01 ~ 2026-03-07"),
]


@pytest.mark.parametrize("cell", OTHER_PERIODS)
def test_other_periods_are_recognised(cell):
    """Months, weeks, quarters, years, hours and ranges are told from broken dates."""
    assert evaluate(cells.names_other_period("c"), [cell]) == [True]


@pytest.mark.parametrize("cell", ["garbage", "2026-02-30", "31/31/2026", "20260299", "n/a", ""])
def test_broken_dates_are_no_other_period(cell):
    """A date that is merely wrong names no period."""
    assert evaluate(cells.names_other_period("c"), [cell]) == [False]


def test_texts():
    """Text loses outer spaces, and every word for not knowing becomes null."""
    texts = ["abc", "  abc ", "", "  ", "-", "N/A", " none ", "NaN", "—", "0", "Nathan"]
    expected = ["abc", "abc", None, None, None, None, None, None, None, "0", "Nathan"]
    assert evaluate(cells.text("c", ReadSpec()), texts) == expected
    blank = [value is None for value in expected]
    assert evaluate(cells.blank("c", ReadSpec()), texts) == blank


def test_a_report_has_its_own_words_for_nothing():
    """`null_values` of a mapping replace the usual words."""
    spec = ReadSpec(null_values=("Not available for vendors",))
    texts = ["not available for VENDORS", "n/a", ""]
    assert evaluate(cells.text("c", spec), texts) == [None, "n/a", None]


def test_an_amount_states_its_currency():
    """Codes and unambiguous symbols name a currency; a bare dollar does not."""
    texts = ["€5", "5 EUR", "usd 5", "R$ 5", "CA$5", "$5", "5", "zł 5", "¥5"]
    expected = ["EUR", "EUR", "USD", "BRL", "CAD", None, None, "PLN", None]
    assert evaluate(cells.symbol_currency("c"), texts) == expected


MONEY = st.decimals(min_value="-999999999.99", max_value="999999999.99", places=2)


def written(value, point, group):
    """A number with grouping, as a spreadsheet writes it."""
    text = f"{value:,.2f}"
    return text.translate(str.maketrans({",": group, ".": point}))


@settings(max_examples=25, deadline=None)
@given(st.lists(MONEY, min_size=1, max_size=60))
def test_amounts_round_trip(values):
    """Any amount of cents, written the English, German, French or Swiss way, reads back."""
    for point, group in ((".", ","), (",", "."), (",", "\u202f"), (".", "'")):
        texts = [written(v, point, group) for v in values]
        assert amounts(texts, decimal=point) == values


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-(10**12) + 1, 10**12 - 1), min_size=1, max_size=60))
def test_counts_round_trip(values):
    """Any whole number reads back, grouped or not."""
    assert counts([f"{v:,}" for v in values]) == values
    assert counts([str(v) for v in values]) == values

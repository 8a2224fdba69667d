from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from rmnctl.errors import InputError
from rmnctl.rmis import GtinFault, normalise

UPC = "036000291452"


@pytest.mark.parametrize(
    ("text", "gtin14"),
    [
        ("96385074", "00000096385074"),
        (UPC, "00036000291452"),
        ("4006381333931", "04006381333931"),
        ("10036000291459", "10036000291459"),
        ("0 36000 29145 2", "00036000291452"),
        ("0-36000-29145-2", "00036000291452"),
        ("00036000291452", "00036000291452"),
        ("03600029145", "00036000291452"),
    ],
)
def test_valid_numbers_become_fourteen_digits(text, gtin14):
    """GTIN-8, -12, -13 and -14, and the form without check digit, are padded as text."""
    assert normalise(text).gtin14 == gtin14


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("036000291453", GtinFault.CHECK_DIGIT),
        ("4006381333932", GtinFault.CHECK_DIGIT),
        ("7.5E+11", GtinFault.SCIENTIFIC),
        ("3,6E+10", GtinFault.SCIENTIFIC),
        ("12345", GtinFault.NOT_DIGITS),
        ("unknown", GtinFault.NOT_DIGITS),
        ("123456789012345", GtinFault.NOT_DIGITS),
        ("212345678992", GtinFault.RESTRICTED),
    ],
)
def test_unusable_numbers_say_why(text, fault):
    """Wrong digits, lost digits and a store's own numbers give no GTIN."""
    assert normalise(text) == normalise(text).__class__(None, fault)


def test_a_case_is_not_its_each():
    """A number with an indicator digit stays apart from the item it holds."""
    assert normalise("10036000291459").gtin14 != normalise(UPC).gtin14


def test_numbers_in_a_report(desk, row):
    """A wrong number holds its row back; one not to be joined on only stays unknown."""
    header = "Date,Campaign,SKU,Currency,Impressions,Clicks,Cost,Orders,Sales,UPC"
    numbers = [UPC, "036000291453", "7.5E+11", "212345678992", "", "10036000291459"]
    rows = [",".join([*row(SKU=f"S{n}"), upc]) for n, upc in enumerate(numbers)]
    desk.mapping(fields={"gtin14": "UPC"})
    result = desk.harmonize(desk.write("r.csv", "\n".join([header, *rows]) + "\n"))
    assert desk.reasons(result) == {2: {"E_GTIN_CHECK"}, 3: {"E_GTIN_CHECK"}}
    kept = [r["gtin14"] for r in desk.table(result, "rmis", "gtin14")]
    assert kept == ["00036000291452", None, None, "10036000291459"]


PRODUCTS = """sku_id,gtin14,retailer_id,retailer_item_id
BRAND-1,00036000291452,shop,1001
BRAND-2,04006381333931,shop,1002
BRAND-3,,shop,1003
BRAND-4,,shop,1003
BRAND-5,,other,1005
"""


def test_item_numbers_are_tied_to_skus(desk, row):
    """A known number becomes the brand's SKU; a doubtful or foreign one is left alone."""
    items = ["1001", "00036000291452", "1003", "1005", "9999"]
    path = desk.write("r.csv", [row(SKU=i, Campaign=f"C{i}") for i in items])
    result = desk.harmonize(path, crosswalk=str(desk.write("products.csv", PRODUCTS)))
    rows = desk.table(result, "rmis", "sku_id, retailer_item_id")
    assert [(r["sku_id"], r["retailer_item_id"]) for r in rows] == [
        ("BRAND-1", "1001"),
        ("BRAND-1", "00036000291452"),
        ("1003", None),
        ("1005", None),
        ("9999", None),
    ]
    assert result.summary["crosswalk"] == {"numbers": 5, "conflicts": 1}


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "sku_id,gtin14,retailer_id\nx,y,z\n"])
def test_a_bad_product_list_is_refused(desk, row, text):
    """A product list without its columns is a clear error."""
    products = desk.write("products.csv", text)
    with pytest.raises(InputError, match="product list"):
        desk.harmonize(desk.write("r.csv", [row()]), crosswalk=str(products))


RATES = "date,currency,rate\n2026-03-01,EUR,1.10\n2026-03-04,EUR,1.20\n2026-03-01,JPY,0.0065\n"


def converted(desk, rows, rates=RATES, **keys):
    """A run with amounts converted to US dollars."""
    currency = {"reporting": "USD", "rates": str(desk.write("rates.csv", rates))} | keys
    return desk.harmonize(desk.write("r.csv", rows), currency=currency)


def test_cost_and_revenue_take_the_same_dated_rate(desk, row):
    """Both amounts of a row are converted with one rate, so that ROAS stays what it was."""
    rows = [
        row(SKU="S1", Currency="EUR", Cost="10.00", Sales="50.00"),
        row(SKU="S2", Currency="EUR", Cost="10.00", Sales="50.00", Date="2026-03-03"),
        row(SKU="S3", Currency="EUR", Cost="10.00", Sales="50.00", Date="2026-03-04"),
        row(SKU="S4", Currency="JPY", Cost="1,000", Sales="5,000"),
        row(SKU="S5", Cost="10.00", Sales="50.00"),
    ]
    columns = "cost, cost_base, revenue_base, fx_rate, fx_date, base_currency"
    found = [tuple(r.values()) for r in desk.table(converted(desk, rows), "rmis", columns)]
    first = date(2026, 3, 1)
    assert found == [
        (Decimal(10), Decimal(11), Decimal(55), Decimal("1.1"), first, "USD"),
        (Decimal(10), Decimal(11), Decimal(55), Decimal("1.1"), first, "USD"),
        (Decimal(10), Decimal(12), Decimal(60), Decimal("1.2"), date(2026, 3, 4), "USD"),
        (Decimal(1000), Decimal("6.5"), Decimal("32.5"), Decimal("0.0065"), first, "USD"),
        (Decimal(10), Decimal(10), Decimal(50), Decimal(1), first, "USD"),
    ]


def test_missing_and_stale_rates_hold_rows_back(desk, row):
    """No rate before the day, none for the currency, or one too old: no guess."""
    rows = [
        row(Currency="EUR", Date="2026-02-28"),
        row(Currency="GBP"),
        row(Currency="EUR", Date="2026-03-06"),
        row(Currency="EUR", Date="2026-03-07"),
    ]
    result = converted(desk, rows, max_age_days=2)
    assert desk.reasons(result) == {key: {"E_FX_MISSING"} for key in (1, 2, 4)}


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ("day,currency,rate\n2026-03-01,EUR,1.1\n", "line 2 cannot be read"),
        ("date,currency,rate\n01.03.2026,EUR,1.1\n", "line 2 cannot be read"),
        ("date,currency,rate\n2026-03-01,EUR,1,1\n2026-03-02,EUR,x\n", "line 3 cannot be read"),
        ("date,currency,rate\n2026-03-01,EUR\n", "line 2 cannot be read"),
        ("date,currency,rate\n2026-03-01,EUR,0\n", "line 2 has no currency or rate"),
        ("date,currency,rate\n2026-03-01,EUR,-1\n", "line 2 has no currency or rate"),
        ("date,currency,rate\n2026-03-01,EUR,NaN\n", "line 2 has no currency or rate"),
        ("date,currency,rate\n2026-03-01,XXX,1\n", "line 2 has no currency or rate"),
        (RATES + "2026-03-01,eur,1.3\n", "line 5 repeats a day"),
    ],
)
def test_a_bad_rates_file_is_refused(desk, row, rates, message):
    """Rates that are not clear name the line and nothing of its content."""
    with pytest.raises(InputError, match=message) as caught:
        converted(desk, [row()], rates)
    assert "1.1" not in caught.value.message


@pytest.mark.parametrize("cell", ["nan", "", "n/a"])
def test_an_unknown_amount_states_no_currency(desk, row, cell):
    """A word for nothing in an amount is no currency code."""
    result = desk.harmonize(desk.write("r.csv", [row(Sales=cell)]))
    assert desk.table(result, "rmis", "revenue") == [{"revenue": None}]

"""What a column's cells look like: numbers, money, days, codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rmnctl.harmonization.dates import guess_formats
from rmnctl.harmonization.matcher.types import Column
from rmnctl.harmonization.matcher.words import speaks_of
from rmnctl.rmis.gtin import normalise

_NUMBER = re.compile(r"^[^\d\-(]{0,5}[-(]?[^\d\-(]{0,5}[\d][\d.,\s'\u00a0\u202f]*[^\d]{0,6}$")
_BLANK = {"", "-", "--", "n/a", "na", "null", "none", "nan", "—", "–"}
_SYMBOL = re.compile(r"[$€£¥₹₩₽₺₫฿₴₪]|zł|Kč|Rp|R\$|\b(?:kr|RM|Ft|lei)\b")
_CAPITALS = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
#: Codes that reports write beside amounts (ISO 4217); other letters before digits make an item code.
_CURRENCIES = frozenset(
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JPY KRW KWD "
    "MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RMB RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR".split()
)
_PREFIXED = re.compile(r"([^\W\d_]+)[-_#]?\d")
_BEFORE_AMOUNTS = frozenset("R RS RP RM KR FT LEI".split())
_GTIN = re.compile(r"^\d{8}$|^\d{12,14}$")
_ASIN = re.compile(r"^B0[A-Z0-9]{8}$")


@dataclass(frozen=True)
class Shape:
    """What the cells of one column are.

    Attributes:
        filled: Share of filled cells.
        numbers: Values aligned by row, NaN where blank or not a number; None if not numeric.
        percent: Most cells carry a percent sign.
        money: Cells carry a currency symbol or code.
        decimals: Share of cells with a fraction.
        integer: All numbers are whole.
        date: Share of filled cells that one date format reads.
        distinct: Number of different cells.
        step: Half a unit of the last place shown.
    """

    filled: float
    numbers: np.ndarray | None
    percent: bool
    money: bool
    decimals: float
    integer: bool
    date: bool
    distinct: int
    step: float


def _is_number(cell: str) -> bool:
    """A number, alone or with a currency or unit; not an item code such as `SKU-00123`."""
    prefix = _PREFIXED.match(cell)
    code = prefix is not None and prefix.group(1).upper() not in _CURRENCIES | _BEFORE_AMOUNTS
    return not code and bool(_NUMBER.match(cell))


def _is_money(cell: str) -> bool:
    return bool(_SYMBOL.search(cell)) or not _CURRENCIES.isdisjoint(_CAPITALS.findall(cell))


def _comma_decimal(cells: Sequence[str]) -> bool:
    votes = 0
    for cell in cells:
        comma, point = cell.rfind(","), cell.rfind(".")
        digits = re.sub(r"\D+$", "", cell)
        if comma >= 0 and point >= 0:
            votes += 5 if comma > point else -5
        elif comma >= 0:
            votes += -1 if re.search(r",\d{3}$", digits) and cell.count(",") >= 1 else 2
        elif point >= 0:
            votes += 0 if re.search(r"\.\d{3}$", digits) else -2
    return votes > 0


def _to_number(cell: str, *, comma: bool) -> float:
    body = re.sub(r"[^\d.,\-()]", "", cell)
    body = re.sub(r"[.,]+$", "", body)
    negative = body.startswith(("(", "-"))
    body = body.strip("()-")
    body = body.replace(".", "").replace(",", ".") if comma else body.replace(",", "")
    try:
        value = float(body)
    except ValueError:
        return float("nan")
    return -value if negative else value


def shape(column: Column, *, comma: bool) -> Shape:
    """Look at the cells of a column; `comma` says that the report writes decimal commas."""
    cells = [c.strip() if c is not None else "" for c in column.values]
    filled = [c for c in cells if c.lower() not in _BLANK]
    if not filled:
        return Shape(0.0, None, False, False, 0.0, False, False, 0, 0.5)
    numeric = sum(map(_is_number, filled))
    dated = bool(guess_formats(filled[:200])) and not all(
        re.fullmatch(r"\d{1,6}", c) for c in filled
    )
    numbers = None
    places = 0
    if numeric >= 0.9 * len(filled) and not dated:
        blank = float("nan")
        numbers = np.array(
            [_to_number(c, comma=comma) if c.lower() not in _BLANK else blank for c in cells]
        )
        mark = "," if comma else "."
        places = max(
            (len(re.sub(r"\D+$", "", c).rpartition(mark)[2]) if mark in c else 0) for c in filled
        )
    good = numbers[np.isfinite(numbers)] if numbers is not None else np.array([])
    return Shape(
        filled=len(filled) / max(len(cells), 1),
        numbers=numbers,
        percent=sum("%" in c for c in filled) > 0.5 * len(filled),
        money=sum(map(_is_money, filled)) > 0.5 * len(filled),
        decimals=float(np.mean(good % 1 != 0)) if len(good) else 0.0,
        integer=bool(len(good)) and bool(np.all(good % 1 == 0)) and places == 0,
        date=dated,
        distinct=len(set(filled)),
        step=0.5 * 10.0**-places,
    )


def shapes(columns: Sequence[Column]) -> list[Shape]:
    """The shape of every column; the decimal mark is decided for the report as a whole."""
    fractions = [
        c
        for column in columns
        for c in column.values[:200]
        if c and _NUMBER.match(c.strip()) and re.search(r"\d[.,]\d", c)
    ]
    comma = _comma_decimal(fractions)
    return [shape(column, comma=comma) for column in columns]


def looks_like_code(column: Column) -> bool:
    """Cells are identifiers: one word each, of digits, letters and dashes."""
    filled = [c.strip() for c in column.values if c and c.strip()]
    return bool(filled) and sum(bool(re.fullmatch(r"[\w\-./#]+", c)) for c in filled) > 0.8 * len(
        filled
    )


def is_item_number(column: Column) -> bool:
    """Cells are ASINs, or trade item numbers whose check digits are right; chance is ruled out."""
    different = {c.strip() for c in column.values if c and c.strip()}
    if len(different) < 3:
        return False
    if all(_ASIN.match(c) for c in different):
        return True
    good = sum(bool(_GTIN.match(c)) and normalise(c).gtin14 is not None for c in different)
    return good > 0.9 * len(different)


def share_speaking_of(field: str, column: Column) -> float:
    """Share of the distinct cells that are known words for a field."""
    different = {c.strip() for c in column.values if c and c.strip()}
    if not different or len(different) > 60:
        return 0.0
    return sum(speaks_of(field, c) for c in different) / len(different)

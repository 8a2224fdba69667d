"""Currencies: ISO 4217 codes, and conversion with dated rates.

Cost and revenue of a row are converted with the same rate of the same day; converting one of
them makes ROAS meaningless. A day without a rate takes the last one before it, not older than
the configuration allows; then the row is quarantined rather than converted with a guess.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import Field

from rmnctl.config import ConfigModel
from rmnctl.errors import InputError

if TYPE_CHECKING:
    import duckdb

#: Active codes of ISO 4217 for money people pay with (no metals, funds or test codes).
ISO_4217 = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR
    KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
    UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()
)


_RATE_PLACES = Decimal("0.000000001")


class CurrencyConfig(ConfigModel):
    """What amounts are converted to, and with which rates."""

    reporting: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code to convert to")
    rates: Path = Field(
        description="CSV with columns date, currency, rate: units of the reporting currency "
        "for one unit of `currency` on that day"
    )
    max_age_days: int = Field(7, ge=0, description="how old a rate may be, days")


class Rates:
    """Dated rates of one reporting currency."""

    def __init__(
        self, config: CurrencyConfig, stated: Mapping[str, Mapping[date, Decimal]]
    ) -> None:
        self._config = config
        self._stated = stated
        self._days = {currency: sorted(by_day) for currency, by_day in stated.items()}

    def on(self, currency: str | None, day: date | None) -> tuple[Decimal, date] | None:
        """The rate for a day and the day it is from, or None if there is none in reach."""
        if currency is None or day is None:
            return None
        if currency == self._config.reporting:
            return Decimal(1), day
        days = self._days.get(currency, [])
        position = bisect_right(days, day) - 1
        if position < 0 or (day - days[position]).days > self._config.max_age_days:
            return None
        return self._stated[currency][days[position]], days[position]


def _read_rates(path: Path) -> dict[str, dict[date, Decimal]]:
    stated: dict[str, dict[date, Decimal]] = defaultdict(dict)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for number, row in enumerate(csv.DictReader(stream), 2):
                try:
                    day = date.fromisoformat(row["date"].strip())
                    currency, rate = row["currency"].strip().upper(), Decimal(row["rate"].strip())
                except (KeyError, AttributeError, ValueError, ArithmeticError) as error:
                    raise _bad_rates(path, f"line {number} cannot be read") from error
                if not rate.is_finite() or rate <= 0 or currency not in ISO_4217:
                    raise _bad_rates(path, f"line {number} has no currency or rate")
                if day in stated[currency]:
                    raise _bad_rates(path, f"line {number} repeats a day and currency")
                stated[currency][day] = rate.quantize(_RATE_PLACES)
    except UnicodeDecodeError as error:
        raise _bad_rates(path, "it is not UTF-8 text") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    return stated


def _bad_rates(path: Path, what: str) -> InputError:
    return InputError(
        f"{path} cannot be read as rates: {what}.",
        hint="Columns date, currency, rate; one row a day and currency; ISO dates and codes.",
    )


def load_rates(connection: duckdb.DuckDBPyConnection, config: CurrencyConfig) -> None:
    """Add the SQL functions `rmnctl_fx_rate` and `rmnctl_fx_date` of (currency, date).

    Functions, because a join would lose the order of rows.

    Raises:
        InputError: The file lacks a column, holds a bad date or rate, or two rates a day.
    """
    from duckdb.func import FunctionNullHandling, PythonUDFType

    rates = Rates(config, _read_rates(config.rates))
    for name, part, sql, arrow in (
        ("rmnctl_fx_rate", 0, "DECIMAL(18,9)", pa.decimal128(18, 9)),
        ("rmnctl_fx_date", 1, "DATE", pa.date32()),
    ):
        connection.create_function(
            name,
            _column(rates, part, arrow),
            ["VARCHAR", "DATE"],
            sql,
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
            side_effects=False,
        )


def _column(rates: Rates, part: int, arrow: pa.DataType) -> Callable[..., pa.Array]:
    def find(currencies: pa.Array, days: pa.Array) -> pa.Array:
        pairs = zip(currencies.to_pylist(), days.to_pylist(), strict=True)
        found = [rates.on(*pair) for pair in pairs]
        return pa.array([None if f is None else f[part] for f in found], arrow)

    return find

"""Currencies: ISO 4217 codes, and conversion with dated rates.

Cost and revenue of a row are converted with the same rate of the same day; converting one of
them makes ROAS meaningless. A day without a rate takes the last one before it, not older than
the configuration allows; then the row is quarantined rather than converted with a guess.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from rmnctl.config import ConfigModel
from rmnctl.errors import InputError
from rmnctl.tables import quote

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


class CurrencyConfig(ConfigModel):
    """What amounts are converted to, and with which rates."""

    reporting: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code to convert to")
    rates: Path = Field(
        description="CSV with columns date, currency, rate: units of the reporting currency "
        "for one unit of `currency` on that day"
    )
    max_age_days: int = Field(7, ge=0, description="how old a rate may be, days")


def load_rates(connection: duckdb.DuckDBPyConnection, config: CurrencyConfig) -> None:
    """Create table `fx`: one rate for every currency and day that the rates reach.

    Raises:
        InputError: The file lacks a column, holds a bad date or rate, or two rates a day.
    """
    import duckdb as engine

    try:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE raw_rates AS SELECT try_cast(date AS DATE) AS rate_date, "
            "upper(trim(currency)) AS currency, try_cast(rate AS DECIMAL(18,9)) AS rate "
            f"FROM read_csv({quote(config.rates)}, header = true, all_varchar = true)"
        )
    except engine.Error as error:
        raise InputError(
            f"{config.rates} cannot be read as rates.",
            hint="It needs the columns date, currency and rate.",
        ) from error
    bad = connection.execute(
        "SELECT count(*) FILTER (rate_date IS NULL OR rate IS NULL OR rate <= 0 OR currency IS NULL), "
        "count(*) - count(DISTINCT (rate_date, currency)) FROM raw_rates"
    ).fetchone()
    if bad is None or bad[0] or bad[1]:
        raise InputError(
            f"{config.rates} holds {bad[0] if bad else 0} unreadable and {bad[1] if bad else 0} "
            "repeated rates.",
            hint="One row a day and currency: ISO date, ISO 4217 code, a rate above zero.",
        )
    reporting = quote(config.reporting)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE fx AS WITH reach AS (SELECT min(rate_date) AS first, "
        f"max(rate_date) + {config.max_age_days} AS last FROM raw_rates), "
        "days AS (SELECT unnest(generate_series(first, last, INTERVAL 1 DAY))::DATE AS day "
        f"FROM reach), stated AS (SELECT * FROM raw_rates WHERE currency <> {reporting}) "
        "SELECT day, w.currency, r.rate, r.rate_date FROM "
        "(SELECT day, currency FROM days, (SELECT DISTINCT currency FROM stated)) w "
        "ASOF JOIN stated r ON r.currency = w.currency AND r.rate_date <= w.day "
        f"WHERE w.day - r.rate_date <= {config.max_age_days} "
        f"UNION ALL SELECT day, {reporting}, 1, day FROM days"
    )

"""Why a row does not reach RMIS: one bit each, so that a row can carry all its reasons."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag


class Reason(IntFlag):
    """Reason codes of quarantined and set-aside rows."""

    E_DATE_PARSE = 1 << 0
    E_NUM_PARSE = 1 << 1
    E_NEGATIVE = 1 << 2
    E_CLICK_GT_IMPR = 1 << 3
    E_CURRENCY_UNKNOWN = 1 << 4
    E_GTIN_CHECK = 1 << 5
    E_SKU_MISSING = 1 << 6
    E_DUP_CONFLICT = 1 << 7
    E_FUTURE_DATE = 1 << 8
    E_GRAIN_MIX = 1 << 9
    E_TOTAL_ROW = 1 << 10
    E_UNIT_SUSPECT = 1 << 11
    E_ROW_SHAPE = 1 << 12
    E_RETAILER_MISSING = 1 << 13
    E_PARTS_MISMATCH = 1 << 14
    E_FX_MISSING = 1 << 15
    BLANK_ROW = 1 << 16
    DUPLICATE = 1 << 17
    SUPERSEDED = 1 << 18


MEANING: dict[Reason, str] = {
    Reason.E_DATE_PARSE: "the date is missing or fits none of the mapping's formats",
    Reason.E_NUM_PARSE: "an amount or count is not a number as the mapping writes them",
    Reason.E_NEGATIVE: "an amount or count is below zero",
    Reason.E_CLICK_GT_IMPR: "more clicks than impressions, beyond what midnight explains",
    Reason.E_CURRENCY_UNKNOWN: "no ISO 4217 currency, or the amount's own symbol contradicts it",
    Reason.E_GTIN_CHECK: "the product number has a wrong check digit or lost digits",
    Reason.E_SKU_MISSING: "the row names no item",
    Reason.E_DUP_CONFLICT: "another row of the same report has its key and other measures",
    Reason.E_FUTURE_DATE: "the date lies after the report was taken",
    Reason.E_GRAIN_MIX: "the row covers another period than the rest of the report",
    Reason.E_TOTAL_ROW: "a total of other rows, not data of its own",
    Reason.E_UNIT_SUSPECT: "amounts are out of scale with the report, as if in another unit",
    Reason.E_ROW_SHAPE: "more or fewer cells than the header",
    Reason.E_RETAILER_MISSING: "the row names no retailer",
    Reason.E_PARTS_MISMATCH: "a total is not the sum of its parts",
    Reason.E_FX_MISSING: "no exchange rate for the currency and day",
    Reason.BLANK_ROW: "no cell is filled",
    Reason.DUPLICATE: "the same row stands earlier in the same report",
    Reason.SUPERSEDED: "a later report restates the row",
}

#: Rows that are counted and listed, but are not faults.
SET_ASIDE = Reason.E_TOTAL_ROW | Reason.BLANK_ROW | Reason.DUPLICATE | Reason.SUPERSEDED


def codes(mask: int) -> list[str]:
    """The names of all reasons in a mask, in declaration order."""
    return [r.name for r in Reason if mask & r and r.name]


def sql_codes(mask: str) -> str:
    """SQL for the reason codes in a mask, joined by spaces, in declaration order."""
    parts = [f"CASE WHEN {mask} & {r.value} <> 0 THEN '{r.name}' END" for r in Reason]
    return f"concat_ws(' ', {', '.join(parts)})"


def disposition(mask: str) -> str:
    """SQL for the one place a row ends in, from its mask.

    A total or blank row is that, whatever else is odd about it; a fault comes before a
    duplicate, so that nothing faulty is silently counted as a copy.
    """
    faults = sum(r.value for r in Reason if not r & SET_ASIDE)
    return (
        f"CASE WHEN {mask} & {Reason.BLANK_ROW.value} <> 0 THEN 'blank' "
        f"WHEN {mask} & {Reason.E_TOTAL_ROW.value} <> 0 THEN 'total' "
        f"WHEN {mask} & {faults} <> 0 THEN 'quarantined' "
        f"WHEN {mask} & {Reason.DUPLICATE.value} <> 0 THEN 'duplicate' "
        f"WHEN {mask} & {Reason.SUPERSEDED.value} <> 0 THEN 'superseded' "
        "ELSE 'kept' END"
    )


def combine(reasons: Iterable[Reason]) -> Reason:
    """One mask of many reasons."""
    mask = Reason(0)
    for reason in reasons:
        mask |= reason
    return mask

"""Periods: which whole days, weeks, months a release speaks of, and which queries fit them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

_MONDAY = date(1970, 1, 5)


class Grain(StrEnum):
    """Length of a period, from fine to coarse."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"

    @property
    def rank(self) -> int:
        """0 for the finest."""
        return list(Grain).index(self)


GRAINS: tuple[Grain, ...] = tuple(Grain)


def period_of(day: date, grain: Grain) -> int:
    """Number of the period a day falls in: days, Monday weeks or months since a fixed one."""
    if grain is Grain.DAY:
        return (day - _MONDAY).days
    if grain is Grain.WEEK:
        return (day - _MONDAY).days // 7
    if grain is Grain.MONTH:
        return day.year * 12 + day.month - 1
    return 0


def first_day(period: int, grain: Grain) -> date | None:
    """First day of a period; None for the one period of grain `all`."""
    if grain is Grain.DAY:
        return _MONDAY + timedelta(days=period)
    if grain is Grain.WEEK:
        return _MONDAY + timedelta(days=7 * period)
    if grain is Grain.MONTH:
        return date(period // 12, period % 12 + 1, 1)
    return None


def last_day(period: int, grain: Grain) -> date | None:
    """Last day of a period, inclusive; None for grain `all`."""
    following = first_day(period + 1, grain)
    return following - timedelta(days=1) if following is not None else None


def period_sql(column: str, grain: Grain) -> str:
    """SQL for `period_of`, on a DATE column. Weeks before 1970 round down as in Python."""
    days = f"({column} - DATE '{_MONDAY}')"
    if grain is Grain.DAY:
        return f"{days}::INTEGER"
    if grain is Grain.WEEK:
        return f"floor({days} / 7)::INTEGER"
    if grain is Grain.MONTH:
        return f"(year({column}) * 12 + month({column}) - 1)::INTEGER"
    return "0"


def contains(coarse: Grain, fine: Grain) -> bool:
    """True if every period of `coarse` is a union of periods of `fine`; weeks cut months."""
    if coarse is fine or coarse is Grain.ALL or fine is Grain.DAY:
        return coarse.rank >= fine.rank
    return False


def whole(start: date, end: date, grain: Grain) -> bool:
    """True if the days from `start` to `end`, inclusive, are whole periods."""
    return (
        first_day(period_of(start, grain), grain) == start
        and last_day(period_of(end, grain), grain) == end
    )


def periods(start: date, end: date, grain: Grain) -> Iterator[int]:
    """The periods that cover the days from `start` to `end`, inclusive."""
    yield from range(period_of(start, grain), period_of(end, grain) + 1)

"""What a number can be, and a number as a candidate for some field of a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    """What a number is."""

    MONEY = "money"
    SHARE = "share"
    MULTIPLE = "multiple"
    DAYS = "days"
    COUNT = "count"
    NUMBER = "number"


@dataclass(frozen=True)
class Value:
    """A candidate: something in the text that a request may use.

    Attributes:
        kind: What it is.
        low: Its value; the lower end of a range. Shares are parts of one, money is in units.
        start, end: Where it stands.
        high: The upper end, where the text gives a range.
        currency: ISO 4217, of money that names one.
        vague: `a month`, as against `30 days`; `the remaining 40%`, as against `40%`.
    """

    kind: Kind
    low: Fraction
    start: int
    end: int
    high: Fraction | None = None
    currency: str | None = None
    vague: bool = False

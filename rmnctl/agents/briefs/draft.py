"""A request under construction, and what its builders share."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from rmnctl.agents.briefs.problems import Code, Unplannable
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose, Role


@dataclass
class Draft:
    """A request under construction.

    Attributes:
        fields: Of the request.
        used: Field to the words it was read from.
        assumptions: What was not said, or read in one of several ways.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    used: list[tuple[str, str]] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)


def contradiction(what: str) -> Unplannable:
    """The problem of a brief that says two things which exclude one another."""
    return Unplannable(
        Code.CONTRADICTION,
        f"The brief contradicts itself: {what}.",
        "Say it once, as it should be.",
    )


def number(value: Fraction) -> float | int:
    """A number as requests have it."""
    return int(value) if value.denominator == 1 else float(value)


def words_of(reading: Reading, role: Role) -> str:
    """A number with some words around it, for people to check."""
    start, end = role.value.start, role.value.end
    left, right = reading.text.clause(start, end)
    if right - left > 90:
        left, right = max(left, start - 40), min(right, end + 40)
    return reading.text.quote(left, right).strip(" ,;:-")


def of(reading: Reading, *purposes: Purpose) -> list[Role]:
    """The numbers of a brief that are for these."""
    return [r for r in reading.roles if r.purpose in purposes]


def check_range(reading: Reading, role: Role, value: Fraction, *, share: bool) -> None:
    """A share lies between 0 and 1; nothing is negative.

    Raises:
        Unplannable: BAD_SHARE.
    """
    if value < 0 or (share and value > 1):
        raise Unplannable(
            Code.BAD_SHARE,
            f'"{words_of(reading, role)}": a share lies between 0 and 100 %.',
            "Correct the number.",
        )

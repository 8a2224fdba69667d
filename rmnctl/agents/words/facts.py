"""What may be said: numbers of artifacts, each with its unit and what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a number is; a share is said as a percentage, a count with its noun."""

    MONEY = "money"
    SHARE = "share"
    RATIO = "ratio"
    COUNT = "count"


@dataclass(frozen=True)
class Fact:
    """A number of an artifact.

    Attributes:
        name: Where it stands, e.g. `totals.spend`.
        value: Money in currency units, shares as parts of one.
        kind: What it is.
        about: Words that a sentence must hold to use it: whose number it is.
    """

    name: str
    value: float
    kind: Kind
    about: tuple[str, ...] = ()


@dataclass
class Facts:
    """All numbers that sentences may use.

    Attributes:
        facts: The numbers.
        names: Identifiers whose digits are no numbers: retailers, placements, SKUs, runs.
    """

    facts: list[Fact] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def add(self, name: str, value: float | None, kind: Kind, about: Iterable[str] = ()) -> None:
        """Add a number; None is not known and cannot be said."""
        if value is not None:
            self.facts.append(Fact(name, float(value), kind, tuple(about)))

    def call(self, names: Iterable[str]) -> None:
        """Add identifiers."""
        self.names.update(n for n in names if n)

"""Bands of a brand's private facts: public edges, named by letters, written and read here only.

A manufacturer adapter is taught bands, never the numbers; a planner that asks it gets a band back
and plans with the number in its middle. The edges are the same for every brand and say nothing
about any product.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Scale:
    """Bands of one fact; band i goes from edge i-1 up to, not including, edge i.

    Attributes:
        field: What answers call it.
        edges: Inner edges, rising; one band more than edges.
        unit: Of the edges.
        meaning: What the number is.
        ends: Numbers that stand for the two open bands.
        per_retailer: Whether every retailer has its own.
        counted: Whether each band is one count.
    """

    field: str
    edges: tuple[float, ...]
    unit: str
    meaning: str
    ends: tuple[float, float]
    per_retailer: bool = False
    counted: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all bands, lowest first: letters, or digits where a band is a count."""
        return tuple(("0123456789" if self.counted else LETTERS)[: len(self.edges) + 1])

    def band(self, value: float) -> str:
        """The band that a number lies in; infinite is the highest."""
        return self.labels[bisect_right(self.edges, value)]

    def middle(self, label: str) -> float:
        """The number that stands for a band: the geometric middle, whose relative error is least."""
        at = self.labels.index(label)
        if self.counted:
            return float(at)
        if at == 0:
            return self.ends[0]
        if at == len(self.edges):
            return self.ends[1]
        return math.sqrt(self.edges[at - 1] * self.edges[at])

    def range_text(self, label: str) -> str:
        """Edges of a band in words."""
        at = self.labels.index(label)
        if self.counted:
            return f"{at} {self.unit}"
        if at == 0:
            return f"under {self.edges[0]:g} {self.unit}"
        if at == len(self.edges):
            return f"{self.edges[-1]:g} {self.unit} or more"
        return f"{self.edges[at - 1]:g} to {self.edges[at]:g} {self.unit}"


MARGIN: Final = Scale(
    "margin",
    (0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50),
    "of retail price",
    "unit contribution / retail price, outside promotions",
    (0.12, 0.55),
)
PRICE: Final = Scale(
    "price",
    (8.0, 9.0, 10.5, 12.0, 14.0, 16.0, 18.0, 21.0, 24.0),
    "currency units",
    "planned shelf price outside promotions, mean over retailers",
    (7.5, 26.0),
)
STOCK: Final = Scale(
    "stock",
    (25, 50, 100, 150, 225, 350, 500, 750, 1100, 1600, 2400),
    "units",
    "units left for advertised sales over the planned weeks",
    (18.0, 3500.0),
    per_retailer=True,
)
PROMO: Final = Scale(
    "promo",
    (0.5, 1.5, 2.5, 3.5, 4.5),
    "weeks",
    "planned weeks on promotion",
    (0.0, 5.0),
    per_retailer=True,
    counted=True,
)
SCALES: Final[Mapping[str, Scale]] = {s.field: s for s in (MARGIN, PRICE, STOCK, PROMO)}

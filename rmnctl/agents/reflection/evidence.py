"""What a plan was made from and what it does, as arrays that every check reads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import numpy as np

#: Nominal coverage of back-test intervals.
NOMINAL = 0.8


@dataclass(frozen=True)
class Evidence:
    """A plan beside the history behind it. N cells, T periods, B blocks (retailer x placement).

    Attributes:
        retailer: (N,) names.
        item: (N,) retailer and SKU of each cell, whose cells share promotions and shelves.
        block: (N,) block of each cell.
        spend: (N, T) past spend, currency units.
        revenue: (N, T) attributed revenue, currency units; NaN where a cell was not shown.
        days: Length of a period.
        plan: (N,) planned spend, currency units.
        last: (N,) spend of the last periods, as long as the plan.
        optimum: (N,) the same budget with no limits, on the same curves.
        gain: (N,) what a unit of incremental revenue at usual conditions is worth.
        worth: (N,) objective gained by the next unit of spend at the plan, before its cost.
        price: What a unit of spend must bring, in the same unit.
        left: Objective that the optimum has more than the plan, as a share of the optimum's.
        own_curve: (N,) the cell's own numbers support its curve.
        records: (N,) periods in which the cell was shown by itself.
        rest_spend: (B, T) spend of what was not shown by itself; NaN: nothing or not known.
        rest_revenue: (B, T) its revenue.
        named_spend: (B, T) spend of what was shown by itself, of whatever brand.
        named_revenue: (B, T) its revenue.
        tested: (B,) a lift test says what the block adds.
        covered: Back-test: (inside the interval, predicted) for each period.
    """

    retailer: np.ndarray
    item: np.ndarray
    block: np.ndarray
    spend: np.ndarray
    revenue: np.ndarray
    days: int
    plan: np.ndarray
    last: np.ndarray
    optimum: np.ndarray
    gain: np.ndarray
    worth: np.ndarray
    price: float
    left: float
    own_curve: np.ndarray
    records: np.ndarray
    rest_spend: np.ndarray
    rest_revenue: np.ndarray
    named_spend: np.ndarray
    named_revenue: np.ndarray
    tested: np.ndarray
    covered: tuple[tuple[int, int], ...]

    @property
    def seen(self) -> np.ndarray:
        """(N, T) periods in which a cell was shown by itself."""
        return np.asarray(np.isfinite(self.revenue))

    @property
    def usual(self) -> np.ndarray:
        """(N,) mean spend a period."""
        return np.asarray(self.spend.mean(axis=1))

    def performance(self, periods: slice = slice(None)) -> np.ndarray:
        """(N,) revenue over spend in periods where a cell was shown; NaN where it never was."""
        seen = self.seen[:, periods]
        spent = np.where(seen, self.spend[:, periods], 0.0).sum(axis=1)
        earned = np.where(seen, self.revenue[:, periods], 0.0).sum(axis=1)
        return np.asarray(np.where(spent > 0, earned / np.maximum(spent, 1e-12), np.nan))

    def digest(self, names: tuple[str, ...]) -> str:
        """sha256 of the named attributes: what a check was computed from."""
        known = {f.name for f in fields(self)}
        hashed = hashlib.sha256()
        for name in names:
            if name not in known:
                raise AttributeError(name)
            value = np.asarray(getattr(self, name))
            hashed.update(name.encode())
            if value.dtype == object:
                hashed.update("\0".join(map(str, value.tolist())).encode())
            else:
                hashed.update(value.tobytes())
        return "sha256:" + hashed.hexdigest()

"""Arms: the intervals of spend a cell may choose from, and the concave envelope on each.

A concave cell has one arm, its bounds. A cell that may be off, or whose curve has an inflection
inside, has several and a plan picks one of them. On an arm the envelope is the least concave
function above the curve: a straight line up to a point of contact, then the curve itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.planning.families import Curves
from rmnctl.planning.problem import Problem

_HALVINGS = 64
#: Of a point of contact: an error there counts by its square only.
_CONTACT_HALVINGS = 36


@dataclass(frozen=True)
class Arms:
    """J arms in the order of their cells and, in a cell, of spend.

    Attributes:
        cell: Cell of each arm, shape (J,).
        low, high: Interval of spend, shape (J,).
        contact: Where the envelope meets the curve, shape (J, D); `low` on concave arms.
        curves: Curve of each arm, shape (J, D).
        may_be_off: By cell, whether nothing at all may be spent instead.
    """

    cell: np.ndarray
    low: np.ndarray
    high: np.ndarray
    contact: np.ndarray
    curves: Curves
    may_be_off: np.ndarray

    def __len__(self) -> int:
        return len(self.cell)

    def take(self, index: np.ndarray) -> Arms:
        """Some arms, in the order of `index`."""
        return Arms(
            self.cell[index],
            self.low[index],
            self.high[index],
            self.contact[index],
            self.curves.take(index),
            self.may_be_off,
        )

    @property
    def multiple(self) -> np.ndarray:
        """By arm, whether its cell has another choice."""
        count = np.bincount(self.cell, minlength=len(self.may_be_off))
        return np.asarray(((count > 1) | self.may_be_off)[self.cell])

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and most spend by cell, of one arm a cell; from 0 where it may be off."""
        return np.where(self.may_be_off, 0.0, self.low), self.high

    @property
    def exact(self) -> np.ndarray:
        """By arm, whether the envelope is the curve itself."""
        return np.asarray((self.contact <= self.low[:, None]).all(axis=1) | (self.high <= self.low))

    def value(self, x: np.ndarray) -> np.ndarray:
        """The envelope at x, shape (J, D)."""
        true = self.curves.revenue(x)
        if self.exact.all():
            return true
        start = self.curves.revenue(self.low)
        return np.where(
            x[:, None] < self.contact, start + self._chord() * (x - self.low)[:, None], true
        )

    def slope(self, x: np.ndarray) -> np.ndarray:
        """The slope of the envelope at x, shape (J, D)."""
        true = self.curves.slope(x)
        if self.exact.all():
            return true
        return np.where(x[:, None] < self.contact, self._chord(), true)

    def _chord(self) -> np.ndarray:
        width = self.contact - self.low[:, None]
        rise = self.curves.revenue(self.contact) - self.curves.revenue(self.low)
        return np.asarray(np.divide(rise, width, out=np.zeros_like(rise), where=width > 0))

    def best(
        self,
        weight: np.ndarray,
        price: np.ndarray,
        low: np.ndarray | None = None,
        high: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where `sum over draws of weight x envelope - price x` is largest on each arm.

        Args:
            weight: At least 0, shape (J, D).
            price: Shape (J,).
            low: Where on each arm to look from; its start by default.
            high: Where to look to; its end by default.

        Returns:
            The spend and the value there, each of shape (J,).
        """
        low = self.low if low is None else low
        high = self.high if high is None else high
        x = self._single(weight, price) if self.curves.draws == 1 else None
        if x is None:
            x = self._halving(weight, price, low, high)
        x = np.clip(x, low, high)
        return x, (weight * self.value(x)).sum(axis=1) - price * x

    def _single(self, weight: np.ndarray, price: np.ndarray) -> np.ndarray:
        """The answer for one draw: `stationary`, or the end of the straight part."""
        x, w = self.stationary(weight, price), weight[:, 0]
        contact = self.contact[:, 0]
        if (contact > self.low).any():
            line = np.where(w > 0, w * self._chord()[:, 0], 0.0)
            x = np.where((contact > self.low) & (line <= price), self.low, np.maximum(x, contact))
        return x

    def stationary(self, weight: np.ndarray, price: np.ndarray) -> np.ndarray:
        """Where the falling slope of the curve of one draw is price over weight, shape (J,)."""
        a, c, k, w = self.curves.a[:, 0], self.curves.c[:, 0], self.curves.k[:, 0], weight[:, 0]
        earns = (w > 0) & (a > 0)
        power = ~np.isnan(k)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            wanted = np.log(price * c / (w * a))
            x = -c * wanted
            if power.any():
                x[power] = c[power] * np.exp(_hill_log(k[power], wanted[power]))
        x = np.where(np.isnan(x), self.low, x)
        if self.curves.cap is not None:
            x = np.minimum(x, self.curves.full()[:, 0])
        return np.asarray(np.where(price <= 0, self.high, np.where(earns, x, self.low)))

    def _halving(
        self, weight: np.ndarray, price: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> np.ndarray:
        under, over = low.copy(), high.copy()
        chord = None if self.exact.all() else self._chord()
        for _ in range(_HALVINGS):
            middle = (under + over) / 2
            slope = self.curves.slope(middle)
            if chord is not None:
                slope = np.where(middle[:, None] < self.contact, chord, slope)
            gain = (weight * np.where(weight > 0, slope, 0.0)).sum(axis=1)
            rising = gain > price
            under, over = np.where(rising, middle, under), np.where(rising, over, middle)
        x = (under + over) / 2
        # Halving never reaches an end exactly, and an optimum is often there.
        width = (high - low) * 2.0 ** (1 - _HALVINGS)
        return np.where(x - low <= width, low, np.where(high - x <= width, high, x))


def _hill_log(k: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The largest log(x/c) where log of c r'/a is as wanted, by Newton's method.

    In u = log(x/c) that logarithm is concave: log k + (k - 1) u - 2 log(1 + exp(k u)). It lies
    below both of its asymptotes, so from their lesser crossing Newton's steps only go down.
    """
    target = wanted - np.log(k)
    right = -target / (k + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(k < 1, target / (k - 1), np.inf)
    u = np.where((k < 1) & (target > 0), np.minimum(left, right), right)
    u = np.where(np.isfinite(u), u, 0.0)
    # A curve with an inflection is never this steep: its steepest point is the best answer.
    top = np.log(np.maximum(k - 1, 1e-300) / (k + 1)) / k
    lowest = np.where(k > 1, top, -np.inf)
    for _ in range(40):
        rise = k * u
        height = (k - 1) * u - 2 * np.logaddexp(0.0, rise) - target
        slope = (k - 1) - 2 * k / (1 + np.exp(-rise))
        following = np.maximum(u - np.where(slope < 0, height / slope, 0.0), lowest)
        if not (np.abs(following - u) > 4e-15 * (1 + np.abs(u))).any():
            break
        u = following
    return np.asarray(u)


def make_arms(
    curves: Curves, cell: np.ndarray, low: np.ndarray, high: np.ndarray, may_be_off: np.ndarray
) -> Arms:
    """Arms on given intervals, with the envelope on each.

    Args:
        curves: Curves of all cells.
        cell: Cell of each arm.
        low: Start of each arm.
        high: End of each arm.
        may_be_off: By cell.
    """
    own = curves.take(cell)
    return Arms(cell, low, high, contact_points(own, low, high), own, may_be_off)


def first_arms(problem: Problem) -> Arms:
    """One arm a cell: its bounds, or from the least active spend on."""
    may_be_off = (problem.least <= 0) & problem.switched
    low = np.where(problem.switched, np.maximum(problem.least, problem.min_active), problem.least)
    # A cell that cannot take the least active spend stays off: an arm of nothing.
    shut = low > problem.most
    low = np.where(shut, 0.0, low)
    high = np.where(shut, 0.0, problem.most)
    every = np.arange(len(problem))
    return make_arms(problem.curves, every, low, high, may_be_off & ~shut)


def contact_points(curves: Curves, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where the line from the left end of each interval touches its curve, shape (J, D)."""
    bend = curves.inflection()
    start, end = low[:, None] + 0 * bend, high[:, None] + 0 * bend
    contact = np.where(bend <= start, start, np.where(bend >= end, end, np.nan))
    row, draw = np.nonzero(np.isnan(contact))
    if not len(row):
        return contact
    own = curves.take(row).draw(draw)
    left, under, over = low[row], bend[row, draw], high[row]
    base = own.revenue(left)[:, 0]

    def below(x: np.ndarray) -> np.ndarray:
        """Whether the line from the left end to x still lies below the tangent at x."""
        return np.asarray(own.revenue(x)[:, 0] - base < own.slope(x)[:, 0] * (x - left))

    whole = below(over)
    for _ in range(_CONTACT_HALVINGS):
        middle = (under + over) / 2
        short = below(middle)
        under, over = np.where(short, middle, under), np.where(short, over, middle)
    contact[row, draw] = np.where(whole, high[row], over)
    return contact

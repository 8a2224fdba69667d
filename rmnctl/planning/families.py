"""Curve families: incremental revenue against spend, its slope, its inflection.

`saturating_exp`   r(x) = a (1 - exp(-x/c)), concave
`hill`, `s_curve`  r(x) = a x^k / (c^k + x^k); concave for k <= 1, with an inflection for k > 1
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FAMILIES = ("saturating_exp", "hill", "s_curve")


@dataclass(frozen=True)
class Curves:
    """The curves of n cells in D draws; arrays of shape (n, D).

    Attributes:
        a: Revenue at saturation, money.
        c: Scale of spend, money.
        k: Exponent; NaN marks `saturating_exp`.
        cap: Revenue that is never exceeded, money; None where there is no such thing.
    """

    a: np.ndarray
    c: np.ndarray
    k: np.ndarray
    cap: np.ndarray | None = None

    @property
    def draws(self) -> int:
        """How many draws, at least 1."""
        return int(self.a.shape[1])

    def take(self, index: np.ndarray) -> Curves:
        """The curves of some cells, in the order of `index`."""
        return self._each(lambda values: values[index])

    def draw(self, number: np.ndarray) -> Curves:
        """One draw of each cell as a curve of its own, shape (n, 1)."""
        row = np.arange(len(number))
        return self._each(lambda values: values[row, number][:, None])

    def _each(self, part: Callable[[np.ndarray], np.ndarray]) -> Curves:
        cap = None if self.cap is None else part(self.cap)
        return Curves(part(self.a), part(self.c), part(self.k), cap)

    def _mixed(self) -> tuple[bool, bool, np.ndarray]:
        power = ~np.isnan(self.k)
        return bool(power.any()), not power.all(), power

    def revenue(self, x: np.ndarray) -> np.ndarray:
        """r(x), shape (n, D), of spend x, shape (n,) or (n, D)."""
        revenue = self._revenue(x)
        return revenue if self.cap is None else np.minimum(revenue, self.cap)

    def _revenue(self, x: np.ndarray) -> np.ndarray:
        t = _column(x) / self.c
        some_power, some_exp, power = self._mixed()
        with np.errstate(all="ignore"):
            saturating = -self.a * np.expm1(-t) if some_exp else 0.0
            if not some_power:
                return np.asarray(saturating)
            hill = self.a / (1 + np.power(t, -self.k))
            return np.where(power, hill, saturating)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """r'(x), shape (n, D); infinite at 0 for k < 1, 0 from the cap on."""
        slope = self._slope(x)
        return slope if self.cap is None else np.where(_column(x) < self.full(), slope, 0.0)

    def _slope(self, x: np.ndarray) -> np.ndarray:
        t = _column(x) / self.c
        some_power, some_exp, power = self._mixed()
        with np.errstate(all="ignore"):
            saturating = self.a / self.c * np.exp(-t) if some_exp else 0.0
            if not some_power:
                return np.asarray(saturating)
            log = np.log(t)
            rise = np.where(self.k == 1, 0.0, (self.k - 1) * log)
            hill = self.a * self.k / self.c * np.exp(rise - 2 * np.logaddexp(0, self.k * log))
            return np.where(power, np.where(self.a > 0, hill, 0.0), saturating)

    def inflection(self) -> np.ndarray:
        """Spend up to which a curve is convex, shape (n, D); 0 where it is concave throughout."""
        k = np.where(self.k > 1, self.k, 1.0)
        bend = np.where(self.a > 0, self.c * ((k - 1) / (k + 1)) ** (1 / k), 0.0)
        return bend if self.cap is None else np.minimum(bend, self.full())

    def full(self) -> np.ndarray:
        """Spend from which the cap is reached, shape (n, D); infinite where it never is."""
        if self.cap is None:
            return np.full(self.a.shape, np.inf)
        with np.errstate(all="ignore"):
            part = self.cap / self.a
            hill = np.power(part / (1 - part), 1 / self.k)
            spend = self.c * np.where(np.isnan(self.k), -np.log1p(-part), hill)
        return np.where(part < 1, spend, np.inf)


def _column(x: np.ndarray) -> np.ndarray:
    return x[:, None] if x.ndim == 1 else x

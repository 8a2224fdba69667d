"""Curve families: incremental revenue against spend, its slope, its inflection.

`saturating_exp`   r(x) = a (1 - exp(-x/c)), concave
`hill`, `s_curve`  r(x) = a x^k / (c^k + x^k); concave for k <= 1, with an inflection for k > 1
"""

from __future__ import annotations

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
    """

    a: np.ndarray
    c: np.ndarray
    k: np.ndarray

    @property
    def draws(self) -> int:
        """How many draws, at least 1."""
        return int(self.a.shape[1])

    def take(self, index: np.ndarray) -> Curves:
        """The curves of some cells, in the order of `index`."""
        return Curves(self.a[index], self.c[index], self.k[index])

    def split(self) -> Curves:
        """Every draw as a curve of its own, shape (n D, 1)."""
        return Curves(self.a.reshape(-1, 1), self.c.reshape(-1, 1), self.k.reshape(-1, 1))

    def _mixed(self) -> tuple[bool, bool, np.ndarray]:
        power = ~np.isnan(self.k)
        return bool(power.any()), not power.all(), power

    def revenue(self, x: np.ndarray) -> np.ndarray:
        """r(x), shape (n, D), of spend x, shape (n,) or (n, D)."""
        t = _column(x) / self.c
        some_power, some_exp, power = self._mixed()
        with np.errstate(all="ignore"):
            saturating = -self.a * np.expm1(-t) if some_exp else 0.0
            if not some_power:
                return np.asarray(saturating)
            hill = self.a / (1 + np.power(t, -self.k))
            return np.where(power, hill, saturating)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """r'(x), shape (n, D); infinite at 0 for k < 1."""
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
        return np.where(self.a > 0, self.c * ((k - 1) / (k + 1)) ** (1 / k), 0.0)


def _column(x: np.ndarray) -> np.ndarray:
    return x[:, None] if x.ndim == 1 else x

"""Cells of invented reports: numbers that agree with each other as those of ads do."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Final

import numpy as np

ROWS: Final = 30
_TEXTS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "placement": (
        ("top of search", "browse", "product page"), ("home", "category", "checkout"),
        ("Suche", "Startseite", "Produktseite"), ("banner", "carousel", "native"), ("P1", "P2", "P3"),
        ("onsite", "offsite"), ("feed", "story"), ("1", "2", "7"),
    ),
    "retailer": (
        ("Northmart", "Veldora", "Quint"), ("Halden Markt",), ("FreshBay", "Coastway"), ("114", "208"),
        ("nm", "vd"), ("Palisade Foods", "Grovers"),
    ),
}  # fmt: skip


class Drawn:
    """The rows of one report: arrays (ROWS,) by meaning, and how it writes numbers."""

    def __init__(self, rng: random.Random) -> None:
        """Draw the rows."""
        self.rng = rng
        noise = np.random.default_rng(rng.getrandbits(32))
        self.noise = noise
        self.rate = rng.choice((1, 1, 1, 1, 0.9, 0.8, 4, 18, 83, 150, 1350))
        size = 10 ** rng.uniform(1.8, 4.8)
        ctr, cvr = 10 ** rng.uniform(-2.7, -1.4), 10 ** rng.uniform(-1.6, -0.7)
        shown = np.rint(size * noise.lognormal(0, 0.9, ROWS)).clip(1)
        clicks = noise.binomial(shown.astype(np.int64), ctr * noise.uniform(0.6, 1.4, ROWS))
        orders = noise.binomial(clicks, min(cvr * rng.uniform(0.7, 1.3), 1.0))
        units = orders + noise.binomial(orders, 0.4)
        price = rng.uniform(4, 60) * self.rate
        by_view = rng.random() < 0.3
        paid = shown / 1000 * rng.uniform(3, 15) if by_view else clicks * rng.uniform(0.2, 2.2)
        self.of = {
            "impressions": shown,
            "clicks": clicks,
            "orders": orders,
            "units": units,
            "revenue": units * price * noise.uniform(0.8, 1.2, ROWS),
            "cost": paid * self.rate * noise.uniform(0.8, 1.2, ROWS),
        }
        self.places = 0 if self.rate >= 150 and rng.random() < 0.8 else 2
        self.money = rng.choice(("{}", "{}", "{}", "{}", "${}", "{} €", "USD {}"))
        self.day = date(2026, 1, 5) + timedelta(days=rng.randint(0, 200))

    def amount(self, numbers: np.ndarray) -> tuple[str, ...]:
        """Money as the report writes it."""
        return tuple(self.money.format(f"{x:.{self.places}f}") for x in numbers)


def draw_cells(meaning: str, drawn: Drawn) -> tuple[str, ...]:
    """The cells of one column."""
    rng = drawn.rng
    if meaning in {"revenue", "cost"}:
        return drawn.amount(drawn.of[meaning])
    if meaning in drawn.of:
        return tuple(str(int(x)) for x in drawn.of[meaning])
    if meaning == "other_count":
        parent = drawn.of[rng.choice(("impressions", "impressions", "clicks", "clicks", "orders"))]
        return _counts(drawn, parent)
    if meaning == "other_money":
        return _money(drawn)
    if meaning == "ratio":
        return _ratio(drawn)
    if meaning in {"date", "other_date"}:
        return _days(drawn, steps=meaning == "date")
    if meaning in _TEXTS:
        seen = rng.choice(_TEXTS[meaning])
        return tuple(rng.choice(seen) for _ in range(ROWS))
    if meaning in {"sku", "other_code"}:
        return _codes(rng, few=meaning == "other_code" and rng.random() < 0.6)
    listed = tuple(f"{rng.choice('ABCKMPST')}{w}" for w in rng.sample(_NAMES, rng.randint(1, 9)))
    return tuple(rng.choice(listed) for _ in range(ROWS))


_NAMES: Final = ("lpha line", "arge pack", "road", "xact", "utumn push", "nabled", "ea light", "rime",
                 "ano set", "old blend", "hone", "urope", "ilk bar", "alm")  # fmt: skip


def _counts(drawn: Drawn, parent: np.ndarray) -> tuple[str, ...]:
    share = drawn.rng.choice((0.004, 0.03, 0.1, 0.3, 0.6, 0.9, 1.3))
    made = drawn.noise.binomial(np.maximum(parent, 1).astype(np.int64), min(share, 1.0))
    return tuple(str(int(x)) for x in (made if share <= 1 else np.rint(parent * share)))


def _money(drawn: Drawn) -> tuple[str, ...]:
    rng = drawn.rng
    which = rng.random()
    if which < 0.45:
        fixed = [
            x * drawn.rate for x in rng.choice(((5, 10, 25, 50), (0.4, 0.75, 1.2), (100, 500)))
        ]
        return drawn.amount(np.array([rng.choice(fixed) for _ in range(ROWS)]))
    parent = drawn.of[rng.choice(("revenue", "revenue", "cost"))]
    factor = rng.choice((0.06, 0.1, 0.3, 0.5, 1.3, 6.0))
    return drawn.amount(parent * factor * drawn.noise.uniform(0.6, 1.4, ROWS))


def _ratio(drawn: Drawn) -> tuple[str, ...]:
    above, below, factor = drawn.rng.choice(
        (("clicks", "impressions", 100), ("cost", "clicks", 1), ("cost", "impressions", 1000),
         ("revenue", "cost", 1), ("orders", "clicks", 100), ("revenue", "orders", 1))
    )  # fmt: skip
    numbers = drawn.of[above] / np.maximum(drawn.of[below], 1) * factor
    mark = "%" if factor == 100 and drawn.rng.random() < 0.6 else ""
    return tuple(f"{x:.2f}{mark}" for x in numbers)


def _days(drawn: Drawn, *, steps: bool) -> tuple[str, ...]:
    form = drawn.rng.choice(("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d"))
    few = drawn.rng.choice((1, 3, 5))
    return tuple(
        (drawn.day + timedelta(days=(n // 2 if steps else -7 * (n % few)))).strftime(form)
        for n in range(ROWS)
    )


def _codes(rng: random.Random, *, few: bool) -> tuple[str, ...]:
    form = rng.choice(
        ("{:08d}", "{:06d}", "SKU-{:05d}", "B0{:08d}", "{:012d}", "A{:04d}", "{:07d}")
    )
    top = 10 ** rng.choice((4, 5, 6))
    listed = [form.format(rng.randrange(1000, top)) for _ in range(3 if few else 18)]
    return tuple(rng.choice(listed) for _ in range(ROWS))

"""What happened on one line of a report, before any column shows a part of it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

Report = dict[str, Any]
HERE = Path(__file__).parent
WINDOWS = {"1d": 1, "3d": 3, "7d": 7, "14d": 14, "30d": 30}
MODIFIERS = {
    *WINDOWS,
    "same",
    "halo",
    "click",
    "view",
    "ntb",
    "repeat",
    "online",
    "store",
    "pickup",
    "delivery",
}
#: Units of each currency per US dollar: only the order of magnitude matters.
RATES = {
    "USD": 1,
    "EUR": 0.9,
    "GBP": 0.8,
    "AUD": 1.5,
    "JPY": 150,
    "KRW": 1350,
    "RUB": 90,
    "IDR": 16000,
    "INR": 83,
    "BRL": 5.4,
    "MXN": 18,
    "PLN": 4,
    "CZK": 23,
    "PHP": 57,
}
WHOLE_UNITS = {"JPY", "KRW", "IDR"}
AD_RATES = (
    0.05,
    0.08,
    0.12,
    0.1,
)  # share of the sale charged by cost-per-sale networks, by campaign

#: count -> (parent count, share of the parent). Shares below one never exceed the parent.
COUNT_SHARE: dict[str, tuple[str, float]] = {
    "viewable": ("impressions", 0.62),
    "measurable": ("impressions", 0.93),
    "reach": ("impressions", 0.71),
    "gross_impressions": ("impressions", 1.06),
    "earned_impressions": ("impressions", 0.08),
    "video_plays": ("impressions", 0.41),
    "video_q25": ("impressions", 0.3),
    "video_q50": ("impressions", 0.2),
    "video_q75": ("impressions", 0.13),
    "video_q100": ("impressions", 0.09),
    "engagements": ("impressions", 0.03),
    "likes": ("impressions", 0.006),
    "comments": ("impressions", 0.001),
    "shares": ("impressions", 0.0009),
    "saves": ("impressions", 0.004),
    "follows": ("impressions", 0.0006),
    "vt_orders": ("impressions", 0.0003),
    "earned_clicks": ("clicks", 0.07),
    "clicks_all": ("clicks", 1.35),
    "clicks_part": ("clicks", 0.7),
    "clicks_rest": ("clicks", 0.2),
    "dpv": ("clicks", 0.95),
    "dpv_promoted": ("clicks", 0.7),
    "atc": ("clicks", 0.18),
    "atc_promoted": ("clicks", 0.12),
    "atc_indirect": ("clicks", 0.06),
    "installs": ("clicks", 0.03),
    "cancels": ("orders", 0.15),
    "assists": ("orders", 0.3),
    "all_orders": ("orders", 1.25),
    "customers": ("orders", 1.0),
}
#: money -> (parent amount, factor).
MONEY_SHARE: dict[str, tuple[str, float]] = {
    "media_cost": ("cost", 0.82),
    "partner_cost": ("cost", 0.91),
    "fee": ("cost", 0.09),
    "credit": ("cost", 0.1),
    "cogs": ("revenue", 0.55),
    "all_revenue": ("revenue", 1.2),
    "assisted_revenue": ("revenue", 0.3),
    "discount": ("revenue", 0.06),
}
_WORDS: dict[str, Any] = yaml.safe_load((HERE / "vocabulary.yaml").read_text(encoding="utf-8"))
TEXTS: dict[str, list[str]] = _WORDS["texts"]
CATALOGUE: list[tuple[str, str]] = [(name, group) for name, group in _WORDS["catalogue"]]


@dataclass(frozen=True)
class Order:
    """One attributed order: parts and windows are filters over a row's orders."""

    lag: int
    units: int
    value: float
    same: bool
    click: bool
    ntb: bool
    channel: str

    def matches(self, mods: set[str], main: int) -> bool:
        """Whether the order belongs to the part of the sales that the modifiers name."""
        window = next((WINDOWS[m] for m in mods if m in WINDOWS), main)
        facts = {
            "same": self.same,
            "halo": not self.same,
            "click": self.click,
            "view": not self.click,
            "ntb": self.ntb,
            "repeat": not self.ntb,
            self.channel: True,
        }
        return self.lag < window and all(facts.get(m, False) for m in mods - WINDOWS.keys())


@dataclass
class Row:
    """What happened on one line of the report, before any column shows a part of it."""

    index: int
    day: date
    campaign: int
    product: int
    impressions: int
    clicks: int
    price: float
    cost: float = 0.0
    organic: float = 0.0
    noise: float = 1.0
    orders: list[Order] = field(default_factory=list)


def split_kind(kind: str) -> tuple[str, set[str], str]:
    """``revenue_14d_same:micros`` -> (``revenue``, {``14d``, ``same``}, ``micros``)."""
    body, _, style = kind.partition(":")
    tokens = body.split("_")
    mods: set[str] = set()
    while len(tokens) > 1 and tokens[-1] in MODIFIERS:
        mods.add(tokens.pop())
    return "_".join(tokens), mods, style


def amount(row: Row, body: str, report: Report) -> float:
    """The exact value behind a numeric kind, without formatting."""
    base, mods, _ = split_kind(body)
    if base in ("orders", "units", "revenue"):
        main = WINDOWS[report["format"].get("main_window", "30d")]
        chosen = [o for o in row.orders if o.matches(mods, main)]
        if base == "orders":
            return len(chosen)
        return round(sum(o.units if base == "units" else o.value for o in chosen), 2)
    if base in COUNT_SHARE:
        parent, share = COUNT_SHARE[base]
        scaled = amount(row, parent, report) * share
        return math.floor(scaled * row.noise) if share < 1 else math.ceil(scaled)
    if base in MONEY_SHARE:
        parent, share = MONEY_SHARE[base]
        return round(amount(row, parent, report) * share * row.noise, decimals(report))
    if base == "store_sales":
        return round(amount(row, "revenue", report) + row.organic, decimals(report))
    if base == "profit":
        return round(amount(row, "revenue", report) - row.cost, 2)
    return (
        round(row.cost / RATES[report["format"]["currency"]], 2)
        if base == "cost_usd"
        else float(getattr(row, base))
    )


def decimals(report: Report) -> int:
    """Decimal places of the report's currency."""
    return 0 if report["format"]["currency"] in WHOLE_UNITS else 2


def draw_row(report: Report, index: int, rng: random.Random) -> Row:
    """Draw one consistent latent row."""
    fmt = report["format"]
    rate, places = RATES[fmt["currency"]], decimals(report)
    product = rng.randrange(len(CATALOGUE))
    price = round((8 + 13 * product) * rate * rng.choice((0.95, 1.0, 1.0)), places)
    impressions = int(math.exp(rng.gauss(6.2 if fmt.get("sparse") else 8.2, 1.2))) + 1
    clicks = min(
        impressions,
        int(impressions * math.exp(rng.uniform(math.log(0.001), math.log(0.03))) + rng.random()),
    )
    row = Row(
        index,
        date(2026, 9, 1) + timedelta(days=index % 30),
        rng.randrange(4),
        product,
        impressions,
        clicks,
        price,
        organic=round(price * rng.randrange(25), places),
        noise=rng.uniform(0.82, 1.0),
    )
    cvr = rng.uniform(0.02, 0.15)
    views = 1 if rng.random() < min(0.8, impressions / 9000) else 0
    parts = {split_kind(c["kind"])[1] & {"click", "view"} != set() for c in report["columns"]}
    clicked = sum(rng.random() < cvr for _ in range(clicks))
    for nth in range(clicked + (views if True in parts else 0)):
        units = 2 if rng.random() < 0.22 else 1
        lag = rng.choices((0, 1, 4, 9, 20), (60, 14, 12, 8, 6))[0]
        same = rng.random() < 0.7
        value = round((price if same else price * rng.choice((0.6, 1.4))) * units, places)
        row.orders.append(
            Order(
                lag,
                units,
                value,
                same,
                nth < clicked,
                rng.random() < 0.35,
                rng.choices(("online", "store", "pickup", "delivery"), (5, 2, 1, 2))[0],
            )
        )
    if fmt.get("pricing") == "cpm":
        row.cost = round(impressions / 1000 * rng.uniform(3, 15) * rate, places)
    elif fmt.get("pricing") == "cps":
        row.cost = round(amount(row, "revenue", report) * AD_RATES[row.campaign], places)
    else:
        row.cost = round(clicks * rng.uniform(0.2, 1.0) * (1 + product / 3) * rate, places)
    return row

"""Realistic cell texts for the labelled headers, so that a matcher can be judged on values too.

One latent row is drawn first (impressions -> clicks -> single orders with units, price, lag, SKU scope,
interaction, shopper, channel); every column is a view of it. Totals, parts, windows and ratios therefore
agree up to the console's own rounding, which is the property that arithmetic evidence relies on.

A column's ``kind`` says which view it is: ``base[_modifier...][:style]``.

Order measures   orders units revenue, with any of the modifiers
                 1d 3d 7d 14d 30d (window; none = the report's ``main_window``), same halo (SKU scope),
                 click view (interaction), ntb repeat (shopper), online store pickup delivery (channel)
Counts           impressions clicks and everything in COUNT_SHARE (viewable, reach, dpv, atc, ...)
Money            cost cost_usd budget bid price profit store_sales (ad-driven and organic) and MONEY_SHARE
Ratios           everything in RATIOS (ctr cpc cpm acos roas cvr cpa aov tacos ...); an order modifier
                 applies to the order side: ``roas_14d_same`` = same-SKU 14-day revenue / cost
Other numbers    position score slot index seconds millis pages_per_visit bounce impression_share
                 ad_rate target_acos small_count
Dates            date date_range period_start period_end flight_start flight_end synced_at
Texts            the lists of vocabulary.yaml, plus campaign_name ad_group_name product_name brand category
                 asin item_id seller_sku gtin currency_code uuid flag empty and the *_id kinds;
                 ``values`` on a column replaces the built-in list

Styles           micros cents (integers), pct (percent template), pctnum (x100, bare), frac (bare), num (0.00)

A report's ``format``: currency, money and percent templates, separators, date pattern, ``blank`` (text of an
undefined cell), pricing (cpc, cpm, cps), main_window, sparse (few orders), rows (typical number of rows).
"""

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
#: ratio -> (numerator, denominator, factor, default style).
RATIOS: dict[str, tuple[str, str, float, str]] = {
    "ctr": ("clicks", "impressions", 1, "pct"),
    "cpc": ("cost", "clicks", 1, "money"),
    "cpm": ("cost", "impressions", 1000, "money"),
    "acos": ("cost", "revenue", 1, "pct"),
    "roas": ("revenue", "cost", 1, "num"),
    "cvr": ("orders", "clicks", 1, "pct"),
    "cvr_units": ("units", "clicks", 1, "pct"),
    "cpa": ("cost", "orders", 1, "money"),
    "cpa_units": ("cost", "units", 1, "money"),
    "aov": ("revenue", "orders", 1, "money"),
    "rpc": ("revenue", "clicks", 1, "money"),
    "ntb_order_share": ("orders_ntb", "orders", 1, "pct"),
    "ntb_sales_share": ("revenue_ntb", "revenue", 1, "pct"),
    "ntb_cvr": ("orders_ntb", "clicks", 1, "pct"),
    "atc_rate": ("atc", "clicks", 1, "pct"),
    "save_rate": ("saves", "impressions", 1, "pct"),
    "tacos": ("cost", "store_sales", 1, "pct"),
    "frequency": ("impressions", "reach", 1, "num"),
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


def load_reports() -> list[Report]:
    """All labelled reports of both splits, in file order."""
    files = sorted(HERE.glob("reports_*.yaml"))
    return [report for file in files for report in yaml.safe_load(file.read_text(encoding="utf-8"))]


def suggested_rows(report: Report, default: int = 40) -> int:
    """How many rows a typical file of this report has (some are deliberately tiny)."""
    return int(report["format"].get("rows", default))


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


def number(value: float, places: int, fmt: dict[str, Any], group: bool = True) -> str:
    """A number with the locale's separators."""
    text = f"{value:,.{places}f}"
    marks = {",": fmt.get("thousands", "") if group else "", ".": fmt.get("decimal", ".")}
    return "".join(marks.get(char, char) for char in text)


def shown(value: float, style: str, report: Report) -> str:
    """A numeric cell in the given style."""
    fmt = report["format"]
    if style == "money":
        return str(fmt["money"]).format(number(value, decimals(report), fmt))
    if style == "pct":
        return str(fmt.get("percent", "{}%")).format(
            number(value * 100, fmt.get("percent_decimals", 2), fmt)
        )
    if style == "pctnum":
        return number(value * 100, 2, fmt, group=False)
    if style in ("frac", "num"):
        return number(value, 6 if style == "frac" else 2, fmt, group=style == "num")
    if style in ("micros", "cents"):
        return str(round(value * (1_000_000 if style == "micros" else 100)))
    return number(value, 0, fmt, group=bool(fmt.get("group_counts")))


def day_text(day: date, fmt: dict[str, Any]) -> str:
    """A date in the report's own pattern; ``{m}`` is the localised short month."""
    text = day.strftime(fmt["date"])
    return text.replace("{m}", fmt["months"][day.month - 1]) if "{m}" in text else text


def gtin12(product: int) -> str:
    """A UPC-A with a valid check digit."""
    data = f"0{41000 + product * 137:05d}{20300 + product * 91:05d}"
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(data))
    return data + str(-total % 10)


def text_cell(
    row: Row, base: str, column: dict[str, Any], report: Report, rng: random.Random
) -> str | None:
    """A date or text cell."""
    fmt, salt = report["format"], sum(map(ord, report["report"]))
    if column.get("values"):
        return str(rng.choice(column["values"]))
    first, last = date(2026, 9, 1), date(2026, 9, 30)
    days = {
        "date": row.day,
        "period_start": first,
        "period_end": last,
        "synced_at": last + timedelta(days=1),
        "flight_start": date(2026, 3 + row.campaign, 5),
        "flight_end": date(2026, 12, 31),
    }
    if base in days:
        return day_text(days[base], fmt)
    if base == "date_range":
        return f"{day_text(first, fmt)} - {day_text(last, fmt)}"
    name, category = CATALOGUE[row.product]
    fixed = {
        "campaign_name": f"{category} {('always on', 'launch', 'brand', 'conquest')[row.campaign]}",
        "ad_group_name": f"{name} {row.campaign + 1}",
        "product_name": name,
        "brand": "Northwind",
        "category": category,
        "asin": f"B0C{salt % 90 + 10}X{row.product}Q7L",
        "gtin": gtin12(row.product),
        "purchased_asin": f"B0D{rng.randrange(10, 99)}K2MW1",
        "purchased_item": str(rng.randrange(10**9, 10**10)),
        "item_id": str(73_000_000 + salt * 1009 + row.product * 7),
        "store_id": str(24_518_000 + row.campaign),
        "seller_sku": f"NW-{row.product + 1:03d}-{'ABCDEF'[row.product]}",
        "flag": rng.choice(("true", "false")),
        "currency_code": fmt["currency"],
        "uuid": f"{rng.getrandbits(64):016x}",
    }
    if base in fixed:
        return str(fixed[base])
    if base.endswith("_id") and base != "retailer_id":
        within = 0 if base in ("campaign_id", "account_id") else row.product + 1
        return str(10**11 + (sum(map(ord, base)) + salt) * 10**5 + row.campaign * 31 + within)
    return rng.choice(TEXTS[base]) or fmt.get("blank", "")


def cell(row: Row, column: dict[str, Any], report: Report, rng: random.Random) -> str | None:
    """One exported cell."""
    base, mods, style = split_kind(column["kind"])
    body, fmt = column["kind"].partition(":")[0], report["format"]
    places = decimals(report)
    if base in RATIOS:
        top, bottom, factor, default = RATIOS[base]
        suffix = {
            name: "".join(f"_{m}" for m in sorted(mods)) for name in ("orders", "units", "revenue")
        }
        parts = [amount(row, p + suffix.get(p.split("_")[0], ""), report) for p in (top, bottom)]
        return (
            shown(parts[0] / parts[1] * factor, style or default, report)
            if parts[1]
            else fmt.get("blank", "")
        )
    if base in ("cost", "revenue", "price", "cost_usd", "profit", "store_sales", *MONEY_SHARE):
        return shown(amount(row, body, report), style or "money", report)
    if base in ("orders", "units", "impressions", "clicks", *COUNT_SHARE):
        return shown(amount(row, body, report), style or "count", report)
    rate = RATES[fmt["currency"]]
    extra = {
        "budget": (round((50, 80, 100, 250)[row.campaign] * rate, places), "money"),
        "bid": (round(rng.uniform(0.4, 2.5) * rate, places), "money"),
        "index": (row.index + 1, "count"),
        "position": (rng.uniform(1, 9), "num"),
        "score": (rng.randrange(1, 11), "count"),
        "slot": (rng.randrange(1, 30), "count"),
        "small_count": (rng.randrange(3, 90), "count"),
        "seconds": (rng.uniform(1, 90), "num"),
        "millis": (row.impressions * rng.randrange(400, 2500), "count"),
        "pages_per_visit": (rng.uniform(1, 6), "num"),
        "bounce": (rng.uniform(0.1, 0.6), "pctnum"),
        "impression_share": (rng.uniform(0.1, 0.9), "pct"),
        "ad_rate": (AD_RATES[row.campaign], "pct"),
        "target_acos": (rng.choice((0.12, 0.2, 0.3)), "pct"),
    }
    if base in extra:
        return shown(extra[base][0], style or extra[base][1], report)
    return text_cell(row, base, column, report, rng)


def rows(report: Report, n: int, seed: int) -> list[dict[str, str | None]]:
    """``n`` exported rows of a report, header -> cell text, the same for the same seed."""
    rng = random.Random(f"{report['report']}:{seed}")
    latent = [draw_row(report, index, rng) for index in range(n)]
    return [{c["name"]: cell(row, c, report, rng) for c in report["columns"]} for row in latent]

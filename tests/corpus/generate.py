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

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.corpus.latent import (
    AD_RATES,
    CATALOGUE,
    COUNT_SHARE,
    MONEY_SHARE,
    RATES,
    TEXTS,
    Report,
    Row,
    amount,
    decimals,
    draw_row,
    split_kind,
)

HERE = Path(__file__).parent
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


def load_reports() -> list[Report]:
    """All labelled reports of both splits, in file order."""
    files = sorted(HERE.glob("reports_*.yaml"))
    return [report for file in files for report in yaml.safe_load(file.read_text(encoding="utf-8"))]


def suggested_rows(report: Report, default: int = 40) -> int:
    """How many rows a typical file of this report has (some are deliberately tiny)."""
    return int(report["format"].get("rows", default))


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

"""`console_csv`: the header of an Amazon console download, dollars in quotes, a closing total.

Columns: the Sponsored Products advertised-product report, trailing spaces and all. The ad
product stands in `Portfolio name`, as advertisers file them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from rmnctl.market.config import ExportConfig
from rmnctl.market.exports.dialect import Facts, columns_of, days_as, joined
from rmnctl.market.exports.rows import ReportRows, campaigns
from rmnctl.market.world import World
from rmnctl.rmis import PlacementType

HEADER = (
    "Start Date", "End Date", "Portfolio name", "Currency", "Campaign Name", "Ad Group Name",
    "Advertised SKU", "Advertised ASIN", "Impressions", "Clicks", "Click-Thru Rate (CTR)",
    "Cost Per Click (CPC)", "Spend", "7 Day Total Sales ",
    "Total Advertising Cost of Sales (ACoS) ", "Total Return on Advertising Spend (RoAS)",
    "7 Day Total Orders (#)", "7 Day Total Units (#)", "7 Day Conversion Rate",
    "7 Day Advertised SKU Units (#)", "7 Day Other SKU Units (#)",
    "7 Day Advertised SKU Sales ", "7 Day Other SKU Sales ",
)  # fmt: skip

FACTS = Facts(
    suffix="console.csv",
    columns={
        "date": "Start Date",
        "period_end": "End Date",
        "placement_type": "Portfolio name",
        "currency": "Currency",
        "campaign_id": "Campaign Name",
        "ad_group_id": "Ad Group Name",
        "sku_id": "Advertised SKU",
        "retailer_item_id": "Advertised ASIN",
        "impressions": "Impressions",
        "clicks": "Clicks",
        "cost": "Spend",
        "revenue": "7 Day Total Sales ",
        "conversions": "7 Day Total Orders (#)",
        "units": "7 Day Total Units (#)",
        "revenue_same_sku": "7 Day Advertised SKU Sales ",
        "revenue_halo": "7 Day Other SKU Sales ",
    },
    placements={
        PlacementType.SPONSORED_PRODUCT: "Sponsored Products",
        PlacementType.SPONSORED_BRAND: "Sponsored Brands",
        PlacementType.SEARCH: "Search",
        PlacementType.ONSITE_DISPLAY: "Onsite Display",
        PlacementType.OFFSITE_DISPLAY: "Offsite Display",
        PlacementType.VIDEO: "Video",
        PlacementType.CTV: "Streaming TV",
        PlacementType.AUDIO: "Audio",
        PlacementType.IN_STORE: "In-Store",
    },
    sku_key="sku_id",
    attribution={
        "window_click_days": 7,
        "sku_scope": "total",
        "conversion_basis": "orders",
        "interaction": "click",
    },
)

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹"}


def _money(symbol: str, cents: int) -> str:
    # Quoted from a thousand on, because of the comma; never through a float.
    text = f"{symbol}{cents // 100:,}.{cents % 100:02d}"
    return f'"{text}"' if cents >= 100_000 else text


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.4f}%" if whole else ""


def _cells(texts: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(texts)
    return buffer.getvalue()


def _figures(symbol: str, row: tuple[int, ...]) -> str:
    """The cells from `Impressions` on."""
    _, _, _, seen, clicks, orders, units, revenue, other_units, other, cost = row
    cpc = _money(symbol, (2 * cost + clicks) // (2 * clicks)) if clicks else ""
    roas = f"{revenue / cost:.4f}" if cost else ""
    return (
        f"{seen},{clicks},{_share(clicks, seen)},{cpc},{_money(symbol, cost)},"
        f"{_money(symbol, revenue)},{_share(cost, revenue)},{roas},{orders},{units},"
        f"{_share(orders, clicks)},{units - other_units},{other_units},"
        f"{_money(symbol, revenue - other)},{_money(symbol, other)}\r\n"
    )


def _lines(
    world: World, export: ExportConfig, rows: ReportRows, totals: ReportRows
) -> Iterator[str]:
    catalogue = world.catalogue
    config = catalogue.config
    symbol = _SYMBOLS.get(config.currency, "")
    items = catalogue.item_ids[config.retailers.index(export.retailer)]
    words = [FACTS.placements[p] for p in config.placements]
    labels = [
        [
            _cells(
                [
                    words[p],
                    config.currency,
                    f"{filed.brand_name} | {words[p]} | Always On",
                    filed.ad_group,
                    catalogue.skus[s].sku_id,
                    items[s],
                ]
            )
            for s, filed in enumerate(of_placement)
        ]
        for p, of_placement in enumerate(campaigns(world, export))
    ]
    dates = days_as(world, "%m/%d/%Y")
    yield _cells(list(HEADER)) + "\r\n"
    for row in columns_of(rows):
        day, placement, sku = row[:3]
        yield f"{dates[day]},{dates[day]},{labels[placement][sku]},{_figures(symbol, row)}"
    # Column sums by name, since `totals` may be empty.
    sums = [int(getattr(totals, name).sum()) for name in ("impressions", "clicks", "orders",
            "units", "revenue", "other_units", "other_revenue", "cost")]  # fmt: skip
    yield f"Total,,,{config.currency},,,,,{_figures(symbol, (0, 0, 0, *sums))}"


def write(
    world: World, export: ExportConfig, rows: ReportRows, totals: ReportRows
) -> Iterator[bytes]:
    """The file, UTF-8 with CRLF."""
    return joined(_lines(world, export, rows, totals), "utf-8")

"""`api_json`: one gzipped JSON array, keys of the Criteo retail media campaign report.

Items carry the retailer's own number, so joining them to SKUs needs the catalogue.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator

from rmnctl.market.config import ExportConfig
from rmnctl.market.exports.dialect import Facts, columns_of, days_as, joined
from rmnctl.market.exports.rows import ReportRows, campaigns
from rmnctl.market.world import World
from rmnctl.rmis import PlacementType

FACTS = Facts(
    suffix="api.json.gz",
    columns={
        "date": "date",
        "retailer_id": "retailerName",
        "placement_type": "pageTypeName",
        "campaign_id": "campaignId",
        "ad_group_id": "lineItemId",
        "retailer_item_id": "advProductId",
        "impressions": "impressions",
        "clicks": "clicks",
        "cost": "spend",
        "revenue": "attributedSales",
        "conversions": "attributedOrders",
        "units": "attributedUnits",
    },
    placements={
        PlacementType.SPONSORED_PRODUCT: "productDetail",
        PlacementType.SPONSORED_BRAND: "brandShelf",
        PlacementType.SEARCH: "search",
        PlacementType.ONSITE_DISPLAY: "home",
        PlacementType.OFFSITE_DISPLAY: "offsite",
        PlacementType.VIDEO: "video",
        PlacementType.CTV: "connectedTv",
        PlacementType.AUDIO: "audio",
        PlacementType.IN_STORE: "store",
    },
    sku_key="retailer_item_id",
    attribution={
        "window_click_days": 14,
        "window_view_days": 14,
        "sku_scope": "total",
        "conversion_basis": "orders",
        "interaction": "click_or_view",
    },
)


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _ratio(part: float, whole: float) -> str:
    return f"{part / whole:.6f}" if whole else "null"


def _labels(world: World, export: ExportConfig) -> list[list[str]]:
    catalogue = world.catalogue
    config = catalogue.config
    items = catalogue.item_ids[config.retailers.index(export.retailer)]
    every = []
    for p, of_placement in enumerate(campaigns(world, export)):
        word = FACTS.placements[config.placements[p]]
        texts = []
        for s, filed in enumerate(of_placement):
            sku = catalogue.skus[s]
            named = {
                "campaignId": str(filed.campaign_id),
                "campaignName": f"{filed.brand_name} {word} 2026",
                "lineItemId": str(filed.ad_group_id),
                "lineItemName": f"{filed.ad_group} {word}",
                "retailerName": export.retailer,
                "brandName": sku.brand_name,
                "advProductCategory": sku.category,
                "advProductId": items[s],
                "advProductName": sku.product_name,
                "pageTypeName": word,
            }
            texts.append(json.dumps(named, ensure_ascii=False)[1:-1])
        every.append(texts)
    return every


def _lines(world: World, export: ExportConfig, rows: ReportRows) -> Iterator[str]:
    labels = _labels(world, export)
    dates = days_as(world, "%Y-%m-%d")
    mark = "["
    for row in columns_of(rows):
        day, placement, sku, seen, clicks, orders, units, revenue, _, _, cost = row
        yield (
            f'{mark}{{"date": "{dates[day]}", {labels[placement][sku]}, "impressions": {seen}, '
            f'"clicks": {clicks}, "spend": {_amount(cost)}, "attributedSales": {_amount(revenue)}, '
            f'"attributedUnits": {units}, "attributedOrders": {orders}, '
            f'"ctr": {_ratio(clicks, seen)}, "cpc": {_ratio(cost / 100, clicks)}, '
            f'"roas": {_ratio(revenue, cost)}}}'
        )
        mark = ",\n"
    yield "[]\n" if mark == "[" else "]\n"


def write(
    world: World, export: ExportConfig, rows: ReportRows, totals: ReportRows
) -> Iterator[bytes]:
    """The file; its gzip header holds no time, so equal content is equal bytes."""
    del totals  # an API sends no closing line
    packer = zlib.compressobj(level=6, wbits=31)
    for piece in joined(_lines(world, export, rows), "utf-8"):
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()

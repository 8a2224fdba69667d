"""`money_text`: a German agency's sheet: semicolons, `USD 1.234,56`, DD.MM.YYYY, cp1252."""

from __future__ import annotations

from collections.abc import Iterator

from rmnctl.market.config import ExportConfig
from rmnctl.market.exports.dialect import Facts, columns_of, days_as, joined
from rmnctl.market.exports.rows import ReportRows, campaigns
from rmnctl.market.world import World
from rmnctl.rmis import PlacementType

HEADER = (
    "Datum", "Kampagne", "Kampagnen-ID", "Anzeigengruppe", "Anzeigengruppen-ID", "Werbeform",
    "Artikelnummer", "GTIN", "Produktname", "Impressionen", "Klicks", "Klickrate", "Bestellungen",
    "Stück", "Umsatz", "Werbekosten", "ROAS",
)  # fmt: skip

FACTS = Facts(
    suffix="money.csv",
    columns={
        "date": "Datum",
        "campaign_id": "Kampagnen-ID",
        "ad_group_id": "Anzeigengruppen-ID",
        "placement_type": "Werbeform",
        "sku_id": "Artikelnummer",
        "gtin14": "GTIN",
        "impressions": "Impressionen",
        "clicks": "Klicks",
        "conversions": "Bestellungen",
        "units": "Stück",
        "revenue": "Umsatz",
        "cost": "Werbekosten",
        "currency": "Werbekosten",
    },
    placements={
        PlacementType.SPONSORED_PRODUCT: "Gesponserte Produkte",
        PlacementType.SPONSORED_BRAND: "Gesponserte Marke",
        PlacementType.SEARCH: "Suche",
        PlacementType.ONSITE_DISPLAY: "Display im Shop",
        PlacementType.OFFSITE_DISPLAY: "Display außerhalb",
        PlacementType.VIDEO: "Video",
        PlacementType.CTV: "Fernsehen (Streaming)",
        PlacementType.AUDIO: "Audio",
        PlacementType.IN_STORE: "Filiale",
    },
    sku_key="sku_id",
    attribution={
        "window_click_days": 14,
        "window_view_days": 1,
        "sku_scope": "total",
        "conversion_basis": "orders",
        "interaction": "click_or_view",
    },
)


def _whole(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _money(currency: str, cents: int) -> str:
    return f"{currency} {_whole(cents // 100)},{cents % 100:02d}"


def _ratio(part: float, whole: float) -> str:
    return f"{part / whole:.4f}".replace(".", ",") if whole else ""


def _labels(world: World, export: ExportConfig) -> list[list[str]]:
    """Cells from `Kampagne` to `Produktname`; names hold no semicolon and need no quotes."""
    catalogue = world.catalogue
    placements = catalogue.config.placements
    every = []
    for p, of_placement in enumerate(campaigns(world, export)):
        word = FACTS.placements[placements[p]]
        every.append(
            [
                ";".join(
                    (
                        f"{filed.brand_name} – Frühjahr & Café",
                        str(filed.campaign_id),
                        filed.ad_group,
                        str(filed.ad_group_id),
                        word,
                        sku.sku_id,
                        sku.gtin14,
                        sku.product_name,
                    )
                )
                for filed, sku in zip(of_placement, catalogue.skus, strict=True)
            ]
        )
    return every


def _lines(world: World, export: ExportConfig, rows: ReportRows) -> Iterator[str]:
    labels = _labels(world, export)
    dates = days_as(world, "%d.%m.%Y")
    currency = world.catalogue.config.currency
    yield ";".join(HEADER) + "\r\n"
    for row in columns_of(rows):
        day, placement, sku, seen, clicks, orders, units, revenue, _, _, cost = row
        yield (
            f"{dates[day]};{labels[placement][sku]};{_whole(seen)};{_whole(clicks)};"
            f"{_ratio(clicks, seen)};{_whole(orders)};{_whole(units)};"
            f"{_money(currency, revenue)};{_money(currency, cost)};{_ratio(revenue, cost)}\r\n"
        )


def write(
    world: World, export: ExportConfig, rows: ReportRows, totals: ReportRows
) -> Iterator[bytes]:
    """The file, cp1252 with CRLF."""
    del totals  # this sheet has no closing line
    return joined(_lines(world, export, rows), "cp1252")

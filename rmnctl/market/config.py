"""The market's configuration: schema `rmnctl/market/v1`."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from rmnctl.config import ConfigModel
from rmnctl.errors import did_you_mean
from rmnctl.rmis import PlacementType

MARKET_SCHEMA: Final = "rmnctl/market/v1"

_SLUG = r"^[a-z][a-z0-9_]{0,30}$"

#: ISO 4217 codes whose minor unit is 1/100: artifacts keep amounts to the cent.
_CENT_CURRENCIES = frozenset(
    """AED AUD BGN BRL CAD CHF CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR KES MAD MXN MYR
    NGN NOK NZD PEN PHP PLN RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD ZAR""".split()
)


class Family(StrEnum):
    """Shape of the true response to spend."""

    SATURATING_EXP = "saturating_exp"
    HILL = "hill"
    S_CURVE = "s_curve"


class Dialect(StrEnum):
    """How a network writes its reports."""

    CONSOLE_CSV = "console_csv"
    API_JSON = "api_json"
    MONEY_TEXT = "money_text"


def _distinct(items: tuple[str, ...]) -> tuple[str, ...]:
    if not items:
        raise ValueError("name at least 1")
    if twice := sorted({item for item in items if items.count(item) > 1}):
        raise ValueError(f"listed more than once: {', '.join(twice)}")
    return items


def _known_currency(code: str) -> str:
    if code not in _CENT_CURRENCIES:
        raise ValueError(
            "not an ISO 4217 code with two decimals that the simulator knows. "
            + did_you_mean(code, _CENT_CURRENCIES)
        )
    return code


def _placeable(placement: PlacementType) -> PlacementType:
    if placement is PlacementType.UNKNOWN:
        raise ValueError("the simulator knows where its ads are shown; name the placement")
    return placement


Slug = Annotated[str, Field(pattern=_SLUG)]
Placement = Annotated[PlacementType, AfterValidator(_placeable)]
Slugs = Annotated[tuple[Slug, ...], AfterValidator(_distinct)]
Placements = Annotated[tuple[Placement, ...], AfterValidator(_distinct)]


class ResponseConfig(ConfigModel):
    """How incremental sales answer spend."""

    family: Family = Field(
        Family.SATURATING_EXP, description="Curve family of every cell: its shape, no unit."
    )


class MarginConfig(ConfigModel):
    """Unit contribution of a SKU over its retail price."""

    mean: float = Field(
        0.32,
        gt=0,
        le=0.6,
        description="Mean over SKUs, share of retail price; each SKU stays within 0.02 to 0.69, "
        "below the wholesale price.",
    )
    dispersion: float = Field(
        0.12, ge=0, le=0.5, description="Standard deviation over SKUs, same unit; 0: all equal."
    )


class StockConfig(ConfigModel):
    """Units that are left for advertised sales."""

    tightness: float = Field(
        0.3, ge=0, le=1, description="Share of retailer x SKU pairs in short supply; 0: none."
    )


class PromoConfig(ConfigModel):
    """Price promotions by retailer, SKU and week."""

    intensity: float = Field(
        0.25, ge=0, le=1, description="Expected share of SKU-weeks on promotion; 0: none."
    )
    lift: float = Field(
        1.6, ge=1, le=10, description="Factor on units beside that of the lower price, no unit."
    )


class PriceConfig(ConfigModel):
    """How units answer price."""

    elasticity: float = Field(
        -1.6, ge=-10, le=0, description="Mean of d log units / d log price over SKUs, no unit."
    )
    dispersion: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Log standard deviation of elasticity over SKUs; half of it is that of the "
        "planned price over today's price. 0: one elasticity and no planned changes.",
    )


class AttributionConfig(ConfigModel):
    """What networks credit to ads that would have been sold anyway."""

    organic_share: float = Field(
        0.35, ge=0, le=0.9, description="Organic part of attributed revenue, median over cells."
    )
    dispersion: float = Field(
        0.5, ge=0, le=2, description="Standard deviation of its logit over cells; 0: all equal."
    )


class ExportConfig(ConfigModel):
    """One report that the brand downloads from a network."""

    retailer: Slug = Field(description="Whose report.")
    dialect: Dialect = Field(description="How it is written.")
    placements: Placements | None = Field(
        None, description="Placements it covers; null: all of the market."
    )


class MarketConfig(ConfigModel):
    """One simulated market: a catalogue, and worlds drawn on it."""

    schema_: Literal["rmnctl/market/v1"] = Field(
        MARKET_SCHEMA, alias="schema", description="Version of this configuration."
    )
    catalogue_seed: int = Field(11, ge=0, description="Seed of products and private facts.")
    world_seed: int = Field(7, ge=0, description="Seed of demand, response and noise.")
    brands: Slugs = Field(("brand_x", "brand_y"), description="Ids of the manufacturers.")
    start_date: date = Field(date(2026, 1, 5), description="First day of history.")
    currency: Annotated[str, AfterValidator(_known_currency)] = Field(
        "USD", description="ISO 4217 code of every amount."
    )
    retailers: Slugs = Field(("alpha", "beta"), description="Ids of those who sell the media.")
    placements: Placements = Field(
        (
            PlacementType.SPONSORED_PRODUCT,
            PlacementType.SPONSORED_BRAND,
            PlacementType.ONSITE_DISPLAY,
            PlacementType.OFFSITE_DISPLAY,
            PlacementType.VIDEO,
        ),
        description="RMIS placement types, at every retailer.",
    )
    skus: int = Field(100, ge=1, le=20_000, description="Products over all brands, count.")
    history_days: int = Field(180, ge=28, le=1_500, description="Days observed, count.")
    horizon_days: int = Field(28, ge=1, le=365, description="Days planned for, count.")
    events: int | None = Field(
        None, ge=1, le=1_000_000_000, description="Cap on retailer events, count; null: no cap."
    )
    response: ResponseConfig = ResponseConfig()
    margin: MarginConfig = MarginConfig()
    stock: StockConfig = StockConfig()
    promo: PromoConfig = PromoConfig()
    price: PriceConfig = PriceConfig()
    attribution: AttributionConfig = AttributionConfig()
    oos_pause: bool = Field(True, description="Ads of a stocked-out SKU pause and cost nothing.")
    exports: tuple[ExportConfig, ...] | None = Field(
        None, description="Reports to write; null: one a retailer, dialects taken in turn."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.skus < len(self.brands):
            raise ValueError(f"skus: {self.skus} cannot give {len(self.brands)} brands one each")
        self._check_exports()
        return self

    def _check_exports(self) -> None:
        seen: set[tuple[str, str]] = set()
        files: set[tuple[str, str]] = set()
        for export in self.exports or ():
            if export.retailer not in self.retailers:
                near = did_you_mean(export.retailer, self.retailers)
                raise ValueError(f"exports: no retailer {export.retailer}. {near}")
            if (export.retailer, export.dialect) in files:
                raise ValueError(
                    f"exports: {export.retailer} has two {export.dialect} reports; join their "
                    "placements"
                )
            files.add((export.retailer, export.dialect))
            for placement in export.placements or self.placements:
                if placement not in self.placements:
                    near = did_you_mean(placement, self.placements)
                    raise ValueError(f"exports: the market has no {placement}. {near}")
                if (export.retailer, placement) in seen:
                    raise ValueError(
                        f"exports: {placement} of {export.retailer} is in two reports; its cost "
                        "would count twice"
                    )
                seen.add((export.retailer, placement))

    @property
    def cells(self) -> tuple[int, int, int]:
        """Numbers of retailers, placements and SKUs: the shape of every cell array."""
        return len(self.retailers), len(self.placements), self.skus

    def export_plan(self) -> tuple[ExportConfig, ...]:
        """The reports to write, with every default filled in."""
        chosen = self.exports
        if chosen is None:
            turn = tuple(Dialect)
            chosen = tuple(
                ExportConfig(retailer=retailer, dialect=turn[i % len(turn)])
                for i, retailer in enumerate(self.retailers)
            )
        return tuple(
            e if e.placements else e.model_copy(update={"placements": self.placements})
            for e in chosen
        )

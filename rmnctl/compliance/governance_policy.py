"""What a brand or a retailer allows, as YAML: goods, places, spend caps, flights, fine print."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from rmnctl.config import ConfigModel

GOVERNANCE_SCHEMA: Final = "rmnctl/governance/v1"


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Share = Annotated[Decimal, Field(ge=0, le=1)]
Money = Annotated[Decimal, Field(ge=0)]


class SpendCap(ConfigModel):
    """The most that may be spent where all of the given names match; without any, in all."""

    retailer: str | None = Field(None, description="retailer_id")
    placement: str | None = Field(None, description="placement_type")
    sku: str | None = Field(None, description="sku_id")
    category: str | None = Field(None, description="category of the goods")
    max_spend: Money | None = Field(None, description="currency units")
    max_share: Share | None = Field(None, description="share of the plan's budget")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.max_spend is None and self.max_share is None:
            raise ValueError("give max_spend or max_share")
        return self

    def words(self) -> str:
        """What the cap is about."""
        names = (self.retailer, self.placement, self.sku, self.category)
        return " × ".join(n for n in names if n) or "the whole plan"


class Blackout(ConfigModel):
    """Days on which nothing runs."""

    start: date = Field(description="First day.")
    end: date = Field(description="Last day.")
    reason: str | None = Field(None, description="Why.")


class Flight(ConfigModel):
    """When ads may run."""

    not_before: date | None = Field(None, description="First day allowed.")
    not_after: date | None = Field(None, description="Last day allowed.")
    max_days: int | None = Field(None, gt=0, description="Longest flight, days.")
    blackouts: tuple[Blackout, ...] = Field((), description="Days on which nothing runs.")


class Disclaimer(ConfigModel):
    """Words that must stand with the ad."""

    text: str = Field(min_length=1, description="The words; case and spacing do not count.")
    categories: Names = Field((), description="Only for these goods; empty: all.")
    platforms: Names = Field((), description="Only on these platforms; empty: all.")
    where: tuple[Literal["copy", "disclaimer", "shown_text"], ...] = Field(
        ("copy", "disclaimer", "shown_text"), description="Where they may stand."
    )


class GovernancePolicy(ConfigModel):
    """What a brand or a retailer allows."""

    schema_: Literal["rmnctl/governance/v1"] = Field(
        "rmnctl/governance/v1", alias="schema", description="Version of this form."
    )
    policy: str = Field(min_length=1, description="Name that findings carry.")
    brand_id: str | None = Field(None, description="Whose plans it governs; null: anybody's.")
    retailer_id: str | None = Field(None, description="Whose space it governs; null: anybody's.")
    platforms: Names = Field((), description="Platforms whose copy it governs; empty: all.")
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="Of its amounts.")
    blocked_categories: Names = Field((), description="Goods that may not be advertised.")
    blocked_skus: Names = Field((), description="sku_id that may not be advertised.")
    blocked_placements: Names = Field((), description="placement_type not to be bought.")
    allowed_placements: Names = Field((), description="Only these may be bought; empty: all.")
    allowed_retailers: Names = Field((), description="Only these may be bought from; empty: all.")
    spend_caps: tuple[SpendCap, ...] = Field((), description="Most that may be spent.")
    flight: Flight = Field(default_factory=Flight, description="When ads may run.")
    required_disclaimers: tuple[Disclaimer, ...] = Field((), description="Fine print.")

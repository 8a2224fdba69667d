"""The names a brief may use: of retailers, brands, placements and products."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from rmnctl.config import ConfigModel


class Named(ConfigModel):
    """Something a brief may name."""

    id: str = Field(min_length=1, description="as requests write it")
    names: tuple[str, ...] = Field((), description="other ways people write it; case is ignored")


class Product(ConfigModel):
    """One SKU."""

    sku_id: str = Field(min_length=1)
    brand_id: str = Field(min_length=1)
    names: tuple[str, ...] = Field((), description="ways to write it, the longest is the full name")


class Vocabulary(ConfigModel):
    """Every name that is known, and some that are known to be others."""

    retailers: tuple[Named, ...]
    brands: tuple[Named, ...]
    placements: tuple[Named, ...]
    products: tuple[Product, ...] = ()
    sold: tuple[str, ...] = Field((), description="placements of the market, for `any placement`")
    families: tuple[Named, ...] = Field(
        (), description="words for several placements at once, for exclusions: display"
    )
    other_retailers: tuple[str, ...] = Field((), description="networks that are not configured")
    other_brands: tuple[str, ...] = Field((), description="brands that are not configured")
    blocked: tuple[Named, ...] = Field((), description="fields that no clean room gives")
    currency: str | None = Field(None, description="of the market, for amounts that name none")


@dataclass(frozen=True)
class Known:
    """Identifiers only, for messages."""

    retailers: tuple[str, ...]
    brands: tuple[str, ...]


def known(vocabulary: Vocabulary) -> Known:
    """The identifiers of a vocabulary."""
    return Known(tuple(r.id for r in vocabulary.retailers), tuple(b.id for b in vocabulary.brands))

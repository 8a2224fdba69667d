"""The catalogue: products that everyone sees, and facts that only the brand knows.

It depends on `catalogue_seed` alone (and on sizes), so many worlds share one catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

import numpy as np

from rmnctl import rmis
from rmnctl.market import names, priors
from rmnctl.market.config import MarketConfig
from rmnctl.market.private_facts import PrivateFacts, draw_private_facts
from rmnctl.market.randomness import mixed, stream


@dataclass(frozen=True)
class Sku:
    """What anyone may know about one product."""

    sku_id: str
    brand_id: str
    brand_name: str
    department: str
    category: str
    product_line: str
    product_name: str
    gtin14: str


@dataclass(frozen=True)
class Catalogue:
    """Products, usual budgets and the brand's private facts.

    R retailers, P placements, S SKUs in the order of the configuration.

    Attributes:
        config: What it was built from.
        skus: S products.
        item_ids: R x S retailer item numbers.
        price: (S,) usual retail price, cents.
        daily_spend: (R, P, S) usual spend a day, currency units.
        base_units: (R, S) usual units sold a day without ads, at the usual price.
        scale: Size of the market over that of an uncapped one; below 1 where `events` caps it.
        private: Margins, stock, promotions, planned prices.
    """

    config: MarketConfig
    skus: tuple[Sku, ...]
    item_ids: tuple[tuple[str, ...], ...]
    price: np.ndarray
    daily_spend: np.ndarray
    base_units: np.ndarray
    scale: float
    private: PrivateFacts

    def day(self, index: int) -> date:
        """The date of a day counted from the start of history."""
        return self.config.start_date + timedelta(days=index)

    @property
    def departments(self) -> tuple[str, ...]:
        """Every department once, in order of first appearance."""
        return tuple(dict.fromkeys(sku.department for sku in self.skus))


def _gtin14(brand: int, item: int) -> str:
    """A UPC-A with a company prefix that starts with 8, as 14 digits."""
    data = f"00{8_100_00 + brand * 7919 % 100_000:06d}{item:05d}"
    return data + rmis.check_digit(data)


def _draw_skus(config: MarketConfig) -> tuple[list[Sku], np.ndarray]:
    """Products and usual prices (cents), brand by brand."""
    skus: list[Sku] = []
    usual: list[float] = []
    quota, extra = divmod(config.skus, len(config.brands))
    for position, brand_id in enumerate(config.brands):
        name, code = names.brand_name(position)
        wanted = quota + (position < extra)
        for item, product in enumerate(islice(names.products(name), wanted), 1):
            skus.append(
                Sku(
                    sku_id=f"{code}-{item:04d}",
                    brand_id=brand_id,
                    brand_name=name,
                    department=product.category.department,
                    category=product.category.name,
                    product_line=product.product_line,
                    product_name=product.name,
                    gtin14=_gtin14(position, item),
                )
            )
            usual.append(product.usual_price)
    noise = stream("price", config.catalogue_seed).normal(0, 0.08, len(usual))
    # Shelf prices end in 9.
    price = np.rint(np.asarray(usual) * np.exp(noise) * 10).astype(np.int64) * 10 - 1
    return skus, price


def _base36(value: int, width: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    for _ in range(width):
        value, digit = divmod(value, 36)
        text = digits[digit] + text
    return text


def _item_ids(config: MarketConfig) -> tuple[tuple[str, ...], ...]:
    """Item numbers as each retailer writes them: letters and digits, or digits only."""
    every = []
    for retailer in range(len(config.retailers)):
        start = int(stream("items", config.catalogue_seed, retailer).integers(36**8))
        # The step shares no factor with either modulus, so no number comes twice.
        numbers = [(start + s * 7_919_993) % 36**8 for s in range(config.skus)]
        if retailer % 2 == 0:
            every.append(tuple("B0" + _base36(n, 8) for n in numbers))
        else:
            every.append(tuple(str(400_000_000 + n % 599_999_999) for n in numbers))
    return tuple(every)


def _daily_spend(config: MarketConfig) -> np.ndarray:
    """Usual spend, (R, P, S), with a mean of `priors.DAILY_SPEND` before any cap."""
    rng = stream("spend", config.catalogue_seed)
    r, p, s = config.cells
    weights = np.array([priors.PLACEMENTS[k].budget for k in config.placements])
    size = (
        np.exp(rng.normal(0, priors.RETAILER_LOG_SD, r))[:, None, None]
        * weights[None, :, None]
        * np.exp(rng.normal(0, priors.POPULARITY_LOG_SD, s))[None, None, :]
        * np.exp(rng.normal(0, priors.CELL_LOG_SD, (r, p, s)))
    )
    return np.asarray(size / size.mean() * priors.DAILY_SPEND)


def build_catalogue(config: MarketConfig) -> Catalogue:
    """Draw the catalogue of a market.

    Args:
        config: The market; only `catalogue_seed` drives chance here.

    Returns:
        The same catalogue for the same configuration, whatever `world_seed` says.
    """
    skus, price = _draw_skus(config)
    spend = _daily_spend(config)
    visit_cost = np.array([priors.PLACEMENTS[k].visit_cost for k in config.placements])
    full = float((spend / visit_cost[None, :, None]).sum()) * config.history_days
    # A capped stream is a smaller market: spend, demand and response shrink together, so that
    # reports, events and truth keep agreeing.
    scale = 1.0 if config.events is None else min(1.0, config.events / full)
    spend = spend * scale
    advertised = spend.sum(axis=1) * priors.PLANNED_IROAS / (price / 100)
    private = draw_private_facts(
        config, departments=[sku.department for sku in skus], price=price, advertised=advertised
    )
    return Catalogue(
        config=config,
        skus=tuple(skus),
        item_ids=_item_ids(config),
        price=price,
        daily_spend=spend,
        base_units=advertised / priors.ADVERTISED_OVER_ORGANIC,
        scale=scale,
        private=private,
    )


def campaign_number(config: MarketConfig, *keys: int) -> int:
    """A stable number of 15 digits for a campaign or ad group."""
    key = int(stream("campaign", config.catalogue_seed, *keys).integers(2**62))
    return 10**14 + int(mixed(key, 1)[0]) % (9 * 10**14)

"""What only the brand knows: margins, stock, promotions, planned prices.

Every knob at 0 makes its fact the same for all SKUs, so that knowing it is worth nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rmnctl.market import priors
from rmnctl.market.config import MarketConfig
from rmnctl.market.randomness import stream


@dataclass(frozen=True)
class PrivateFacts:
    """The brand's private table, as arrays. R retailers, S SKUs, W weeks from the start date.

    Attributes:
        margin_rate: (S,) unit contribution over retail price, at the usual price, no promotion.
        wholesale: (S,) what the retailer pays a unit, millionths of a currency unit.
        unit_cogs: (S,) cost of goods a unit, millionths.
        elasticity: (S,) d log units / d log price.
        promo: (R, S, W) true where the SKU is on promotion.
        promo_depth: (S,) discount on promotion, share of price.
        promo_funding: (S,) what the brand pays a promoted unit, millionths.
        planned_price: (R, S) retail price over the horizon outside promotions, cents.
        stock_units: (R, S) units left for advertised sales over the horizon, beyond expected
            organic demand; infinite where stock never binds.
        short: (R, S) true where supply is short.
    """

    margin_rate: np.ndarray
    wholesale: np.ndarray
    unit_cogs: np.ndarray
    elasticity: np.ndarray
    promo: np.ndarray
    promo_depth: np.ndarray
    promo_funding: np.ndarray
    planned_price: np.ndarray
    stock_units: np.ndarray
    short: np.ndarray


def weeks_of(config: MarketConfig) -> int:
    """Weeks from the start of history that history and horizon touch."""
    return math.ceil((config.history_days + config.horizon_days) / 7)


def _margins(config: MarketConfig, departments: list[str]) -> np.ndarray:
    rng = stream("margin", config.catalogue_seed)
    names = sorted(set(departments))
    shared = rng.normal(size=len(names))[[names.index(d) for d in departments]]
    own = rng.normal(size=len(departments))
    # Departments carry part of the spread (recipe: 20-50 % margin by department).
    z = math.sqrt(0.4) * shared + math.sqrt(0.6) * own
    rate = config.margin.mean + config.margin.dispersion * z
    # Four decimals times a price in cents is exact in millionths.
    return np.round(np.clip(rate, 0.02, 0.69), 4)


def _promotions(config: MarketConfig) -> tuple[np.ndarray, np.ndarray]:
    rng = stream("promo", config.catalogue_seed)
    r, _, s = config.cells
    weeks = weeks_of(config)
    runs = math.ceil(weeks / priors.PROMO_RUN_WEEKS)
    chance = np.minimum(1.0, config.promo.intensity * rng.uniform(0.4, 1.6, s))
    on = rng.random((r, s, runs)) < chance[None, :, None]
    depth = rng.choice(np.array(priors.PROMO_DEPTHS), s)
    if config.promo.intensity == 0:
        depth = np.zeros(s)
    return np.repeat(on, priors.PROMO_RUN_WEEKS, axis=2)[:, :, :weeks], depth


def _prices(config: MarketConfig, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rng = stream("elasticity", config.catalogue_seed)
    r, _, s = config.cells
    spread = config.price.dispersion
    elasticity = config.price.elasticity * np.exp(spread * rng.normal(size=s) - spread**2 / 2)
    change = np.exp(priors.PLANNED_PRICE_SHARE * spread * rng.normal(size=(r, s)))
    return elasticity, np.rint(price * change).astype(np.int64)


def _stock(config: MarketConfig, advertised: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rng = stream("stock", config.catalogue_seed)
    short = rng.random(advertised.shape) < config.stock.tightness
    cover = np.where(
        short,
        rng.uniform(*priors.SHORT_COVER, advertised.shape),
        rng.uniform(*priors.AMPLE_COVER, advertised.shape),
    )
    if config.stock.tightness == 0:
        return np.full(advertised.shape, np.inf), short
    return np.ceil(cover * advertised * config.horizon_days), short


def draw_private_facts(
    config: MarketConfig,
    *,
    departments: list[str],
    price: np.ndarray,
    advertised: np.ndarray,
) -> PrivateFacts:
    """Draw the private facts of a catalogue.

    Args:
        config: The market.
        departments: S department names.
        price: (S,) usual retail price, cents.
        advertised: (R, S) units a day that usual budgets are expected to sell.
    """
    rate = _margins(config, departments)
    promo, depth = _promotions(config)
    elasticity, planned = _prices(config, price)
    stock, short = _stock(config, advertised)
    micros = price * 10_000
    wholesale = np.rint(micros * priors.WHOLESALE_SHARE).astype(np.int64)
    contribution = np.rint(micros * rate).astype(np.int64)
    return PrivateFacts(
        margin_rate=rate,
        wholesale=wholesale,
        unit_cogs=wholesale - contribution,
        elasticity=elasticity,
        promo=promo,
        promo_depth=depth,
        promo_funding=np.rint(micros * depth * priors.PROMO_FUNDED_SHARE).astype(np.int64),
        planned_price=planned,
        stock_units=stock,
        short=short,
    )

"""Demand without ads: season, promotions, prices, shocks. The same whether or not ads run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.market import priors
from rmnctl.market.catalogue import Catalogue
from rmnctl.market.randomness import stream


@dataclass(frozen=True)
class Demand:
    """Organic demand. T history days, D history and horizon days, R retailers, S SKUs.

    Attributes:
        season: (D, S) factor of weekday and time of year, near 1 on average.
        price: (D, R, S) retail price of the day, cents, rounded as on the shelf.
        promo: (D, R, S) true where the SKU is on promotion.
        lift: (D, R, S) factor of promotion and price on units, 1 at the usual price.
        expected: (D, R, S) expected units a day without ads.
        shock: (T, R, S) random factor of the day, mean 1, shared by organic and advertised sales.
        organic: (T, R, S) units asked for without ads.
    """

    season: np.ndarray
    price: np.ndarray
    promo: np.ndarray
    lift: np.ndarray
    expected: np.ndarray
    shock: np.ndarray
    organic: np.ndarray


def _season(catalogue: Catalogue, world_seed: int) -> np.ndarray:
    config = catalogue.config
    rng = stream("season", world_seed)
    days = np.arange(config.history_days + config.horizon_days)
    first = config.start_date
    weekday = (days + first.weekday()) % 7
    pattern = np.array([-0.6, -0.8, -0.6, -0.2, 0.5, 1.0, 0.7]) * priors.WEEKDAY_AMPLITUDE
    weekly = 1 + pattern * np.exp(rng.normal(0, 0.2, 7))
    departments = catalogue.departments
    phase = rng.uniform(0, 2 * np.pi, len(departments))
    height = priors.YEARLY_AMPLITUDE * np.exp(rng.normal(0, 0.3, len(departments)))
    angle = 2 * np.pi * (days + first.timetuple().tm_yday - 1) / 365.25
    yearly = 1 + height * np.sin(angle[:, None] + phase)
    of_sku = [departments.index(sku.department) for sku in catalogue.skus]
    return np.asarray(weekly[weekday][:, None] * yearly[:, of_sku])


def _prices(catalogue: Catalogue) -> tuple[np.ndarray, np.ndarray]:
    """Price of each day (cents) and whether it is promoted, each (D, R, S)."""
    config, private = catalogue.config, catalogue.private
    days = config.history_days + config.horizon_days
    promo = np.moveaxis(private.promo, 2, 0)[np.arange(days) // 7]
    horizon = (np.arange(days) >= config.history_days)[:, None, None]
    usual = np.where(horizon, private.planned_price, catalogue.price)
    price = np.where(promo, np.rint(usual * (1 - private.promo_depth)), usual)
    return price.astype(np.int64), promo


def draw_demand(catalogue: Catalogue, world_seed: int) -> Demand:
    """Draw demand without ads for one world."""
    config, private = catalogue.config, catalogue.private
    rng = stream("demand", world_seed)
    days = config.history_days
    shape = catalogue.base_units.shape
    season = _season(catalogue, world_seed)
    price, promo = _prices(catalogue)
    lift = (price / catalogue.price) ** private.elasticity * np.where(promo, config.promo.lift, 1.0)
    level = priors.DEMAND_LOG_SD * rng.normal(size=shape) - priors.DEMAND_LOG_SD**2 / 2
    expected = catalogue.base_units * np.exp(level) * season[:, None, :] * lift
    spread = priors.RETAILER_DAY_LOG_SD
    together = np.exp(spread * rng.normal(size=(days, shape[0], 1)) - spread**2 / 2)
    alone = rng.gamma(priors.DEMAND_GAMMA_SHAPE, size=(days, *shape)) / priors.DEMAND_GAMMA_SHAPE
    shock = together * alone
    organic = rng.poisson(expected[:days] * shock)
    return Demand(season, price, promo, lift, expected, shock, organic)

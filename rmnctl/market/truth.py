"""The true response of every cell: what plans are scored against and nobody sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.market import priors
from rmnctl.market.catalogue import Catalogue
from rmnctl.market.config import Family
from rmnctl.market.curves import calibrate, respond
from rmnctl.market.demand import Demand
from rmnctl.market.randomness import stream


@dataclass(frozen=True)
class Response:
    """Response of each cell at the usual price, without promotion, at season 1.

    R retailers, P placements, S SKUs. Spend and revenue count over `horizon_days`.

    Attributes:
        family: Curve family of all cells.
        a: (R, P, S) incremental revenue at saturation, currency units.
        c: (R, P, S) saturation scale, currency units of spend.
        shape: (R, P, S) exponent; 1 for `saturating_exp`.
        organic_share: (R, P, S) organic part of attributed revenue at historic spend.
        window_share: (P,) part of incremental sales inside the attribution window.
        reach_scale: (R, P, S) daily advertising pressure at which 63 % of organic buyers have
            been touched, currency units.
    """

    family: Family
    a: np.ndarray
    c: np.ndarray
    shape: np.ndarray
    organic_share: np.ndarray
    window_share: np.ndarray
    reach_scale: np.ndarray

    @property
    def attributed_ratio(self) -> np.ndarray:
        """(R, P, S) attributed over incremental revenue at historic spend, no unit."""
        return np.asarray(self.window_share[:, None] / (1 - self.organic_share))


@dataclass(frozen=True)
class Horizon:
    """What the response becomes over the planned days. Shapes (R, P, S) unless said.

    Incremental revenue before stock is `promo_multiplier x price_multiplier x r(x)` with r of
    (`a`, response.c, response.shape); incremental margin is `margin_rate` times that, minus x.

    Attributes:
        a: Revenue at saturation in the season of the horizon, currency units.
        promo_multiplier: (R, S) factor of promotions on incremental revenue.
        price_multiplier: (R, S) factor of the planned price on incremental revenue.
        margin_rate: (R, S) unit contribution over price paid, averaged over units sold.
        price: (R, S) price paid, averaged over units sold, currency units.
        stock_units: (R, S) units left for advertised sales; infinite where unlimited.
        baseline_units: (R, S) expected units without ads.
    """

    a: np.ndarray
    promo_multiplier: np.ndarray
    price_multiplier: np.ndarray
    margin_rate: np.ndarray
    price: np.ndarray
    stock_units: np.ndarray
    baseline_units: np.ndarray


def _pooled(
    rng: np.random.Generator, shape: tuple[int, int, int], spread: dict[str, float]
) -> np.ndarray:
    """Effects that cells share by level, (R, P, S), mean 0."""
    r, p, s = shape
    levels = {
        "retailer": (r, 1, 1),
        "placement": (1, p, 1),
        "sku": (1, 1, s),
        "cell": (r, p, s),
    }
    total = np.zeros(shape)
    for level, sd in spread.items():
        total = total + sd * rng.normal(size=levels[level])
    return total


def _shapes(family: Family, rng: np.random.Generator, size: tuple[int, int, int]) -> np.ndarray:
    if family is Family.SATURATING_EXP:
        return np.ones(size)
    low, high = priors.HILL_SHAPE if family is Family.HILL else priors.S_CURVE_SHAPE
    return rng.uniform(low, high, size)


def draw_response(catalogue: Catalogue, world_seed: int) -> Response:
    """Draw the response of every cell from the partially pooled priors."""
    config = catalogue.config
    rng = stream("response", world_seed)
    low, high = priors.MARGINAL_RANGE
    prior = [priors.PLACEMENTS[k] for k in config.placements]
    middle = np.array([(p.marginal - low) / (high - low) for p in prior])[None, :, None]
    logit = np.log(middle / (1 - middle)) + _pooled(rng, config.cells, priors.MARGINAL_SD)
    slope = low + (high - low) / (1 + np.exp(-logit))
    depth = priors.DEPTH_MEDIAN * np.exp(_pooled(rng, config.cells, priors.DEPTH_LOG_SD))
    family = config.response.family
    shape = _shapes(family, rng, config.cells)
    spend = catalogue.daily_spend * config.horizon_days
    a, c = calibrate(family, spend, slope, depth, shape)
    window = np.array([p.window_share for p in prior])
    share = np.zeros(config.cells)
    if config.attribution.organic_share > 0:
        base = config.attribution.organic_share
        odds = np.log(base / (1 - base)) + config.attribution.dispersion * rng.normal(
            size=config.cells
        )
        share = 1 / (1 + np.exp(-odds))
    # Organic credit needs that part of the organic buyers was touched; no more than the cap.
    credited = window[:, None] * respond(family, spend, a, c, shape)
    organic = (catalogue.base_units * catalogue.price / 100)[:, None, :] * config.horizon_days
    reach = np.minimum(priors.REACH_CAP, share / (1 - share) * credited / organic)
    share = reach * organic / (reach * organic + credited)
    with np.errstate(divide="ignore"):
        reach_scale = catalogue.daily_spend / -np.log1p(-reach)
    return Response(family, a, c, shape, share, window, reach_scale)


def over_horizon(catalogue: Catalogue, demand: Demand, response: Response) -> Horizon:
    """Fold season, promotions, planned prices and stock of the horizon into the response."""
    config, private = catalogue.config, catalogue.private
    days = slice(config.history_days, None)
    season = demand.season[days][:, None, :]
    on = demand.promo[days]
    cents = demand.price[days]
    # Per unit of response: units and revenue relative to the usual price without promotion.
    units = season * demand.lift[days]
    revenue = (units * cents / catalogue.price).mean(axis=0)
    # The discount's own factor on revenue; 1 exactly on every day without promotion.
    discount = cents / private.planned_price
    promoted = np.where(on, config.promo.lift, 1.0) * discount ** (1 + private.elasticity)
    price_multiplier = (private.planned_price / catalogue.price) ** (1 + private.elasticity)
    funded = private.promo_funding / 1e6 * on
    contribution = private.margin_rate * catalogue.price / 100 - funded
    sold = units.mean(axis=0)
    price = revenue / sold * catalogue.price / 100
    return Horizon(
        a=response.a * season.mean(axis=0),
        promo_multiplier=1 + (season * (promoted - 1)).sum(axis=0) / season.sum(axis=0),
        price_multiplier=price_multiplier,
        margin_rate=(units * contribution).mean(axis=0) / sold / price,
        price=price,
        stock_units=private.stock_units,
        baseline_units=demand.expected[days].sum(axis=0),
    )

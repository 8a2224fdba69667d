"""What networks report: visits, costs, and the sales they credit to ads.

Credit goes to incremental sales inside the window and to organic buyers whom an ad touched, so
ROAS overstates iROAS. Sales are booked, as networks do, on the day of the last ad contact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.market import priors
from rmnctl.market.catalogue import Catalogue
from rmnctl.market.demand import Demand
from rmnctl.market.history import History
from rmnctl.market.randomness import stream
from rmnctl.market.truth import Response


@dataclass(frozen=True)
class Reported:
    """Final figures of each cell and day, all (T, R, P, S) integers.

    Attributes:
        visits: Events: ad visits, one row each in the retailer's stream.
        impressions: Ads served.
        clicks: Clicks.
        orders: Attributed orders; RMIS `conversions`.
        units: Attributed units.
        other_units: The part of `units` that is another item of the brand.
        revenue: Attributed sales, cents.
        cost: Media cost, cents.
    """

    visits: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray
    orders: np.ndarray
    units: np.ndarray
    other_units: np.ndarray
    revenue: np.ndarray
    cost: np.ndarray


def _visits(
    catalogue: Catalogue, target: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Visits and their cost in cents; exactly `config.events` visits where that cap binds."""
    config = catalogue.config
    each = np.array([priors.PLACEMENTS[k].visit_cost for k in config.placements])[:, None]
    expected = target / each
    total = float(expected.sum())
    cap = config.events
    if cap is not None and total > 0 and (catalogue.scale < 1 or total > cap):
        visits = rng.multinomial(cap, (expected / total).ravel()).reshape(expected.shape)
        # Fewer visits than spend asks for must cost more each, so that spend stays the target.
        each = each * total / cap
    else:
        visits = rng.poisson(expected)
    dearness = np.exp(0.10 * rng.normal(size=config.cells) - 0.005)
    auction = np.exp(0.08 * rng.normal(size=target.shape) - 0.0032)
    cost = np.rint(visits * each * dearness * auction * 100).astype(np.int64)
    return visits, cost


def _booked(amounts: np.ndarray, contact: np.ndarray) -> np.ndarray:
    """Move amounts (T, N) to the day of contact (T, N); a negative day drops them."""
    days, cells = amounts.shape
    day, cell = np.nonzero((contact >= 0) & (amounts > 0))
    flat = contact[day, cell] * cells + cell
    # Sums stay far below 2**53, where float64 counts exactly.
    total = np.bincount(flat, weights=amounts[day, cell], minlength=days * cells)
    return np.rint(total).astype(np.int64).reshape(days, cells)


def _contact_days(visits: np.ndarray) -> np.ndarray:
    """For each cell and day the last day with a visit inside the window, or -1."""
    days = np.arange(len(visits)).reshape(-1, *[1] * (visits.ndim - 1))
    last = np.maximum.accumulate(np.where(visits > 0, days, -1), axis=0)
    return np.where(days - last <= priors.WINDOW_DAYS, last, -1)


def draw_reports(
    catalogue: Catalogue,
    demand: Demand,
    response: Response,
    history: History,
    world_seed: int,
) -> Reported:
    """Draw what the networks will finally report."""
    config = catalogue.config
    rng = stream("reports", world_seed)
    prior = [priors.PLACEMENTS[k] for k in config.placements]
    visits, cost = _visits(catalogue, history.target, rng)
    clicks = rng.binomial(visits, np.array([p.clicks for p in prior])[:, None])
    more = np.array([p.impressions for p in prior])[:, None] - 1
    impressions = visits + rng.poisson(visits * more)

    caused = rng.binomial(history.incremental, response.window_share[:, None])
    reach = -np.expm1(-history.pressure / response.reach_scale)
    touched = rng.binomial(history.organic[:, :, None, :], reach)
    other = rng.binomial(touched, priors.OTHER_ITEM_SHARE)
    cents = demand.price[: config.history_days][:, :, None, :]

    days = config.history_days
    contact = _contact_days(visits).reshape(days, -1)

    def booked(amounts: np.ndarray) -> np.ndarray:
        return _booked(amounts.reshape(days, -1), contact).reshape(visits.shape)

    units = booked(caused + touched)
    extra = rng.binomial(np.maximum(units - 1, 0), priors.EXTRA_UNITS)
    return Reported(
        visits=visits,
        impressions=impressions,
        clicks=clicks,
        orders=units - extra,
        units=units,
        other_units=booked(other),
        revenue=booked((caused + touched) * cents),
        cost=cost,
    )

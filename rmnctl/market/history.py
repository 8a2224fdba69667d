"""History, day by day: budgets follow sales, ads sell, shelves run empty, ads pause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.market import priors
from rmnctl.market.catalogue import Catalogue
from rmnctl.market.curves import respond
from rmnctl.market.demand import Demand
from rmnctl.market.randomness import stream
from rmnctl.market.truth import Response

#: An inventory that no history can sell.
UNLIMITED = 2**40


@dataclass(frozen=True)
class History:
    """What happened. T days, R retailers, P placements, S SKUs.

    Attributes:
        target: (T, R, P, S) spend aimed at, currency units; it is what buyers respond to.
        pressure: (T, R, P, S) the same with carry-over, currency units a day.
        incremental: (T, R, P, S) units sold because of ads.
        organic: (T, R, S) units sold that would have been asked for without ads.
        organic_alone: (T, R, S) units that would have been sold had no ad run: the exact
            counterfactual, on the same demand and deliveries.
        stock: (T, R, S) units on the shelf in the morning; `UNLIMITED` where stock never binds.
    """

    target: np.ndarray
    pressure: np.ndarray
    incremental: np.ndarray
    organic: np.ndarray
    organic_alone: np.ndarray
    stock: np.ndarray


@dataclass(frozen=True)
class _Supply:
    """First shelf (R, S) and deliveries (T, R, S), units; deliveries come once a week."""

    first: np.ndarray
    deliveries: np.ndarray


def _supply(catalogue: Catalogue, demand: Demand) -> _Supply:
    config, private = catalogue.config, catalogue.private
    expected = demand.expected[: config.history_days]
    if config.stock.tightness == 0:
        return _Supply(
            np.full(expected.shape[1:], UNLIMITED), np.zeros(expected.shape, dtype=np.int64)
        )
    # Deliveries cover expected organic demand and what is left for advertised sales.
    daily = np.cumsum(expected + private.stock_units / config.horizon_days, axis=0)
    whole = np.floor(daily).astype(np.int64)
    weekly = np.zeros_like(whole)
    before = np.zeros_like(whole[0])
    for day in range(0, config.history_days, 7):
        upto = whole[min(day + 6, config.history_days - 1)]
        weekly[day] = upto - before
        before = upto
    fortnight = 14 * expected.mean(axis=0)
    buffer = np.where(private.short, 0.1 * fortnight, fortnight + 5)
    return _Supply(np.ceil(buffer).astype(np.int64), weekly)


def _exogenous_budget(catalogue: Catalogue, demand: Demand, world_seed: int) -> np.ndarray:
    """(T, R, P, S) budget before it follows sales: season, promotion, and a random part."""
    config = catalogue.config
    rng = stream("budget", world_seed)
    days, cells = config.history_days, config.cells
    weeks = -(-days // 7)
    level = np.exp(
        priors.WEEK_LEVEL_LOG_SD * rng.normal(size=(weeks, *cells))
        - priors.WEEK_LEVEL_LOG_SD**2 / 2
    )
    level *= (rng.random(level.shape) >= priors.DARK_WEEKS) / (1 - priors.DARK_WEEKS)
    pacing = np.exp(priors.PACING_LOG_SD * rng.normal(size=(days, *cells)))
    boost = 1 + priors.FOLLOW_PROMO * demand.promo[:days]
    known = demand.season[:days][:, None, :] ** priors.FOLLOW_SEASON * boost
    level = level[np.arange(days) // 7]
    return np.asarray(catalogue.daily_spend * level * pacing * known[:, :, None, :])


def _ration(organic: np.ndarray, advertised: np.ndarray, shelf: np.ndarray) -> np.ndarray:
    """Units sold, (1 + P, R, S): everyone in proportion where the shelf is too small."""
    asked = np.cumsum(np.concatenate([organic[None], np.moveaxis(advertised, 1, 0)]), axis=0)
    total = np.maximum(asked[-1], 1)
    served = np.where(asked[-1] > shelf, asked * np.minimum(shelf, total) // total, asked)
    return np.diff(served, axis=0, prepend=0)


def _alone(demand: Demand, supply: _Supply) -> np.ndarray:
    """Units sold each day when no ad runs, (T, R, S)."""
    shelf = supply.first.copy()
    sold = np.empty_like(demand.organic)
    for day, asked in enumerate(demand.organic):
        shelf += supply.deliveries[day]
        sold[day] = np.minimum(asked, shelf)
        shelf -= sold[day]
    return sold


def draw_history(
    catalogue: Catalogue, demand: Demand, response: Response, world_seed: int
) -> History:
    """Play the history of one world."""
    config = catalogue.config
    days = config.history_days
    rng = stream("sales", world_seed)
    supply = _supply(catalogue, demand)
    target = _exogenous_budget(catalogue, demand, world_seed)
    carryover = np.array([priors.PLACEMENTS[k].carryover for k in config.placements])[:, None]
    # Units per currency unit of r(x)/horizon, before season, promotion and shocks.
    per_day = 1 / (config.horizon_days * catalogue.price / 100)
    usual = catalogue.base_units * (1 + priors.ADVERTISED_OVER_ORGANIC)
    pressure = np.empty_like(target)
    incremental = np.empty(target.shape, dtype=np.int64)
    organic = np.empty_like(demand.organic)
    stock = np.empty_like(demand.organic)
    shelf, yesterday, carried = supply.first.copy(), usual, catalogue.daily_spend
    for day in range(days):
        shelf += supply.deliveries[day]
        stock[day] = shelf
        follow = ((yesterday + 2) / (usual + 2)) ** priors.FOLLOW_SALES
        target[day] *= np.clip(follow, 0.5, 2.0)[:, None, :]
        if config.oos_pause:
            target[day] *= (shelf > 0)[:, None, :]
        carried = carryover * carried + (1 - carryover) * target[day]
        pressure[day] = carried
        reply = respond(
            response.family, carried * config.horizon_days, response.a, response.c, response.shape
        )
        asked_for = demand.season[day] * demand.lift[day] * demand.shock[day]
        asked = rng.poisson(reply * (per_day * asked_for)[:, None, :])
        sold = _ration(demand.organic[day], asked, shelf)
        organic[day], incremental[day] = sold[0], np.moveaxis(sold[1:], 0, 1)
        yesterday = sold.sum(axis=0)
        shelf = shelf - yesterday
    if config.stock.tightness == 0:
        stock[:] = UNLIMITED
    return History(target, pressure, incremental, organic, _alone(demand, supply), stock)

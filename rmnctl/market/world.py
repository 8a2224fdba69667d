"""One world: a draw of demand, response and noise on a catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.market import priors
from rmnctl.market.attribution import Reported, draw_reports
from rmnctl.market.catalogue import Catalogue
from rmnctl.market.config import MarketConfig
from rmnctl.market.demand import Demand, draw_demand
from rmnctl.market.history import History, draw_history
from rmnctl.market.lift_tests import LiftTest, draw_lift_tests, run_test
from rmnctl.market.randomness import stream
from rmnctl.market.truth import Horizon, Response, draw_response, over_horizon


@dataclass(frozen=True)
class World:
    """Everything true about one market, by cell and day; never the event stream.

    Attributes:
        catalogue: Products and private facts, shared by all worlds of the market.
        seed: The world seed.
        demand: Demand without ads.
        response: True response of each cell.
        horizon: The response over the planned days.
        history: What happened in the observed days.
        reported: What networks finally report about them.
        lift_tests: Past experiments.
    """

    catalogue: Catalogue
    seed: int
    demand: Demand
    response: Response
    horizon: Horizon
    history: History
    reported: Reported
    lift_tests: tuple[LiftTest, ...]

    @property
    def spend_history(self) -> np.ndarray:
        """(R, P, S) spend over `horizon_days` at the average pace of history, currency units."""
        config = self.catalogue.config
        cost = self.reported.cost.sum(axis=0) / 100
        return np.asarray(cost * config.horizon_days / config.history_days)

    def metrics(self) -> dict[str, float]:
        """The world in a few numbers; money in currency units.

        `incremental_revenue` is exact: all that was sold minus all that would have been sold
        without ads, so sales that ads took from later organic buyers count as nothing.
        """
        history, config = self.history, self.catalogue.config
        cents = self.demand.price[: config.history_days]
        sold = history.organic + history.incremental.sum(axis=2)
        spend = float(self.reported.cost.sum()) / 100
        attributed = float(self.reported.revenue.sum()) / 100
        incremental = float(((sold - history.organic_alone) * cents).sum()) / 100
        return {
            "cells": float(np.prod(config.cells)),
            "events": float(self.reported.visits.sum()),
            "spend": spend,
            "attributed_revenue": attributed,
            "incremental_revenue": incremental,
            "roas": attributed / spend if spend else 0.0,
            "iroas": incremental / spend if spend else 0.0,
            "stock_out_share": float((history.stock <= 0).mean()),
            "market_scale": self.catalogue.scale,
        }


def draw_world(config: MarketConfig, catalogue: Catalogue, world_seed: int | None = None) -> World:
    """Draw one world.

    Args:
        config: The market; its catalogue keys must be those `catalogue` was built from.
        catalogue: From `build_catalogue`.
        world_seed: Seed of everything that differs between worlds; the configuration's if None.

    Returns:
        A world that holds arrays by cell and day: about 100 bytes a cell and day.

    Raises:
        ValueError: The catalogue belongs to another market.
    """
    if config.model_copy(update={"world_seed": catalogue.config.world_seed}) != catalogue.config:
        raise ValueError("the catalogue was built from another configuration")
    seed = config.world_seed if world_seed is None else world_seed
    demand = draw_demand(catalogue, seed)
    response = draw_response(catalogue, seed)
    history = draw_history(catalogue, demand, response, seed)
    reported = draw_reports(catalogue, demand, response, history, seed)
    return World(
        catalogue=catalogue,
        seed=seed,
        demand=demand,
        response=response,
        horizon=over_horizon(catalogue, demand, response),
        history=history,
        reported=reported,
        lift_tests=draw_lift_tests(catalogue, demand, history, reported, seed),
    )


def extra_lift_test(world: World, retailer: int, placement: int) -> LiftTest:
    """One more test than the market has had, in its last days.

    Args:
        world: The world.
        retailer: Index of the retailer.
        placement: Index of the placement.
    """
    config = world.catalogue.config
    first = max(0, config.history_days - priors.TEST_DAYS)
    noise = stream("extra lift noise", world.seed, retailer, placement)
    return run_test(
        world.catalogue,
        world.demand,
        world.history,
        world.reported,
        (retailer, placement, first),
        noise,
    )

"""Past lift tests: the little that everybody knows about incremental sales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.market import priors
from rmnctl.market.attribution import Reported
from rmnctl.market.catalogue import Catalogue
from rmnctl.market.demand import Demand
from rmnctl.market.history import History
from rmnctl.market.randomness import stream


@dataclass(frozen=True)
class LiftTest:
    """One geo test of one placement at one retailer, all SKUs of all brands together.

    Attributes:
        retailer: Index of the retailer.
        placement: Index of the placement.
        first_day: First day of the test, counted from the start of history.
        days: Length.
        spend: Media cost in the test, cents.
        estimate: Estimated incremental revenue, cents; unbiased.
        standard_error: Of the estimate, cents.
        truth: True incremental revenue, cents; never published.
    """

    retailer: int
    placement: int
    first_day: int
    days: int
    spend: int
    estimate: int
    standard_error: int
    truth: int


def draw_lift_tests(
    catalogue: Catalogue, demand: Demand, history: History, reported: Reported, world_seed: int
) -> tuple[LiftTest, ...]:
    """Run the past tests of one world; which ones and when is part of the catalogue.

    The standard error follows from planned spend, so it says nothing about the outcome.
    """
    config = catalogue.config
    design = stream("lift design", config.catalogue_seed)
    noise = stream("lift noise", world_seed)
    r, p, _ = config.cells
    count = min(r * p, max(2, round(priors.TESTED_SHARE * r * p)))
    days = min(priors.TEST_DAYS, config.history_days)
    tests = []
    for pair in np.sort(design.permutation(r * p)[:count]):
        retailer, placement = divmod(int(pair), p)
        first = int(design.integers(0, config.history_days - days + 1))
        tests.append(
            run_test(catalogue, demand, history, reported, (retailer, placement, first), noise)
        )
    return tuple(tests)


def run_test(
    catalogue: Catalogue,
    demand: Demand,
    history: History,
    reported: Reported,
    design: tuple[int, int, int],
    noise: np.random.Generator,
) -> LiftTest:
    """Run one test.

    Args:
        catalogue: Gives the planned spend that the error follows.
        demand: Prices.
        history: The truth.
        reported: Spend.
        design: Retailer, placement and first day.
        noise: Where its error comes from.
    """
    retailer, placement, first = design
    days = min(priors.TEST_DAYS, catalogue.config.history_days)
    cell = (slice(first, first + days), retailer, placement)
    price = demand.price[first : first + days, retailer]
    truth = int((history.incremental[cell] * price).sum())
    planned = float(catalogue.daily_spend[retailer, placement].sum()) * days
    error = priors.TEST_ERROR * priors.PLANNED_IROAS * planned * 100
    return LiftTest(
        retailer=retailer,
        placement=placement,
        first_day=first,
        days=days,
        spend=int(reported.cost[cell].sum()),
        estimate=round(truth + error * float(noise.normal())),
        standard_error=max(1, round(error)),
        truth=truth,
    )

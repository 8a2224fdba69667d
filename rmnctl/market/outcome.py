"""What a plan would really bring: the scoring rule of every comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.market.curves import respond
from rmnctl.market.world import World


@dataclass(frozen=True)
class Outcome:
    """Expected result of a plan, each array shaped like the plan.

    Attributes:
        units: Incremental units sold.
        revenue: Incremental revenue, currency units.
        attributed: Revenue that networks would credit: incremental sales inside the window, and
            organic buyers whom ads reach while they run, currency units.
        contribution: Incremental units times the brand's unit contribution, currency units.
        spend: Money really spent; below plan where ads paused for lack of stock.
        margin: `contribution - spend`.
        stock_limited: True where stock ended before demand did.
    """

    units: np.ndarray
    revenue: np.ndarray
    attributed: np.ndarray
    contribution: np.ndarray
    spend: np.ndarray
    margin: np.ndarray
    stock_limited: np.ndarray


def expected_outcome(world: World, spend_by_cell: np.ndarray) -> Outcome:
    """Expected incremental outcome over the horizon of spend paced evenly through it.

    Expectation over demand and noise, so two plans differ by what they do and not by luck.
    A retailer x SKU sells at most its `stock_units` because of ads, whatever the order of
    sales: sold with ads minus sold without is min(stock, B + I) - min(stock, B). Where stock
    ends early and ads pause, the unspent part is returned.

    Args:
        world: The truth.
        spend_by_cell: Planned spend over the horizon, currency units, shape (..., cells) with
            cells in the order retailer, placement, SKU, or (..., R, P, S).

    Returns:
        Arrays of the same shape as the plan.

    Raises:
        ValueError: The plan has another number of cells, or negative or undefined spend.
    """
    config, horizon, response = world.catalogue.config, world.horizon, world.response
    given = np.asarray(spend_by_cell, dtype=np.float64)
    by_cell = given.shape[-3:] == config.cells
    if not by_cell and given.shape[-1:] != (int(np.prod(config.cells)),):
        raise ValueError(f"a plan must end in shape {config.cells} or its product: {given.shape}")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("spend must be a number of at least 0 in every cell")
    spend = given if by_cell else given.reshape(*given.shape[:-1], *config.cells)

    factor = (horizon.promo_multiplier * horizon.price_multiplier)[:, None, :]
    asked = factor * respond(response.family, spend, horizon.a, response.c, response.shape)
    units = asked / horizon.price[:, None, :]
    total = units.sum(axis=-2, keepdims=True)
    stock = horizon.stock_units[:, None, :]
    # A plan that stands at the limit, as plans that know of it do, is not cut short by rounding.
    short = total > stock * (1 + 1e-6)
    base = horizon.baseline_units[:, None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        served = np.where(short, stock / total, 1.0)
        in_stock = np.where(short, (base + stock) / (base + total), 1.0)
    limited = np.broadcast_to(short, spend.shape) & (units > 0)
    revenue = asked * served
    contribution = revenue * horizon.margin_rate[:, None, :]
    reach = -np.expm1(-spend / config.horizon_days / response.reach_scale)
    organic = reach * in_stock * base * horizon.price[:, None, :]
    attributed = response.window_share[:, None] * revenue + organic
    spent = spend * in_stock if config.oos_pause else spend
    return Outcome(
        units=(units * served).reshape(given.shape),
        revenue=revenue.reshape(given.shape),
        attributed=attributed.reshape(given.shape),
        contribution=contribution.reshape(given.shape),
        spend=spent.reshape(given.shape),
        margin=(contribution - spent).reshape(given.shape),
        stock_limited=limited.reshape(given.shape),
    )

"""The small tables: catalogue, the brand's private table, lift tests, and the truth."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from rmnctl.market.catalogue import Catalogue
from rmnctl.market.curves import marginal, respond
from rmnctl.market.money import decimals, from_cents, from_units
from rmnctl.market.private_facts import weeks_of
from rmnctl.market.world import World

CATALOGUE_SCHEMA = "catalogue/v1"
PRIVATE_SCHEMA = "brand_private/v1"
LIFT_TESTS_SCHEMA = "lift_tests/v1"
TRUTH_SCHEMA = "truth/v1"


def catalogue_table(catalogue: Catalogue) -> pa.Table:
    """What anyone may know: one row a SKU and retailer, in the order of the catalogue.

    Columns: sku_id, retailer_id, retailer_item_id, gtin14, brand_id, brand_name, department,
    category, product_line, product_name; all text.
    """
    retailers = catalogue.config.retailers
    rows = [
        {
            "sku_id": sku.sku_id,
            "retailer_id": retailer,
            "retailer_item_id": catalogue.item_ids[r][s],
            "gtin14": sku.gtin14,
            "brand_id": sku.brand_id,
            "brand_name": sku.brand_name,
            "department": sku.department,
            "category": sku.category,
            "product_line": sku.product_line,
            "product_name": sku.product_name,
        }
        for s, sku in enumerate(catalogue.skus)
        for r, retailer in enumerate(retailers)
    ]
    return pa.Table.from_pylist(rows)


def private_table(catalogue: Catalogue) -> pa.Table:
    """What only the brand knows: one row a SKU, retailer and week; the same in every world.

    Money in currency units, rates and multipliers without unit. `price` is the retail price
    outside promotions on the last day of the week, so from the start of the horizon the planned
    one; `margin_rate` is the unit contribution over today's price outside promotions;
    `promo_funding` is what the brand pays a promoted unit. `stock_units` are the units left for
    advertised sales over the horizon, null where unlimited; `stock_on_hand` adds the forecast
    `baseline_units`.
    """
    config, private = catalogue.config, catalogue.private
    r, _, s = config.cells
    weeks = weeks_of(config)
    sku, retailer, week = (i.ravel() for i in np.indices((s, r, weeks)))
    days = config.history_days + config.horizon_days
    last = np.minimum(week * 7 + 6, days - 1)
    in_horizon = last >= config.history_days
    price = np.where(in_horizon, private.planned_price[retailer, sku], catalogue.price[sku])
    promo = private.promo[retailer, sku, week]
    discounted = np.rint(price * (1 - private.promo_depth[sku])).astype(np.int64)
    stock = private.stock_units[retailer, sku]
    unlimited = np.isinf(stock)
    units = np.where(unlimited, 0, stock)
    baseline = catalogue.base_units[retailer, sku] * config.horizon_days
    mondays = [config.start_date + timedelta(days=7 * w) for w in range(weeks)]
    skus = catalogue.skus
    return pa.table(
        {
            "brand_id": pa.array([k.brand_id for k in skus]).take(pa.array(sku)),
            "sku_id": pa.array([k.sku_id for k in skus]).take(pa.array(sku)),
            "retailer_id": pa.array(config.retailers).take(pa.array(retailer)),
            "week_start": pa.array(mondays).take(pa.array(week)),
            "in_horizon": pa.array(in_horizon),
            "product_name": pa.array([k.product_name for k in skus]).take(pa.array(sku)),
            "department": pa.array([k.department for k in skus]).take(pa.array(sku)),
            "category": pa.array([k.category for k in skus]).take(pa.array(sku)),
            "price": from_cents(price),
            "promo_flag": pa.array(promo),
            "promo_price": from_cents(np.where(promo, discounted, price)),
            "promo_depth": pa.array(np.where(promo, private.promo_depth[sku], 0.0)),
            "promo_lift": pa.array(np.where(promo, config.promo.lift, 1.0)),
            "promo_funding": decimals(np.where(promo, private.promo_funding[sku], 0)),
            "wholesale_price": decimals(private.wholesale[sku]),
            "unit_cogs": decimals(private.unit_cogs[sku]),
            "margin_rate": pa.array(private.margin_rate[sku]),
            "price_elasticity": pa.array(private.elasticity[sku]),
            "stock_units": pa.array(units.astype(np.int64), mask=unlimited),
            "stock_on_hand": pa.array(np.ceil(units + baseline).astype(np.int64), mask=unlimited),
            "baseline_units": pa.array(baseline),
        }
    )


def lift_test_table(world: World) -> pa.Table:
    """Past experiments: one row a test, money in currency units, iROAS without unit.

    `standard_error` belongs to `incremental_revenue`, `iroas_se` to `iroas`.
    """
    catalogue, tests = world.catalogue, world.lift_tests
    config = catalogue.config
    spend = np.array([t.spend for t in tests])
    estimate = np.array([t.estimate for t in tests])
    error = np.array([t.standard_error for t in tests])
    paid = np.maximum(spend, 1)
    return pa.table(
        {
            "test_id": [f"lift-{n:02d}" for n in range(1, len(tests) + 1)],
            "retailer_id": [config.retailers[t.retailer] for t in tests],
            "placement_type": [str(config.placements[t.placement]) for t in tests],
            "start_date": [catalogue.day(t.first_day) for t in tests],
            "end_date": [catalogue.day(t.first_day + t.days - 1) for t in tests],
            "spend": from_cents(spend),
            "incremental_revenue": from_cents(estimate),
            "standard_error": from_cents(error),
            "iroas": estimate / paid,
            "iroas_se": error / paid,
        }
    )


def truth_table(world: World) -> pa.Table:
    """The truth by cell, in the order retailer, placement, SKU; money in currency units.

    Incremental revenue over the horizon before stock is
    `promo_multiplier x price_multiplier x r(x)` with r of `family`, `a`, `c`, `shape`;
    incremental margin is `margin_rate_horizon` times that minus x. `*_history` values are taken
    at `spend_history`, the average spend of history over a period as long as the horizon.
    """
    config, horizon, response = world.catalogue.config, world.horizon, world.response
    shape = config.cells
    r, p, s = (i.ravel() for i in np.indices(shape))
    spend = world.spend_history
    factor = (horizon.promo_multiplier * horizon.price_multiplier)[:, None, :]
    curve = (horizon.a, response.c, response.shape)
    revenue = factor * respond(response.family, spend, *curve)
    # Where nothing was ever spent, an S-curve has no slope to speak of.
    slope = factor * marginal(response.family, np.maximum(spend, 1e-9), *curve)

    def pair(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values[:, None, :], shape).ravel()

    stock = pair(horizon.stock_units)
    private = world.catalogue.private
    return pa.table(
        {
            "retailer_id": pa.array(config.retailers).take(pa.array(r)),
            "placement_type": pa.array([str(k) for k in config.placements]).take(pa.array(p)),
            "sku_id": pa.array([k.sku_id for k in world.catalogue.skus]).take(pa.array(s)),
            "family": pa.repeat(str(response.family), len(s)),
            "a": from_units(horizon.a.ravel()),
            "c": from_units(response.c.ravel()),
            "shape": response.shape.ravel(),
            "organic_share": response.organic_share.ravel(),
            "attributed_ratio": response.attributed_ratio.ravel(),
            "spend_history": from_units(spend.ravel()),
            "revenue_history": from_units(revenue.ravel()),
            "mroas_history": slope.ravel(),
            "promo_multiplier": pair(horizon.promo_multiplier),
            "price_multiplier": pair(horizon.price_multiplier),
            "margin_rate": private.margin_rate[s],
            "margin_rate_horizon": pair(horizon.margin_rate),
            "price": from_cents(world.catalogue.price[s]),
            "price_horizon": from_units(pair(horizon.price)),
            "stock_units": pa.array(
                np.where(np.isinf(stock), 0, stock).astype(np.int64), mask=np.isinf(stock)
            ),
            "baseline_units": pair(horizon.baseline_units),
        }
    )

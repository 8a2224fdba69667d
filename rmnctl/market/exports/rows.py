"""What a report says, before any dialect: rows by day, placement and SKU, with their warts."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

import numpy as np

from rmnctl.market import priors
from rmnctl.market.catalogue import campaign_number
from rmnctl.market.config import ExportConfig
from rmnctl.market.randomness import stream
from rmnctl.market.world import World


@dataclass(frozen=True)
class ReportRows:
    """Rows of one report, N each, by day, placement and SKU.

    Attributes:
        day: Days from the start of history.
        placement: Index of the placement.
        sku: Index of the SKU.
        impressions: Ads served.
        clicks: Clicks.
        orders: Attributed orders.
        units: Attributed units.
        revenue: Attributed sales, cents.
        other_units: The part of `units` that is another item.
        other_revenue: The part of `revenue` that is another item, cents.
        cost: Media cost, cents.
    """

    day: np.ndarray
    placement: np.ndarray
    sku: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray
    orders: np.ndarray
    units: np.ndarray
    revenue: np.ndarray
    other_units: np.ndarray
    other_revenue: np.ndarray
    cost: np.ndarray

    def __len__(self) -> int:
        return len(self.day)

    def take(self, index: np.ndarray) -> ReportRows:
        """The rows at these positions."""
        return ReportRows(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


@dataclass(frozen=True)
class Campaign:
    """Where one cell's ads are filed at the network."""

    brand_name: str
    campaign_id: int
    ad_group_id: int
    ad_group: str


def final_rows(world: World, export: ExportConfig) -> ReportRows:
    """The report once restatement is over: every cell and day with a visit."""
    config, reported = world.catalogue.config, world.reported
    retailer = config.retailers.index(export.retailer)
    wanted = [p in (export.placements or config.placements) for p in config.placements]
    shown = (reported.visits[:, retailer] > 0) & np.array(wanted)[:, None]
    day, placement, sku = np.nonzero(shown)

    def column(array: np.ndarray) -> np.ndarray:
        return np.asarray(array[day, retailer, placement, sku])

    units, revenue = column(reported.units), column(reported.revenue)
    other = column(reported.other_units)
    return ReportRows(
        day=day,
        placement=placement,
        sku=sku,
        impressions=column(reported.impressions),
        clicks=column(reported.clicks),
        orders=column(reported.orders),
        units=units,
        revenue=revenue,
        other_units=other,
        other_revenue=revenue * other // np.maximum(units, 1),
        cost=column(reported.cost),
    )


def first_rows(world: World, export: ExportConfig, final: ReportRows) -> ReportRows:
    """The same report on the last day of history, when late conversions are still missing."""
    config = world.catalogue.config
    rng = stream("restatement", world.seed, config.retailers.index(export.retailer))
    age = config.history_days - 1 - final.day
    known = np.ones(len(final))
    for below, share in reversed(priors.REPORTED_BY_AGE):
        known = np.where(age < below, share, known)
    orders = rng.binomial(final.orders, known)
    extra = rng.binomial(final.units - final.orders, known)
    units = np.where(orders > 0, orders + extra, 0)
    other = np.minimum(rng.binomial(final.other_units, known), units)
    revenue = final.revenue * units // np.maximum(final.units, 1)
    return replace(
        final,
        orders=orders,
        units=units,
        revenue=revenue,
        other_units=other,
        other_revenue=revenue * other // np.maximum(units, 1),
    )


def restated_rows(world: World, final: ReportRows) -> ReportRows:
    """The days that the network still changed after the first report."""
    since = world.catalogue.config.history_days - priors.RESTATED_DAYS
    return final.take(np.flatnonzero(final.day >= since))


def with_duplicates(world: World, export: ExportConfig, rows: ReportRows) -> ReportRows:
    """The rows with a few repeated word for word, as page-wise downloads do."""
    config = world.catalogue.config
    rng = stream("duplicates", world.seed, config.retailers.index(export.retailer))
    count = min(len(rows), max(3, round(priors.DUPLICATE_SHARE * len(rows))))
    again = rng.choice(len(rows), count, replace=False) if count else np.zeros(0, dtype=np.int64)
    return rows.take(np.sort(np.concatenate([np.arange(len(rows)), again])))


def snapshot_day(world: World, *, restated: bool) -> date:
    """The day a report was taken: the last one of history, or when all is final."""
    config = world.catalogue.config
    last = world.catalogue.day(config.history_days - 1)
    return last + timedelta(days=priors.RESTATED_DAYS) if restated else last


def campaigns(world: World, export: ExportConfig) -> list[list[Campaign]]:
    """Campaign and ad group of each placement and SKU: brand x placement, then category."""
    catalogue = world.catalogue
    config = catalogue.config
    retailer = config.retailers.index(export.retailer)
    categories = sorted({sku.category for sku in catalogue.skus})

    def of(placement: int, sku: int) -> Campaign:
        product = catalogue.skus[sku]
        key = (retailer, placement, config.brands.index(product.brand_id))
        group = (*key, 1 + categories.index(product.category))
        return Campaign(
            brand_name=product.brand_name,
            campaign_id=campaign_number(config, *key, 0),
            ad_group_id=campaign_number(config, *group),
            ad_group=product.category,
        )

    return [[of(p, s) for s in range(config.skus)] for p in range(len(config.placements))]

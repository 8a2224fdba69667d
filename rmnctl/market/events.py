"""The retailer's own stream: one row an ad visit, summing exactly to what is reported.

Each retailer x week is drawn by itself from its own random stream, so memory stays small and
the rows do not depend on what was drawn before. Impressions that led to no visit are booked on
the visits of the same cell and day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rmnctl.market import priors
from rmnctl.market.history import UNLIMITED
from rmnctl.market.money import MICROS_PER_CENT, MONEY, decimals
from rmnctl.market.randomness import mixed, stream
from rmnctl.market.world import World

EVENTS_SCHEMA = "events/v1"

#: Columns of one retailer's stream; from `price` on none may leave its clean room.
COLUMNS = pa.schema(
    [
        ("retailer_id", pa.string()),
        ("date", pa.date32()),
        ("placement_type", pa.string()),
        ("sku_id", pa.string()),
        ("customer_id", pa.string()),
        ("impressions", pa.int64()),
        ("clicks", pa.int64()),
        ("conversions", pa.int64()),
        ("revenue", MONEY),
        ("cost", MONEY),
        ("price", MONEY),
        ("promo_flag", pa.bool_()),
        ("stock_level", pa.int64()),
        ("geo_detail", pa.string()),
        ("creative_text", pa.string()),
    ]
)
#: Visits a week of a retailer that are drawn at once; larger weeks are cut by day.
_CHUNK_ROWS = 400_000
_CREATIVES = ("Discover {name}.", "{name}: back on the list.")


@dataclass(frozen=True)
class _Shoppers:
    """Pseudonyms of one retailer's shoppers and where they live."""

    ids: pa.Array
    region: np.ndarray


@dataclass(frozen=True)
class _Words:
    """Every text a row can hold, so that rows carry indices only."""

    placements: pa.Array
    skus: pa.Array
    regions: pa.Array
    creatives: pa.Array


def _shoppers(world: World, retailer: int) -> _Shoppers:
    # The key differs by retailer: nobody can join two retailers' shoppers.
    key = int(stream("pseudonyms", world.seed, retailer).integers(2**63))
    numbers = mixed(key, _crowd(world, retailer))
    ids = pa.array([f"{n:016x}" for n in numbers.tolist()])
    return _Shoppers(ids, (numbers % np.uint64(priors.REGIONS)).astype(np.int32))


def _words(world: World) -> _Words:
    catalogue = world.catalogue
    texts = [c.format(name=sku.product_name) for sku in catalogue.skus for c in _CREATIVES]
    return _Words(
        placements=pa.array([str(p) for p in catalogue.config.placements]),
        skus=pa.array([sku.sku_id for sku in catalogue.skus]),
        regions=pa.array([f"region-{n:02d}" for n in range(priors.REGIONS)]),
        creatives=pa.array(texts),
    )


def _shared_out(
    total: np.ndarray, row_of: np.ndarray, first: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Split each cell's integer total over its events in proportion to weights, exactly.

    Cuts the running weight of a cell into whole pieces, so the pieces sum to the total.

    Args:
        total: (G,) amount of each cell and day.
        row_of: (N,) cell and day of each event, ascending.
        first: (G,) first event of each.
        weight: (N,) integers of at least 0, some above 0 wherever the total is.
    """
    running = np.concatenate([[0], np.cumsum(weight)])
    inside = running[1:] - running[first][row_of]
    whole = np.maximum(np.add.reduceat(weight, first), 1)
    # Any cut between two events is as good as another; the last one is total * 1.0, exact.
    reached = np.floor(total[row_of] * (inside / whole[row_of])).astype(np.int64)
    previous = np.concatenate([[0], reached[:-1]])
    previous[first] = 0
    return np.asarray(reached - previous)


def _counted(
    total: np.ndarray, visits: np.ndarray, row_of: np.ndarray, rank: np.ndarray
) -> np.ndarray:
    """Spread counts evenly: one each for the first ranks of a cell, then a second round."""
    share, rest = np.divmod(total, np.maximum(visits, 1))
    return np.asarray(share[row_of] + (rank < rest[row_of]))


def _ranks(row_of: np.ndarray, first: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random order of the events within each cell and day, from 0 on."""
    order = np.argsort(row_of + rng.random(row_of.size))
    rank = np.empty(row_of.size, dtype=np.int64)
    # Groups keep their places in the order, so the position inside the group is the rank.
    rank[order] = np.arange(row_of.size) - first[row_of]
    return rank


def _visitors(crowd: int, uniform: np.ndarray) -> np.ndarray:
    """Which shopper makes each visit, by inversion of the activity distribution."""
    power, flat = priors.ACTIVITY_POWER, priors.ACTIVITY_FLAT_SHARE
    low, high = flat ** (1 / power), (1 + flat) ** (1 / power)
    rank = (low + uniform * (high - low)) ** power - flat
    return np.asarray(np.clip(rank * crowd, 0, crowd - 1), dtype=np.int32)


@dataclass(frozen=True)
class EventArrays:
    """Events of one retailer as numbers, N each, ordered by day, placement and SKU.

    Attributes:
        day: Days from the start of history.
        placement: Index of the placement.
        sku: Index of the SKU.
        shopper: Number of the shopper, below `crowd`.
        impressions, clicks, conversions: Counts.
        revenue, cost: Millionths of a currency unit.
        creative: Which of the SKU's creatives was shown.
        crowd: How many shoppers the retailer has.
    """

    day: np.ndarray
    placement: np.ndarray
    sku: np.ndarray
    shopper: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray
    conversions: np.ndarray
    revenue: np.ndarray
    cost: np.ndarray
    creative: np.ndarray
    crowd: int


def _crowd(world: World, retailer: int) -> int:
    visits = int(world.reported.visits[:, retailer].sum())
    return int(np.clip(visits // priors.EVENTS_PER_SHOPPER, 200, 250_000))


def _numbers(world: World, retailer: int, days: range, crowd: int) -> EventArrays | None:
    """The events of some days, or None where there are none."""
    reported, catalogue = world.reported, world.catalogue
    block = (slice(days.start, days.stop), retailer)
    visits = reported.visits[block].ravel()
    busy = np.flatnonzero(visits)
    if not busy.size:
        return None
    visits = visits[busy]
    _, p, s = catalogue.config.cells
    day, rest = np.divmod(busy, p * s)
    placement, sku = np.divmod(rest, s)
    row_of = np.repeat(np.arange(busy.size), visits)
    first = np.concatenate([[0], np.cumsum(visits)[:-1]])
    rng = stream("events", world.seed, retailer, days.start)
    rank = _ranks(row_of, first, rng)

    def total(array: np.ndarray) -> np.ndarray:
        return np.asarray(array[block].ravel()[busy])

    clicks = _counted(total(reported.clicks), visits, row_of, rank)
    orders = _counted(total(reported.orders), visits, row_of, rank)
    extra = total(reported.units) - total(reported.orders)
    buyers = np.minimum(total(reported.orders), visits)
    units = orders + np.where(rank < buyers[row_of], _counted(extra, buyers, row_of, rank), 0)
    luck = rng.integers(1, 64, row_of.size)
    impressions = 1 + _shared_out(total(reported.impressions) - visits, row_of, first, luck)
    revenue = _shared_out(total(reported.revenue), row_of, first, units) * MICROS_PER_CENT
    cost = _shared_out(total(reported.cost) * MICROS_PER_CENT, row_of, first, 24 + (luck >> 2))
    return EventArrays(
        day=(days.start + day)[row_of],
        placement=placement[row_of],
        sku=sku[row_of],
        shopper=_visitors(crowd, rng.random(row_of.size)),
        impressions=impressions,
        clicks=clicks,
        conversions=orders,
        revenue=revenue,
        cost=cost,
        creative=luck & 1,
        crowd=crowd,
    )


def _table(
    world: World, retailer: int, events: EventArrays, shoppers: _Shoppers, words: _Words
) -> pa.Table:
    """Events in the words of the retailer."""
    config = world.catalogue.config
    day, sku, who = events.day, events.sku, events.shopper
    dates = (np.datetime64(config.start_date, "D") + day).astype("int32")
    on_shelf = world.history.stock[day, retailer, sku]
    cents = world.demand.price[day, retailer, sku]
    return pa.table(
        [
            pa.repeat(config.retailers[retailer], day.size),
            pa.array(dates).cast(pa.date32()),
            words.placements.take(pa.array(events.placement)),
            words.skus.take(pa.array(sku)),
            shoppers.ids.take(pa.array(who)),
            pa.array(events.impressions),
            pa.array(events.clicks),
            pa.array(events.conversions),
            decimals(events.revenue),
            decimals(events.cost),
            decimals(cents * MICROS_PER_CENT),
            pa.array(world.demand.promo[day, retailer, sku]),
            pa.array(on_shelf, mask=on_shelf >= UNLIMITED),
            words.regions.take(pa.array(shoppers.region[who])),
            words.creatives.take(pa.array(2 * sku + events.creative)),
        ],
        schema=COLUMNS,
    )


def _chunks(visits_by_day: np.ndarray) -> Iterator[range]:
    """Weeks, or single days where a week is too large to hold."""
    for start in range(0, len(visits_by_day), 7):
        stop = min(start + 7, len(visits_by_day))
        if visits_by_day[start:stop].sum() <= _CHUNK_ROWS:
            yield range(start, stop)
        else:
            yield from (range(day, day + 1) for day in range(start, stop))


def event_batches(world: World, retailer_id: str) -> Iterator[pa.Table]:
    """The stream of one retailer, in order of date, placement and SKU.

    Args:
        world: The world.
        retailer_id: One of the market's retailers.

    Yields:
        Tables with the schema `COLUMNS`, about a week each. Summed by date, placement and SKU
        they equal `world.reported`: counts exactly, money to the cent.
    """
    retailer = world.catalogue.config.retailers.index(retailer_id)
    shoppers, words = _shoppers(world, retailer), _words(world)
    for events in event_arrays(world, retailer_id):
        yield _table(world, retailer, events, shoppers, words)


def event_arrays(world: World, retailer_id: str) -> Iterator[EventArrays]:
    """The stream of `event_batches` as numbers, for whoever needs no words.

    Args:
        world: The world.
        retailer_id: One of the market's retailers.

    Yields:
        The very same events in the same pieces.
    """
    retailer = world.catalogue.config.retailers.index(retailer_id)
    crowd = _crowd(world, retailer)
    for days in _chunks(world.reported.visits[:, retailer].sum(axis=(1, 2))):
        events = _numbers(world, retailer, days, crowd)
        if events is not None:
            yield events

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl import tables
from rmnctl.market.events import COLUMNS, _shared_out, event_batches
from rmnctl.market.money import decimals, from_cents


@pytest.fixture(scope="module")
def events(world):
    """Both retailers' streams."""
    return pa.concat_tables([b for r in ("alpha", "beta") for b in event_batches(world, r)])


def test_events_sum_exactly_to_what_networks_report(world, events):
    """By cell and day counts agree exactly and money to the cent."""
    with tables.connect() as db:
        db.register("events", events)
        got = db.execute(
            "SELECT retailer_id, date, placement_type, sku_id, count(*), sum(impressions)::BIGINT, "
            "sum(clicks)::BIGINT, sum(conversions)::BIGINT, sum(revenue), sum(cost) "
            "FROM events GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    config, r = world.catalogue.config, world.reported
    expected = []
    for day, retailer, placement, sku in zip(*np.nonzero(r.visits), strict=True):
        at = (day, retailer, placement, sku)
        expected.append(
            (
                config.retailers[retailer],
                world.catalogue.day(int(day)),
                str(config.placements[placement]),
                world.catalogue.skus[sku].sku_id,
                *(int(a[at]) for a in (r.visits, r.impressions, r.clicks, r.orders)),
                *(Decimal(int(a[at])) / 100 for a in (r.revenue, r.cost)),
            )
        )
    assert got == sorted(expected)


def test_rows_are_plausible_visits(events):
    """Every visit has an impression and a cost; sales stand on rows with an order."""
    with tables.connect() as db:
        db.register("events", events)
        assert db.execute(
            "SELECT min(impressions) > 0, min(clicks), min(conversions), min(revenue) >= 0, "
            "min(cost) >= 0, count(*) FILTER (revenue > 0 AND conversions = 0) FROM events"
        ).fetchone() == (True, 0, 0, True, True, 0)


def test_streams_are_in_order_of_day(events):
    """A file is sorted by date, placement and SKU."""
    days = [
        d
        for d, r in zip(*(events[c].to_pylist() for c in ("date", "retailer_id")), strict=True)
        if r == "beta"
    ]
    assert days == sorted(days)


def test_shoppers_are_strangers_across_retailers_and_unequally_active(world):
    """Pseudonyms never join two retailers; few shoppers make many of the events."""
    crowds = []
    for retailer in ("alpha", "beta"):
        ids = np.concatenate([b["customer_id"].to_numpy() for b in event_batches(world, retailer)])
        names, count = np.unique(ids, return_counts=True)
        top = np.sort(count)[::-1][: max(1, len(count) // 100)].sum() / count.sum()
        assert 0.08 < top < 0.35
        crowds.append(set(names))
    assert not crowds[0] & crowds[1]


def test_a_shopper_lives_in_one_region(events):
    """Geography belongs to the person."""
    pairs = set(
        zip(events["customer_id"].to_pylist(), events["geo_detail"].to_pylist(), strict=True)
    )
    assert len(pairs) == len(set(events["customer_id"].to_pylist()))


def test_unlimited_stock_is_null(small):
    """Where stock never binds the retailer has no level to show."""
    batch = next(event_batches(small(stock={"tightness": 0}), "alpha"))
    assert batch["stock_level"].null_count == batch.num_rows
    assert batch.schema == COLUMNS


def test_a_world_without_a_visit_has_an_empty_stream(small):
    """A cap of one event leaves one retailer with nothing."""
    world = small(events=1)
    assert sum(b.num_rows for r in ("alpha", "beta") for b in event_batches(world, r)) == 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_totals_are_shared_out_exactly(data):
    """However the weights fall, the parts are whole, not negative, and sum to the total."""
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=9))
    total = np.array(
        data.draw(st.lists(st.integers(0, 10**12), min_size=len(sizes), max_size=len(sizes)))
    )
    weight = np.array(
        data.draw(st.lists(st.integers(0, 50), min_size=sum(sizes), max_size=sum(sizes)))
    )
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    weight[first] += 1
    row_of = np.repeat(np.arange(len(sizes)), sizes)
    parts = _shared_out(total, row_of, first, weight)
    assert (parts >= 0).all()
    assert (np.add.reduceat(parts, first) == total).all()
    assert (parts[weight == 0] == 0).all()


def test_decimals_keep_sign_and_every_digit():
    """Integers become DECIMAL(18,6) without rounding."""
    column = decimals(np.array([-1, 0, 10**15]))
    assert column.to_pylist() == [Decimal("-0.000001"), Decimal(0), Decimal(10**9)]
    assert from_cents(np.array([-199])).to_pylist() == [Decimal("-1.990000")]

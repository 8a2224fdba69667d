from __future__ import annotations

import numpy as np
import pytest

from rmnctl.market import MarketConfig, build_catalogue, draw_world
from rmnctl.market.history import UNLIMITED


def test_a_world_repeats_and_another_seed_changes_it(small):
    """The seed is all there is to a world."""
    one, same, other = small(3), small(3), small(4)
    assert (one.reported.revenue == same.reported.revenue).all()
    assert (one.response.a == same.response.a).all()
    assert (one.response.a != other.response.a).all()
    assert one.catalogue.skus == other.catalogue.skus


def test_a_catalogue_of_another_market_is_refused():
    """Truth and catalogue cannot be mixed up."""
    catalogue = build_catalogue(MarketConfig(skus=10))
    with pytest.raises(ValueError, match="another configuration"):
        draw_world(MarketConfig(skus=11), catalogue)


def test_roas_overstates_iroas(small):
    """Networks credit more to ads than ads caused, in every world."""
    for seed in range(5):
        metrics = small(seed).metrics()
        assert metrics["roas"] > metrics["iroas"] > 0


def test_without_ads_the_same_demand_is_served(small):
    """Where stock never binds, sales with ads minus sales without are the advertised sales."""
    world = small(stock={"tightness": 0})
    history = world.history
    assert (history.organic == history.organic_alone).all()
    assert (history.organic_alone == world.demand.organic).all()


def test_ads_that_empty_the_shelf_take_sales_from_later_buyers(world):
    """Where stock binds, the exact increment is smaller than what ads sold."""
    history = world.history
    assert history.organic.sum() < history.organic_alone.sum()
    sold = history.organic + history.incremental.sum(axis=2)
    assert (sold <= history.stock).all()
    assert (history.organic_alone <= world.demand.organic).all()


def test_stock_knob_at_zero_never_binds(small):
    """Tightness 0 leaves every shelf full."""
    assert (small(stock={"tightness": 0}).history.stock >= UNLIMITED).all()


def test_ads_of_a_stocked_out_sku_pause(small):
    """An empty shelf in the morning means no spend and no visit, if so configured."""
    world = small(stock={"tightness": 1.0})
    empty = world.history.stock == 0
    assert empty.any()
    assert world.reported.cost.transpose(0, 1, 3, 2)[empty].sum() == 0
    running = small(stock={"tightness": 1.0}, oos_pause=False)
    empty = running.history.stock == 0
    assert running.reported.cost.transpose(0, 1, 3, 2)[empty].sum() > 0


def test_budgets_follow_demand_and_partly_chance(world):
    """Historic spend is endogenous, yet varies at random: weeks go dark, levels move."""
    target = world.history.target
    organic = world.demand.expected[: len(target)]
    total, wanted = target.sum(axis=(1, 2, 3)), organic.sum(axis=(1, 2))
    assert np.corrcoef(total, wanted)[0, 1] > 0.3
    weekly = target.reshape(-1, 7, *target.shape[1:]).sum(axis=1)
    assert 0.02 < (weekly == 0).mean() < 0.25
    assert (weekly.std(axis=0) > 0).all()


def test_marginal_iroas_at_historic_spend_lies_in_the_stated_range(small):
    """Every family is pinned to the same slope and average at usual spend."""
    from rmnctl.market.curves import marginal, respond

    averages = []
    for family in ("saturating_exp", "hill", "s_curve"):
        world = small(response={"family": family})
        response = world.response
        x = world.catalogue.daily_spend * world.catalogue.config.horizon_days
        curve = (response.a, response.c, response.shape)
        slope = marginal(response.family, x, *curve)
        assert (slope > 0.3).all()
        assert (slope < 2.0).all()
        averages.append(respond(response.family, x, *curve) / x)
    assert averages[0] == pytest.approx(averages[1])
    assert averages[0] == pytest.approx(averages[2])


def test_a_cap_on_events_shrinks_the_market_and_is_met_exactly(small):
    """A capped stream has exactly that many events, and spend shrinks with it."""
    whole, capped = small(), small(events=1000)
    assert capped.reported.visits.sum() == 1000
    scale = capped.catalogue.scale
    ratio = capped.reported.cost.sum() / whole.reported.cost.sum()
    assert 0.5 < ratio / scale < 1.5


def test_a_cap_above_the_full_stream_changes_nothing(small):
    """A generous cap is no cap."""
    whole, capped = small(), small(events=10**9)
    assert (whole.reported.visits == capped.reported.visits).all()


def test_reported_figures_make_sense(world):
    """The funnel narrows, units are at least orders, and sales need a visit."""
    r = world.reported
    assert (r.impressions >= r.visits).all()
    assert (r.clicks <= r.visits).all()
    assert (r.orders <= r.units).all()
    assert (r.other_units <= r.units).all()
    assert ((r.orders > 0) == (r.units > 0)).all()
    for array in (r.impressions, r.orders, r.revenue, r.cost):
        assert (array[r.visits == 0] == 0).all()


def test_attributed_sales_are_what_the_shares_promise(small):
    """Attributed over incremental revenue is near the stated ratio, promotions aside."""
    world = small(promo={"intensity": 0}, stock={"tightness": 0}, skus=40)
    cents = world.demand.price[: world.catalogue.config.history_days][:, :, None, :]
    incremental = (world.history.incremental * cents).sum(axis=0)
    expected = (world.response.attributed_ratio * incremental).sum() / incremental.sum()
    assert world.reported.revenue.sum() / incremental.sum() == pytest.approx(expected, rel=0.1)


def test_no_organic_share_means_no_organic_credit(small):
    """With organic_share 0 networks claim nothing but incremental sales."""
    world = small(attribution={"organic_share": 0.0, "dispersion": 0.5})
    assert (world.response.organic_share == 0).all()
    assert world.reported.units.sum() <= world.history.incremental.sum()
    assert world.reported.other_units.sum() == 0

from __future__ import annotations

import numpy as np
import pytest

from rmnctl.market import expected_outcome

FREE = {"stock": {"tightness": 0}}


def ladder(world, top=3.0, steps=61):
    """Plans that scale historic spend from 0 to `top`, shape (steps, R, P, S)."""
    factors = np.linspace(0, top, steps)
    return factors[:, None, None, None] * world.catalogue.daily_spend * 28


@pytest.mark.parametrize("family", ["saturating_exp", "hill"])
def test_concave_families_rise_ever_more_slowly(small, family):
    """More spend always brings more, and each step less than the one before."""
    world = small(response={"family": family}, **FREE)
    revenue = expected_outcome(world, ladder(world)).revenue
    steps = np.diff(revenue, axis=0)
    assert (steps > 0).all()
    assert (np.diff(steps, axis=0) < 0).all()


def test_s_curves_speed_up_before_they_slow_down(small):
    """An S-curve is convex at first and concave at the end."""
    world = small(response={"family": "s_curve"}, **FREE)
    revenue = expected_outcome(world, ladder(world, top=3.0, steps=301)).revenue
    steps = np.diff(revenue, axis=0)
    assert (steps > 0).all()
    assert (np.diff(steps, axis=0)[0] > 0).all()
    assert (np.diff(steps, axis=0)[-1] < 0).all()


@pytest.mark.parametrize("family", ["saturating_exp", "hill", "s_curve"])
def test_no_spend_brings_nothing(small, family):
    """Without ads there is no increment, no cost and no shortage."""
    world = small(response={"family": family})
    outcome = expected_outcome(world, np.zeros(world.catalogue.config.cells))
    for array in (outcome.units, outcome.revenue, outcome.spend, outcome.margin):
        assert (array == 0).all()
    assert not outcome.stock_limited.any()


def test_margin_is_contribution_minus_spend(world):
    """Money adds up, and contribution is units times what the brand keeps of the price."""
    spend = world.spend_history
    outcome = expected_outcome(world, spend)
    horizon = world.horizon
    each = (horizon.margin_rate * horizon.price)[:, None, :]
    assert outcome.contribution == pytest.approx(outcome.units * each)
    assert outcome.margin == pytest.approx(outcome.contribution - outcome.spend)


def test_no_shelf_sells_more_than_it_holds(world):
    """Placements of one SKU share its stock, however much is spent."""
    outcome = expected_outcome(world, 20 * world.spend_history)
    assert (outcome.units.sum(axis=1) <= world.horizon.stock_units * (1 + 1e-12)).all()
    assert outcome.stock_limited.any()


def test_paused_ads_return_their_budget(small):
    """Where stock ends early the rest of the budget stays unspent, unless ads run on."""
    short = {"stock": {"tightness": 1.0}}
    paused, running = small(**short), small(oos_pause=False, **short)
    plan = 3 * paused.spend_history
    out = expected_outcome(paused, plan)
    assert out.stock_limited.any()
    assert (out.spend[out.stock_limited] < plan[out.stock_limited]).all()
    assert (out.spend[~out.stock_limited] == plan[~out.stock_limited]).all()
    assert (expected_outcome(running, plan).spend == plan).all()


def test_plans_may_be_flat_stacked_or_shaped(world):
    """One row a cell, many plans at once, or arrays by retailer, placement and SKU."""
    plan = world.spend_history
    shaped = expected_outcome(world, plan).margin
    flat = expected_outcome(world, plan.ravel()).margin
    stacked = expected_outcome(world, np.stack([plan.ravel(), 2 * plan.ravel()])).margin
    assert (shaped.ravel() == flat).all()
    assert (stacked[0] == flat).all()
    assert stacked.shape == (2, plan.size)


@pytest.mark.parametrize("plan", [np.ones(5), np.ones((2, 3, 11))])
def test_a_plan_of_another_market_is_refused(world, plan):
    """The number of cells must fit."""
    with pytest.raises(ValueError, match="must end in shape"):
        expected_outcome(world, plan)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_impossible_spend_is_refused(world, wrong):
    """Spend is a number of at least 0."""
    plan = np.zeros(world.catalogue.config.cells)
    plan[0, 0, 0] = wrong
    with pytest.raises(ValueError, match="at least 0"):
        expected_outcome(world, plan)


def test_null_market_has_one_margin_and_no_multipliers(small):
    """With every knob at 0 revenue is r(x) and margin its fixed share minus spend."""
    world = small(margin={"dispersion": 0}, promo={"intensity": 0}, price={"dispersion": 0}, **FREE)
    horizon = world.horizon
    assert (horizon.promo_multiplier == 1).all()
    assert (horizon.price_multiplier == 1).all()
    assert horizon.margin_rate == pytest.approx(np.full((2, 12), 0.32))
    assert np.isinf(horizon.stock_units).all()


def test_history_without_shortage_earns_what_the_truth_expects(small):
    """Realised sales match the curve at the pressure of each day: truth and history agree."""
    from rmnctl.market.curves import respond

    world = small(skus=40, **FREE)
    r, h, d = world.response, world.history, world.demand
    days = len(h.target)
    reply = respond(r.family, h.pressure * 28, r.a, r.c, r.shape) / 28
    season = (d.season[:days][:, None, :] * d.lift[:days])[:, :, None, :]
    expected = reply * season / (world.catalogue.price / 100)
    assert h.incremental.sum() == pytest.approx(expected.sum(), rel=0.03)

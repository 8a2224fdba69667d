"""Weights found from a few examples."""

from __future__ import annotations

import pytest

from rmnctl.errors import ConfigError
from rmnctl.federation import Strategy, calibrate

NAMES = ("industry", "brand_x")


def test_the_weights_with_the_least_loss_are_found(federation):
    """A bowl with its bottom on the grid is found, whatever other weights are configured."""
    federation = federation.with_config(weights={"planner": 0.25})
    bottom = {"industry": 0.5, "brand_x": 1.25}

    def loss(tried):
        assert tried.config.weights["planner"] == 0.25
        return sum((tried.config.weights[n] - bottom[n]) ** 2 for n in NAMES)

    found = calibrate(federation, loss, NAMES)
    assert (found.weights, found.before, found.after) == (bottom, 0.25 + 0.0625, 0.0)


def test_calibration_never_makes_what_it_measures_worse(federation):
    """On real answers: the loss of a candidate under the composition is at most that of ones."""

    def loss(tried):
        return -tried.score("go", ["yes"], "planning", "alpha", "x")[0]

    found = calibrate(federation, loss, NAMES, grid=(0.0, 0.5, 1.5), rounds=1)
    assert found.after <= found.before == loss(federation)
    again = federation.with_config(weights=found.weights)
    assert loss(again) == pytest.approx(found.after)
    assert found.tried <= 1 + 3 * len(NAMES)


def test_nothing_better_leaves_all_weights_at_one(federation):
    """A flat loss moves nothing and ends after one pass."""
    found = calibrate(federation, lambda _: 1.0, NAMES)
    assert found.weights == dict.fromkeys(NAMES, 1.0)


def test_another_strategy_shares_the_loaded_base(federation):
    """Backend, registry and cache are the same; the log is its own."""
    federation.compose("planning", "alpha", "x")
    other = federation.with_config(strategy=Strategy.MERGED, rank=3)
    assert other.compose("planning", "alpha", "x").rank == 3
    assert (other.engine, other.registry, other.cache) == (
        federation.engine,
        federation.registry,
        federation.cache,
    )
    assert (len(other.log), len(federation.log)) == (1, 1)
    with pytest.raises(ConfigError, match="needs a federation of its own"):
        federation.with_config(base="another")

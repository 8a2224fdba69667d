from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.measurement.pairs import coin_sequences
from rmnctl.measurement.switchback import Effect, Layout, decision_points, estimate_effect
from rmnctl.measurement.switchback_analysis import fieller


@pytest.mark.parametrize(
    ("periods", "carryover", "points"),
    [
        (5, 0, [0, 1, 2, 3, 4]),
        (6, 1, [0, 2, 3, 4]),
        (12, 2, [0, 4, 6, 8]),
        (12, 3, [0, 6]),
        (13, 3, [0, 6]),
    ],
)
def test_coins_are_flipped_where_the_minimax_design_says(periods, carryover, points) -> None:
    """{1, 2m+1, 3m+1, ..., (n-2)m+1} in the paper's count, which starts at 1."""
    assert decision_points(periods, carryover).tolist() == points


def test_less_than_four_carryovers_are_refused() -> None:
    """The minimax design needs n of at least 4."""
    with pytest.raises(ValueError, match="four times"):
        decision_points(11, 3)


def outcome(paths, base, effect, carryover):
    """Outcomes with an effect that is felt equally over the carry-over; (A, U, T)."""
    lasting = np.zeros(paths.shape)
    for lag in range(carryover + 1):
        lasting[:, :, lag:] += paths[:, :, : paths.shape[2] - lag] / (carryover + 1)
    return base + effect * lasting


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([(6, 0), (10, 1), (14, 2)]))
def test_over_all_coins_the_estimate_is_right_and_its_variance_not_too_small(seed, shape) -> None:
    """Listing every coin: Horvitz-Thompson has no bias, and its variance is not understated.

    Effects vary over time and last for the carry-over.
    """
    periods, carryover = shape
    layout = Layout(1, periods, carryover, "horvitz_thompson")
    coins = coin_sequences(layout.coins, np.random.default_rng(0))
    paths = layout.paths(coins)
    rng = np.random.default_rng(seed)
    base, effect = rng.normal(1, 2, periods), rng.normal(1, 1, periods)
    seen = outcome(paths, base, effect, carryover)
    estimates = (layout.weights(paths) * seen.reshape(len(paths), -1)).sum(axis=1)
    assert estimates.mean() == pytest.approx(effect[carryover:].mean())
    on, off = layout.exposed(paths)
    fair = on.any(axis=(1, 2)) & off.any(axis=(1, 2))
    estimated = [
        estimate_effect(layout, path, np.stack([y, y])).covariance[0, 0]
        for path, y in zip(paths[fair], seen[fair], strict=True)
    ]
    centred_out = (~fair).sum()  # one-sided coins have no estimate; they are few
    assert np.mean(estimated) * fair.mean() >= estimates.var() * (1 - 3 * centred_out / len(paths))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(-50, 50))
def test_hajek_ignores_the_level_and_finds_a_constant_effect_exactly(seed, level) -> None:
    """On flat sales every sequence of coins gives the effect itself."""
    layout = Layout(2, 12, 2)
    path = layout.paths(np.random.default_rng(seed).integers(0, 2, (1, layout.coins)))[0]
    on, off = layout.exposed(path[None])
    if on.any() and off.any():
        y = outcome(path[None], level, 7.0, 2)[0]
        found = estimate_effect(layout, path, np.stack([y, 10.0 * path]))
        assert found.estimate == pytest.approx([7.0, 10.0])
        assert found.covariance == pytest.approx(np.zeros((2, 2)), abs=1e-9)


def test_all_on_cannot_be_compared() -> None:
    """Without untreated periods there is nothing to compare with."""
    layout = Layout(1, 8, 1)
    with pytest.raises(ValueError, match="off"):
        estimate_effect(layout, np.ones((1, 8), dtype=bool), np.zeros((2, 1, 8)))


def test_gaps_do_not_depend_on_how_they_are_computed() -> None:
    """Estimates in parts are those at once."""
    layout = Layout(3, 20, 1)
    rng = np.random.default_rng(2)
    coins, y = rng.integers(0, 2, (50, layout.coins)), rng.normal(size=(60, 4))
    whole = layout.weights(layout.paths(coins)) @ y
    assert layout.gaps(coins, y) == pytest.approx(whole)


def test_fieller_is_the_normal_interval_where_spend_is_certain() -> None:
    """A spend of 5 without error divides the revenue's interval by 5."""
    effect = Effect(np.array([10.0, 5.0]), np.array([[4.0, 0.0], [0.0, 0.0]]), 1e9)
    low, high = fieller(effect, 0.95)
    assert (low, high) == pytest.approx(((10 - 2 * 1.959964) / 5, (10 + 2 * 1.959964) / 5))


def test_fieller_is_open_where_spend_may_be_nothing() -> None:
    """If the spend itself is not told from 0 the ratio may be anything."""
    effect = Effect(np.array([10.0, 1.0]), np.array([[1.0, 0.0], [0.0, 1.0]]), 1e9)
    assert fieller(effect, 0.95) == (-np.inf, np.inf)

"""Intervals, clusters, Shapley values."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rmnctl.comparison.statistics import (
    Bootstrap,
    expanded_tail,
    shapley,
    student_quantile,
    worst_tenth,
)

FIELDS = ("a", "b", "c", "d")


def sets(fields=FIELDS):
    return [
        frozenset(s)
        for s in chain.from_iterable(combinations(fields, n) for n in range(len(fields) + 1))
    ]


@pytest.mark.parametrize("freedom", [1, 2, 4, 9, 19, 199])
def test_the_quantile_of_student_is_that_of_scipy(freedom) -> None:
    """At the levels in use the series errs by less than half a per cent of the quantile."""
    for level in (0.95, 0.975):
        assert student_quantile(level, freedom) == pytest.approx(
            stats.t.ppf(level, freedom), rel=5e-3
        )


def test_intervals_of_normal_draws_are_those_of_student() -> None:
    """The expanded bootstrap interval is as wide as the t interval, for few draws and for many."""
    for n in (10, 40, 200):
        values = np.random.default_rng(n).normal(5, 2, n)
        found = Bootstrap(n, 20_000, 1).interval(values)
        half = stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)
        assert found.mean == values.mean()
        assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.06)


def test_few_draws_cover_as_often_as_they_say() -> None:
    """Of intervals from ten draws, 95 in 100 hold the truth, give or take what 1 000 trials tell."""
    rng = np.random.default_rng(3)
    inside = 0
    for trial in range(1000):
        found = Bootstrap(10, 500, trial).interval(rng.normal(1, 1, 10))
        inside += found.low <= 1 <= found.high
    assert 0.92 <= inside / 1000 <= 0.98


def test_one_draw_has_no_interval() -> None:
    """A single world or cluster gives no finite interval."""
    found = Bootstrap(1, 500, 0).interval(np.array([3.0]))
    assert (found.mean, found.n) == (3.0, 1)
    assert not np.isfinite([found.low, found.high]).any()


def test_worlds_of_one_catalogue_are_drawn_together() -> None:
    """Copies of a cluster's worlds do not narrow its interval; n counts clusters."""
    values = np.random.default_rng(5).normal(size=12)
    alone = Bootstrap(12, 4000, 2).interval(values)
    copied = Bootstrap(48, 4000, 2, np.repeat(np.arange(12), 4)).interval(np.repeat(values, 4))
    assert copied.n == alone.n == 12
    assert (copied.low, copied.high) == pytest.approx((alone.low, alone.high))


def test_differences_are_paired() -> None:
    """A constant difference has an interval of no width, however much worlds differ."""
    base = np.random.default_rng(7).normal(0, 100, 30)
    found = Bootstrap(30, 1000, 0).interval((base + 2) - base)
    assert (found.low, found.high) == pytest.approx((2, 2))


@given(st.lists(st.floats(-1e6, 1e6), min_size=16, max_size=16))
def test_shapley_shares_sum_to_the_whole(worth) -> None:
    """Whatever the game, shares add up to what all know minus what none knows."""
    game = {known: np.array([v]) for known, v in zip(sets(), worth, strict=True)}
    shares = shapley(game, FIELDS)
    total = game[frozenset(FIELDS)] - game[frozenset()]
    assert shares.sum() == pytest.approx(total.sum(), abs=1e-6)


def test_shapley_of_games_with_known_answers() -> None:
    """Additive games give each its own part; a pair that earns together shares evenly."""
    parts = dict(zip(FIELDS, (1.0, 2.0, 3.0, 4.0), strict=True))
    additive = {known: np.array([sum(parts[f] for f in known)]) for known in sets()}
    assert shapley(additive, FIELDS)[0] == pytest.approx([1, 2, 3, 4])
    pair = {known: np.array([float({"a", "b"} <= known)]) for known in sets()}
    assert shapley(pair, FIELDS)[0] == pytest.approx([0.5, 0.5, 0, 0])


def test_the_worst_tenth_is_a_mean_of_the_lowest() -> None:
    """Ten of a hundred values; at least one of a few."""
    assert worst_tenth(np.arange(100.0)) == 4.5
    assert worst_tenth(np.array([3.0, 1.0, 2.0])) == 1.0


def test_the_tail_is_below_that_of_many_draws() -> None:
    """Fewer draws cut off less of the tail, so intervals are wider."""
    assert expanded_tail(5, 0.025) < expanded_tail(50, 0.025) < 0.025

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from rmnctl.errors import InputError
from rmnctl.measurement.config import MatchedPairs, SyntheticControl
from rmnctl.measurement.geo import draw_lot, planned_spend
from rmnctl.measurement.pairs import coin_sequences, match_pairs
from rmnctl.measurement.sensitivity import to_cents
from rmnctl.measurement.synthetic import candidate_sets, fit_weights
from tests.measurement.series import sales


def test_twins_are_paired() -> None:
    """Units made as noisy twins find each other whatever their order."""
    rng = np.random.default_rng(1)
    half = rng.normal(0, 10, (6, 30)).cumsum(axis=1)
    both = np.concatenate([half, half + rng.normal(0, 0.1, half.shape)])
    order = rng.permutation(12)
    pairs = match_pairs(both[order])
    assert sorted(tuple(sorted(order[p] % 6)) for p in pairs) == [(k, k) for k in range(6)]


def test_an_odd_unit_stays_out() -> None:
    """Of thirteen units twelve are paired, and the lot never treats the other."""
    lot = draw_lot(sales(2, 13, 60), MatchedPairs(), 0, 0.05)
    assert (lot.pair == -1).sum() == 1
    assert not lot.taking_part[lot.pair == -1].any()


def test_exchanges_beat_greed() -> None:
    """No exchange of partners between two pairs would lower the summed variance."""
    y = sales(3, 12, 60)
    pairs = match_pairs(y)

    def cost(i, j):
        return np.var(y[i] - y[j])

    for (a, b), (c, d) in combinations(pairs, 2):
        now = cost(a, b) + cost(c, d)
        assert now <= min(cost(a, c) + cost(b, d), cost(a, d) + cost(b, c)) * (1 + 1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_donor_weights_are_the_best_on_the_simplex(seed) -> None:
    """Weights are not negative, add up to 1, and no solver finds a closer mix."""
    y = sales(seed, 7, 50)
    treated = candidate_sets(7, 2, 1000, np.random.default_rng(0))
    weights = fit_weights(y, treated)
    assert weights.min() >= 0
    assert weights.sum(axis=1) == pytest.approx(np.ones(21))
    assert not weights[treated].any()
    centred = y - y.mean(axis=1, keepdims=True)
    target, donors = centred[treated[5]].mean(axis=0), centred[~treated[5]]
    unit = target.std()

    def loss(w):
        return (((target - w @ donors) / unit) ** 2).mean()

    best = minimize(
        loss, np.full(5, 0.2), method="SLSQP", bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-12},
    )  # fmt: skip
    assert loss(weights[5][~treated[5]]) <= best.fun + 1e-4


def test_sets_are_distinct_and_all_where_few() -> None:
    """C(6, 2) = 15 sets exist; of C(30, 3) so many distinct ones are drawn as asked for."""
    rng = np.random.default_rng(0)
    assert len(np.unique(candidate_sets(6, 2, 100, rng), axis=0)) == 15
    many = candidate_sets(30, 3, 500, rng)
    assert len(np.unique(many, axis=0)) == 500
    assert set(many.sum(axis=1)) == {3}


def test_coins_are_listed_or_drawn() -> None:
    """Five coins have 32 sequences, each once; forty coins have 4 096 drawn ones."""
    rng = np.random.default_rng(0)
    assert len(np.unique(coin_sequences(5, rng), axis=0)) == 32
    assert coin_sequences(40, rng).shape == (4096, 40)


@pytest.mark.parametrize(
    ("units", "kind", "why"),
    [
        (10, MatchedPairs(), "12 units"),
        (3, SyntheticControl(treated_units=2), "fewer than 2 controls"),
        (6, SyntheticControl(treated_units=1), "6 sets"),
    ],
)
def test_too_few_units_are_refused(units, kind, why) -> None:
    """A test that could never reject is not run; the message says what is needed."""
    with pytest.raises(InputError) as caught:
        draw_lot(sales(1, units, 60), kind, 0, 0.05)
    assert why in f"{caught.value.message} {caught.value.hint}"


def test_every_assignment_is_drawn_equally_often() -> None:
    """Over many seeds each unit is treated half of the time."""
    y = sales(4, 12, 60)
    share = np.mean([_drawn(y, seed) for seed in range(400)], axis=0)
    assert share == pytest.approx(np.full(12, 0.5), abs=0.1)


def _drawn(y, seed):
    lot = draw_lot(y, MatchedPairs(), seed, 0.05)
    return lot.treated[lot.observed]


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=20), st.integers(1, 10**9))
def test_money_is_split_to_the_cent(sizes, cents) -> None:
    """Planned spend adds up exactly and differs from its share by less than a cent."""
    shares = planned_spend(np.array(sizes), np.ones((1, len(sizes)), dtype=bool))[0]
    split = to_cents(cents / 100, shares)
    assert split.sum() == cents
    assert np.abs(split - cents * shares).max() < 1 + 1e-6

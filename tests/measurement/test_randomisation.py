from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.measurement.pairs import coin_sequences, pair_weights
from rmnctl.measurement.randomisation import (
    Contrasts,
    Placebos,
    interval,
    minimum_detectable,
    p_value,
    standard_error,
)

NUMBERS = st.floats(-100, 100).map(lambda v: round(v, 3))


def pairs_of(differences, spends, signs=None):
    """Contrasts of K pairs whose first unit was treated."""
    k = len(differences)
    signs = np.array(list(product([1, -1], repeat=k))) if signs is None else signs
    return Contrasts(
        signs @ np.array(differences, dtype=float),
        signs @ np.array(spends, dtype=float),
        np.ones(len(signs)),
        0,
    )


def test_the_p_value_counts_the_sign_flips_that_are_as_extreme() -> None:
    """Of the 8 sign flips of 5, 3, 1 only two have a sum of at least 9 in size; of 5, 3, -1 four."""
    assert p_value(pairs_of([5, 3, 1], [1, 1, 1])) == 2 / 8
    assert p_value(pairs_of([5, 3, -1], [1, 1, 1])) == 4 / 8


def test_ties_count_against_the_finding() -> None:
    """With no differences at all every assignment is as extreme."""
    assert p_value(pairs_of([0, 0, 0], [1, 1, 1])) == 1.0


def test_the_interval_of_pairs_ends_at_ratios_of_subsets() -> None:
    """Bounds are order statistics of the ratios of subsets of pairs (Hartigan's typical values)."""
    rng = np.random.default_rng(1)
    d, s = rng.normal(2, 1, 6), rng.uniform(0.5, 2, 6)
    masks = np.array(list(product([0, 1], repeat=6)))[1:]
    ratios = np.sort((masks @ d) / (masks @ s))
    # 95 %: the largest j with 2 j / 64 <= 0.05 is 1: the outermost ratios are the bounds.
    assert interval(pairs_of(d, s), 0.95) == pytest.approx((ratios[0], ratios[-1]))
    assert interval(pairs_of(d, s), 0.8) == pytest.approx((ratios[5], ratios[-6]))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, st.floats(0.1, 10)), min_size=2, max_size=7),
    st.floats(-20, 20),
    st.sampled_from([0.5, 0.8, 0.95]),
)
def test_no_theta_outside_the_interval_is_kept(pairs, theta, level) -> None:
    """The test rejects every theta that the interval leaves out."""
    contrasts = pairs_of(*zip(*pairs, strict=True))
    low, high = interval(contrasts, level)
    assert low <= high
    if theta < low - 1e-6 or theta > high + 1e-6:
        assert p_value(contrasts, theta) <= 1 - level + 1e-9


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, st.floats(0.1, 10)), min_size=3, max_size=7),
    st.floats(0.1, 100),
    st.floats(-10, 10),
)
def test_intervals_move_with_the_effect_and_scale_with_the_currency(pairs, unit, effect) -> None:
    """Adding `effect x spend` to outcomes shifts the interval by it; another currency changes none."""
    d, s = (np.array(v) for v in zip(*pairs, strict=True))
    base = np.array(interval(pairs_of(d, s), 0.8))
    assert np.array(interval(pairs_of(d + effect * s, s), 0.8)) == pytest.approx(
        base + effect, rel=1e-6, abs=1e-6
    )
    assert np.array(interval(pairs_of(d * unit, s * unit), 0.8)) == pytest.approx(
        base, rel=1e-6, abs=1e-6
    )


def test_too_few_assignments_leave_the_interval_open() -> None:
    """Four pairs cannot reject anything at 95 %, so the interval has no ends."""
    assert interval(pairs_of([5, 5, 5, 5], [1, 1, 1, 1]), 0.95) == (-np.inf, np.inf)


def test_a_spend_that_assignments_share_leaves_the_interval_open() -> None:
    """If all assignments had cost the same no effect per spend could be ruled out."""
    c = Contrasts(np.arange(40.0), np.ones(40), np.ones(40), 39)
    low, high = interval(c, 0.95)
    assert not np.isfinite(low) or not np.isfinite(high)


def test_the_standard_error_is_the_spread_of_the_sign_flips() -> None:
    """For pairs it is close to the usual standard error of a sum of differences."""
    rng = np.random.default_rng(2)
    d, s = rng.normal(3, 1, 12), np.ones(12)
    usual = np.sqrt(12) * d.std(ddof=1)
    c = pairs_of(d, s, signs=2 * coin_sequences(12, rng)[::-1] - 1)
    assert standard_error(c) == pytest.approx(usual, rel=0.06)


def test_power_grows_with_the_effect_and_the_least_detectable_one_has_the_wanted_power() -> None:
    """The minimum detectable effect is where power passes its target, and no earlier."""
    rng = np.random.default_rng(3)
    weights = pair_weights(np.arange(16).reshape(8, 2), coin_sequences(8, rng), 16)
    paid = weights @ np.where(weights > 0, 1 / 8, 0.0).T
    placebos = Placebos(
        weights @ rng.standard_t(3, (16, 30)), paid, np.ones(len(weights)), np.arange(256)
    )
    powers = [placebos.power(e, 0.05) for e in np.linspace(0, 40, 9)]
    assert powers == sorted(powers)
    mde = minimum_detectable(lambda e: placebos.power(e, 0.05), 0.8, 1.0)
    assert placebos.power(mde, 0.05) >= 0.8 > placebos.power(mde * 0.98, 0.05)


def test_what_can_never_be_found_has_no_least_detectable_effect() -> None:
    """Where power never reaches its target the effect is infinite."""
    assert minimum_detectable(lambda _: 0.5, 0.8, 1.0) == np.inf

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rmnctl.errors import ConfigError
from rmnctl.measurement.power import (
    Clusters,
    mde_means,
    mde_proportions,
    power_means,
    power_proportions,
    sample_size_means,
    sample_size_proportions,
)


def exact_power(effect, sd, n, ratio, alpha):
    """Power of the t-test by the noncentral t distribution."""
    m = n * ratio
    df, shift = n + m - 2, effect / (sd * sqrt(1 / n + 1 / m))
    t = stats.t.ppf(1 - alpha / 2, df)
    return stats.nct.sf(t, df, shift) + stats.nct.cdf(-t, df, shift)


@pytest.mark.parametrize("n", [10, 30, 80])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("shift", [0.3, 0.6, 1.0])
def test_power_is_that_of_the_t_test(n, ratio, shift) -> None:
    """The formula is within 2.5 points of the noncentral t from ten people an arm."""
    exact = exact_power(shift, 1.0, n, ratio, 0.05)
    assert power_means(shift, 1.0, n, ratio=ratio) == pytest.approx(exact, abs=0.025)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0.05, 2), st.floats(0.5, 20), st.floats(0.5, 0.95), st.floats(0.5, 3),
    st.floats(1, 50), st.floats(0, 0.5),
)  # fmt: skip
def test_size_power_and_least_effect_agree(effect, sd, power, ratio, size, icc) -> None:
    """So many people find the effect with the wanted power, and that effect is the least."""
    clusters = Clusters(size, icc)
    n = sample_size_means(effect, sd, power=power, ratio=ratio, clusters=clusters)
    assert power_means(effect, sd, n, ratio=ratio, clusters=clusters) >= power - 1e-9
    assert mde_means(sd, n, power=power, ratio=ratio, clusters=clusters) <= effect * (1 + 1e-9)


def test_people_in_clusters_count_for_less() -> None:
    """With 50 people a store and a correlation of 0.02 nearly twice as many are needed."""
    alone = sample_size_means(0.1, 1.0)
    together = sample_size_means(0.1, 1.0, clusters=Clusters(50, 0.02))
    assert together / alone == pytest.approx(1 + 49 * 0.02, rel=1e-3)


def test_shares_are_told_apart_by_as_many_as_textbooks_say() -> None:
    """5 % against 6 % at 80 % power takes 8 158 people an arm (Fleiss, without correction)."""
    assert sample_size_proportions(0.05, 0.06) == 8158
    assert power_proportions(0.05, 0.06, 8158) == pytest.approx(0.8, abs=1e-3)
    assert mde_proportions(0.05, 8158) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: sample_size_means(0.0, 1.0),
        lambda: sample_size_means(0.1, 0.0),
        lambda: sample_size_means(0.1, 1.0, power=0.01),
        lambda: power_means(0.1, -1.0, 10),
        lambda: power_means(0.1, 1.0, 10, ratio=0.0),
        lambda: mde_means(1.0, 0.5),
        lambda: power_proportions(0.0, 0.1, 10),
        lambda: sample_size_proportions(0.1, 0.1),
        lambda: mde_proportions(0.5, 2),
        lambda: power_means(0.1, 1.0, 10, clusters=Clusters(10, 1.5)),
    ],
)
def test_what_makes_no_sense_is_refused(wrong) -> None:
    """Effects of nothing, spreads of nothing and impossible shares are errors."""
    with pytest.raises(ConfigError):
        wrong()

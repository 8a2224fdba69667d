"""The curve family and carry-over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.response.shapes import CARRYOVERS, DEPTHS, credited, pressure, value

depths = st.floats(float(DEPTHS[0]), float(DEPTHS[-1]))
shares = st.floats(0, 0.8)


@given(depths, shares)
def test_credit_is_0_without_spend_and_1_at_usual_spend(depth: float, organic: float) -> None:
    """The curve is pinned at both ends of usual."""
    at = credited(np.array([0.0, 1.0]), depth, organic)
    np.testing.assert_allclose(at, [0, 1], atol=1e-12)


@given(depths, shares)
def test_credit_increases_and_is_concave(depth: float, organic: float) -> None:
    """More spend never earns less, and each further step earns no more than the one before."""
    steps = np.diff(credited(np.linspace(0, 4, 81), depth, organic))
    assert (steps >= -1e-12).all()
    assert (np.diff(steps) <= 1e-12).all()


@given(depths)
def test_marginal_over_average_at_usual_spend_is_told_by_depth(depth: float) -> None:
    """The slope over the mean at usual spend is u / (exp(u) - 1)."""
    h = 1e-6
    up, down = value(np.array([1 + h, 1 - h]), depth)
    assert (up - down) / (2 * h) == pytest.approx(depth / np.expm1(depth), rel=1e-5)


@given(
    st.floats(0, 1e6),
    st.sampled_from(CARRYOVERS.tolist()),
    st.sampled_from([1, 7, 30]),
    st.integers(1, 30),
)
def test_constant_spend_is_its_own_pressure(
    spend: float, carryover: float, days: int, periods: int
) -> None:
    """Carry-over moves spend in time and neither adds nor loses any."""
    steady = np.full((2, periods), spend)
    np.testing.assert_allclose(pressure(steady, carryover, days), steady, rtol=1e-12)


@pytest.mark.parametrize("days", [1, 7])
@pytest.mark.parametrize("carryover", CARRYOVERS.tolist())
def test_all_of_a_burst_arrives(carryover: float, days: int) -> None:
    """Pressure after one burst sums to the burst, and none comes before it."""
    spend = np.zeros((1, 80))
    spend[0, 5] = 3.0
    felt = pressure(spend, carryover, days)
    assert felt.sum() == pytest.approx(3.0)
    assert not felt[0, :5].any()


def test_weekly_carry_over_is_that_of_daily_spend_spread_evenly() -> None:
    """The share that reaches the next week equals a day-by-day sum, its tail taken along."""
    daily = np.zeros((1, 140))
    daily[0, 7:14] = 1.0
    felt = pressure(daily, 0.65, 1)
    week = np.zeros((1, 20))
    week[0, 1] = 7.0
    late = felt[0, 14:].sum() / 7
    assert pressure(week, 0.65, 7)[0, 2] / 7 == pytest.approx(late, rel=1e-9)

"""Bias checks find what was planted, keep quiet otherwise, and say when data do not tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rmnctl.agents.reflection.checks import CHECKS, Verdict, run_checks
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.statistics import (
    binomial_low_tail,
    flipped_mean,
    hypergeometric_tail,
    permuted_difference,
    slope,
    wilson,
)
from tests.agents import planted

LIMITS = BiasThresholds()


@pytest.fixture(scope="module")
def fair():
    """A plan without any bias."""
    return planted.clean(np.random.default_rng(3))


@pytest.mark.slow
def test_planted_biases_are_found_and_clean_plans_are_left_alone() -> None:
    """Of eight markets a check misses at most one planted bias and accuses at most one clean plan."""
    for bias, (hit, alarm) in planted.rates(8, seed=1).items():
        assert hit >= 7 / 8, bias
        assert alarm <= 1 / 8, bias


def test_every_check_answers_in_full(fair) -> None:
    """Seven checks, each with its statistic, threshold, remedy and the digest of what it read."""
    found = run_checks(fair)
    assert [c.bias for c in found] == list(CHECKS)
    assert all(c.statistic and c.threshold and c.remedy and c.reason for c in found)
    assert len({c.inputs for c in found}) == len(CHECKS)
    assert run_checks(fair) == found


def without(evidence, **changes):
    return replace(evidence, **changes)


@pytest.mark.parametrize(
    ("bias", "blind"),
    [
        ("recency", lambda e: {"spend": e.spend[:, :8], "revenue": e.revenue[:, :8]}),
        ("survivorship", lambda e: {
            "revenue": np.where(e.own_curve[:, None], e.revenue, np.nan),
            "rest_spend": np.full_like(e.rest_spend, np.nan),
        }),
        ("anchoring", lambda e: {"last": np.zeros_like(e.last)}),
        ("overconfidence", lambda _: {"covered": ((7, 9),)}),
        ("confirmation", lambda e: {"tested": np.zeros_like(e.tested)}),
        ("availability", lambda e: {"records": np.full_like(e.records, 26)}),
        ("sunk_cost", lambda e: {"plan": np.zeros_like(e.plan)}),
    ],
)  # fmt: skip
def test_a_check_that_cannot_tell_says_so(fair, bias, blind) -> None:
    """Without the data it needs a check is not_computable, with no number."""
    found = CHECKS[bias](without(fair, **blind(fair)), LIMITS, 0)
    assert (found.verdict, found.value, found.p_value) == (Verdict.NOT_COMPUTABLE, None, None)
    assert found.reason


def test_a_plan_at_its_optimum_is_anchored_nowhere(fair) -> None:
    """Where plan and optimum are equal the slope is 0; where the plan is last period it is 1."""
    optimum = CHECKS["anchoring"](without(fair, plan=fair.optimum), LIMITS, 0)
    assert (optimum.value, optimum.verdict) == (0.0, Verdict.CLEAR)
    last = fair.last * fair.optimum.sum() / fair.last.sum()
    same = CHECKS["anchoring"](without(fair, plan=last), LIMITS, 0)
    assert (same.value, same.verdict) == (1.0, Verdict.FLAG)


def test_staying_near_last_period_is_no_bias_where_it_costs_nothing(fair) -> None:
    """An anchored plan that loses nothing beside the optimum is clear."""
    last = fair.last * fair.optimum.sum() / fair.last.sum()
    found = CHECKS["anchoring"](without(fair, plan=last, left=0.001), LIMITS, 0)
    assert found.verdict is Verdict.CLEAR


def test_errors_that_come_together_count_once(fair) -> None:
    """One bad week among four is weak proof of overconfidence, four equal ones are strong proof."""
    together = CHECKS["overconfidence"](
        without(fair, covered=((180, 180), (180, 180), (160, 180), (0, 180))), LIMITS, 0
    )
    apart = CHECKS["overconfidence"](without(fair, covered=((130, 180),) * 4), LIMITS, 0)
    assert together.value == pytest.approx(apart.value)
    assert (together.verdict, apart.verdict) == (Verdict.CLEAR, Verdict.FLAG)


def test_remainders_tell_of_cells_that_were_never_shown(fair) -> None:
    """Where missing cells are hidden, the remainder's poor performance flags survivorship."""
    hidden = ~fair.own_curve
    revenue = np.where(hidden[:, None], np.nan, fair.revenue)
    poor = without(fair, revenue=revenue, rest_revenue=0.3 * fair.rest_spend)
    found = CHECKS["survivorship"](poor, LIMITS, 0)
    assert (found.verdict, found.n) == (Verdict.FLAG, len(fair.tested))
    rich = without(fair, revenue=revenue, rest_revenue=30 * fair.rest_spend)
    assert CHECKS["survivorship"](rich, LIMITS, 0).verdict is Verdict.CLEAR


def test_tails_and_intervals_are_those_of_the_textbook() -> None:
    """Hypergeometric, binomial and Wilson agree with scipy's exact figures."""
    from scipy import stats

    assert hypergeometric_tail(3, 4, 5, 10) == pytest.approx(stats.hypergeom.sf(2, 10, 5, 4))
    assert binomial_low_tail(140, 200, 0.8) == pytest.approx(
        stats.binom.cdf(140, 200, 0.8), abs=3e-4
    )
    exact = stats.binomtest(7, 8).proportion_ci(0.8, method="wilson")
    assert wilson(7, 8, 0.8) == pytest.approx((exact.low, exact.high))


def test_a_slope_and_its_interval() -> None:
    """The interval of a slope holds the truth, and is wide where noise grows with x."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=2000)
    even = slope(2 * x + rng.normal(size=2000), x)
    fanned = slope(2 * x + x * rng.normal(size=2000), x)
    assert even.low < 2 < even.high
    assert fanned.high - fanned.low > 1.4 * (even.high - even.low)


def test_permutations_stay_within_strata() -> None:
    """A difference that is only between strata is none, one within them is found."""
    strata = np.repeat([0, 1], 50)
    marked = np.concatenate([np.arange(50) < 40, np.arange(50) < 10])
    values = strata * 5.0 + np.random.default_rng(2).normal(size=100)
    assert permuted_difference(values, marked, strata)[1] > 0.05
    assert permuted_difference(values - 2 * marked, marked, strata)[1] < 0.01
    assert flipped_mean(np.full(6, -1.0))[1] < 0.05

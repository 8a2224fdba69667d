"""What designs promise, checked on simulated sales: autocorrelated, seasonal, heavy-tailed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import binom

from rmnctl.measurement import ExperimentConfig, Panel, analyse_experiment, design_experiment
from rmnctl.measurement.config import MatchedPairs, SyntheticControl
from rmnctl.measurement.geo import change, draw_lot, planned_spend
from rmnctl.measurement.randomisation import Contrasts, interval, p_value
from rmnctl.measurement.switchback import Layout
from rmnctl.measurement.switchback_analysis import cautious_effect, fieller
from tests.measurement.series import START, names, sales

NULLS = 1000
HISTORY, DAYS = 112, 28
TRUE_IROAS = 1.7


def within(count, trials, chance, tail=5e-4):
    """Is a count what a binomial of that chance gives, but for one time in a thousand?"""
    return binom.ppf(tail, trials, chance) <= count <= binom.ppf(1 - tail, trials, chance)


def geo_trials(kind, units, rho):
    """Per simulated test: p-value of nothing, intervals of the true iROAS."""
    outcomes = sales(int(rho * 100) + units, units, HISTORY + DAYS, rho=rho, sims=NULLS)
    p, kept95, kept80 = [], 0, 0
    # Matching takes most of the time, so sets are matched anew for every tenth test only.
    stale = 1 if isinstance(kind, MatchedPairs) else 10
    for seed, revenue in enumerate(outcomes):
        if seed % stale == 0:
            lot = draw_lot(revenue[:, :HISTORY], kind, seed, 0.05)
        observed = int(np.random.default_rng([1, seed]).integers(len(lot.weights)))
        lot = replace(lot, observed=observed)
        x = change(revenue, HISTORY, DAYS, 28)
        baseline = revenue[:, HISTORY - 28 : HISTORY].mean(axis=1)
        spend = planned_spend(baseline, lot.treated[[lot.observed]])[0] * baseline.sum()
        null = Contrasts(lot.weights @ x, lot.weights @ spend, lot.scale, lot.observed)
        p.append(p_value(null))
        real = Contrasts(null.gap + TRUE_IROAS * null.paid, null.paid, null.scale, null.observed)
        for level in (0.95, 0.8):
            low, high = interval(real, level)
            if level == 0.95:
                kept95 += low <= TRUE_IROAS <= high
            else:
                kept80 += low <= TRUE_IROAS <= high
    return np.array(p), kept95, kept80


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.8])
@pytest.mark.parametrize(
    ("kind", "units", "assignments"),
    [
        (MatchedPairs(), 14, 2**7),
        (SyntheticControl(treated_units=2, candidates=60, admissible=40), 12, 40),
    ],
    ids=["pairs", "synthetic"],
)
def test_geo_tests_err_as_often_as_they_say(kind, units, assignments, rho) -> None:
    """Over 1 000 nulls p-values are uniform, and intervals hold the truth 95 and 80 % of times."""
    p, kept95, kept80 = geo_trials(kind, units, rho)
    step = 2 / assignments if isinstance(kind, MatchedPairs) else 1 / assignments
    for alpha in (0.05, 0.2, 0.5):
        exact = np.floor(alpha / step + 1e-9) * step
        assert within((p <= alpha + 1e-9).sum(), NULLS, exact)
    assert within(kept95, NULLS, 1 - np.floor(0.05 / step + 1e-9) * step)
    assert within(kept80, NULLS, 1 - np.floor(0.2 / step + 1e-9) * step)


def switchback_trials(units, periods, carryover, estimator):
    """Rejections of nothing, intervals that hold the truth at 95 and 80 %, tests judged.

    Effects last for the carry-over: part of the effect of a period falls on the next ones.
    """
    layout = Layout(units, periods, carryover, estimator)
    series = sales(7, units, 28 + periods, rho=0.5, sims=NULLS)
    surprise = series[:, :, 28:] - series[:, :, :28].mean(axis=2, keepdims=True)
    rng = np.random.default_rng(8)
    coins = rng.integers(0, 2, (400, layout.coins))
    gaps = layout.gaps(coins, surprise.reshape(NULLS, -1).T)
    found, kept95, kept80, judged = 0, 0, 0, 0
    for n in range(NULLS):
        observed = int(rng.integers(len(coins)))
        none = np.zeros(len(coins))
        null = Contrasts(gaps[:, n], none, none + 1, observed)
        found += p_value(null) <= 0.05
        path = layout.paths(coins[[observed]])[0]
        on, off = layout.exposed(path[None])
        if on.sum() == 0 or off.sum() == 0:
            continue
        judged += 1
        spend = 100.0 * path
        lasting = sum(
            np.pad(spend, ((0, 0), (lag, 0)))[:, :periods] / (carryover + 1)
            for lag in range(carryover + 1)
        )
        effect = cautious_effect(
            layout, coins, path, np.stack([surprise[n] + TRUE_IROAS * lasting, spend])
        )
        for level in (0.95, 0.8):
            low, high = fieller(effect, level)
            if level == 0.95:
                kept95 += low <= TRUE_IROAS <= high
            else:
                kept80 += low <= TRUE_IROAS <= high
    return found, kept95, kept80, judged


SWITCHBACKS = [(1, 28, 1), (1, 56, 1), (1, 84, 3), (4, 28, 2), (6, 28, 0)]


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["hajek", "horvitz_thompson"])
@pytest.mark.parametrize("shape", SWITCHBACKS)
def test_switchbacks_err_no_more_often_than_they_say(shape, estimator) -> None:
    """Over 1 000 nulls the coins' p-values are uniform; conservative intervals hold the truth."""
    found, kept95, kept80, judged = switchback_trials(*shape, estimator)
    assert within(found, NULLS, 0.05)
    assert kept95 >= binom.ppf(5e-4, judged, 0.95)
    assert kept80 >= binom.ppf(5e-4, judged, 0.8)


def played(seed, design, units=16):
    """A whole experiment from design to analysis at the stated spend; did it find the effect?"""
    history = 140
    revenue = sales(1000 + seed, units, history + DAYS)
    days = tuple(START + timedelta(days=n) for n in range(history + DAYS))
    config = ExperimentConfig.model_validate(
        {
            "test_id": "t", "retailer_id": "a", "placement_type": "video", "currency": "USD",
            "history": "none", "design": design, "start_date": days[history], "days": DAYS,
            "expected_iroas": 1.0, "seed": seed,
        }
    )  # fmt: skip
    before = Panel(names(units), days[:history], revenue[:, :history], None)
    made = design_experiment(before, config)
    periods = len(made.assignment.units) // units
    spend = made.assignment.planned_cents.reshape(units, periods) / 100
    daily = np.repeat(spend / (DAYS // periods), DAYS // periods, axis=1)
    after = Panel(names(units), days[history:], revenue[:, history:] + daily, daily)
    result = analyse_experiment(made.document, made.assignment, made.comparisons, after)
    return made.document.sensitivity.power, result.p_value <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "units", "trials"),
    [
        ({"kind": "matched_pairs"}, 16, 300),
        ({"kind": "synthetic_control", "candidates": 100, "admissible": 60}, 16, 150),
        ({"kind": "switchback"}, 2, 150),
    ],
    ids=["pairs", "synthetic", "switchback"],
)
def test_the_stated_effect_is_found_about_as_often_as_stated(design, units, trials) -> None:
    """At the minimum detectable effect 80 % power is stated; tests to come find it 70 to 87 %.

    The history is short, so a stated effect is itself an estimate: on average over many
    histories a little power is lost.
    """
    outcomes = [played(seed, design, units) for seed in range(trials)]
    assert np.mean([stated for stated, _ in outcomes]) == pytest.approx(0.8, abs=0.01)
    found = sum(hit for _, hit in outcomes)
    assert binom.ppf(1e-3, trials, 0.74) <= found <= binom.ppf(1 - 1e-3, trials, 0.84)

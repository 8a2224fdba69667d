"""The test of the curve family: S-curves are noticed, concave ones are not, silence is explained."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from rmnctl.market.config import Family
from rmnctl.market.curves import calibrate, respond
from rmnctl.response import FamilyTest, Panel, check_family
from rmnctl.response.attributed import fit_attributed
from rmnctl.response.poisson import Effects, poisson_regression
from tests.response.hand import MONDAY

PLACEMENTS = ("onsite_display", "search", "video")
EXPONENTS = {Family.S_CURVE: (1.6, 2.8), Family.HILL: (0.75, 0.95), Family.SATURATING_EXP: (1, 1)}


def made(family: Family, seed: int, *, swing: float = 0.5, follows: float = 0.5) -> Panel:
    """One retailer, 40 SKUs, 26 weeks; a third of the credit organic, demand moves spend.

    Args:
        family: Of the truth; average and marginal return at usual spend are the same in all.
        seed: Of everything.
        swing: Log spread of a cell's spend from week to week.
        follows: Power of a SKU's demand that its spend follows.
    """
    random = np.random.default_rng(seed)
    skus, periods = 40, 26
    shape = (len(PLACEMENTS), skus, 1)
    usual = 100 * np.exp(random.normal(0, 0.5, shape))
    exponent = random.uniform(*EXPONENTS[family], shape)
    depth = 1.8 * np.exp(random.normal(0, 0.25, shape))
    a, c = calibrate(family, usual, np.ones(shape), depth, exponent)
    demand = np.exp(random.normal(0, 0.3, (1, skus, periods)))
    spend = usual * demand**follows * np.exp(swing * random.normal(size=(*shape[:2], periods)))
    level = respond(family, usual, a, c, exponent)
    credit = (respond(family, spend, a, c, exponent) + 0.5 * level * spend / usual) * demand
    revenue = 8.0 * random.poisson(credit / 8)
    cells = len(PLACEMENTS) * skus
    rest = np.zeros((len(PLACEMENTS), periods))
    return Panel(
        retailer=np.full(cells, "alpha", dtype=object),
        placement=np.repeat(np.array(PLACEMENTS, dtype=object), skus),
        sku=np.array([f"s{s}" for s in range(skus)] * len(PLACEMENTS), dtype=object),
        block=np.repeat(np.arange(len(PLACEMENTS)), skus),
        blocks=tuple(("alpha", p) for p in PLACEMENTS),
        starts=tuple(MONDAY + timedelta(days=7 * t) for t in range(periods)),
        days=7,
        spend=spend.reshape(cells, periods),
        revenue=revenue.reshape(cells, periods),
        conversions=revenue.reshape(cells, periods) / 8,
        rest_spend=rest,
        rest_revenue=rest,
        currency="USD",
    )


def judged(panel: Panel) -> FamilyTest:
    """Fit and test, a third of the credit organic as it is."""
    organic = np.full(len(panel), 1 / 3)
    return check_family(panel, fit_attributed(panel, organic), organic)


@pytest.mark.parametrize("seed", range(3))
def test_s_curves_whose_spend_goes_low_are_noticed(seed: int) -> None:
    """A planted S-curve gives the verdict, below the stated size and with the numbers beside it."""
    found = judged(made(Family.S_CURVE, seed))
    assert found.verdict == "wrong family"
    assert found.p_value < 0.05
    assert found.statistic > found.threshold
    assert found.cells == 120
    assert "S-curves" in found.sentence


@pytest.mark.parametrize("family", [Family.SATURATING_EXP, Family.HILL])
def test_concave_families_are_seldom_taken_for_s_curves(family: Family) -> None:
    """At most one of 8 markets, ours or not, though budgets follow demand."""
    wrong = [judged(made(family, seed)).verdict == "wrong family" for seed in range(8)]
    assert sum(wrong) <= 1


def test_spend_that_never_was_low_cannot_tell() -> None:
    """The verdict says so, gives the reason and no number it did not compute."""
    found = judged(made(Family.S_CURVE, 1, swing=0.05, follows=0.0))
    plain = found.plain()
    assert found.verdict == "cannot tell"
    assert "went below 0.6 of usual spend" in found.sentence
    assert plain["p_value"] is None
    assert plain["power"] is None


def test_little_data_say_how_unlikely_they_were_to_notice() -> None:
    """A panel too small to notice S-curves does not pass for one without any."""
    panel = made(Family.SATURATING_EXP, 3, swing=0.3)
    found = judged(panel.before(10))
    assert found.verdict == "cannot tell"
    assert 0 < found.power < 0.8
    assert "noticed" in found.reason


@pytest.mark.parametrize("unit", [1e-3, 1e4])
def test_the_currency_unit_changes_nothing(unit: float) -> None:
    """Money in another unit: the same statistic."""
    panel = made(Family.S_CURVE, 2)
    other = replace(panel, spend=unit * panel.spend, revenue=unit * panel.revenue)
    assert judged(other).statistic == pytest.approx(judged(panel).statistic, rel=1e-3)


def test_poisson_effects_are_taken_out_exactly() -> None:
    """A mean without noise gives its coefficients back, whatever effects stand before it."""
    random = np.random.default_rng(0)
    first, second = np.repeat(np.arange(12), 10), np.tile(np.arange(10), 12)
    columns = random.normal(size=(120, 2))
    effects = random.normal(size=12)[first] + random.normal(size=10)[second]
    y = np.exp(effects + columns @ np.array([0.7, -0.4]))
    found = poisson_regression(y / y.mean(), columns, Effects((first, second), first))
    assert found is not None
    np.testing.assert_allclose(found.coefficients, [0.7, -0.4], atol=1e-6)


def test_a_column_that_effects_explain_has_no_coefficient() -> None:
    """What never varies inside a group cannot be told from its effect."""
    group = np.repeat(np.arange(5), 4)
    column = np.repeat(np.arange(5.0), 4)[:, None]
    y = np.ones(20) + 0.1 * np.arange(20)
    assert poisson_regression(y / y.mean(), column, Effects((group,), group)) is None

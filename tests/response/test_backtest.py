"""Rolling back-tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rmnctl.response import run_backtest
from tests.response.hand import lift, panel_of, rows_of, weeks


def test_steady_weeks_are_foreseen(tmp_path: Path) -> None:
    """What never changes is predicted to a thousandth, by the naive forecast as well."""
    result = run_backtest(panel_of(tmp_path, weeks(20)), ())
    assert result.cells == 4
    assert result.wape < 1e-3
    assert result.naive_wape < 1e-3


def test_where_spend_moves_at_random_the_curve_foresees_better(tmp_path: Path) -> None:
    """Saturation without noise: the naive forecast misses it, the fit errs half as much."""
    panel = panel_of(tmp_path, rows_of(1, skus=9, periods=40)[0])
    result = run_backtest(panel, [lift(4.0, 0.2)])
    assert result.cells == 18 * 4
    assert result.wape < 0.5 * result.naive_wape


def test_the_last_period_is_never_used_to_foresee_itself(tmp_path: Path) -> None:
    """Revenue of the last week ten times as large is missed, not fitted."""
    rows = weeks(20)
    rows[-1] |= {"revenue": 400.0}
    result = run_backtest(panel_of(tmp_path, rows), ())
    assert result.wape == pytest.approx(360 / (3 * 40 + 400), abs=0.01)


def test_intervals_hold_their_promise_where_noise_stays_the_same(tmp_path: Path) -> None:
    """Noise of a fifth on every week: of 400 cell-periods 80 % lie inside, give or take 8 %."""
    rows, _ = rows_of(2, skus=50, periods=30)
    draw = np.random.default_rng(3)
    noisy = [r | {"revenue": r["revenue"] * float(draw.lognormal(0, 0.2))} for r in rows]
    result = run_backtest(panel_of(tmp_path, noisy), ())
    assert result.cells == 400
    assert result.coverage == pytest.approx(0.8, abs=0.08)


def test_too_few_periods_judge_nothing(tmp_path: Path) -> None:
    """Nine weeks leave none to judge after those that set the width: no number is made up."""
    result = run_backtest(panel_of(tmp_path, weeks(9)), ())
    assert result.cells == 0
    assert np.isnan([result.coverage, result.wape, result.naive_wape]).all()


def test_a_result_is_plain_json(tmp_path: Path) -> None:
    """What is written has four numbers."""
    plain = run_backtest(panel_of(tmp_path, weeks(20)), ()).plain()
    assert json.loads(json.dumps(plain)) == plain
    assert list(plain) == ["cells", "coverage_80", "wape", "naive_wape"]

"""What lift tests say about attributed over incremental revenue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.errors import InputError
from rmnctl.response import LiftTest, read_lift_tests
from rmnctl.response.lift import (
    RATIO_PRIOR_MEAN,
    RATIO_PRIOR_SD,
    RATIO_SPREAD,
    WINDOW_SHARE,
    learn_ratio,
)
from rmnctl.response.panel import Panel
from tests.response.hand import MONDAY, lift, panel_of, weeks

CREDIT = 4.0


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Two placements with an attributed ROAS of 4 in every week."""
    rows = [*weeks(12), *weeks(12, placement_type="onsite_display")]
    return panel_of(tmp_path_factory.mktemp("lift"), rows)


def test_without_a_test_the_ratio_is_the_public_prior(panel: Panel) -> None:
    """Every block has the prior, as wide as prior and blocks together, and is not informed."""
    ratio = learn_ratio(panel, ())
    np.testing.assert_allclose(ratio.log_mean, RATIO_PRIOR_MEAN)
    np.testing.assert_allclose(ratio.log_sd, np.hypot(RATIO_PRIOR_SD, RATIO_SPREAD))
    assert not ratio.informed.any()


@given(st.floats(0.5, 8.0), st.floats(0.02, 0.4))
def test_a_test_pulls_the_ratio_towards_itself_and_narrows_it(
    panel: Panel, iroas: float, error: float
) -> None:
    """The tested block moves most, the other less, both the same way, and both get narrower."""
    before, after = learn_ratio(panel, ()), learn_ratio(panel, [lift(iroas, error * iroas)])
    said = np.log(CREDIT / iroas) - RATIO_PRIOR_MEAN
    other, tested = after.log_mean - before.log_mean
    assert abs(other) <= abs(tested) + 1e-12 <= abs(said) + 2e-12
    assert tested * said >= 0
    assert other * said >= 0
    assert (after.log_sd < before.log_sd).all()
    assert after.log_sd[1] < after.log_sd[0]
    assert after.informed.tolist() == [False, True]


@given(st.floats(0.02, 0.4))
def test_the_more_exact_of_two_tests_says_more(panel: Panel, error: float) -> None:
    """Half the error, nearer to the estimate and narrower."""
    wide, tight = (learn_ratio(panel, [lift(2.0, 2.0 * e)]) for e in (error, error / 2))
    assert abs(tight.log_mean[1] - np.log(2)) < abs(wide.log_mean[1] - np.log(2))
    assert tight.log_sd[1] < wide.log_sd[1]


def test_an_exact_test_is_believed(panel: Panel) -> None:
    """An error near 0 leaves what it says: 4 attributed, 2 incremental."""
    ratio = learn_ratio(panel, [lift(2.0, 1e-6)])
    assert ratio.log_mean[1] == pytest.approx(np.log(2), abs=1e-9)
    assert ratio.organic[1] == pytest.approx(1 - WINDOW_SHARE / 2)


@pytest.mark.parametrize(
    "test",
    [
        LiftTest("alpha", "audio", MONDAY, MONDAY.replace(day=31), 2.0, 0.1),
        LiftTest("alpha", "video", MONDAY.replace(2024), MONDAY.replace(2024, day=31), 2.0, 0.1),
        lift(0.1, 0.2),
        lift(-1.0, 0.2),
    ],
    ids=["no such block", "weeks not covered", "below its error", "negative"],
)
def test_tests_that_cannot_be_used_change_nothing(panel: Panel, test: LiftTest) -> None:
    """Elsewhere, at another time, or without a lift above its error: the prior stays."""
    ratio = learn_ratio(panel, [test])
    np.testing.assert_allclose(ratio.log_mean, RATIO_PRIOR_MEAN)
    assert not ratio.informed.any()


def _file(path: Path, **more: Any) -> Path:
    good = {
        "retailer_id": "alpha",
        "placement_type": "video",
        "start_date": MONDAY,
        "end_date": MONDAY.replace(day=31),
        "iroas": 2.0,
        "iroas_se": 0.3,
    }
    pq.write_table(pa.Table.from_pylist([good, good | more]), path)
    return path


def test_lift_tests_are_read_as_written(tmp_path: Path) -> None:
    """Rows come back as tests, in an order of their own."""
    tests = read_lift_tests(_file(tmp_path / "t.parquet", placement_type="audio"))
    assert tests[1] == LiftTest("alpha", "video", MONDAY, MONDAY.replace(day=31), 2.0, 0.3)
    assert [t.placement for t in tests] == ["audio", "video"]


@pytest.mark.parametrize(
    "bad",
    [
        {"iroas_se": 0.0},
        {"iroas_se": -0.3},
        {"iroas_se": float("nan")},
        {"iroas_se": float("inf")},
        {"iroas": float("nan")},
        {"iroas": None},
        {"start_date": None},
        {"retailer_id": None},
    ],
    ids=str,
)
def test_estimates_without_a_usable_error_are_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    """A row that lacks a value, or an error above 0, is named by number."""
    with pytest.raises(InputError, match=r"row [12]"):
        read_lift_tests(_file(tmp_path / "t.parquet", **bad))


def test_what_is_no_table_of_lift_tests_is_refused_without_its_values(tmp_path: Path) -> None:
    """Other files, missing files, other columns, text for numbers."""
    text = tmp_path / "t.csv"
    text.write_text("secret", encoding="utf-8")
    other, words = tmp_path / "o.parquet", tmp_path / "w.parquet"
    pq.write_table(pa.table({"secret": [1]}), other)
    table = pq.read_table(_file(tmp_path / "g.parquet"))
    place = table.column_names.index("iroas")
    pq.write_table(table.set_column(place, "iroas", pa.array(["secret"] * 2)), words)
    for path in (text, other, words, tmp_path / "none.parquet"):
        with pytest.raises(InputError, match="not a table of lift tests") as told:
            read_lift_tests(path)
        assert "secret" not in str(told.value)

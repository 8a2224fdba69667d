"""Reading releases as one panel, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.errors import InputError
from rmnctl.response import fit_curves, read_panel
from rmnctl.response.hidden import filled_spend
from rmnctl.response.panel import Panel
from tests.response.hand import MONDAY, panel_of, row, weeks, written


def test_weeks_of_a_release_become_cells_by_periods(tmp_path: Path) -> None:
    """Named rows become cells, rows without a SKU the block's remainder, gaps stay unknown."""
    rows = [*weeks(3), *weeks(2, "s1", cost=4.0), *weeks(3, None, cost=7.0)]
    panel = panel_of(tmp_path, rows)
    assert panel.sku.tolist() == ["s0", "s1"]
    assert panel.blocks == (("alpha", "video"),)
    assert (panel.days, len(panel.starts), panel.currency) == (7, 3, "USD")
    np.testing.assert_array_equal(panel.spend, [[10, 10, 10], [4, 4, np.nan]])
    np.testing.assert_array_equal(panel.rest_spend, [[7, 7, 7]])


def test_months_are_one_grain_of_thirty_days(tmp_path: Path) -> None:
    """January to March differ in days and are still one grain."""
    months = [MONDAY.replace(day=1, month=m) for m in (1, 2, 3)]
    rows = [row(start=m, days=d) for m, d in zip(months, (31, 28, 31), strict=True)]
    assert panel_of(tmp_path, rows).days == 30


def test_a_table_without_period_end_is_daily(tmp_path: Path) -> None:
    """RMIS tables have a date alone, which is a day."""
    path = written(tmp_path / "t.parquet", weeks(2), drop=("period_end", "currency"))
    panel = read_panel([path])
    assert (panel.days, panel.currency) == (1, None)


def test_skus_that_no_table_names_are_cells_where_asked(tmp_path: Path) -> None:
    """`skus` adds cells without numbers of their own."""
    path = written(tmp_path / "t.parquet", [*weeks(2), *weeks(2, None)])
    panel = read_panel([path], ["s9"])
    assert panel.sku.tolist() == ["s0", "s9"]
    assert np.isnan(panel.spend[1]).all()


def test_a_release_without_skus_has_one_cell_a_block(tmp_path: Path) -> None:
    """Placements alone are cells of their own."""
    panel = panel_of(tmp_path, weeks(2, None))
    assert panel.sku.tolist() == ["*"]
    np.testing.assert_array_equal(panel.spend, [[10, 10]])


def test_rows_and_files_in_any_order_are_the_same_panel(tmp_path: Path) -> None:
    """Reversing rows, splitting files and turning their order round changes nothing."""
    rows = [*weeks(3), *weeks(3, "s1", cost=4.0, retailer_id="beta"), *weeks(3, None)]
    one = panel_of(tmp_path, rows)
    parts = [
        written(tmp_path / "b.parquet", rows[4:][::-1]),
        written(tmp_path / "a.parquet", rows[:4][::-1]),
    ]
    two = read_panel(parts)
    for name in Panel.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([*weeks(2), row("s1", days=30)], "periods of different lengths"),
        ([*weeks(2), row("s1", currency="EUR")], "2 currencies"),
        ([*weeks(2), *weeks(1)], "more than once"),
        ([*weeks(2, None), *weeks(1, None)], "more than once"),
        (weeks(2, date="soon"), "no dates or numbers"),
        (weeks(2, cost="secret"), "no dates or numbers"),
    ],
)
def test_tables_that_do_not_fit_together_are_refused(
    tmp_path: Path, rows: list[dict[str, object]], says: str
) -> None:
    """Mixed grains, mixed currencies, keys that come twice, text for numbers: told, not shown."""
    with pytest.raises(InputError, match=says) as told:
        panel_of(tmp_path, rows)
    assert not any(value in str(told.value) for value in ("secret", "soon", "s1", "EUR"))


def test_days_are_added_up_beside_weeks(tmp_path: Path) -> None:
    """Where one retailer has days and another weeks, days become weeks, hidden days the remainder."""
    days = [
        row("s0", MONDAY + timedelta(days=i), 1, retailer_id="beta", cost=1.0) for i in range(7)
    ]
    partly = [
        row("s1", MONDAY + timedelta(days=i), 1, retailer_id="beta", cost=2.0) for i in range(3)
    ]
    panel = panel_of(tmp_path, [*weeks(1), *days, *partly])
    assert panel.days == 7
    beta = panel.retailer == "beta"
    assert panel.spend[beta & (panel.sku == "s0"), 0] == 7.0
    assert np.isnan(panel.spend[beta & (panel.sku == "s1"), 0])
    assert panel.rest_spend[panel.blocks.index(("beta", "video")), 0] == 6.0


@pytest.mark.parametrize("missing", [("cost",), ("conversions", "date")])
def test_missing_columns_are_named(tmp_path: Path, missing: tuple[str, ...]) -> None:
    """The message lists the columns that are not there."""
    path = written(tmp_path / "t.parquet", weeks(2), drop=missing)
    with pytest.raises(InputError) as told:
        read_panel([path])
    assert all(name in str(told.value) for name in missing)
    assert "revenue" not in str(told.value)


def test_a_release_of_all_days_together_has_nothing_to_say(tmp_path: Path) -> None:
    """Without dates there is no response to learn."""
    rows = [*weeks(1), row(None, date=None, period_end=None)]
    path = written(tmp_path / "t.parquet", rows)
    read_panel([path])
    undated = written(tmp_path / "u.parquet", [r | {"date": None} for r in rows][:1] * 2)
    # A column of nothing but nulls has no type to compare; the answer is the same.
    with pytest.raises(InputError, match="No row has a date"):
        read_panel([undated])


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    """Nothing, a missing file and a text file: each an input error."""
    with pytest.raises(InputError, match="no table"):
        read_panel([])
    (tmp_path / "x.parquet").write_text("secret", encoding="utf-8")
    for name in ("x.parquet", "y.parquet"):
        with pytest.raises(InputError, match="not a Parquet table"):
            read_panel([tmp_path / name])


def test_seven_periods_are_too_few_and_eight_enough(tmp_path: Path) -> None:
    """A fit says how many periods it needs."""
    with pytest.raises(InputError, match="7 periods"):
        fit_curves(panel_of(tmp_path, weeks(7)), ())
    assert len(fit_curves(panel_of(tmp_path, weeks(8)), ()).table()) == 1


def test_a_table_without_sales_fits_nothing(tmp_path: Path) -> None:
    """Where no period of any cell shows revenue, that is said; no curve is made up."""
    with pytest.raises(InputError, match="no response can be fitted"):
        fit_curves(panel_of(tmp_path, weeks(8, revenue=0.0)), ())


def _panel(spend: np.ndarray, rest: np.ndarray) -> Panel:
    """Two blocks of SKUs with given spend, revenue four times it."""
    blocks, skus, periods = spend.shape
    flat = spend.reshape(-1, periods)
    pairs = [(b, s) for b in range(blocks) for s in range(skus)]
    return Panel(
        retailer=np.array(["alpha"] * len(pairs), dtype=object),
        placement=np.array([f"p{b}" for b, _ in pairs], dtype=object),
        sku=np.array([f"s{s}" for _, s in pairs], dtype=object),
        block=np.array([b for b, _ in pairs]),
        blocks=tuple(("alpha", f"p{b}") for b in range(blocks)),
        starts=tuple(MONDAY + timedelta(days=7 * t) for t in range(periods)),
        days=7,
        spend=flat,
        revenue=4 * flat,
        conversions=flat,
        rest_spend=rest,
        rest_revenue=4 * rest,
        currency=None,
    )


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.9))
def test_hidden_spend_adds_up_to_what_is_known(seed: int, share: float) -> None:
    """In every block and period cells sum to named spend plus remainder, none below zero."""
    draw = np.random.default_rng(seed)
    full = draw.lognormal(3, 1, (2, 4, 9))
    hidden = draw.random(full.shape) < share
    rest = np.where(hidden, full, 0).sum(axis=1)
    panel = _panel(np.where(hidden, np.nan, full), np.where(rest > 0, rest, np.nan))
    filled = filled_spend(panel, np.tile(np.arange(4), 2)).reshape(full.shape)
    np.testing.assert_allclose(filled.sum(axis=1), full.sum(axis=1), rtol=1e-9)
    np.testing.assert_array_equal(filled[~hidden], full[~hidden])
    assert (filled >= 0).all()

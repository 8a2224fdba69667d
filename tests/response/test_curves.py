"""Fitted curves: what recovers, what changes nothing, what supports a cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from rmnctl.response import Fitted, LiftTest, curves, fit_curves, read_panel
from rmnctl.response import attributed as model
from rmnctl.response import lift as lifts
from rmnctl.response.attributed import fit_attributed
from tests.response.hand import lift, panel_of, row, rows_of, weeks, written

SMALL: dict[str, Any] = {"horizon_days": 7, "draws": 50}


def _fit(folder: Path, rows: list[dict[str, Any]], tests: tuple[LiftTest, ...] = ()) -> Fitted:
    return fit_curves(panel_of(folder, rows), tests, **SMALL)


def _shuffled(rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    order = np.random.default_rng(seed).permutation(len(rows))
    return [rows[i] for i in order]


def test_a_market_without_noise_or_organic_sales_is_recovered(tmp_path: Path) -> None:
    """Level to 2 % and depth to 25 % in every cell, where public priors leave room for the data.

    With a third of the credit taken for organic, as public priors do without a test, the same
    data look deeper; so the organic share is given as the 0 it is.
    """
    rows, truth = rows_of(3, skus=9, periods=60)
    panel = panel_of(tmp_path, rows)
    fitted = fit_attributed(panel, np.zeros(len(panel)))
    a, c = np.array([truth[p, s] for p, s in zip(panel.placement, panel.sku, strict=True)]).T
    np.testing.assert_allclose(fitted.level, -a * np.expm1(-fitted.usual / c), rtol=0.02)
    np.testing.assert_allclose(fitted.depth, fitted.usual / c, rtol=0.25)


def test_exact_lift_tests_give_incremental_revenue_at_usual_spend(tmp_path: Path) -> None:
    """Credit of 1.5 times the increment, tests that say so: r(usual) within 15 % in every cell.

    The median over draws is what is judged; its own chance is 5 % with 200 draws.
    """
    rows, truth = rows_of(4, periods=60, ratio=1.5)
    panel = panel_of(tmp_path, rows)
    tests = []
    for b, (_, placement) in enumerate(panel.blocks):
        first = panel.spend[panel.block == b][:, :4]
        revenue = panel.revenue[panel.block == b][:, :4]
        iroas = revenue.sum() / first.sum() / 1.5
        tests.append(lift(iroas, 1e-6 * iroas, placement))
    fitted = fit_curves(panel, tests, horizon_days=7)
    np.testing.assert_allclose(np.exp(fitted.ratio.log_mean), 1.5, rtol=1e-6)
    table = fitted.table().to_pydict()
    usual = np.array(table["usual_spend"])
    said = -np.array(table["a"]) * np.expm1(-usual / np.array(table["c"]))
    a, c = np.array([truth[p, s] for p, s in zip(panel.placement, panel.sku, strict=True)]).T
    np.testing.assert_allclose(said, -a * np.expm1(-usual / c), rtol=0.15)


@pytest.mark.parametrize("unit", [1000.0, 0.001])
def test_another_currency_unit_scales_a_and_c_alone(tmp_path: Path, unit: float) -> None:
    """Cost and revenue times a factor: a and c times it, all else the same."""
    rows, _ = rows_of(5)
    other = [r | {"cost": unit * r["cost"], "revenue": unit * r["revenue"]} for r in rows]
    one, two = (
        fit_curves(panel_of(tmp_path, r, n), [lift(3.0, 0.3)], **SMALL)
        for r, n in ((rows, "one"), (other, "two"))
    )
    np.testing.assert_allclose(two.log_a, one.log_a + np.log(unit), atol=1e-6)
    np.testing.assert_allclose(two.log_c, one.log_c + np.log(unit), atol=1e-6)
    np.testing.assert_allclose(two.attributed.weights, one.attributed.weights, atol=1e-6)
    np.testing.assert_allclose(two.attributed.demand, one.attributed.demand, atol=1e-6)
    np.testing.assert_array_equal(two.attributed.carryover, one.attributed.carryover)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_of_rows_and_files_changes_no_byte(tmp_path: Path, seed: int) -> None:
    """Shuffled rows in two files, read either way round: the same tables."""
    rows, _ = rows_of(6)
    mixed = _shuffled(rows, seed)
    files = [
        written(tmp_path / "a.parquet", mixed[:50]),
        written(tmp_path / "b.parquet", mixed[50:]),
    ]
    plain = _fit(tmp_path, rows)
    for paths in (files, files[::-1]):
        again = fit_curves(read_panel(paths), (), **SMALL)
        assert again.table().equals(plain.table())
        assert again.draws_table().equals(plain.draws_table())


def test_names_of_skus_are_names_alone(tmp_path: Path) -> None:
    """Other names in the same order change names; in another order, cells only change places."""
    rows, _ = rows_of(7)
    plain = _fit(tmp_path, rows)
    same = _fit(tmp_path, [r | {"sku_id": f"x {r['sku_id']}"} for r in rows])
    np.testing.assert_array_equal(same.log_a, plain.log_a)
    np.testing.assert_array_equal(same.log_c, plain.log_c)
    turned = _fit(tmp_path, [r | {"sku_id": f"s{9 - int(r['sku_id'][1:])}"} for r in rows])
    back = np.arange(12).reshape(2, 6)[:, ::-1].ravel()
    np.testing.assert_allclose(turned.attributed.level[back], plain.attributed.level, rtol=1e-9)
    np.testing.assert_allclose(turned.attributed.depth[back], plain.attributed.depth, rtol=1e-9)


def test_a_seed_says_every_byte(tmp_path: Path) -> None:
    """The same seed writes the same file; another one changes draws and not what was learned."""
    panel = panel_of(tmp_path, rows_of(8)[0])
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        pq.write_table(fit_curves(panel, (), seed=seed).draws_table(), tmp_path / name)
    one, same, other = ((tmp_path / n).read_bytes() for n in ("one", "same", "other"))
    assert one == same
    assert one != other


def test_support_says_whose_data_a_curve_has(tmp_path: Path) -> None:
    """Twelve weeks of its own: `own`; three, or none at all: `pooled`, with wider intervals."""
    rows = [
        *weeks(12),
        *weeks(3, "s1", cost=9.0, revenue=36.0),
        *weeks(12, None, cost=12.0, revenue=48.0),
    ]
    panel = read_panel([written(tmp_path / "t.parquet", rows)], ["never"])
    fitted = fit_curves(panel, (), **SMALL)
    table = fitted.table().to_pydict()
    support = {
        sku: (support, periods)
        for sku, support, periods in zip(
            table["sku_id"], table["support"], table["periods"], strict=True
        )
    }
    assert support == {"s0": ("own", 12), "s1": ("pooled", 3), "never": ("pooled", 0)}
    spread = dict(zip(panel.sku, fitted.log_a.std(axis=1), strict=True))
    assert spread["never"] > spread["s1"] > spread["s0"]


def test_lift_tests_are_marked_where_they_were(tmp_path: Path) -> None:
    """`lift_test` is true in the tested block alone, and its curves are narrower."""
    rows = [*weeks(12), *weeks(12, placement_type="onsite_display")]
    fitted = fit_curves(panel_of(tmp_path, rows), [lift(2.0, 0.05)])
    table = fitted.table().to_pydict()
    assert dict(zip(table["placement_type"], table["lift_test"], strict=True)) == {
        "onsite_display": False,
        "video": True,
    }
    assert fitted.ratio.log_sd[1] < fitted.ratio.log_sd[0]


def test_curves_speak_of_the_days_that_were_asked(tmp_path: Path) -> None:
    """Four weeks instead of one: spend, a and c four times as large."""
    panel = panel_of(tmp_path, rows_of(9)[0])
    one, four = (fit_curves(panel, (), horizon_days=d, draws=20) for d in (7, 28))
    np.testing.assert_allclose(four.log_a - one.log_a, np.log(4))
    np.testing.assert_allclose(four.log_c - one.log_c, np.log(4))
    assert four.table()["usual_spend"][0].as_py() == pytest.approx(
        4 * one.table()["usual_spend"][0].as_py()
    )


def test_what_is_withheld_with_its_remainder_is_not_zero(tmp_path: Path) -> None:
    """Revenue that is unknown in half of the weeks leaves the level where the others say."""
    known = weeks(20)
    half = [r | {"revenue": None} if t % 2 else r for t, r in enumerate(known)]
    full, part = (_fit(tmp_path, rows) for rows in (known, half))
    np.testing.assert_allclose(full.attributed.level, 40)
    np.testing.assert_allclose(part.attributed.level, 40)
    assert part.log_a.std() > full.log_a.std()


def test_a_cell_of_which_nothing_was_told_earns_as_others_do(tmp_path: Path) -> None:
    """Spend without any revenue, not even a remainder: the return of the rest, not none."""
    rows = [*weeks(12), *weeks(12, "s1", cost=5.0, revenue=None)]
    fitted = _fit(tmp_path, rows)
    np.testing.assert_allclose(fitted.attributed.level, [40, 20])


def test_revenue_per_conversion_is_that_of_the_sku(tmp_path: Path) -> None:
    """Each SKU its own; one without conversions takes that of all."""
    rows = [*weeks(8), *weeks(8, "s1", revenue=90.0), *weeks(8, "s2", conversions=None)]
    table = _fit(tmp_path, rows).table().to_pydict()
    assert table["revenue_per_conversion"] == pytest.approx([20, 45, 130 / 4])


def test_draws_are_joint_and_one_row_each(tmp_path: Path) -> None:
    """Cells x draws rows, positive numbers, medians of which are the curve."""
    fitted = _fit(tmp_path, [*weeks(9), row("s1")])
    draws = fitted.draws_table().to_pydict()
    assert len(draws["a"]) == 2 * 50
    assert draws["draw"][:50] == list(range(50))
    assert min(draws["a"]) > 0
    assert min(draws["c"]) > 0
    assert fitted.table()["c"][0].as_py() == pytest.approx(np.exp(np.median(fitted.log_c[0])))


def test_public_priors_are_as_the_document_says() -> None:
    """Every constant of docs/response.md stands in the code with that value."""
    text = (Path(__file__).parent.parent.parent / "docs" / "response.md").read_text("utf-8")
    stated = {
        cells[1].strip(" `"): cells[2].strip()
        for line in text.splitlines()
        if line.startswith("| `") and len(cells := line.split("|")) > 4
    }
    places = {**vars(curves), **vars(model), **vars(lifts)}
    for name, value in stated.items():
        said = places[name]
        if name.endswith(("MEAN",)):
            said = np.exp(said)
        assert float(value) == pytest.approx(said, abs=0.005), name
    assert len(stated) >= 10

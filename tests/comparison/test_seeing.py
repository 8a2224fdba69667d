"""What worlds show in memory is what the commands write to disk."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from rmnctl.comparison.seeing import event_panel, lift_tests, release_panel
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.market import build_catalogue, draw_world
from rmnctl.response import read_lift_tests, read_panel
from rmnctl.tables import connect, quote
from rmnctl.workflows.cleanroom_release import ReleaseConfig, cleanroom_release
from rmnctl.workflows.curves import weekly_sums
from rmnctl.workflows.harmonize import harmonize
from tests.comparison.conftest import policy, world


def same(one, other) -> None:
    """Two panels are equal in every number and name."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert a.shape == b.shape, field.name
            if a.dtype == object:
                assert a.tolist() == b.tolist(), field.name
            else:
                np.testing.assert_array_equal(a, b, err_msg=field.name)
        else:
            assert a == b, field.name


def drawn(config):
    return draw_world(config, build_catalogue(config))


def skus_of(config) -> list[str]:
    return sorted(s.sku_id for s in build_catalogue(config).skus)


@pytest.mark.parametrize(
    "changes",
    [
        {"grain": "week"},
        {"grain": "week", "least": 20},
        {"grain": "month", "least": 300},
        {"grain": "day", "least": 10},
        {"grain": "week", "p_percent": 100, "contributors": 3, "least": 5},
        {"grain": "week", "skus": False},
        {"grain": "week", "placements": ["video", "onsite_display"]},
        {"grain": "week", "dates": {"grain": "week", "from": "2026-01-12", "to": "2026-03-22"}},
        {"grain": "week", "rounding": {"counts": 5, "revenue": 10, "cost": 0.5, "conversions": 2}},
        {"least": 1, "contributors": 1, "grain": "auto"},
    ],
    ids=lambda c: "-".join(f"{k}={v}" for k, v in c.items()),
)
def test_a_release_in_memory_is_the_release_of_the_command(written, tmp_path, changes) -> None:
    """Every released number of `cleanroom release`, and no other, is in the panel."""
    settings, run, config = written
    paths, policies = [], []
    for retailer in config.retailers:
        rules = policy(retailer, **changes)
        done = cleanroom_release(
            ReleaseConfig(
                policy=rules,
                events=str(run.folder / f"events_{retailer}.parquet"),
                catalogue=str(run.folder / "catalogue.parquet"),
            ),
            settings,
            history=tmp_path,
        )
        policies.append(rules)
        paths.append(done.run.folder / "aggregates.parquet")
    panel, seen = release_panel(drawn(config), policies)
    same(panel, read_panel(paths, skus_of(config)))
    assert {s.retailer for s in seen} == set(config.retailers)


def test_the_event_panel_is_the_sum_of_the_events_on_disk(written, tmp_path) -> None:
    """Sums of the world's own counts are the sums of the streams that were written."""
    _, run, config = written
    events = [run.folder / f"events_{r}.parquet" for r in config.retailers]
    read = read_panel([weekly_sums(events, tmp_path / "weekly.parquet")], skus_of(config))
    # A stream of events does not say its currency.
    same(replace(event_panel(drawn(config)), currency=None), read)


def test_lift_tests_are_those_on_disk(written) -> None:
    """Every arm has the very tests that `simulate` wrote."""
    _, run, config = written
    assert lift_tests(drawn(config)) == read_lift_tests(run.folder / "lift_tests.parquet")


def test_a_brands_reports_hold_its_own_cells_of_covered_placements() -> None:
    """Another brand's SKUs, and placements that no report covers, are not in the reports."""
    exports = [{"retailer": "alpha", "dialect": "console_csv", "placements": ["video"]}]
    here = world(exports=exports)
    own = [s.sku_id for s in here.catalogue.skus if s.brand_id == "brand_x"]
    panel = event_panel(here, own, reported_only=True)
    assert panel.blocks == (("alpha", "video"),)
    assert set(panel.sku) == set(own)


def test_reports_once_restated_are_the_sums_of_the_events(written) -> None:
    """Harmonised reports of both downloads hold the panel's cost, revenue and conversions."""
    settings, run, config = written
    inputs = []
    for retailer, dialect, name in (
        ("alpha", "console_csv", "console{}.csv"),
        ("beta", "api_json", "api{}.json.gz"),
    ):
        for suffix, day in (("", "2026-04-06"), ("_restated", "2026-05-18")):
            inputs.append(
                {
                    "path": str(run.folder / f"export_{retailer}_{name.format(suffix)}"),
                    "mapping": f"simulated.{dialect}",
                    "retailer_id": retailer,
                    "as_of": day,
                }
            )
    done = harmonize(
        HarmonizeConfig.model_validate(
            {
                "schema": "rmnctl/harmonize/v1",
                "as_of": "2026-05-18",
                "retailers": ["alpha", "beta"],
                "inputs": inputs,
                "crosswalk": str(run.folder / "catalogue.parquet"),
            }
        ),
        settings,
    )
    panel = event_panel(drawn(config))
    at = {k: n for n, k in enumerate(zip(panel.retailer, panel.placement, panel.sku, strict=True))}
    week = {day: n for n, day in enumerate(panel.starts)}
    found = np.zeros((3, *panel.spend.shape))
    with connect() as connection:
        rows = connection.execute(
            "SELECT retailer_id, placement_type::VARCHAR, sku_id, date_trunc('week', date)::DATE, "
            "sum(cost)::DOUBLE, sum(revenue)::DOUBLE, sum(conversions)::DOUBLE FROM read_parquet("
            f"{quote(done.run.folder / 'rmis.parquet')}) GROUP BY ALL"
        ).fetchall()
    for retailer, placement, sku, monday, *amounts in rows:
        found[:, at[retailer, placement, sku], week[monday]] = amounts
    for one, other in zip(found, (panel.spend, panel.revenue, panel.conversions), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)

"""What a plan hands over: document, table, comparison, LP file."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from rmnctl.planning import PlanRequest, plan, write_lp


def _request(cells, **more):
    return PlanRequest(budget=0.3 * sum(r["max_spend"] for r in cells), brand_id="b", **more)


def test_the_document_is_json_and_its_sums_are_those_of_its_rows(rows, table) -> None:
    """Totals, rows and certificate tell one story."""
    cells = [
        r | {"attributed_ratio": 1.5, "revenue_per_conversion": 20.0}
        for r in rows(8, 1, stock=True)
    ]
    document = plan(table(cells), _request(cells)).plain()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    total, lines = document["totals"], document["allocation"]
    assert total["spend"] == pytest.approx(sum(r["spend"] for r in lines))
    revenue = sum(r["predicted_incremental_revenue"] for r in lines)
    assert total["incremental_revenue"] == pytest.approx(revenue)
    assert total["incremental_margin"] == pytest.approx(document["certificate"]["lower"])
    assert total["conversions"] == pytest.approx(revenue / 20)
    assert total["roas"] == pytest.approx(1.5 * total["iroas"])
    assert [r["sku_id"] for r in lines if r["retailer_id"] == "r0"] == sorted(
        r["sku_id"] for r in cells if r["retailer_id"] == "r0"
    ) or len({r["placement_type"] for r in lines}) > 1


def test_what_is_not_known_is_null(rows, table) -> None:
    """No attributed ratio, no ROAS; no conversion value, no conversions; unknown is not 0."""
    cells = [{k: v for k, v in r.items() if k != "margin_rate"} for r in rows(4, 1)]
    result = plan(table(cells), _request(cells, objective="incremental_revenue"))
    totals = result.totals
    assert (totals.roas, totals.conversions, totals.incremental_margin) == (None, None, None)
    assert {r["predicted_incremental_margin"] for r in result.allocation} == {None}


def test_conversions_are_counted_by_their_revenue(rows, table) -> None:
    """A cell whose conversions are worth half as much yields twice as many."""
    cells = [r | {"revenue_per_conversion": 10.0 if i else 5.0} for i, r in enumerate(rows(4, 1))]
    result = plan(table(cells), _request(cells, objective="conversions"), engine="highs")
    assert result.totals.conversions == pytest.approx(result.certificate.lower, rel=1e-9)


def test_last_period_is_valued_on_the_same_curves(rows, table, response) -> None:
    """The gain is the plan's objective minus that of last period; strangers' spend is told."""
    cells = rows(4, 1)
    key = ("retailer_id", "placement_type", "sku_id")
    last = [{k: r[k] for k in key} | {"spend": 50.0} for r in cells]
    last.append({"retailer_id": "r9", "placement_type": "p0", "sku_id": "s0", "spend": 7.0})
    result = plan(table(cells), _request(cells), last=pa.Table.from_pylist(last))
    before = sum(r["margin_rate"] * response(r, 50.0) - 50.0 for r in cells)
    assert result.comparison.objective == pytest.approx(before)
    assert result.comparison.gained == pytest.approx(result.certificate.lower - before)
    assert (result.comparison.last.spend, result.comparison.unmatched_spend) == (200.0, 7.0)
    assert result.table["last_spend"].to_pylist() == [50.0] * 4


def test_pulp_solves_the_same_model(rows, table) -> None:
    """Both engines agree, with binaries and without."""
    cells = rows(8, 2, stock=True)
    for more in ({}, {"active_min_spend": 100.0, "max_active_cells": 3}):
        one, other = (
            plan(table(cells), _request(cells, roas_floor=3.0, **more), engine=e)
            for e in ("highs", "pulp")
        )
        assert other.certificate.lower == pytest.approx(one.certificate.lower, rel=1e-4)
        assert other.certificate.gap <= 1e-4


def test_the_model_can_be_read_as_an_lp_file(rows, table, tmp_path) -> None:
    """Rules stand in it under their names."""
    cells = rows(4, 2)
    result = plan(table(cells), _request(cells, roas_floor=3.0), engine="highs")
    write_lp(result.model, tmp_path / "plan.lp")
    text = (tmp_path / "plan.lp").read_text()
    assert "budget_max:" in text
    assert "floor_0_min:" in text
    assert "spend_cell0_part0" in text


def test_time_that_runs_out_leaves_an_honest_gap(rows, table) -> None:
    """A plan without time says `gap_open` or has closed its gap; its value is its own either way."""
    cells = rows(40, 9, "s_curve", stock=True)
    request = _request(cells, roas_floor=3.0, active_min_spend=60.0, max_active_cells=9)
    result = plan(table(cells), request, time_limit=0.0)
    assert (result.status == "gap_open") == (result.certificate.gap > 1e-4)
    assert result.certificate.lower <= result.certificate.upper

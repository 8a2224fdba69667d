"""Curves whose family was found wrong: the plan is made, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rmnctl.cli.plan import plan_text
from rmnctl.config import Settings
from rmnctl.planning import PlanRequest
from rmnctl.workflows.plan import PlanResult, plan_curves

REQUEST = PlanRequest.model_validate({"budget": 100.0, "brand_id": "b", "currency": "USD"})


def _planned(folder: Path, *verdicts: str | None) -> PlanResult:
    rows = [
        {
            "retailer_id": "alpha",
            "placement_type": placement,
            "sku_id": "s",
            "family": "saturating_exp",
            "a": 400.0,
            "c": scale,
            "margin_rate": 0.4,
            "usual_spend": 200.0,
            "family_check": verdict,
        }
        for placement, scale, verdict in zip(
            ("search", "video"), (10.0, 90.0), verdicts, strict=True
        )
    ]
    path = folder / "curves.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return plan_curves(path, REQUEST, Settings(runs=folder / "runs"))


def test_a_wrong_family_is_warned_of_where_plans_are_read(tmp_path: Path) -> None:
    """In plan.json, in the text and on the page, with the cells that it concerns."""
    done = _planned(tmp_path, "wrong family", "wrong family")
    (warning,) = done.document["warnings"]
    assert "2 of its cells" in warning
    assert done.document["status"] == "optimal"
    assert f"Warning: {warning}" in plan_text(done)
    assert json.loads((done.run.folder / "plan.json").read_text())["warnings"] == [warning]
    assert warning in (done.run.folder / "report.html").read_text()


@pytest.mark.parametrize("verdict", ["no sign", "cannot tell", None])
def test_other_verdicts_are_no_warning(tmp_path: Path, verdict: str | None) -> None:
    """Only a finding speaks against a plan; so does no verdict at all not."""
    assert _planned(tmp_path, verdict, verdict).document["warnings"] == []

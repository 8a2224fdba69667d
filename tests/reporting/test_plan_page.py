"""The plan's page says what the plan says, by itself, in few bytes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from rmnctl.planning import PlanRequest, plan
from rmnctl.reporting.plan_page import plan_page


def document(cells: int = 30, name: str = "s", **request):
    """A real plan's document, as the workflow makes it."""
    table = pa.table(
        {
            "retailer_id": ["alpha" if i % 2 else "beta" for i in range(cells)],
            "placement_type": ["video"] * cells,
            "sku_id": [f"{name}{i}" for i in range(cells)],
            "family": ["saturating_exp"] * cells,
            "a": [1000.0 + i for i in range(cells)],
            "c": [200.0] * cells,
            "margin_rate": [0.4] * cells,
        }
    )
    last = table.select(["retailer_id", "placement_type", "sku_id"]).append_column(
        "spend", pa.array([20.0] * cells)
    )
    made = plan(table, PlanRequest(budget=2000, brand_id="b", currency="EUR", **request), last=last)
    return made.plain() | {"clean_room_mode": "clean_room", "adapters_used": [], "rationale": []}


def test_the_page_stands_alone_and_repeats() -> None:
    """No request leaves the page, it is small, and the same plan gives the same bytes."""
    html = plan_page(document())
    assert html == plan_page(document())
    assert "<script" not in html
    assert not re.search(r"(src|href)\s*=\s*[\"']?https?:", html)
    assert len(plan_page(document(cells=3000)).encode()) < 300_000


def test_totals_certificate_and_limits_are_on_it() -> None:
    """What the plan spends, brings and proves can be read off the page."""
    made = document(limits=[{"scope": "retailer", "id": "alpha", "max_share": 0.2}])
    html = plan_page(made)
    for key in ("spend", "incremental_revenue", "incremental_margin"):
        assert f"{made['totals'][key]:,.2f}" in html
    assert f"{made['certificate']['upper']:,.2f}" in html
    assert "max_share retailer alpha" in html.replace("<wbr>", "")
    assert "Beside last period" in html


def test_names_are_escaped() -> None:
    """A SKU called like a tag stays text."""
    html = plan_page(document(name="<script>alert(1)</script>"))
    assert "<script>" not in html


@pytest.mark.parametrize("status", ["optimal", "gap_open"])
def test_the_verdict_says_whether_the_proof_is_complete(status) -> None:
    """An open gap is a warning in words, not a colour."""
    html = plan_page(document() | {"status": status})
    assert ("no plan is better" in html) == (status == "optimal")
    parser = HTMLParser()
    parser.feed(html)

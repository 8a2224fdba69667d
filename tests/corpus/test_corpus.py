"""Checks of the corpus itself: labels that obey the convention, values that agree with each other.

Nothing here judges a matcher; these tests only keep the measuring stick straight.
"""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from tests.corpus import generate, latent

CORE_FIELDS = {
    "retailer_id",
    "placement_type",
    "sku_id",
    "date",
    "impressions",
    "clicks",
    "conversions",
    "revenue",
    "cost",
}


REPORTS: list[dict[str, Any]] = generate.load_reports()
each_report = pytest.mark.parametrize("report", REPORTS, ids=lambda r: r["report"])


def first_choices(report: dict[str, Any]) -> dict[str, str]:
    """Core field -> kind of its first-choice column."""
    return {
        c["field"]: c["kind"] for c in report["columns"] if c["field"] and "@" not in c["field"]
    }


def parse(text: str, report: dict[str, Any]) -> float:
    """Read an exported number back with the report's own separators."""
    fmt = report["format"]
    if fmt.get("thousands"):
        text = text.replace(fmt["thousands"], "")
    return float(re.sub(r"[^0-9.-]", "", text.replace(fmt.get("decimal", "."), ".")))


def test_size_and_balance() -> None:
    """The promised breadth, on both sides of the split."""
    assert len(REPORTS) >= 36
    assert len({r["family"] for r in REPORTS if not r["family"].startswith("trap_")}) >= 20
    for split in ("dev", "heldout"):
        part = [r for r in REPORTS if r["split"] == split]
        assert len(part) >= 18
        assert sum(r["trap"] for r in part) >= 6
        proofs = {has_ratio(r) for r in part if r["trap"]}
        assert proofs == {True, False}, "traps with and without derived columns"


def has_ratio(report: dict[str, Any]) -> bool:
    """Whether a derived column can prove which count and which money is which."""
    return any(latent.split_kind(c["kind"])[0] in generate.RATIOS for c in report["columns"])


def test_reports_are_unique_and_families_stay_in_one_split() -> None:
    """Tuning on one half must not leak into the other through a sibling report."""
    assert len({r["report"] for r in REPORTS}) == len(REPORTS)
    splits: dict[str, set[str]] = {}
    for report in REPORTS:
        splits.setdefault(report["family"], set()).add(report["split"])
    assert all(len(s) == 1 for s in splits.values())


@each_report
def test_labels_obey_the_convention(report: dict[str, Any]) -> None:
    """Known fields only, one first choice a field, alternates marked ``@alt``."""
    assert report["split"] in {"dev", "heldout"}
    assert report["source"]
    assert isinstance(report["verified"], bool)
    assert isinstance(report["trap"], bool)
    names = [c["name"] for c in report["columns"]]
    assert len(set(names)) == len(names)
    firsts = []
    for column in report["columns"]:
        field = column["field"]
        if field is None:
            continue
        base, _, mark = field.partition("@")
        assert base in CORE_FIELDS
        assert mark in {"", "alt"}
        if not mark:
            firsts.append(base)
    assert len(set(firsts)) == len(firsts)


@each_report
def test_first_choices_are_what_the_values_say(report: dict[str, Any]) -> None:
    """A label follows the truth of the values: the kind, never the header's wording."""
    allowed = {
        "impressions": {"impressions"},
        "clicks": {"clicks"},
        "cost": {"cost"},
        "revenue": {"revenue"},
        "conversions": {"orders", "units"},
        "date": {"date"},
    }
    kinds = first_choices(report)
    for field, bases in allowed.items():
        if field in kinds:
            assert latent.split_kind(kinds[field])[0] in bases, field
    unit_first = "conversions" in kinds and latent.split_kind(kinds["conversions"])[0] == "units"
    assert not (
        unit_first
        and any(
            latent.split_kind(c["kind"])[0] == "orders" and "ntb" not in c["kind"]
            for c in report["columns"]
        )
    ), "units stand in only where orders are missing"


@each_report
def test_every_column_has_values(report: dict[str, Any]) -> None:
    """Each header is filled in at least one row; ``empty`` marks what the console leaves blank."""
    table = generate.rows(report, 60, seed=7)
    assert len(table) == 60
    for column in report["columns"]:
        cells = [row[column["name"]] for row in table]
        assert all(cell is None or isinstance(cell, str) for cell in cells)
        if column["kind"] != "empty":
            assert any(cells), column["name"]


@each_report
def test_same_seed_same_cells(report: dict[str, Any]) -> None:
    """A score can be repeated, and another seed is another file."""
    assert generate.rows(report, 9, seed=3) == generate.rows(report, 9, seed=3)
    assert generate.rows(report, 9, seed=3) != generate.rows(report, 9, seed=4)


@each_report
def test_latent_rows_agree(report: dict[str, Any]) -> None:
    """Funnel order, parts that add up, windows that only grow."""
    rng = random.Random(11)
    for index in range(40):
        row = latent.draw_row(report, index, rng)

        def value(kind: str, row: Any = row) -> float:
            return float(latent.amount(row, kind, report))

        assert 0 <= value("clicks") <= value("impressions")
        assert value("orders_click") <= value("clicks")
        assert value("viewable") <= value("measurable") <= value("impressions")
        for measure in ("orders", "units", "revenue"):
            total = value(measure)
            assert value(f"{measure}_same") + value(f"{measure}_halo") == pytest.approx(total)
            assert value(f"{measure}_click") + value(f"{measure}_view") == pytest.approx(total)
            assert value(f"{measure}_ntb") + value(f"{measure}_repeat") == pytest.approx(total)
            windows = [value(f"{measure}_{w}") for w in ("1d", "3d", "7d", "14d", "30d")]
            assert windows == sorted(windows)
        assert value("orders") <= value("units") <= 2 * value("orders")


@each_report
def test_exported_cells_agree(report: dict[str, Any]) -> None:
    """The printed text keeps the arithmetic: ratio columns prove the money and count columns."""
    kinds = {c["kind"]: c["name"] for c in report["columns"]}
    for row in generate.rows(report, 40, seed=5):
        if {"impressions", "clicks"} <= kinds.keys():
            shown, clicked = (parse(row[kinds[k]] or "", report) for k in ("impressions", "clicks"))
            assert clicked <= shown
            if "ctr" in kinds and shown:
                assert parse(row[kinds["ctr"]] or "", report) == pytest.approx(
                    100 * clicked / shown, abs=0.0051
                )
        if {"cost", "revenue", "roas"} <= kinds.keys():
            spent, sold = (parse(row[kinds[k]] or "", report) for k in ("cost", "revenue"))
            if spent:
                assert parse(row[kinds["roas"]] or "", report) == pytest.approx(
                    sold / spent, abs=0.0051
                )

"""Reports that are looked at: of each kind a clean one, and one that is hostile throughout."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml

from rmnctl.comparison.document import (
    ComparisonResult,
    FrontierPoint,
    GateCheck,
    GateResult,
    Missing,
)
from rmnctl.config import Settings
from rmnctl.config.yaml_file import validate
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.reporting.comparison_page import comparison_page
from rmnctl.workflows.harmonize import harmonize

HEADER = ("Date", "SKU", "Currency", "Impressions", "Clicks", "Cost", "Orders", "Sales")
COLUMN = "<script>alert(1)</script>"
#: A file name may hold anything but a slash.
HOSTILE = "\"'><img src=x onerror=alert(1)>&amp;<b>.csv"
CLEAN = "shop_daily_export_of_march.csv"


def _rows(currency, days, sku="S"):
    return [
        (
            f"2026-03-{day:02d}",
            f"{sku}{day % 3}",
            currency,
            "12000",
            "240",
            "1234.56",
            "7",
            "98765.43",
        )
        for day in range(1, days + 1)
    ]


def _write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def _harmonize(folder: Path, names, **keys):
    """Harmonise reports of `folder` with one mapping; returns the run's folder."""
    mapping = {
        "schema": "rmnctl/mapping/v1",
        "id": "shop.daily",
        "version": 1,
        "title": "a shop's daily report",
        "constants": {"retailer_id": "shop", "placement_type": "sponsored_product"},
        "attribution": {"window_click_days": 14, "window_view_days": 0},
        "fields": dict(
            zip(
                ("date", "sku_id", "currency", "impressions", "clicks", "cost", "conversions",
                 "revenue"),
                HEADER,
                strict=True,
            )
        ),
    }  # fmt: skip
    (folder / "shop.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    data = {
        "schema": "rmnctl/harmonize/v1",
        "mappings": str(folder),
        "as_of": "2026-06-30",
        "inputs": [{"path": str(folder / n), "mapping": "shop.daily"} for n in names],
    }
    config = validate(HarmonizeConfig, data | keys)
    return harmonize(config, Settings(runs=folder / "runs", threads=2)).run.folder


@pytest.fixture(scope="session")
def clean(tmp_path_factory):
    """A run of one clean report."""
    folder = tmp_path_factory.mktemp("clean")
    _write(folder / CLEAN, HEADER, _rows("USD", 28))
    return _harmonize(folder, [CLEAN])


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """A run with faults, copies, blank rows, two currencies, and markup for names."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = _rows("USD", 9)
    faulty = [(f"2026-04-0{day}", "S1", "USD", "x", "1", "5", "1", "5") for day in (1, 2)]
    bad = [*faulty, rows[0], ("",) * 8]
    _write(folder / HOSTILE, (*HEADER, COLUMN), [(*row, "1") for row in rows + bad])
    _write(folder / CLEAN, HEADER, _rows("EUR", 12, "T"))
    return _harmonize(folder, [HOSTILE, CLEAN])


SAMPLE = Path(__file__).parents[1] / "comparison" / "sample.json"


def sample() -> ComparisonResult:
    """What a real comparison of a small market found."""
    return ComparisonResult.model_validate_json(SAMPLE.read_text(encoding="utf-8"))


def spoilt() -> ComparisonResult:
    """The same with markup, long words and bad news wherever a text or a guard can hold some."""
    found = sample()
    bad = HOSTILE + "W" * 120
    equal = found.null_market.fields["margin"].model_copy(update={"equivalent": False})
    guard = {"market": bad, "passed": False, "fields": {"margin": equal, "stock": equal}}
    adapter = FrontierPoint(
        name=bad, delta=found.deltas["joined_vs_clean_room"][found.primary_metric], gap_closed=None,
        recall={"margin_rate": {"n": 8, "answered": 1.0, "wape": 0.25, bad: None}},
        leak={bad: bad, "auc": 0.61, "by_field": {bad: {"exposure": [1.5, True]}}},
    )  # fmt: skip
    failed = GateCheck(name=bad, passed=False, value=-1e12, limit=None, message=bad)
    return found.model_copy(
        update={
            "market": bad,
            "currency": "USD<b>",
            "request": found.request | {"brand_id": bad, "limits": [{"scope": bad, "id": bad}]},
            "verdict": [bad] * 40,
            "caveats": [bad] * 3,
            "blocked_fields": [bad, "margin"],
            "missing_capabilities": [Missing(name=bad, reason=bad)] * 30,
            "null_market": found.null_market.model_copy(update=guard),
            "recall": {bad: {"right": 0.5, bad: bad}, "n": 3, "deep": {"x": {"y": [1, 2]}}},
            "frontier": [adapter, adapter.model_copy(update={"name": "plain", "leak": None})],
            "gap_closed": found.arms["clean_room"].metrics["accuracy"],
            "gate": GateResult(passed=False, baseline=None, checks=[failed]),
        }
    )


@pytest.fixture(scope="session")
def comparison(tmp_path_factory):
    """A folder with the page of a real comparison."""
    folder = tmp_path_factory.mktemp("comparison")
    (folder / "report.html").write_text(comparison_page(sample()), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def spoilt_comparison(tmp_path_factory):
    """A folder with the page of a comparison that is hostile throughout."""
    folder = tmp_path_factory.mktemp("spoilt")
    (folder / "report.html").write_text(comparison_page(spoilt()), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def summaries(clean, hostile):
    """The content of `report.json` of both runs."""
    return {
        name: json.loads((folder / "report.json").read_text(encoding="utf-8"))
        for name, folder in (("clean", clean), ("hostile", hostile))
    }

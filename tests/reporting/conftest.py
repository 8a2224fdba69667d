"""Harmonize runs whose reports are looked at: a clean one, and one that is hostile throughout."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml

from rmnctl.config import Settings
from rmnctl.config.yaml_file import validate
from rmnctl.harmonization import HarmonizeConfig
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


@pytest.fixture(scope="session")
def summaries(clean, hostile):
    """The content of `report.json` of both runs."""
    return {
        name: json.loads((folder / "report.json").read_text(encoding="utf-8"))
        for name, folder in (("clean", clean), ("hostile", hostile))
    }

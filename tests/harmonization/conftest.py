from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from rmnctl.config import Settings
from rmnctl.config.yaml_file import validate
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.tables import read_rows
from rmnctl.workflows.harmonize import harmonize

HEADER = ("Date", "Campaign", "SKU", "Currency", "Impressions", "Clicks", "Cost", "Orders", "Sales")


def as_csv(rows, header=HEADER, delimiter=","):
    """A delimited text of rows of cells."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


class Desk:
    """A folder with one known mapping, where reports are written and harmonized."""

    mapping_id = "shop.daily"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mappings = folder / "mappings"
        self.settings = Settings(runs=folder / "runs", threads=2)
        self.fields = {
            "date": "Date",
            "campaign_id": "Campaign",
            "sku_id": "SKU",
            "currency": "Currency",
            "impressions": "Impressions",
            "clicks": "Clicks",
            "cost": "Cost",
            "conversions": "Orders",
            "revenue": "Sales",
        }
        self.mapping()

    def mapping(self, name="shop", *, drop=(), fields=None, **parts):
        """Write a mapping; `fields` adds to the usual ones, `drop` takes some away."""
        chosen = {k: v for k, v in self.fields.items() if k not in drop} | (fields or {})
        content = {
            "schema": "rmnctl/mapping/v1",
            "id": self.mapping_id if name == "shop" else f"{name}.daily",
            "version": 1,
            "title": "a shop's daily report",
            "constants": {"retailer_id": "shop", "placement_type": "sponsored_product"},
            "attribution": {"window_click_days": 14, "window_view_days": 0},
            "fields": chosen,
        } | parts
        self.mappings.mkdir(exist_ok=True)
        path = self.mappings / f"{name}.yaml"
        path.write_text(
            yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        return path

    def write(self, name, content):
        """Write a file: text, bytes, or rows of cells under the usual header."""
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else as_csv(content)
            path.write_text(text, encoding="utf-8")
        return path

    def config(self, *inputs, **keys):
        """A configuration; an input is a path or a dict of keys."""
        listed = [i if isinstance(i, dict) else {"path": str(i)} for i in inputs]
        data = {
            "schema": "rmnctl/harmonize/v1",
            "mappings": str(self.mappings),
            "as_of": "2026-06-30",
            "inputs": [{"mapping": self.mapping_id} | i for i in listed],
        }
        return validate(HarmonizeConfig, data | keys)

    def harmonize(self, *inputs, **keys):
        """Run harmonize on reports."""
        return harmonize(self.config(*inputs, **keys), self.settings)

    @staticmethod
    def table(result, name, columns="*"):
        """The rows of a Parquet artifact."""
        return read_rows(result.run.folder / f"{name}.parquet", columns)

    def reasons(self, result):
        """Reason codes by record number, for every row that was not kept."""
        found = self.table(result, "quarantine") + self.table(result, "set_aside")
        return {row["source_row"]: set(row["reasons"].split()) for row in found}

    @staticmethod
    def lines(result):
        """The mendable lines of a run's quarantine."""
        text = (result.run.folder / "quarantine.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def desk(tmp_path):
    """A desk in an empty folder."""
    return Desk(tmp_path)


@pytest.fixture
def row():
    """Makes one clean row of the usual report, with some cells changed."""

    def make(**cells):
        clean = {
            "Date": "2026-03-01",
            "Campaign": "C1",
            "SKU": "S1",
            "Currency": "USD",
            "Impressions": "1000",
            "Clicks": "20",
            "Cost": "12.50",
            "Orders": "2",
            "Sales": "59.90",
        }
        return tuple((clean | cells)[name] for name in HEADER)

    return make

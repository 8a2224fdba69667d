"""The shipped mappings read the reports they describe."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rmnctl.config import Settings
from rmnctl.config.yaml_file import validate
from rmnctl.harmonization import HarmonizeConfig, all_mappings
from rmnctl.harmonization.headers import bind, canonical
from rmnctl.workflows.harmonize import harmonize
from tests.corpus.generate import load_reports

ROOT = Path(__file__).parent.parent.parent
MAPPINGS = ROOT / "configs" / "mappings"
NETWORKS = {
    "amazon.sp_console_advertised_product",
    "amazon.sb_console_keyword",
    "amazon.sd_console_advertised_product",
    "amazon.v3_sp_advertised_product",
    "amazon.v3_sd_advertised_product",
    "walmart.search_ad_item",
    "criteo.retail_media_campaigns",
    "google.ads_ad_stats",
    "microsoft.ads_ad_daily",
}
CORE = ("impressions", "clicks", "conversions", "revenue", "cost")


def _mapping(mapping_id: str) -> Any:
    return next(m for _, m in all_mappings(MAPPINGS) if m.id == mapping_id)


def _header(mapping: Any) -> list[str]:
    """A header the mapping describes: everything it reads, keys, checks and ignores."""
    names = [n for f in mapping.fields.values() for n in f.from_]
    names += [*mapping.key, *(v for v in mapping.derived.plain().values() if v)]
    names += [n for n in mapping.ignore if "*" not in n]
    return list(dict.fromkeys(names))


def _cell(mapping: Any, name: str, row: int) -> str:
    """A plausible cell; every row has a key of its own."""
    field = next((f for f, s in mapping.fields.items() if name in s.from_), None)
    clicks, orders = 20 + row, 2 + row % 5
    cost, revenue = Decimal(clicks) * Decimal("0.75"), Decimal(orders) * Decimal("1200.10")
    day = f"2026-03-{row % 28 + 1:02d}"
    if field in {"date", "period_end"}:
        us = "%m/%d/%Y" in mapping.fields[field].parse
        return f"03/{row % 28 + 1:02d}/2026" if us else day
    console = mapping.id.startswith("amazon.s")
    if field in {"cost", "revenue", "revenue_same_sku", "revenue_halo", "ntb_revenue"}:
        amount = {"cost": cost, "revenue": revenue, "revenue_same_sku": revenue - 10}.get(
            field, Decimal(10)
        )
        scaled = amount / mapping.fields[field].scale
        return f"${scaled:,.2f}" if console else f"{scaled.normalize():f}"
    counts = {"impressions": 4000 + row, "clicks": clicks, "conversions": orders, "units": orders}
    if field in counts:
        return f"{counts[field]:,}" if console else str(counts[field])
    fixed = {"currency": "USD", "hour": "", "ntb_orders": "1", "viewable_impressions": "900"}
    if field in fixed:
        return fixed[field]
    if field == "retailer_id":
        return "1104"
    if name == mapping.derived.cpc:
        return "0.75"
    return f"{name.strip()[:12]} {row}" if field else "x"


def _write(mapping: Any, folder: Path, rows: int) -> Path:
    header = _header(mapping)
    table = [{n: _cell(mapping, n, i) for n in header} for i in range(rows)]
    for row in table:
        for name in (mapping.derived.roas,):
            if name:
                row[name] = ""
    if ".v3_" in mapping.id:
        path = folder / "report.json"
        path.write_text(json.dumps(table))
    else:
        path = folder / "report.csv"
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, header)
            # Consoles end headers with a space and change their case.
            stream.write(",".join(f'"{n} "' for n in header) + "\n")
            writer.writerows(table)
    return path


def _run(path: Path, folder: Path, mapping: Any, reference: str) -> Any:
    entry: dict[str, Any] = {"path": str(path), "mapping": reference}
    if not mapping.constants.retailer_id and "retailer_id" not in mapping.fields:
        entry["retailer_id"] = "amazon_us"
    if not mapping.constants.currency and "currency" not in mapping.fields:
        entry["currency"] = "USD"
    config = {
        "schema": "rmnctl/harmonize/v1",
        "as_of": "2026-06-30",
        "mappings": str(MAPPINGS),
        "inputs": [entry],
    }
    return harmonize(validate(HarmonizeConfig, config), Settings(runs=folder / "runs"))


@pytest.mark.parametrize("mapping_id", sorted(NETWORKS))
@pytest.mark.parametrize("automatic", [True, False])
def test_every_core_field_and_cent_arrives(
    mapping_id: str, automatic: bool, tmp_path: Path
) -> None:
    """A report with the network's columns arrives whole, its mapping found by header or named."""
    mapping = _mapping(mapping_id)
    path = _write(mapping, tmp_path, 100)
    done = _run(path, tmp_path, mapping, "auto" if automatic else mapping_id)
    assert done.summary["metrics"]["rows_kept"] == 100, done.summary["reasons"]
    assert done.summary["drift"][0]["mapping"] == f"{mapping_id} v1"
    assert (done.summary["drift"][0]["new"], done.summary["drift"][0]["missing"]) == ([], [])
    found = duckdb.sql(
        f"SELECT {', '.join(CORE)} FROM '{done.run.folder / 'rmis.parquet'}'"
    ).fetchall()
    expected = [
        (
            4000 + i,
            20 + i,
            2 + i % 5,
            Decimal(2 + i % 5) * Decimal("1200.10"),
            Decimal(20 + i) * Decimal("0.75"),
        )
        for i in range(100)
    ]
    assert found == expected


def test_all_shipped_mappings_load_and_have_ids_of_their_own() -> None:
    """Every YAML under configs/mappings is a valid mapping with a unique id."""
    ids = [m.id for _, m in all_mappings(MAPPINGS)]
    assert len(ids) >= 12
    assert len(ids) == len(set(ids))
    assert set(ids) >= NETWORKS


def test_no_real_report_of_another_network_is_taken_for_one_of_these() -> None:
    """`mapping: auto` recognises no corpus report that lacks the columns its mapping reads."""
    known = [m for _, m in all_mappings(MAPPINGS) if m.match.headers_all]
    for report in load_reports():
        header = tuple(c["name"] for c in report["columns"])
        names = {canonical(n) for n in header}
        for mapping in known:
            if all(canonical(n) in names for n in mapping.match.headers_all):
                assert bind(mapping, Path("report.csv"), header).fields

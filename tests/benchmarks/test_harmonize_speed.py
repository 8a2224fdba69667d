"""How long harmonize takes beside a bare DuckDB COPY of the same file, in one run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from rmnctl import rmis

ROWS = int(os.environ.get("RMNCTL_BENCH_ROWS", "5000000"))
REPEATS = int(os.environ.get("RMNCTL_BENCH_REPEATS", "3"))

_MAPPING = """
schema: rmnctl/mapping/v1
id: bench.console
version: 1
title: benchmark
constants: {retailer_id: bench, report_timezone: UTC, channel: onsite,
            placement_type: sponsored_product}
attribution: {window_click_days: 14, window_view_days: 0, credit_model: last_touch,
              interaction: click, sku_scope: total, conversion_basis: orders}
fields:
  date: {from: Date, parse: "%m/%d/%Y"}
  currency: Currency
  campaign_id: Campaign
  ad_group_id: Ad Group
  sku_id: SKU
  retailer_item_id: Item
  impressions: Impressions
  clicks: Clicks
  cost: Spend
  revenue: Sales
  conversions: Orders
  units: Units
"""

_GENERATE = f"""
SELECT strftime(DATE '2026-01-01' + (i % 180)::INT, '%m/%d/%Y') AS "Date", 'USD' AS "Currency",
  'Campaign ' || (i // 180 % 50) AS "Campaign", 'Group ' || (i // 9000 % 20) AS "Ad Group",
  'SKU-' || (i // 180) AS "SKU", 'B0' || lpad((i // 180)::VARCHAR, 8, '0') AS "Item",
  2000 + i * 7919 % 9000 AS "Impressions", 20 + i * 31 % 50 AS "Clicks",
  '$' || format('{{:.2f}}', (20 + i * 31 % 50) * (60 + i % 60) / 100.0) AS "Spend",
  '$' || format('{{:,.2f}}', (2 + i * 31 % 7) * (900 + i * 17 % 900) / 10.0) AS "Sales",
  2 + i * 31 % 7 AS "Orders", 3 + i * 31 % 7 AS "Units"
FROM range({ROWS}) t(i)
"""

_TYPED = {
    "date": "strptime(\"Date\", '%m/%d/%Y')::DATE",
    "currency": '"Currency"',
    "campaign_id": '"Campaign"',
    "ad_group_id": '"Ad Group"',
    "sku_id": '"SKU"',
    "retailer_item_id": '"Item"',
    "impressions": '"Impressions"::BIGINT',
    "clicks": '"Clicks"::BIGINT',
    "cost": "replace(\"Spend\", '$', '')::DECIMAL(18,6)",
    "revenue": "replace(replace(\"Sales\", '$', ''), ',', '')::DECIMAL(18,6)",
    "conversions": '"Orders"::DECIMAL(18,6)',
    "units": '"Units"::DECIMAL(18,6)',
}
_CONSTANT = {"VARCHAR": "'constant'", "UUID": None, "DATE": "DATE '2026-07-10'", "BOOLEAN": "true"}


def _bare(source: Path, target: Path, *, all_columns: bool) -> list[str]:
    """A COPY that casts and writes: the file's own columns, or every RMIS column."""
    if all_columns:
        given = dict(_TYPED) | {
            "event_id": 'md5("Date" || "Campaign" || "Ad Group" || "SKU")::UUID',
            "attr_model": "'lt:c14:v0:total'",
        }
        columns = [
            f"{given.get(f.name) or _CONSTANT.get(f.sql) or f'1::{f.sql}'} AS {f.name}"
            for f in rmis.FIELDS
            if f.role is not rmis.Role.PRIVATE
        ]
    else:
        columns = [f"{sql} AS {name}" for name, sql in _TYPED.items()]

    copy = (
        f"COPY (SELECT {', '.join(columns)} FROM read_csv('{source}', all_varchar = true, "
        f"header = true)) TO '{target}' (FORMAT parquet, COMPRESSION snappy)"
    )
    program = (
        "import duckdb; c = duckdb.connect(); c.execute('SET threads = 2'); "
        f"c.execute({copy!r}).fetchall()"
    )
    return [sys.executable, "-c", program]


def _harmonize(source: Path, folder: Path) -> list[str]:
    config = {
        "schema": "rmnctl/harmonize/v1",
        "as_of": "2026-07-10",
        "mappings": str(folder / "mappings"),
        "inputs": [{"path": str(source), "mapping": "bench.console"}],
    }
    (folder / "mappings").mkdir()
    (folder / "mappings" / "bench.yaml").write_text(_MAPPING)
    (folder / "config.yaml").write_text(json.dumps(config))

    command = [sys.executable, "-m", "rmnctl", "harmonize", "-q"]
    return [*command, "-c", str(folder / "config.yaml"), "--runs", str(folder / "runs")]


def _measure(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak MB (10^6 bytes) of a command, start-up included."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - started, usage.ru_maxrss * 1024 / 1e6


@pytest.mark.bench
@pytest.mark.slow
def test_harmonize_beside_a_bare_copy(tmp_path: Path) -> None:
    """Five million rows are harmonised; wall time is printed as a ratio to a bare COPY."""
    source = tmp_path / "report.csv"
    duckdb.connect().execute(f"COPY ({_GENERATE}) TO '{source}' (HEADER)").fetchall()
    contenders = {
        "bare COPY, the file's 12 columns": _bare(
            source, tmp_path / "a.parquet", all_columns=False
        ),
        "bare COPY, all RMIS columns": _bare(source, tmp_path / "b.parquet", all_columns=True),
        "rmnctl harmonize": _harmonize(source, tmp_path),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(REPEATS):
        for name, command in contenders.items():
            taken[name].append(_measure(command))
    medians = {name: statistics.median(t for t, _ in runs) for name, runs in taken.items()}
    peaks = {name: max(m for _, m in runs) for name, runs in taken.items()}
    ours = medians["rmnctl harmonize"]
    print(f"\n{ROWS} rows, {source.stat().st_size / 1e6:.0f} MB, median of {REPEATS}")  # noqa: T201
    for name in contenders:
        print(  # noqa: T201
            f"{name:<34} {medians[name]:7.1f} s  {peaks[name]:6.0f} MB  "
            f"harmonize is {ours / medians[name]:.2f} x this"
        )
    kept = duckdb.sql(
        f"SELECT count(*) FROM '{next((tmp_path / 'runs').glob('*/rmis.parquet'))}'"
    ).fetchall()
    assert kept == [(ROWS,)]

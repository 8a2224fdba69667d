"""What a release costs beside the plain query it replaces, and how fast it answers."""

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
import yaml

from rmnctl.cleanroom import LocalRoom, parse_query
from rmnctl.workflows.cleanroom_query import ask_on_record

ROWS = int(os.environ.get("RMNCTL_BENCH_EVENTS", "10000000"))
REPEATS = int(os.environ.get("RMNCTL_BENCH_REPEATS", "3"))
PLACEMENTS = ["sponsored_product", "sponsored_brand", "onsite_display", "offsite_display", "video"]
METRICS = ["impressions", "clicks", "conversions", "revenue", "cost"]

_EVENTS = f"""
SELECT 'alpha' AS retailer_id, DATE '2026-01-05' + (i * 180 // {ROWS})::INT AS date,
  {PLACEMENTS!r}[1 + (hash(i) % 5)::INT] AS placement_type,
  'SKU-' || lpad((hash(i * 7) % 100)::VARCHAR, 4, '0') AS sku_id,
  'customer-' || (hash(i * 13) % 800000)::VARCHAR AS customer_id,
  1 + (hash(i * 19) % 3)::BIGINT AS impressions, (hash(i * 3) % 3 = 0)::BIGINT AS clicks,
  (hash(i * 5) % 10 = 0)::BIGINT AS conversions,
  (CASE WHEN hash(i * 5) % 10 = 0 THEN (hash(i * 11) % 5000) / 100.0 ELSE 0 END)::DECIMAL(18,6)
    AS revenue, ((hash(i * 17) % 200) / 100.0)::DECIMAL(18,6) AS cost
FROM range({ROWS}) t(i)
"""


def _policy(*, skus: bool) -> dict:
    dimensions = {"date": {"grain": "week"}, "placement_type": {"domain": PLACEMENTS}}
    return {
        "schema": "rmnctl/cleanroom-policy/v1",
        "retailer": "alpha",
        "entity_key": "customer_id",
        "thresholds": {"min_records": 100, "min_entities": 100, "min_contributors": 10},
        "dominance": {"p_percent": 10},
        "dimensions": dimensions | ({"sku_id": {"domain": "catalogue"}} if skus else {}),
        "metrics": METRICS,
        "refresh": {"min_delta_entities": 100},
        "mode": "atoms",
    }


def _plain(events: Path, *, skus: bool) -> list[str]:
    """One GROUP BY with COUNT(DISTINCT customer), the naive room's whole work."""
    keys = "date_trunc('week', date), placement_type" + (", sku_id" if skus else "")
    sums = ", ".join(f"sum({m})" for m in METRICS)
    sql = (
        f"SELECT {keys}, count(*), count(DISTINCT customer_id), {sums} "
        f"FROM read_parquet('{events}') GROUP BY ALL"
    )
    program = f"import duckdb; c = duckdb.connect(); c.execute('SET threads = 2'); c.execute({sql!r}).fetchall()"
    return [sys.executable, "-c", program]


def _release(folder: Path, events: Path, catalogue: Path, number: int, *, skus: bool) -> list[str]:
    policy = folder / f"policy{skus}.yaml"
    policy.write_text(yaml.safe_dump(_policy(skus=skus)))
    command = [sys.executable, "-m", "rmnctl", "cleanroom", "release", "-q"]
    command += ["--policy", str(policy), "--events", str(events)]
    command += ["--catalogue", str(catalogue), "--runs", str(folder / f"runs{number}{skus}")]
    return command


def _measure(command: list[str]) -> tuple[float, float]:
    started = time.perf_counter()
    environment = os.environ | {"RMNCTL_THREADS": "2"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - started, usage.ru_maxrss * 1024 / 1e6


@pytest.mark.bench
@pytest.mark.slow
@pytest.mark.parametrize("skus", [False, True], ids=["placements", "skus"])
def test_a_release_beside_one_plain_query(tmp_path: Path, skus: bool) -> None:
    """Ten million events are released; time is printed as a ratio to GROUP BY with distinct."""
    events, catalogue = tmp_path / "events.parquet", tmp_path / "catalogue.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({_EVENTS}) TO '{events}'").fetchall()
        connection.execute(
            f"COPY (SELECT DISTINCT sku_id FROM '{events}') TO '{catalogue}'"
        ).fetchall()
    plain, ours = [], []
    for number in range(REPEATS):
        plain.append(_measure(_plain(events, skus=skus)))
        ours.append(_measure(_release(tmp_path, events, catalogue, number, skus=skus)))
    a, b = (statistics.median(t for t, _ in runs) for runs in (plain, ours))
    print(  # noqa: T201
        f"\n{ROWS} events, {'week x placement x SKU' if skus else 'week x placement'}, median of "
        f"{REPEATS}: plain query {a:.1f} s, release {b:.1f} s, {b / a:.2f} x; "
        f"peak {max(m for _, m in plain):.0f} and {max(m for _, m in ours):.0f} MB"
    )
    _time_queries(tmp_path / f"runs0{skus}", tmp_path)


def _time_queries(runs: Path, folder: Path) -> None:
    query = folder / "query.json"
    data = {
        "retailer": "alpha",
        "metrics": [{"field": m, "agg": "sum"} for m in METRICS],
        "group_by": ["date", "placement_type"],
    }
    query.write_text(json.dumps(data))
    taken, entered = [], []
    with LocalRoom.open(runs, "latest") as room:
        parsed = parse_query(data)
        for _ in range(200):
            started = time.perf_counter()
            room.ask(parsed)
            taken.append(time.perf_counter() - started)
        for _ in range(50):
            started = time.perf_counter()
            ask_on_record(room, query, runs)
            entered.append(time.perf_counter() - started)
    print(  # noqa: T201
        f"query p50 {1000 * statistics.median(taken):.1f} ms, with its ledger entry "
        f"{1000 * statistics.median(entered):.1f} ms"
    )

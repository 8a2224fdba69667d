"""Small clean rooms for tests: events as rows, policies as overrides, releases as rooms."""

from __future__ import annotations

import datetime as dt
import itertools
import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, settings

from rmnctl.cleanroom import LocalRoom, Policy, parse_query
from rmnctl.config import Settings
from rmnctl.workflows.cleanroom_release import ReleaseConfig, ReleaseResult, cleanroom_release

START = dt.date(2026, 1, 5)
PLACEMENTS = ("sponsored_product", "onsite_display", "video")
METRICS = ("impressions", "clicks", "conversions", "revenue", "cost")
SCHEMA = pa.schema(
    [
        ("retailer_id", pa.string()),
        ("date", pa.date32()),
        ("placement_type", pa.string()),
        ("sku_id", pa.string()),
        ("customer_id", pa.string()),
        ("impressions", pa.int64()),
        ("clicks", pa.int64()),
        ("conversions", pa.int64()),
        ("revenue", pa.decimal128(18, 6)),
        ("cost", pa.decimal128(18, 6)),
        ("margin", pa.float64()),
        ("promo_flag", pa.bool_()),
        ("stock_level", pa.int64()),
        ("creative_text", pa.string()),
        ("geo_detail", pa.string()),
    ]
)

SKUS = ("s1", "s2", "s3")
FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def event(
    day: int = 0,
    placement: str = "video",
    customer: str | None = "c1",
    sku: str = "s1",
    *,
    retailer: str = "alpha",
    impressions: int = 1,
    clicks: int = 0,
    conversions: int = 0,
    revenue: Any = 0,
    cost: Any = 0,
    **blocked: Any,
) -> dict[str, Any]:
    """One event; `day` counts from the first."""
    return {
        "retailer_id": retailer,
        "date": START + dt.timedelta(days=day),
        "placement_type": placement,
        "sku_id": sku,
        "customer_id": customer,
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "revenue": Decimal(str(revenue)),
        "cost": Decimal(str(cost)),
        "margin": 0.3,
        "promo_flag": False,
        "stock_level": 9,
        "creative_text": "x",
        "geo_detail": "r",
    } | blocked


def write_events(path: Path, rows: list[dict[str, Any]], *, without: tuple[str, ...] = ()) -> Path:
    """Write events as Parquet, minus some columns."""
    schema = pa.schema([f for f in SCHEMA if f.name not in without])
    kept = [{k: v for k, v in row.items() if k not in without} for row in rows]
    pq.write_table(pa.Table.from_pylist(kept, schema=schema), path)
    return path


def policy(**changes: Any) -> Policy:
    """A policy with small numbers; changes replace whole sections."""
    return Policy.model_validate(
        {
            "schema": "rmnctl/cleanroom-policy/v1",
            "retailer": "alpha",
            "entity_key": "customer_id",
            "thresholds": {"min_records": 3, "min_entities": 3, "min_contributors": 2},
            "dominance": {"p_percent": 10},
            "dimensions": {
                "date": {"grain": "day"},
                "placement_type": {"domain": list(PLACEMENTS)},
            },
            "metrics": list(METRICS),
            "refresh": {"min_delta_entities": 3},
            "mode": "atoms",
        }
        | changes
    )


def with_skus(*skus: str, grain: str = "day") -> dict[str, Any]:
    """Dimensions that offer SKUs."""
    return {
        "date": {"grain": grain},
        "placement_type": {"domain": list(PLACEMENTS)},
        "sku_id": {"domain": list(skus)},
    }


_numbers = itertools.count()


def release(
    folder: Path,
    rows: list[dict[str, Any]] | Path,
    rules: Policy | None = None,
    *,
    without: tuple[str, ...] = (),
    previous: str | None = None,
) -> ReleaseResult:
    """Release events in a runs folder; a second call refreshes."""
    folder.mkdir(parents=True, exist_ok=True)
    events = (
        rows
        if isinstance(rows, Path)
        else write_events(folder / f"events{next(_numbers)}.parquet", rows, without=without)
    )
    config = ReleaseConfig(policy=rules or policy(), events=str(events), previous=previous)
    return cleanroom_release(config, Settings(runs=folder / "runs", threads=1))


def open_room(done: ReleaseResult) -> LocalRoom:
    """The room of a release."""
    return LocalRoom.open(done.run.folder.parent, done.run.run_id)


def room(
    folder: Path,
    rows: list[dict[str, Any]] | Path,
    rules: Policy | None = None,
    *,
    without: tuple[str, ...] = (),
) -> LocalRoom:
    """Release events and open the room."""
    return open_room(release(folder, rows, rules, without=without))


def ask(room: LocalRoom, metric: str = "revenue", **query: Any) -> dict[tuple[Any, ...], Any]:
    """The values of one metric by key; None where withheld."""
    answer = room.ask(
        parse_query({"retailer": "alpha", "metrics": [{"field": metric, "agg": "sum"}]} | query)
    )
    return {tuple(c["key"].values()): c["metrics"][metric]["value"] for c in answer.cells}


def total(room: LocalRoom, metric: str = "revenue", **query: Any) -> Any:
    """The one value of an ungrouped query."""
    return ask(room, metric, **query)[()]


def days(first: int, last: int, grain: str = "day") -> dict[str, str]:
    """A date range by day numbers, inclusive."""
    return {
        "from": (START + dt.timedelta(days=first)).isoformat(),
        "to": (START + dt.timedelta(days=last)).isoformat(),
        "grain": grain,
    }


def temporary() -> Path:
    """A folder of its own."""
    return Path(tempfile.mkdtemp(prefix="room"))


def values(done) -> dict:
    """(metric, atom) to value, from the released table."""
    found = {}
    for row in pq.read_table(done.run.folder / "release.parquet").to_pylist():
        atom = (str(row["date"]), row["placement_type"], row["sku_id"])
        for metric in ("events", *METRICS):
            if row[metric] is not None:
                found[metric, atom] = Fraction(row[metric])
    return found

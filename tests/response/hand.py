"""Small markets made by hand, with curves that are known exactly."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rmnctl.response import LiftTest, Panel, read_panel

MONDAY = date(2026, 1, 5)
DEPTHS = (0.8, 1.5, 2.5)


def row(sku: str | None = "s0", start: date = MONDAY, days: int = 7, **more: Any) -> dict[str, Any]:
    """One row of a release."""
    return {
        "retailer_id": "alpha",
        "placement_type": "video",
        "sku_id": sku,
        "date": start,
        "period_end": start + timedelta(days=days - 1),
        "cost": 10.0,
        "revenue": 40.0,
        "conversions": 2,
        "currency": "USD",
    } | more


def weeks(count: int, sku: str | None = "s0", **more: Any) -> list[dict[str, Any]]:
    """The same row in so many weeks."""
    return [row(sku, MONDAY + timedelta(days=7 * t), **more) for t in range(count)]


def written(path: Path, rows: list[dict[str, Any]], drop: tuple[str, ...] = ()) -> Path:
    """Rows as a Parquet file."""
    table = pa.Table.from_pylist(rows)
    pq.write_table(table.drop_columns(list(drop)), path)
    return path


def rows_of(
    seed: int = 0,
    *,
    skus: int = 6,
    periods: int = 20,
    ratio: float = 1.0,
    placements: tuple[str, ...] = ("onsite_display", "video"),
) -> tuple[list[dict[str, Any]], dict[tuple[str, str], tuple[float, float]]]:
    """Weekly rows of one retailer without noise, and a and c by placement and SKU.

    a and c are those of one week. Revenue is `ratio` times incremental revenue; spend is random,
    demand constant, nothing carries over.
    """
    draw = np.random.default_rng(seed)
    rows, truth = [], {}
    for placement in placements:
        for s in range(skus):
            usual, depth = draw.uniform(50, 200), DEPTHS[s % len(DEPTHS)]
            a, c = 4 * usual / -np.expm1(-depth), usual / depth
            truth[placement, f"s{s}"] = (float(a), float(c))
            spend = usual * np.exp(draw.normal(0, 0.8, periods))
            for t in range(periods):
                revenue = float(-ratio * a * np.expm1(-spend[t] / c))
                rows.append(
                    row(
                        f"s{s}",
                        MONDAY + timedelta(days=7 * t),
                        placement_type=placement,
                        cost=float(spend[t]),
                        revenue=revenue,
                        conversions=revenue / 20,
                    )
                )
    return rows, truth


def panel_of(folder: Path, rows: list[dict[str, Any]], name: str = "release") -> Panel:
    """Rows, written and read."""
    return read_panel([written(folder / f"{name}.parquet", rows)])


def lift(iroas: float, se: float, placement: str = "video", weeks_: int = 4) -> LiftTest:
    """A test over the first weeks."""
    end = MONDAY + timedelta(days=7 * weeks_ - 1)
    return LiftTest("alpha", placement, MONDAY, end, iroas, se)

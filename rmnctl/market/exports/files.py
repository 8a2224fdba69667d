"""The files of every report: a first one, and a later one in which conversions are restated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rmnctl.market.config import Dialect, ExportConfig
from rmnctl.market.exports import api_json, console_csv, money_text
from rmnctl.market.exports.dialect import Facts, Writer
from rmnctl.market.exports.rows import (
    ReportRows,
    final_rows,
    first_rows,
    restated_rows,
    snapshot_day,
    with_duplicates,
)
from rmnctl.market.world import World

_DIALECTS: dict[Dialect, tuple[Facts, Writer]] = {
    Dialect.CONSOLE_CSV: (console_csv.FACTS, console_csv.write),
    Dialect.API_JSON: (api_json.FACTS, api_json.write),
    Dialect.MONEY_TEXT: (money_text.FACTS, money_text.write),
}


@dataclass(frozen=True)
class RawFile:
    """One report file.

    Attributes:
        name: File name.
        chunks: Its bytes, in pieces; can be read once.
        truth: What a reader must find in it: rows, totals, duplicates, superseded rows.
    """

    name: str
    chunks: Iterator[bytes]
    truth: dict[str, Any]


def _totals(facts: Facts, rows: ReportRows) -> dict[str, dict[str, int]]:
    """Sums over distinct rows by column: money in cents, counts as they are."""
    money = {name: getattr(rows, name) for name in ("cost", "revenue")}
    counts = {
        "impressions": rows.impressions,
        "clicks": rows.clicks,
        "conversions": rows.orders,
        "units": rows.units,
    }
    return {
        "cents": {facts.columns[field]: int(column.sum()) for field, column in money.items()},
        "counts": {facts.columns[field]: int(column.sum()) for field, column in counts.items()},
    }


def _file(
    world: World,
    export: ExportConfig,
    *,
    distinct: ReportRows,
    written: ReportRows,
    superseded: int,
    restated: bool,
) -> RawFile:
    facts, write = _DIALECTS[export.dialect]
    suffix = facts.suffix.replace(".", "_restated.", 1) if restated else facts.suffix
    name = f"export_{export.retailer}_{suffix}"
    placements = export.placements or world.catalogue.config.placements
    truth = {
        "file": name,
        "retailer_id": export.retailer,
        "dialect": str(export.dialect),
        "as_of": snapshot_day(world, restated=restated).isoformat(),
        "currency": world.catalogue.config.currency,
        "rows": len(written),
        "duplicates": len(written) - len(distinct),
        "superseded": superseded,
        "totals": _totals(facts, distinct),
        "columns": dict(facts.columns),
        "placements": {str(p): facts.placements[p] for p in placements},
        "sku_key": facts.sku_key,
        "attribution": dict(facts.attribution),
    }
    return RawFile(name, write(world, export, written, distinct), truth)


def export_files(world: World) -> Iterator[RawFile]:
    """Every report file of the market, report by report, the first before the restated one.

    `superseded` counts the distinct rows of a file that the next file of the same report
    states anew. The final truth is the first file without those rows, plus the second.
    """
    for export in world.catalogue.config.export_plan():
        final = final_rows(world, export)
        first, restated = first_rows(world, export, final), restated_rows(world, final)
        yield _file(
            world,
            export,
            distinct=first,
            written=with_duplicates(world, export, first),
            superseded=len(restated),
            restated=False,
        )
        yield _file(world, export, distinct=restated, written=restated, superseded=0, restated=True)

"""A release in the shape of RMIS, so that what reads reports reads aggregates too."""

from __future__ import annotations

from pathlib import Path

from rmnctl import rmis
from rmnctl.cleanroom.calendar import Grain
from rmnctl.cleanroom.release import Release
from rmnctl.tables import identifier, quote

MAPPING_ID = "cleanroom.release"
_NO_CURRENCY = "XXX"


def aggregate_to_rmis(release: Release, table: Path) -> str:
    """SQL for a release as an RMIS table, in the release's order.

    The remainder of a block has no SKU. What is withheld is null, not 0. Attribution is
    whatever the retailer's events were credited by, which a release does not say.

    Args:
        release: What is public about it.
        table: Its `release.parquet`.
    """
    values = _values(release)
    columns = ", ".join(
        f"CAST({values.get(f.name, 'NULL')} AS {f.sql}) AS {identifier(f.name)}"
        for f in rmis.FIELDS
        if f.role is not rmis.Role.PRIVATE
    )
    return (
        f"SELECT {columns} FROM (SELECT *, row_number() OVER () AS number "
        f"FROM read_parquet({quote(table)})) ORDER BY number"
    )


def _values(release: Release) -> dict[str, str]:
    ends = {
        Grain.DAY: "date",
        Grain.WEEK: "date + 6",
        Grain.MONTH: "last_day(date)",
        Grain.ALL: f"DATE '{release.period.to}'" if release.period else "NULL",
    }
    starts = f"DATE '{release.period.from_}'" if release.period else "NULL"
    start = starts if release.grain is Grain.ALL else "date"
    natural = f"concat_ws('|', {quote(release.retailer)}, {start}, placement_type, sku_id)"
    offered = {m: m for m in release.metrics}
    return offered | {
        "event_id": f"md5({natural} || '|' || coalesce(sku_id, '(remainder)'))::UUID",
        "retailer_id": quote(release.retailer),
        "placement_type": f"coalesce(placement_type, {quote(rmis.PlacementType.UNKNOWN)})",
        "sku_id": "sku_id",
        "date": start,
        "period_end": ends[release.grain],
        "grain": "'day'" if release.grain is Grain.DAY else "'range'",
        "attr_model": "'unknown'",
        "currency": quote(release.policy.currency or _NO_CURRENCY),
        "interaction": "'unknown'",
        "credit_model": "'unknown'",
        "sku_scope": "'unknown'",
        "sales_channel": "'unknown'",
        "conversion_basis": "'unknown'",
        "source_file_sha256": quote(release.table_sha256),
        "source_row": "number",
        "mapping_id": quote(MAPPING_ID),
        "mapping_version": str(release.version),
        "as_of": ends[release.grain],
        "is_final": "false",
    }

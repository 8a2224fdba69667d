"""What a harmonize run has to say: the content of `report.json`, computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmnctl.harmonization.config import HarmonizeConfig
from rmnctl.harmonization.judge import Source
from rmnctl.harmonization.reasons import MEANING, Reason, sql_codes
from rmnctl.harmonization.reconcile import totals
from rmnctl.tables import quote

if TYPE_CHECKING:
    import duckdb

REPORT_SCHEMA = "harmonize_report/v1"
_SAMPLES = 20


def _rows_of(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description or []]
    return [
        {
            k: v if isinstance(v, int | bool) or v is None else str(v)
            for k, v in zip(names, row, strict=True)
        }
        for row in cursor.fetchall()
    ]


def _attribution(connection: duckdb.DuckDBPyConnection, rmis: Path) -> list[dict[str, Any]]:
    return _rows_of(
        connection.execute(
            "SELECT retailer_id, attr_model, interaction, sales_channel, conversion_basis, currency, "
            "grain, count(*) AS rows, min(date) AS first_day, max(date) AS last_day, "
            "count(*) FILTER (is_final) AS final_rows, coalesce(sum(cost), 0)::DECIMAL(38,2) AS cost, "
            "coalesce(sum(revenue), 0)::DECIMAL(38,2) AS revenue "
            f"FROM read_parquet({quote(rmis)}) GROUP BY ALL ORDER BY ALL"
        )
    )


def _placements(connection: duckdb.DuckDBPyConnection, rmis: Path) -> list[dict[str, Any]]:
    return _rows_of(
        connection.execute(
            "SELECT retailer_id, placement_type, currency, count(*) AS rows, "
            "count(DISTINCT sku_id) AS skus, "
            "coalesce(sum(impressions), 0)::HUGEINT::VARCHAR AS impressions, "
            "coalesce(sum(clicks), 0)::HUGEINT::VARCHAR AS clicks, "
            "coalesce(sum(cost), 0)::DECIMAL(38,2) AS cost, "
            "coalesce(sum(revenue), 0)::DECIMAL(38,2) AS revenue "
            f"FROM read_parquet({quote(rmis)}) GROUP BY ALL ORDER BY ALL"
        )
    )


def _samples(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]
) -> list[dict[str, Any]]:
    """Where to look: the first rows of each reason; positions only, no values."""
    found = connection.execute(
        f"SELECT file, source_row, {sql_codes('mask')} AS reasons FROM exceptions "
        "WHERE disposition = 'quarantined' QUALIFY row_number() OVER "
        f"(PARTITION BY file, mask ORDER BY source_row) <= {_SAMPLES} ORDER BY file, source_row"
    ).fetchall()
    taken: Counter[str] = Counter()
    samples = []
    for file, row, reasons in found:
        taken[reasons] += 1
        if taken[reasons] <= _SAMPLES:
            samples.append({"input": sources[file].name, "row": row, "reasons": reasons})
    return samples


def _drift(sources: Sequence[Source]) -> list[dict[str, Any]]:
    return [
        {"input": s.name, "mapping": f"{s.mapping.id} v{s.mapping.version}"}
        | s.transform.binding.drift.plain()
        | {"retyped": list(s.retyped)}
        for s in sources
    ]


def _findings(
    config: HarmonizeConfig, rows: Mapping[str, int], rows_in: int, sources: Sequence[Source]
) -> list[str]:
    findings = []
    share = rows["quarantined"] / rows_in if rows_in else 0.0
    if share > config.thresholds.quarantine_fail:
        findings.append(
            f"{rows['quarantined']} of {rows_in} rows ({share:.1%}) are quarantined, more than the "
            f"{config.thresholds.quarantine_fail:.1%} allowed."
        )
    for source in sources:
        if source.retyped and source.mapping.contract.retyped_columns == "fail":
            findings.append(
                f"{source.name}: most cells of {', '.join(source.retyped)} no longer parse; the "
                "network may have changed the format."
            )
    return findings


def _warnings(
    config: HarmonizeConfig,
    rows: Mapping[str, int],
    rows_in: int,
    drift: Sequence[Mapping[str, Any]],
) -> list[str]:
    warnings = []
    share = rows["quarantined"] / rows_in if rows_in else 0.0
    if config.thresholds.quarantine_warn < share <= config.thresholds.quarantine_fail:
        warnings.append(f"{rows['quarantined']} of {rows_in} rows ({share:.2%}) are quarantined.")
    for entry in drift:
        for kind in ("new", "missing"):
            if entry[kind]:
                warnings.append(f"{entry['input']}: {kind} columns: {', '.join(entry[kind])}.")
    return warnings


def summarise(
    connection: duckdb.DuckDBPyConnection,
    config: HarmonizeConfig,
    sources: Sequence[Source],
    books: Sequence[Mapping[str, Any]],
    reasons: Mapping[int, Mapping[str, int]],
    *,
    rmis_path: Path,
    crosswalk: Mapping[str, Any] | None,
    unreadable: int = 0,
) -> dict[str, Any]:
    """Everything the report shows.

    Args:
        connection: Holds table `exceptions`.
        config: The resolved configuration.
        sources: The inputs.
        books: `reconcile.books` of them.
        reasons: `judge.reason_counts` of them.
        rmis_path: The written rows.
        crosswalk: What loading the product list said, if there is one.
        unreadable: Rows of an earlier quarantine that still cannot be read.
    """
    rows: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for number, book in enumerate(books):
        rows.update(book["rows"])
        counts.update(reasons.get(number, {}))
        counts["E_ROW_SHAPE"] += len(sources[number].report.ragged)
    rows["quarantined"] += unreadable
    counts["E_ROW_SHAPE"] += unreadable
    rows_in = sum(rows.values())
    drift = _drift(sources)
    attribution = _attribution(connection, rmis_path)
    total = sum(line["rows"] for line in attribution)
    return {
        "schema": REPORT_SCHEMA,
        "as_of": str(config.as_of),
        "findings": _findings(config, rows, rows_in, sources),
        "warnings": _warnings(config, rows, rows_in, drift),
        "metrics": {
            "rows_in": rows_in,
            "rows_rmis": total,
            **{f"rows_{place}": rows[place] for place in sorted(rows)},
        },
        "inputs": list(books),
        "money": totals(books),
        "reasons": [
            {"code": r.name, "rows": counts[r.name], "meaning": MEANING[r]}
            for r in Reason
            if r.name and counts[r.name]
        ],
        "samples": _samples(connection, sources),
        "drift": drift,
        "attribution": attribution,
        "comparable": len({(a["attr_model"], a["sales_channel"]) for a in attribution}) <= 1,
        "placements": _placements(connection, rmis_path),
        "crosswalk": dict(crosswalk) if crosswalk else None,
    }

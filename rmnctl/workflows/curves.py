"""`rmnctl curves`: what was spent and credited in, incremental response out."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from rmnctl.config import Settings
from rmnctl.errors import ConfigError, InputError
from rmnctl.response import (
    CURVES_SCHEMA,
    DRAWS_SCHEMA,
    Fitted,
    LiftTest,
    fit_curves,
    read_lift_tests,
    read_panel,
    run_backtest,
)
from rmnctl.runs import Input, Run
from rmnctl.tables import connect, engine_failures, no_values, quote
from rmnctl.workflows.planning_config import (
    PlanConfig,
    any_input,
    load_request,
    release_inputs,
)

VERB = "curves"
FIT_SCHEMA = "curve-fit/v1"


@dataclass(frozen=True)
class Prepared:
    """Everything a fit needs, opened and digested.

    Attributes:
        inputs: For the manifest.
        skus: The SKUs of the request's brand.
    """

    inputs: list[Input]
    skus: tuple[str, ...]

    def path(self, name: str) -> Path | None:
        """Where an input lies, or None."""
        return next((i.location for i in self.inputs if i.record.name == name), None)

    def tests(self) -> tuple[LiftTest, ...]:
        """All lift tests there are."""
        tables = [i.location for i in self.inputs if i.record.name.startswith("lift_tests")]
        return tuple(test for path in tables for test in read_lift_tests(path))


@dataclass(frozen=True)
class CurvesResult:
    """A finished fit.

    Attributes:
        run: The run.
        fit: What was learned, JSON-ready.
    """

    run: Run
    fit: dict[str, Any]


def prepare(config: PlanConfig, settings: Settings) -> Prepared:
    """Open what the mode of a configuration may see, and nothing else.

    Raises:
        ConfigError: The catalogue has no SKU of the brand.
        InputError: A file is not what it should be.
        RunError: A run is not there.
    """
    data = config.data
    inputs = [any_input("catalogue", data.catalogue, "catalogue/v1", settings)]
    if config.mode == "full_data":
        inputs += [
            any_input(f"events_{number}", text, "events/v1", settings)
            for number, text in enumerate(data.events, 1)
        ]
    else:
        inputs += release_inputs(data, settings)
    inputs += [
        any_input(f"lift_tests_{number}", text, "lift_tests/v1", settings)
        for number, text in enumerate(data.lift_tests, 1)
    ]
    if data.private is not None:
        inputs.append(any_input("private", data.private, "brand_private/v1", settings))
    brand = load_request(config).brand_id
    return Prepared(inputs, _skus(inputs[0].location, brand))


def _skus(catalogue: Path, brand: str) -> tuple[str, ...]:
    with connect() as connection, no_values():
        try:
            rows = connection.execute(
                f"SELECT DISTINCT sku_id, brand_id FROM read_parquet({quote(catalogue)}) ORDER BY 1"
            ).fetchall()
        except duckdb.Error:
            raise InputError(
                f"{catalogue} is not a catalogue.", hint="It needs the columns sku_id and brand_id."
            ) from None
    own = tuple(str(sku) for sku, owner in rows if owner == brand)
    if not own:
        brands = ", ".join(sorted({str(b) for _, b in rows}))
        raise ConfigError(f"The catalogue has no SKU of that brand_id. It has: {brands}.")
    return own


def fit(config: PlanConfig, prepared: Prepared) -> Fitted:
    """Fit the curves of all cells, so that brands learn from one another.

    Raises:
        InputError: The data are too short, or not what they should be.
    """
    horizon = load_request(config).horizon_days
    with engine_failures(), tempfile.TemporaryDirectory() as folder:
        if config.mode == "full_data":
            events = [i.location for i in prepared.inputs if i.record.name.startswith("events_")]
            tables = [weekly_sums(events, Path(folder) / "weekly.parquet")]
        else:
            tables = [i.location for i in prepared.inputs if i.record.name.startswith("release_")]
        panel = read_panel(tables, _all_skus(prepared))
    return fit_curves(panel, prepared.tests(), horizon_days=horizon, seed=config.seed)


def _all_skus(prepared: Prepared) -> list[str]:
    catalogue = prepared.path("catalogue")
    with connect() as connection:
        rows = connection.execute(
            f"SELECT DISTINCT sku_id::VARCHAR FROM read_parquet({quote(catalogue or '')})"
        ).fetchall()
    return sorted(str(row[0]) for row in rows)


def weekly_sums(events: Sequence[Path], target: Path) -> Path:
    """Events as sums by cell and Monday week, zeros written out: nothing is withheld."""
    listed = ", ".join(quote(path) for path in events)
    with connect() as connection, no_values():
        connection.execute(
            f"""
            COPY (
                WITH sums AS (
                    SELECT retailer_id, placement_type, sku_id, date_trunc('week', date)::DATE AS date,
                        sum(cost) AS cost, sum(revenue) AS revenue, sum(conversions) AS conversions
                    FROM read_parquet([{listed}]) GROUP BY ALL)
                SELECT retailer_id, placement_type, sku_id, date, date + 6 AS period_end,
                    coalesce(cost, 0) AS cost, coalesce(revenue, 0) AS revenue,
                    coalesce(conversions, 0) AS conversions
                FROM (SELECT DISTINCT retailer_id, placement_type, sku_id FROM sums)
                CROSS JOIN (SELECT DISTINCT date FROM sums)
                LEFT JOIN sums USING (retailer_id, placement_type, sku_id, date) ORDER BY ALL
            ) TO {quote(target)} (FORMAT parquet)
            """
        ).fetchall()
    return target


def curves(
    config: PlanConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
    backtest: bool = True,
) -> CurvesResult:
    """Fit incremental response curves and back-test them.

    Args:
        config: Data and mode; the request gives brand and horizon.
        settings: Where runs lie.
        overrides: `--set` texts, for the record.
        backtest: Refit on earlier periods, too, to predict the last ones.

    Raises:
        ConfigError: The configuration does not fit the data.
        InputError: The data are not what they should be.
        RunError: A run is not there.
    """
    settings = settings or Settings()
    prepared = prepare(config, settings)
    fitted = fit(config, prepared)
    with Run.start(
        settings.runs, VERB, config, inputs=prepared.inputs, seed=config.seed, overrides=overrides
    ) as run:
        found = describe(fitted)
        if backtest:
            found["backtest"] = run_backtest(fitted.panel, prepared.tests()).plain()
        run.write_table("curves.parquet", fitted.checked_table(), CURVES_SCHEMA)
        run.write_table("curve_draws.parquet", fitted.draws_table(), DRAWS_SCHEMA)
        run.write_json("fit.json", found, FIT_SCHEMA)
        run.metrics = {k: v for k, v in found.items() if isinstance(v, int | float)}
        run.privacy = {"leaves_owner": config.mode != "full_data", "mode": config.mode}
    return CurvesResult(run, found)


def describe(fitted: Fitted) -> dict[str, Any]:
    """What was learned, in a few numbers."""
    support = fitted.attributed.supported
    blocks = [
        {
            "retailer_id": retailer,
            "placement_type": placement,
            "attributed_ratio": round(float(ratio), 4),
            "log_sd": round(float(sd), 4),
            "lift_test": bool(informed),
        }
        for (retailer, placement), ratio, sd, informed in zip(
            fitted.panel.blocks,
            fitted.ratio.point,
            fitted.ratio.log_sd,
            fitted.ratio.informed,
            strict=True,
        )
    ]
    return {
        "cells": len(fitted.panel),
        "cells_with_own_curve": int(support.sum()),
        "periods": len(fitted.panel.starts),
        "period_days": fitted.panel.days,
        "blocks_without_lift_test": int((~fitted.ratio.informed).sum()),
        "blocks": blocks,
        "family": fitted.family_test.plain(),
    }

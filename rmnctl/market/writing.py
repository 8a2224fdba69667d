"""Write what each party sees of a world, and the truth, to any place that takes artifacts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import pyarrow as pa

from rmnctl.market import artifacts
from rmnctl.market.config import MarketConfig
from rmnctl.market.events import COLUMNS, EVENTS_SCHEMA, event_batches
from rmnctl.market.exports import export_files
from rmnctl.market.world import World

RAW_SCHEMA = "raw/v1"
EXPORTS_SCHEMA = "exports/v1"


class Sink(Protocol):
    """Where artifacts go: a run folder, or a stand-in. Names are flat file names."""

    def write_table(self, name: str, table: pa.Table, schema: str) -> Any:
        """Keep an Arrow table."""

    def write_batches(
        self, name: str, arrow_schema: pa.Schema, batches: Iterable[pa.Table], schema: str
    ) -> Any:
        """Keep a stream of Arrow tables as one."""

    def write_stream(self, name: str, chunks: Iterable[bytes], schema: str) -> Any:
        """Keep a file given in pieces."""

    def write_json(self, name: str, value: Any, schema: str) -> Any:
        """Keep a JSON document."""


def write_market(config: MarketConfig, world: World, sink: Sink) -> dict[str, float]:
    """Write every artifact of one world.

    `events_<retailer>.parquet` for each retailer's clean room; `export_*` for the brand's
    reports, with what they hold in `exports.json`; `catalogue.parquet` and `lift_tests.parquet`
    for everybody; `brand_private.parquet` for the brand; `truth.parquet` for scoring only.

    Args:
        config: The market the world was drawn from.
        world: The world.
        sink: Where artifacts go.

    Returns:
        Flat metrics, see `World.metrics`.

    Raises:
        ValueError: The world belongs to another market.
    """
    same = {"world_seed": config.world_seed}
    if world.catalogue.config.model_copy(update=same) != config:
        raise ValueError("the world was drawn from another configuration")
    catalogue = world.catalogue
    sink.write_table(
        "catalogue.parquet", artifacts.catalogue_table(catalogue), artifacts.CATALOGUE_SCHEMA
    )
    sink.write_table(
        "brand_private.parquet", artifacts.private_table(catalogue), artifacts.PRIVATE_SCHEMA
    )
    sink.write_table(
        "lift_tests.parquet", artifacts.lift_test_table(world), artifacts.LIFT_TESTS_SCHEMA
    )
    sink.write_table("truth.parquet", artifacts.truth_table(world), artifacts.TRUTH_SCHEMA)
    for retailer in config.retailers:
        sink.write_batches(
            f"events_{retailer}.parquet", COLUMNS, event_batches(world, retailer), EVENTS_SCHEMA
        )
    truths = []
    for file in export_files(world):
        sink.write_stream(file.name, file.chunks, RAW_SCHEMA)
        truths.append(file.truth)
    sink.write_json("exports.json", {"schema": EXPORTS_SCHEMA, "files": truths}, EXPORTS_SCHEMA)
    return world.metrics()

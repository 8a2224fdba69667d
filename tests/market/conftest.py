from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rmnctl import tables
from rmnctl.market import MarketConfig, build_catalogue, draw_world

SMALL = {
    "placements": ["sponsored_product", "onsite_display", "video"],
    "skus": 12,
    "history_days": 63,
    "start_date": "2026-01-05",
}


class Folder:
    """A sink that writes plain files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.schemas: dict[str, str] = {}

    def write_table(self, name, table, schema):
        """Keep a table."""
        self.schemas[name] = schema
        tables.write_table(self.path / name, table)

    def write_batches(self, name, arrow_schema, batches, schema):
        """Keep a stream of tables."""
        self.schemas[name] = schema
        tables.write_batches(self.path / name, arrow_schema, batches)

    def write_stream(self, name, chunks, schema):
        """Keep a file."""
        self.schemas[name] = schema
        (self.path / name).write_bytes(b"".join(chunks))

    def write_json(self, name, value, schema):
        """Keep a document."""
        self.schemas[name] = schema
        tables.write_json(self.path / name, value)

    def digests(self) -> dict[str, str]:
        """The sha256 of every file by name."""
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(self.path.iterdir())
        }


@pytest.fixture(scope="session")
def small():
    """Build a small market: a function of configuration keys and a world seed."""

    def build(world_seed: int | None = None, **keys):
        config = MarketConfig.model_validate(SMALL | keys)
        return draw_world(config, build_catalogue(config), world_seed)

    return build


@pytest.fixture(scope="session")
def world(small):
    """One small world with every knob at its default."""
    return small()


@pytest.fixture
def folder(tmp_path):
    """Make sinks in folders of their own."""

    def make(name: str) -> Folder:
        path = tmp_path / name
        path.mkdir()
        return Folder(path)

    return make

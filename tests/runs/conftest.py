from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest

from rmnctl.config import ConfigModel
from rmnctl.runs import Run


class Request(ConfigModel):
    """What the runs of these tests are asked."""

    text: str = "hello"
    size: int = 3


class House:
    """A folder of runs, and the short way to make one."""

    request = Request

    def __init__(self, runs: Path) -> None:
        self.runs = runs

    def start(self, verb="copy", *, inputs=(), seed=None, overrides=(), **asked):
        """A run that has begun."""
        return Run.start(
            self.runs, verb, Request(**asked), inputs=inputs, seed=seed, overrides=overrides
        )

    def make(self, verb="copy", *, inputs=(), seed=None, raises=None, **asked):
        """A finished run with a text, a document and a table; `raises` ends it badly."""
        run = self.start(verb, inputs=inputs, seed=seed, **asked)
        said = Request(**asked)
        with suppress(*([type(raises)] if raises else [])), run:
            run.write_text("said.txt", said.text, "text/v1")
            run.write_json("said.json", {"text": said.text}, "said/v1")
            run.write_table("rows.parquet", pa.table({"row": range(said.size)}), "rows/v1")
            run.metrics = {"rows": said.size}
            run.privacy = {"leaves_owner": False}
            if raises is not None:
                raise raises
        return run


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty folder of runs."""
    return House(tmp_path / "runs")

"""The manifest: what a run was asked, what it read, what it wrote.

Everything volatile (times, host, versions, command line) sits under `execution`, so two
identical runs differ only there and in `run_id`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError

from rmnctl.config import ConfigModel, fingerprint_of
from rmnctl.errors import RunError
from rmnctl.tables import write_json

MANIFEST_SCHEMA: Final = "rmnctl/manifest/v1"
MANIFEST_NAME = "manifest.json"


class Status(StrEnum):
    """Where a run stands; later commands accept only `complete`."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


class ConfigRecord(ConfigModel):
    """The resolved configuration that the run executed."""

    path: str = Field(description="Resolved configuration inside the run folder.")
    sha256: str = Field(description="Digest of that file.")
    overrides: list[str] = Field(description="--set texts as typed.")


class InputRecord(ConfigModel):
    """One thing the run read."""

    name: str = Field(description="Name the workflow knows it by.")
    kind: Literal["file", "run"] = Field(description="A plain file, or an artifact of a run.")
    ref: str = Field(description="What was typed.")
    run_id: str | None = Field(None, description="The run that `ref` resolved to.")
    path: str = Field(description="File name, inside the run folder for kind run.")
    schema_: str = Field(alias="schema", description="What the content is, with its version.")
    sha256: str = Field(description="Digest when it was opened.")


class Artifact(ConfigModel):
    """One file the run wrote."""

    name: str = Field(description="What it is called.")
    path: str = Field(description="File name inside the run folder.")
    schema_: str = Field(alias="schema", description="What it holds, with its version.")
    rows: int | None = Field(None, description="Rows, for tables.")
    bytes: int = Field(description="Size.")
    sha256: str = Field(description="Digest.")


class Manifest(ConfigModel):
    """Everything about one run."""

    schema_: Literal["rmnctl/manifest/v1"] = Field(MANIFEST_SCHEMA, alias="schema")
    run_id: str
    verb: str
    status: Status
    fingerprint: str = Field(description="sha256 of verb, config, input digests, seed, schemas.")
    config: ConfigRecord
    seed: int | None = None
    inputs: list[InputRecord]
    artifacts: list[Artifact]
    metrics: dict[str, Any] = Field(default_factory=dict, description="Small and flat.")
    privacy: dict[str, Any] = Field(default_factory=dict, description="Always present.")
    execution: dict[str, Any] = Field(default_factory=dict, description="Volatile facts.")

    def artifact(self, name: str) -> Artifact | None:
        """The artifact of that name, if the run wrote it."""
        return next((a for a in self.artifacts if a.name == name), None)

    def write(self, folder: Path) -> None:
        """Replace the manifest in `folder` atomically."""
        write_json(folder / MANIFEST_NAME, self.plain())

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read and check a manifest.

        Raises:
            RunError: It is missing, damaged, or of a version this rmnctl does not read.
        """
        path = folder / MANIFEST_NAME
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise RunError(f"{folder} is not a run folder: no {MANIFEST_NAME}.") from error
        except (OSError, ValueError) as error:
            raise RunError(f"{path} cannot be read as JSON.") from error
        found = data.get("schema") if isinstance(data, Mapping) else None
        if found != MANIFEST_SCHEMA:
            raise RunError(f"{path} has schema {found!r}; this rmnctl reads {MANIFEST_SCHEMA}.")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise RunError(f"{path} does not fit {MANIFEST_SCHEMA}.") from error


def run_fingerprint(
    verb: str,
    config: Mapping[str, Any],
    inputs: Sequence[InputRecord],
    seed: int | None,
) -> str:
    """What decides a run's result: not when, where, or under which run id it happened."""
    return fingerprint_of(
        {
            "verb": verb,
            "config": dict(config),
            "inputs": [[i.name, i.schema_, i.sha256] for i in inputs],
            "seed": seed,
            "manifest": MANIFEST_SCHEMA,
        }
    )

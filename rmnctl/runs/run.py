"""One execution: workflows read and write files only through it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import yaml

from rmnctl import __version__, tables
from rmnctl.config import ConfigModel
from rmnctl.errors import Failure, Findings, InputError, RmnctlError
from rmnctl.runs.manifest import (
    Artifact,
    ConfigRecord,
    InputRecord,
    Manifest,
    Status,
    run_fingerprint,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

CONFIG_NAME = "config.yaml"
LOG_NAME = "log.jsonl"


@dataclass(frozen=True)
class Input:
    """An input with its digest, and where it lies on this machine."""

    record: InputRecord
    location: Path


def file_input(name: str, path: Path, schema: str, sha256: str | None = None) -> Input:
    """Take a plain file as an input.

    Args:
        name: What the workflow calls it.
        path: The file.
        schema: What it holds, with its version.
        sha256: Its digest, where the caller already has it.

    Raises:
        InputError: It does not exist, is a folder, or cannot be read.
    """
    if path.is_dir():
        raise InputError(f"{path} is a directory; name a file in it.")
    try:
        digest = sha256 or tables.sha256_file(path)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    record = InputRecord(
        name=name, kind="file", ref=str(path), path=path.name, schema_=schema, sha256=digest
    )
    return Input(record, path)


def _git_commit() -> str | None:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _execution(argv: Sequence[str]) -> dict[str, Any]:
    return {
        "started_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "argv": list(argv),
        "rmnctl": __version__,
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "pid": os.getpid(),
    }


def _new_folder(runs: Path, run_id: str) -> Path:
    try:
        runs.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, 1000):
            folder = runs / (run_id if attempt == 1 else f"{run_id}-{attempt}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise tables.disk_failure(runs, error) from error
    raise Failure(f"{runs} already holds a thousand runs named {run_id}.")


class Run:
    """One execution of one verb, as a context manager.

    Entering has created the folder with a manifest marked `running`. Leaving replaces it as
    `complete`, or as `failed` when an exception passes; `Findings` leave a complete run.
    """

    def __init__(self, folder: Path, manifest: Manifest, inputs: Sequence[Input]) -> None:
        self.folder = folder
        self.metrics: dict[str, Any] = {}
        self.privacy: dict[str, Any] = {}
        self._manifest = manifest
        self._locations = {i.record.name: i for i in inputs}
        self._artifacts: list[Artifact] = []
        self._started = time.monotonic()

    @classmethod
    def start(
        cls,
        runs: Path,
        verb: str,
        config: ConfigModel,
        *,
        inputs: Sequence[Input] = (),
        seed: int | None = None,
        overrides: Sequence[str] = (),
        argv: Sequence[str] | None = None,
    ) -> Self:
        """Create the run folder.

        Args:
            runs: Folder that holds run folders.
            verb: The command, e.g. `harmonize`.
            config: The resolved configuration; running it again repeats the run.
            inputs: Everything the run will read, already digested.
            seed: The seed, where the verb draws random numbers.
            overrides: `--set` texts as typed.
            argv: The command line; the process's own unless given.
        """
        execution = _execution(sys.argv[1:] if argv is None else argv)
        records = [i.record for i in inputs]
        fingerprint = run_fingerprint(verb, config.plain(), records, seed)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        folder = _new_folder(runs, f"{stamp}-{verb}-{fingerprint.removeprefix('sha256:')[:6]}")
        text = yaml.safe_dump(config.plain(), sort_keys=False, allow_unicode=True).encode()
        manifest = Manifest(
            run_id=folder.name,
            verb=verb,
            status=Status.RUNNING,
            fingerprint=fingerprint,
            config=ConfigRecord(
                path=CONFIG_NAME,
                sha256=hashlib.sha256(text).hexdigest(),
                overrides=list(overrides),
            ),
            seed=seed,
            inputs=records,
            artifacts=[],
            execution=execution,
        )
        try:
            manifest.write(folder)
            tables.write_bytes(folder / CONFIG_NAME, text)
        except Failure:
            # A disk that cannot hold the manifest keeps no run: nothing has been done yet.
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return cls(folder, manifest, inputs)

    @property
    def run_id(self) -> str:
        """The folder's name."""
        return self._manifest.run_id

    @property
    def manifest(self) -> Manifest:
        """The manifest as last written."""
        return self._manifest

    def written(self, name: str) -> Artifact:
        """The artifact of that name, already written."""
        return next(a for a in self._artifacts if a.name == name)

    def input(self, name: str) -> Path:
        """Where the declared input of that name lies."""
        return self._locations[name].location

    def log(self, event: str, **fields: Any) -> None:
        """Append an event to log.jsonl; for people, never read by code, no data values."""
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            **fields,
        }
        path = self.folder / LOG_NAME
        try:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        except OSError as error:
            raise tables.disk_failure(path, error) from error

    def write_table(self, name: str, table: pa.Table, schema: str) -> Path:
        """Write an Arrow table in the order given, as artifact `name`."""
        return self._record(name, schema, lambda path: tables.write_table(path, table))

    def write_batches(
        self,
        name: str,
        arrow_schema: pa.Schema,
        batches: Iterable[pa.Table | pa.RecordBatch],
        schema: str,
    ) -> Path:
        """Stream Arrow batches into one Parquet artifact."""
        return self._record(
            name, schema, lambda path: tables.write_batches(path, arrow_schema, batches)
        )

    def copy_query(
        self, name: str, connection: duckdb.DuckDBPyConnection, sql: str, schema: str
    ) -> Path:
        """Write the result of a query as a Parquet artifact, in the order the query gives."""
        return self._record(name, schema, lambda path: tables.copy_query(connection, sql, path))

    def write_json(self, name: str, value: Any, schema: str) -> Path:
        """Write a JSON artifact."""
        return self._record(name, schema, lambda path: tables.write_json(path, value))

    def write_text(self, name: str, text: str, schema: str) -> Path:
        """Write a text artifact."""
        return self._record(name, schema, lambda path: tables.write_bytes(path, text.encode()))

    def write_stream(self, name: str, chunks: Iterable[bytes], schema: str) -> Path:
        """Write a file artifact from chunks of bytes."""

        def write(path: Path) -> None:
            with tables.replacing(path) as temporary, temporary.open("wb") as stream:
                for chunk in chunks:
                    stream.write(chunk)

        return self._record(name, schema, write)

    def _record(self, name: str, schema: str, write: Callable[[Path], int | None]) -> Path:
        path = self.folder / name
        rows = write(path)
        self._artifacts.append(
            Artifact(
                name=name,
                path=name,
                schema_=schema,
                rows=rows,
                bytes=path.stat().st_size,
                sha256=tables.sha256_file(path),
            )
        )
        return path

    def _finish(self, status: Status, error: BaseException | None) -> None:
        failure: Mapping[str, Any] | None = None
        if error is not None:
            known = isinstance(error, RmnctlError)
            failure = {
                "type": type(error).__name__,
                # Only our own messages are known to be free of data values.
                "message": error.message if isinstance(error, RmnctlError) else None,
                "exit_code": error.exit_code if known else 70,  # type: ignore[attr-defined]
            }
        execution = self._manifest.execution | {
            "finished_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "seconds": round(time.monotonic() - self._started, 3),
            "error": failure,
        }
        self._manifest = self._manifest.model_copy(
            update={
                "status": status,
                "artifacts": sorted(self._artifacts, key=lambda a: a.name),
                "metrics": self.metrics,
                "privacy": self.privacy,
                "execution": execution,
            }
        )
        self._manifest.write(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, Findings):
            self._finish(Status.COMPLETE, error)
            return
        # Where not even the manifest can be replaced the run stays `running`, which no command
        # accepts; what went wrong first is what the user must hear.
        with suppress(Failure):
            self._finish(Status.FAILED, error)

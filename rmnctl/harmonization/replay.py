"""Mended quarantine: rows that were held back come in again under their own lineage."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from rmnctl.errors import InputError
from rmnctl.harmonization.reading.raw import RaggedRow, stream_schema
from rmnctl.tables import read_rows

RAGGED_CELL = "_record"


class MendedReport:
    """Quarantined rows of one file, in the shape every reader gives.

    Attributes:
        path: The file they came from, as it was named.
        header: Its columns.
        ragged: Always empty: records without proper cells are not judged again.
    """

    def __init__(self, path: Path, rows: Sequence[dict[str, Any]]) -> None:
        self.path = path
        self.ragged: list[RaggedRow] = []
        self._rows = [(row["source_row"], row["cells"]) for row in rows]
        self.header = tuple(dict.fromkeys(name for _, cells in self._rows for name in cells))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows under their original record numbers."""
        columns = [
            pa.array([_text(cells.get(name)) for _, cells in self._rows], pa.string())
            for name in self.header
        ]
        numbers = pa.array([number for number, _ in self._rows], pa.int64())
        yield pa.RecordBatch.from_arrays(
            [*columns, numbers], schema=stream_schema(len(self.header))
        )


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _from_lines(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text.") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            source_row, sha256, cells = row["source_row"], row["source_file_sha256"], row["cells"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}:{number} is not a line of quarantine.jsonl.",
                hint="Change only what stands under `cells`.",
            ) from error
        if not (isinstance(source_row, int) and isinstance(cells, dict) and sha256):
            raise InputError(f"{path}:{number} has lost its lineage.")
        rows.append(row)
    return rows


def _from_quarantine(path: Path) -> list[dict[str, Any]]:
    return [row | {"cells": json.loads(row["cells"])} for row in read_rows(path)]


@dataclass(frozen=True)
class Replay:
    """What a replay has to judge.

    Attributes:
        groups: Rows by input name, file digest, mapping and report date.
        unreadable: Quarantined rows that still have no proper cells; they stay quarantined.
    """

    groups: dict[tuple[str, str, str, date], list[dict[str, Any]]]
    unreadable: list[dict[str, Any]]


def load_replay(quarantine: Path, mended: Path | None) -> Replay:
    """All quarantined rows of a run, with the corrected cells where there are any.

    Args:
        quarantine: `quarantine.parquet` of the run.
        mended: Corrected lines, or None to take every row as it is.

    Raises:
        InputError: A mended line is malformed or belongs to no quarantined row.
    """
    held = {(r["source_file_sha256"], r["source_row"]): r for r in _from_quarantine(quarantine)}
    for row in _from_lines(mended) if mended is not None else ():
        lineage = (row["source_file_sha256"], row["source_row"])
        if lineage not in held:
            raise InputError(
                f"{mended}: row {row['source_row']} is not in that run's quarantine.",
                hint="Mend the quarantine.jsonl of the run you replay.",
            )
        held[lineage] = held[lineage] | {"cells": row["cells"]}
    groups: dict[tuple[str, str, str, date], list[dict[str, Any]]] = defaultdict(list)
    unreadable = []
    for row in held.values():
        if RAGGED_CELL in row["cells"]:
            unreadable.append(row)
        else:
            group = (row["input"], row["source_file_sha256"], row["mapping_id"], row["as_of"])
            groups[group].append(row)
    return Replay(dict(groups), unreadable)

"""What a base model's files were: digests, taken again only where a size or a time changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rmnctl.config import fingerprint_of
from rmnctl.errors import InputError
from rmnctl.federation.models import ModelConfig, PathSource
from rmnctl.tables import sha256_file, write_json

RECORD_NAME = "rmnctl-base.json"
RECORD_SCHEMA = "rmnctl/base/v1"


def checked_digest(name: str, model: ModelConfig, folder: Path, beside: Path) -> str:
    """The base's digest; files are read again only where size or time changed.

    Args:
        name: The base.
        model: Its configuration.
        folder: Its files.
        beside: Where the record of a local folder is kept: the folder itself is not ours.

    Raises:
        InputError: The files are not what they were, or not what the configuration says.
    """
    ours = not isinstance(model.source, PathSource)
    path = folder / RECORD_NAME if ours else beside
    record = _read_record(path)
    stats = _stats(folder)
    if record is None or record.get("stats") != stats or record.get("folder") != str(folder):
        digests = {name: sha256_file(folder / name) for name in stats}
        if record is not None and ours and record["files"] != digests:
            raise InputError(
                f"The files of base model {name} in {folder} were altered.",
                hint=f"Delete that folder and run `rmnctl models pull {name}`.",
            )
        source = record.get("source_sha256") if record and ours else None
        record = write_record(folder, path, source, digests)
    found = str(record.get("source_sha256") or _weights_digest(record["files"]))
    if model.sha256 is not None and found != model.sha256:
        raise InputError(
            f"Base model {name} has digest {found[:12]}…, configured is {model.sha256[:12]}….",
            hint="Pull it again, or correct sha256 in the configuration.",
        )
    return found


def _weights_digest(files: Mapping[str, str]) -> str:
    weights = {n: sha for n, sha in files.items() if n.endswith(".safetensors")}
    return fingerprint_of(weights).removeprefix("sha256:")


def _stats(folder: Path) -> dict[str, list[int]]:
    files = sorted(p for p in folder.iterdir() if p.suffix in {".safetensors", ".json", ".jinja"})
    return {
        p.name: [p.stat().st_size, p.stat().st_mtime_ns] for p in files if p.name != RECORD_NAME
    }


def _read_record(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(record, dict) and record.get("schema") == RECORD_SCHEMA
    return record if known and isinstance(record.get("files"), dict) else None


def write_record(
    folder: Path, path: Path, source_sha256: str | None, files: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Note a base's digests, with the sizes and times at which they held."""
    stats = _stats(folder)
    record = {
        "schema": RECORD_SCHEMA,
        "folder": str(folder),
        "source_sha256": source_sha256,
        "files": dict(files or {name: sha256_file(folder / name) for name in stats}),
        "stats": stats,
    }
    write_json(path, record)
    return record

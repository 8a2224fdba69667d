"""Finding runs: one way to name them, one gate through which their artifacts are opened."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from rmnctl.errors import RunError, did_you_mean
from rmnctl.runs.manifest import MANIFEST_NAME, Artifact, InputRecord, Manifest, Status
from rmnctl.runs.run import Input
from rmnctl.tables import sha256_file

_RUN_ID = re.compile(r"^\d{8}T\d{6}Z-.+-[0-9a-f]{6}(-\d+)?$")


def _folders(runs: Path) -> list[Path]:
    if not runs.is_dir():
        return []
    return sorted(p for p in runs.iterdir() if p.is_dir() and _RUN_ID.match(p.name))


def list_runs(runs: Path, verb: str | None = None) -> Iterator[Manifest]:
    """Readable manifests, newest first.

    Folders without a readable manifest are passed over, and so are copies under another name:
    their manifest speaks of a run that is not there.
    """
    newest_first = reversed(_folders(runs))
    for _, folders in groupby(newest_first, key=lambda p: p.name.partition("-")[0]):
        found = [m for folder in folders if (m := _readable(folder)) is not None]
        # Names count whole seconds; the manifest knows which of these runs began last.
        found.sort(key=lambda m: str(m.execution.get("started_at", "")), reverse=True)
        yield from (m for m in found if verb is None or m.verb == verb)


def _readable(folder: Path) -> Manifest | None:
    try:
        manifest = Manifest.read(folder)
    except RunError:
        return None
    return manifest if manifest.run_id == folder.name else None


def _latest(runs: Path, verb: str | None) -> Path:
    wanted = f"complete {verb} run" if verb else "complete run"
    nearest: Manifest | None = None
    for manifest in list_runs(runs, verb):
        if manifest.status is Status.COMPLETE:
            return runs / manifest.run_id
        nearest = nearest or manifest
    seen = f" The newest, {nearest.run_id}, is {nearest.status}." if nearest else ""
    known = sorted({m.verb for m in list_runs(runs)})
    hint = f"Run `rmnctl {verb or 'demo'}` first."
    if verb and known and nearest is None:
        hint += f" {did_you_mean(verb, known)}"
    raise RunError(f"No {wanted} in {runs}.{seen}", hint=hint)


def _by_name(runs: Path, ref: str) -> Path:
    names = [p.name for p in _folders(runs)]
    found = [n for n in names if n == ref] or [
        n for n in names if n.startswith(ref) or re.search(rf"-{re.escape(ref)}(-\d+)?$", n)
    ]
    if len(found) == 1:
        return runs / found[0]
    if found:
        raise RunError(
            f"{ref} names {len(found)} runs in {runs}.",
            hint="Use one of: " + ", ".join(found[-10:]),
            details={"candidates": found},
        )
    raise RunError(
        f"No run {ref} in {runs}.",
        hint=f"{did_you_mean(ref, names[-20:])} `rmnctl runs list` shows all.",
    )


def resolve(runs: Path, ref: str, expects: str | None = None) -> tuple[Path, Manifest]:
    """Find the run that a text names.

    Args:
        runs: Folder that holds run folders.
        ref: A path, an id, a unique prefix, the 6-hex tail, `latest`, or `latest:<verb>`.
        expects: The verb the caller needs; `latest` means the newest complete run of it.

    Returns:
        The folder and its manifest.

    Raises:
        RunError: No such run, more than one, another verb, or not complete.
    """
    if ref == "latest" or ref.startswith("latest:"):
        folder = _latest(runs, ref.partition(":")[2] or expects)
    elif os.path.isfile(Path(ref) / MANIFEST_NAME):  # noqa: PTH113  False for any odd text
        folder = Path(ref)
    else:
        folder = _by_name(runs, ref)
    manifest = Manifest.read(folder)
    if expects and manifest.verb != expects:
        raise RunError(
            f"{manifest.run_id} is a {manifest.verb} run; a {expects} run is needed.",
            hint=f"`latest:{expects}` names the newest one.",
        )
    if manifest.status is not Status.COMPLETE:
        raise RunError(
            f"{manifest.run_id} is {manifest.status}, not complete; it cannot be used.",
            hint=f"Run `rmnctl {manifest.verb}` again.",
        )
    return folder, manifest


def unfinished(runs: Path, ref: str, verb: str) -> tuple[Path, Manifest]:
    """Find a run that did not end well, to go on with it.

    Args:
        runs: Folder that holds run folders.
        ref: A path, an id, a unique prefix, the 6-hex tail, or `latest`.
        verb: What it was to do.

    Raises:
        RunError: No such run, another verb, or it is complete.
    """
    if ref == "latest":
        open_ones = (m for m in list_runs(runs, verb) if m.status is not Status.COMPLETE)
        newest = next(open_ones, None)
        if newest is None:
            raise RunError(f"No unfinished {verb} run in {runs}.", hint=f"Run `rmnctl {verb}`.")
        return runs / newest.run_id, newest
    known = os.path.isfile(Path(ref) / MANIFEST_NAME)  # noqa: PTH113  False for any odd text
    folder = Path(ref) if known else _by_name(runs, ref)
    manifest = Manifest.read(folder)
    if manifest.verb != verb:
        raise RunError(f"{manifest.run_id} is a {manifest.verb} run; a {verb} run is needed.")
    if manifest.status is Status.COMPLETE:
        raise RunError(f"{manifest.run_id} is complete; there is nothing to go on with.")
    return folder, manifest


def open_artifact(folder: Path, manifest: Manifest, name: str, schema: str) -> Path:
    """The path of an artifact, after its version and digest were checked.

    Raises:
        RunError: The run has no such artifact, another version of it, or it was altered.
    """
    artifact = _known(manifest, name)
    if artifact.schema_ != schema:
        raise RunError(f"{manifest.run_id}/{name} is {artifact.schema_}; {schema} is needed.")
    path = folder / artifact.path
    if not path.is_file():
        raise RunError(f"{manifest.run_id} has lost its artifact {name}.")
    if sha256_file(path) != artifact.sha256:
        raise RunError(
            f"{manifest.run_id}/{name} was altered after the run.",
            hint=f"Run `rmnctl {manifest.verb}` again.",
        )
    return path


def _known(manifest: Manifest, name: str) -> Artifact:
    artifact = manifest.artifact(name)
    if artifact is None:
        names = [a.name for a in manifest.artifacts]
        raise RunError(f"{manifest.run_id} has no artifact {name}.", hint=did_you_mean(name, names))
    return artifact


def artifact_input(
    runs: Path, name: str, ref: str, artifact: str, *, schema: str, expects: str | None = None
) -> Input:
    """Take an artifact of an earlier run as an input of the next.

    Raises:
        RunError: As `resolve` and `open_artifact`.
    """
    folder, manifest = resolve(runs, ref, expects)
    path = open_artifact(folder, manifest, artifact, schema)
    record = InputRecord(
        name=name,
        kind="run",
        ref=ref,
        run_id=manifest.run_id,
        path=artifact,
        schema_=schema,
        sha256=_known(manifest, artifact).sha256,
    )
    return Input(record, path)

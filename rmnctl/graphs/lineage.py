"""What a run was made from, read off manifests: inputs, runs, artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from rmnctl.errors import RunError
from rmnctl.graphs.model import Edge, EdgeKind, Graph, Kind, Node, State, size_text
from rmnctl.runs import Artifact, InputRecord, Manifest
from rmnctl.runs.manifest import MANIFEST_NAME

_MOST_METRICS = 3


@dataclass(frozen=True)
class Lineage:
    """A run and every run it stands on.

    Attributes:
        target: Id of the run that was asked about.
        manifests: Manifests that are there, by run id, what comes first before what reads it.
        folders: Where they lie.
        missing: Ids of runs that were read once and are not there any more.
    """

    target: str
    manifests: Mapping[str, Manifest]
    folders: Mapping[str, Path]
    missing: tuple[str, ...]


def lineage(runs: Path, folder: Path) -> Lineage:
    """Follow a run's inputs back to files.

    Args:
        runs: Folder that holds run folders; a run outside it looks for its inputs beside it too.
        folder: The run.

    Raises:
        RunError: A manifest is damaged, or manifests name each other in a circle.
    """
    target = Manifest.read(folder)
    manifests, folders = {target.run_id: target}, {target.run_id: folder}
    missing: set[str] = set()
    waiting = [target]
    while waiting:
        for run_id in _parents(waiting.pop()):
            if run_id in manifests or run_id in missing:
                continue
            places = [p / run_id for p in (runs, folder.parent)]
            found = next((p for p in places if (p / MANIFEST_NAME).is_file()), None)
            if found is None:
                missing.add(run_id)
                continue
            manifests[run_id], folders[run_id] = Manifest.read(found), found
            waiting.append(manifests[run_id])
    before = {i: sorted(_parents(m)) for i, m in sorted(manifests.items())}
    try:
        order = [i for i in TopologicalSorter(before).static_order() if i in manifests]
    except CycleError as error:
        raise RunError(
            f"{target.run_id}: manifests name each other as inputs, in a circle.",
            hint="`rmnctl runs verify` says which runs were altered.",
        ) from error
    return Lineage(target.run_id, {i: manifests[i] for i in order}, folders, tuple(sorted(missing)))


def _parents(manifest: Manifest) -> list[str]:
    return [i.run_id for i in manifest.inputs if i.run_id is not None]


def lineage_graph(found: Lineage) -> Graph:
    """A lineage as a graph: files and artifacts, and the runs that read and wrote them.

    Of earlier runs only those artifacts are shown that a later run read.
    """
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    read = {(i.run_id, i.path) for m in found.manifests.values() for i in m.inputs}
    for run_id, manifest in found.manifests.items():
        for record in manifest.inputs:
            source = _input(record, found, nodes)
            told = f"read as {record.name}"
            edges.setdefault((source, run_id), Edge(source, run_id, EdgeKind.DATA, told))
        is_target = run_id == found.target
        nodes[run_id] = _run(manifest, active=is_target)
        for artifact in manifest.artifacts:
            if is_target or (run_id, artifact.name) in read:
                name = f"{run_id}/{artifact.name}"
                nodes[name] = _artifact(name, artifact)
                edges[run_id, name] = Edge(run_id, name, EdgeKind.DATA, f"wrote {artifact.name}")
    counted = f"{len(found.manifests)} runs"
    return Graph(
        f"Lineage of {found.target}",
        f"{counted}; from left to right: what was read, by which run, and what it wrote.",
        tuple(nodes.values()),
        tuple(edges.values()),
    )


def _input(record: InputRecord, found: Lineage, nodes: dict[str, Node]) -> str:
    """The id of an input's node; adds the node unless the run that wrote it is there."""
    told = f"{record.path}\n{record.schema_}\nsha256 {record.sha256}"
    if record.run_id is None:
        name = f"file {record.path} {record.sha256[:12]}"
        nodes.setdefault(name, Node(name, Kind.FILE, record.path, (record.schema_,), told))
        return name
    name = f"{record.run_id}/{record.path}"
    manifest = found.manifests.get(record.run_id)
    written = manifest.artifact(record.path) if manifest else None
    if written is not None and written.sha256 == record.sha256:
        return name
    why = "written by another version of that run" if written else "its run is not here any more"
    name = f"{name} {record.sha256[:12]}"
    gone = Node(name, Kind.ARTIFACT, record.path, (record.run_id, why), f"{told}\n{why}",
                State.MISSING)  # fmt: skip
    nodes.setdefault(name, gone)
    return name


def _run(manifest: Manifest, *, active: bool) -> Node:
    short = [f"{k} {_brief(v)}" for k, v in manifest.metrics.items() if isinstance(v, int | float)]
    lines = [manifest.run_id, *short[:_MOST_METRICS]]
    if manifest.seed is not None:
        lines.insert(1, f"seed {manifest.seed}")
    told = [f"{manifest.run_id} ({manifest.status.value})", manifest.fingerprint, *short]
    state = State.ACTIVE if active else State.PLAIN
    return Node(manifest.run_id, Kind.RUN, manifest.verb, tuple(lines), "\n".join(told), state)


def _brief(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"


def _artifact(name: str, artifact: Artifact) -> Node:
    rows = "" if artifact.rows is None else f"{artifact.rows:,} rows, "
    counted = rows + size_text(artifact.bytes)
    told = f"{artifact.name}\n{artifact.schema_}, {counted}\nsha256 {artifact.sha256}"
    return Node(name, Kind.ARTIFACT, artifact.name, (artifact.schema_, counted), told)

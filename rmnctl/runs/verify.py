"""Checking runs against their manifests, and two runs against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rmnctl.runs.manifest import Manifest, Status
from rmnctl.runs.run import CONFIG_NAME
from rmnctl.tables import sha256_file


@dataclass(frozen=True)
class Fault:
    """Something about a run that is not as its manifest says."""

    run_id: str
    code: str
    message: str


@dataclass(frozen=True)
class Difference:
    """One thing in which two runs differ."""

    what: str
    left: Any
    right: Any


def _altered(runs: Path, manifest: Manifest) -> Iterable[Fault]:
    folder = runs / manifest.run_id
    for artifact in manifest.artifacts:
        path = folder / artifact.path
        if not path.is_file():
            yield Fault(manifest.run_id, "ARTIFACT_MISSING", f"{artifact.name} is gone.")
        elif sha256_file(path) != artifact.sha256:
            yield Fault(manifest.run_id, "ARTIFACT_ALTERED", f"{artifact.name} was altered.")
    config = folder / manifest.config.path
    if not config.is_file() or sha256_file(config) != manifest.config.sha256:
        yield Fault(manifest.run_id, "CONFIG_ALTERED", f"{CONFIG_NAME} was altered.")


def verify_runs(runs: Path, manifests: Iterable[Manifest]) -> list[Fault]:
    """Check digests, and that equal fingerprints gave equal artifacts.

    Args:
        runs: Folder that holds the run folders.
        manifests: The runs to check against each other.

    Returns:
        Faults, by run; empty when all is as recorded.
    """
    faults: list[Fault] = []
    twins: dict[str, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        if manifest.status is not Status.COMPLETE:
            continue
        faults.extend(_altered(runs, manifest))
        twins[manifest.fingerprint].append(manifest)
    for group in twins.values():
        first, *others = group
        expected = {a.name: a.sha256 for a in first.artifacts}
        for other in others:
            found = {a.name: a.sha256 for a in other.artifacts}
            faults.extend(
                Fault(other.run_id, "NOT_DETERMINISTIC", f"{name} differs from {first.run_id}.")
                for name in sorted(expected.keys() | found.keys())
                if expected.get(name) != found.get(name)
            )
    return faults


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping):
        items = [(str(k), v) for k, v in value.items()]
    elif isinstance(value, list):
        items = [(str(i), v) for i, v in enumerate(value)]
    else:
        return {prefix: value}
    flat: dict[str, Any] = {}
    for key, item in items:
        flat.update(_flat(item, f"{prefix}.{key}" if prefix else key))
    return flat


def _pairs(what: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterable[Difference]:
    for key in sorted(left.keys() | right.keys()):
        if left.get(key) != right.get(key):
            yield Difference(f"{what}.{key}", left.get(key), right.get(key))


def diff_runs(left: tuple[Path, Manifest], right: tuple[Path, Manifest]) -> list[Difference]:
    """What separates two runs: configuration, inputs, artifacts, metrics; never execution."""

    def config(side: tuple[Path, Manifest]) -> dict[str, Any]:
        text = (side[0] / side[1].config.path).read_text(encoding="utf-8")
        return _flat(yaml.safe_load(text))

    def artifacts(manifest: Manifest) -> dict[str, str]:
        return {a.name: a.sha256[:12] for a in manifest.artifacts}

    def inputs(manifest: Manifest) -> dict[str, str]:
        return {i.name: i.sha256[:12] for i in manifest.inputs}

    a, b = left[1], right[1]
    return [
        *_pairs("run", {"verb": a.verb, "seed": a.seed}, {"verb": b.verb, "seed": b.seed}),
        *_pairs("config", config(left), config(right)),
        *_pairs("inputs", inputs(a), inputs(b)),
        *_pairs("artifacts", artifacts(a), artifacts(b)),
        *_pairs("metrics", _flat(a.metrics), _flat(b.metrics)),
    ]

"""Lineage read off manifests: inputs, runs, artifacts, and what is not there any more."""

from __future__ import annotations

import json
import shutil

import pytest

from rmnctl.config import ConfigModel
from rmnctl.errors import RunError
from rmnctl.graphs import Kind, State, lineage, lineage_graph
from rmnctl.runs import Run, artifact_input, file_input


class Config(ConfigModel):
    """A run's configuration."""

    name: str


def run(runs, verb, inputs=(), artifacts=("out.json",), seed=None):
    """A finished run."""
    with Run.start(runs, verb, Config(name=verb), inputs=inputs, seed=seed) as started:
        for name in artifacts:
            started.write_json(name, {"by": verb}, "thing/v1")
        started.metrics = {"money": 1234567.0}
    return started


@pytest.fixture
def story(tmp_path):
    """A file, two runs that read it, and a third that reads both of them."""
    raw = tmp_path / "raw.csv"
    raw.write_text("a,b\n")
    runs = tmp_path / "runs"
    source = file_input("raw", raw, "raw/v1")
    first = run(runs, "simulate", [source], ("out.json", "unread.json"), seed=3)
    second = run(runs, "release", [source])
    both = [
        artifact_input(runs, name, r.run_id, "out.json", schema="thing/v1")
        for name, r in (("market", first), ("room", second))
    ]
    return runs, first, second, run(runs, "plan", both, ("plan.json", "plan.parquet"))


def test_a_lineage_leads_from_files_to_the_artifacts_of_the_run(story) -> None:
    """File, runs that read it, what they wrote and was read, the run, everything it wrote."""
    runs, first, second, last = story
    graph = lineage_graph(lineage(runs, last.folder))
    labels = {n.id: f"{n.kind} {n.label}" for n in graph.nodes}
    assert sorted((labels[e.source], labels[e.target]) for e in graph.edges) == sorted(
        [
            ("file raw.csv", "run simulate"),
            ("file raw.csv", "run release"),
            ("run simulate", "artifact out.json"),
            ("run release", "artifact out.json"),
            ("artifact out.json", "run plan"),
            ("artifact out.json", "run plan"),
            ("run plan", "artifact plan.json"),
            ("run plan", "artifact plan.parquet"),
        ]
    )
    assert sum(n.kind is Kind.FILE for n in graph.nodes) == 1
    assert [n.id for n in graph.nodes if n.state is State.ACTIVE] == [last.run_id]
    assert {first.run_id, second.run_id} <= set(labels)


def test_a_run_that_is_gone_is_shown_as_missing(story) -> None:
    """What was read from a run that was deleted stays in the picture, with that said."""
    runs, first, _, last = story
    shutil.rmtree(first.folder)
    found = lineage(runs, last.folder)
    assert found.missing == (first.run_id,)
    (gone,) = [n for n in lineage_graph(found).nodes if n.state is State.MISSING]
    assert (gone.kind, gone.label) == (Kind.ARTIFACT, "out.json")
    assert "not here any more" in gone.tooltip


def test_an_artifact_of_another_digest_is_not_taken_for_the_one_that_was_read(story) -> None:
    """A run that was replaced under the same name does not pass as the one that was read."""
    runs, first, _, last = story
    path = first.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["artifacts"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest))
    graph = lineage_graph(lineage(runs, last.folder))
    assert ["another version" in n.tooltip for n in graph.nodes if n.state is State.MISSING] == [
        True
    ]


def test_manifests_that_name_each_other_are_refused(story) -> None:
    """A circle of inputs is an error that names the run, not an endless walk."""
    runs, first, _, last = story
    path = first.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["inputs"] = [
        {"name": "x", "kind": "run", "ref": "x", "run_id": last.run_id, "path": "plan.json",
         "schema": "thing/v1", "sha256": "0" * 64}
    ]  # fmt: skip
    path.write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="circle"):
        lineage(runs, last.folder)

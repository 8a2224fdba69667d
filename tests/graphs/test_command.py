"""`rmnctl graph`: what it writes, what it says, and how it refuses."""

from __future__ import annotations

import json

import pytest
import yaml

from rmnctl.cli import main
from rmnctl.runs import verify_runs
from rmnctl.runs.manifest import Manifest
from tests.graphs.test_lineage import story  # noqa: F401  fixture


@pytest.fixture
def call(folder, base, tmp_path, capsys):
    """Run `rmnctl graph` on the tiny federation; (exit code, stdout, stderr)."""
    source = {"kind": "path", "path": str(base.folder)}
    models = {"schema": "rmnctl/models/v1", "default": "tiny",
              "models": {"tiny": {"source": source, "licence": "CC0-1.0"}}}  # fmt: skip
    (tmp_path / "models.yaml").write_text(yaml.safe_dump(models))
    config = {"schema": "rmnctl/federation/v1", "models": str(tmp_path / "models.yaml"),
              "adapters": str(folder)}  # fmt: skip
    (tmp_path / "federation.yaml").write_text(yaml.safe_dump(config))

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["graph", *map(str, arguments), "-c", str(tmp_path / "federation.yaml"),
                  "--runs", str(tmp_path / "runs")])  # fmt: skip
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return call


def test_the_federation_of_a_request_is_drawn(call) -> None:
    """DOT and SVG are artifacts of a run, and --json tells nodes with their reasons."""
    code, out, err = call("--task", "planning", "--retailer", "alpha", "--brand", "w", "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert [a["name"] for a in answer["artifacts"]] == ["federation.dot", "federation.svg"]
    nodes = answer["result"]["graphs"]["federation"]["nodes"]
    active = [n["label"] for n in nodes if n["state"] == "active" and n["label"]]
    assert active == ["tiny", "industry", "alpha", "brand_w", "planner", "planner"]


@pytest.mark.usefixtures("story")
def test_a_run_is_drawn_and_both_together(call, tmp_path) -> None:
    """RUN alone needs no base model; with a request both pictures are made, twice the same."""
    code, out, _ = call("latest:plan")
    assert (code, "lineage.svg" in out, "federation" in out) == (0, True, False)
    folders = [json.loads(call("latest:plan", "--brand", "x", "--json")[1])["run_dir"]
               for _ in range(2)]  # fmt: skip
    assert len(set(folders)) == 2
    runs = tmp_path / "runs"
    manifests = [Manifest.read(p) for p in sorted(runs.glob("*-graph-*"))]
    assert sorted(len(m.artifacts) for m in manifests) == [2, 4, 4]
    assert verify_runs(runs, manifests) == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nothing"], 3, "runs list"),
        (["--task", "cooking"], 2, "cooking"),
        (["--retailer", "beta"], 3, "broken"),
        (["--set", "strategy=none", "--brand", "x"], 2, "strategy"),
    ],
)
def test_what_cannot_be_drawn_is_explained(call, arguments, code, says) -> None:
    """Unknown run, unknown task, a layer that cannot be used, a wrong key: each with its code."""
    got, out, err = call(*arguments)
    assert (got, out) == (code, ""), err
    assert says in err

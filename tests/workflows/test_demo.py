"""The demo on a small market: every step a run, one report, resumed where it was left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from rmnctl.cli import main
from rmnctl.config import load_config
from rmnctl.runs import Manifest, verify_runs
from rmnctl.workflows.demo import DEMO, DemoConfig
from rmnctl.workflows.demo_steps import pinned
from tests.comparison.conftest import REQUEST, SMALL


def _write(path: Path, content: dict) -> str:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small demo: 8 SKUs, three worlds, both clean rooms by the week."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "policies").mkdir()
    for retailer in ("alpha", "beta"):
        rules = yaml.safe_load(Path(f"configs/cleanroom/{retailer}.yaml").read_text())
        rules["dimensions"]["date"] = {"grain": "week"}
        _write(folder / "policies" / f"{retailer}.yaml", rules)
    market = yaml.safe_load(Path("configs/market/default.yaml").read_text())
    market |= {"skus": SMALL["skus"], "history_days": SMALL["history_days"]}
    config = yaml.safe_load(DEMO.read_text()) | {
        "market": _write(folder / "market.yaml", market),
        "request": _write(folder / "request.yaml", REQUEST),
        "policies": str(folder / "policies"),
        "compare": _write(
            folder / "compare.yaml",
            {
                "schema": "rmnctl/compare/v1",
                "market": "configs/market/default.yaml",
                "request": "configs/requests/demo.yaml",
                "arms": ["clean_room", "joined", "full_data", "oracle"],
                "worlds": 3,
                "bootstrap": 200,
                "ablation": None,
                "objectives": False,
                "experiment": False,
            },
        ),
        "federation": None,
    }
    _write(folder / "demo.yaml", config)
    return folder


def call(folder, capsys, *arguments):
    """Run the demo there; (exit code, stdout, stderr)."""
    with pytest.raises(SystemExit) as left:
        main(["demo", "-c", str(folder / "demo.yaml"), "--runs", str(folder / "runs"), *arguments])
    shown = capsys.readouterr()
    return left.value.code, shown.out, shown.err


@pytest.mark.slow
def test_the_demo_tells_the_story_and_resumes(folder, capsys) -> None:
    """Verdict and report at the end, lineage over all steps; a second demo keeps every run."""
    code, out, err = call(folder, capsys)
    assert code == 0, err
    lines = out.strip().splitlines()
    assert "clean-room data alone" in lines[0]
    report = Path(lines[-1].removeprefix("Report: "))
    page = report.read_text(encoding="utf-8")
    assert "How the data came about" in page
    assert lines[0] in page
    assert "report rows became" in out
    assert "ad texts asked for" in out

    code, out, err = call(folder, capsys, "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)["result"]
    assert (result["answer"], result["report"]) == (lines[0], str(report))
    runs = folder / "runs"
    manifests = [Manifest.read(runs / i) for i in result["steps"].values() if i]
    assert verify_runs(runs, manifests) == []
    verbs = [m.verb for m in manifests]
    assert verbs == ["simulate", "harmonize", "cleanroom-release", "cleanroom-release", "plan",
                     "plan", "plan", "plan", "compare", "creative", "demo", "graph"]  # fmt: skip
    assert len(list(runs.glob("*Z-*"))) == len(manifests), "nothing was done twice"

    lineage = (Path(result["graphs"][0])).read_text(encoding="utf-8")
    for run_id in (m.run_id for m in manifests if m.verb != "graph"):
        assert run_id in lineage

    (runs / result["steps"]["plan joined"] / "plan.json").write_text("{}")
    _, _, err = call(folder, capsys)
    assert err.count("(kept)") == 9, "all but the altered plan, report, graph; the query is asked"


def test_the_shipped_demo_names_configurations_that_exist() -> None:
    """configs/demo.yaml is valid and every path in it is there."""
    config = load_config(DemoConfig, DEMO).model
    paths = [config.market, config.request, config.harmonize, config.policies, config.query,
             config.compare, config.creative, config.federation, *config.plans]  # fmt: skip
    assert all(path.exists() for path in paths)


def test_the_demo_compares_on_twenty_worlds_of_the_market_it_plans_in() -> None:
    """The shipped comparison has 20 worlds, and the market and request of the plans."""
    config = load_config(DemoConfig, DEMO).model
    compared = yaml.safe_load(config.compare.read_text())
    assert compared["worlds"] == 20
    assert (compared["market"], compared["request"]) == (str(config.market), str(config.request))


def test_references_to_the_newest_market_are_pinned() -> None:
    """`latest:simulate` becomes the run wherever it stands, and nothing else changes."""
    config = {"a": ["latest:simulate:x.csv", "latest:simulated"], "b": {"run": "latest:simulate"}}
    assert pinned(config, "latest:simulate", "R") == {
        "a": ["R:x.csv", "latest:simulated"],
        "b": {"run": "R"},
    }


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ("market=none.yaml", 2, "none.yaml"),
        ("plans=[]", 2, "plans"),
        ("colour=red", 2, "colour"),
    ],
)
def test_a_wrong_demo_is_explained(folder, capsys, change, code, says) -> None:
    """A missing file, an empty list, an unknown key: exit 2 before anything runs."""
    got, out, err = call(folder, capsys, "--set", change)
    assert (got, out, says in err) == (code, "", True), err

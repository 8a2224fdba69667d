"""From releases and events to plans, by the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from rmnctl.cli import main


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A runs folder with a market and both retailers' releases."""
    folder = tmp_path_factory.mktemp("plans") / "runs"
    policies = folder.parent
    for retailer in ("alpha", "beta"):
        rules = yaml.safe_load(Path(f"configs/cleanroom/{retailer}.yaml").read_text())
        rules["dimensions"]["date"] = {"grain": "week"}
        (policies / f"{retailer}.yaml").write_text(yaml.safe_dump(rules))
    commands = [
        ["simulate", "-q", "--set", "skus=20", "-c", "configs/market/default.yaml"],
        *(
            [
                "cleanroom", "release", "-q", "--policy", str(policies / f"{r}.yaml"),
                "--events", f"latest:simulate:events_{r}.parquet",
                "--catalogue", "latest:simulate:catalogue.parquet",
            ]
            for r in ("alpha", "beta")
        ),
    ]  # fmt: skip
    for command in commands:
        with pytest.raises(SystemExit) as left:
            main([*command, "--runs", str(folder)])
        assert left.value.code == 0
    return folder


@pytest.fixture
def run(runs, capsys):
    """Run a command in that folder; (exit code, stdout, stderr)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--runs", str(runs)])
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return run


def document(answer) -> dict:
    code, out, err = answer
    assert code == 0, err
    return json.loads(out)["result"]


@pytest.mark.parametrize("mode", ["clean_room", "joined", "full_data"])
def test_every_mode_plans_with_a_certificate(run, mode) -> None:
    """Each mode spends within the budget and proves how near the optimum it is."""
    made = document(
        run(
            "plan",
            "-c",
            f"configs/plan/{mode}.yaml",
            "--set",
            "request=configs/requests/demo.yaml",
            "--json",
        )
    )
    assert made["clean_room_mode"] == mode
    assert made["totals"]["spend"] <= made["request"]["budget"] * (1 + 1e-9)
    assert made["certificate"]["gap"] <= 1e-4
    assert made["certificate"]["lower"] == pytest.approx(made["totals"]["incremental_margin"])
    assert {a["sku_id"] for a in made["allocation"]} <= {f"HRB-{i:04d}" for i in range(1, 200)}
    assert sum(a["spend"] for a in made["allocation"]) == pytest.approx(made["totals"]["spend"])
    assert made["comparison"]["gained"] >= -1e-6


def test_stock_binds_only_plans_that_know_of_it(run) -> None:
    """The clean-room plan knows no stock; the joined one stands at some of its limits."""
    plans = {
        mode: document(run("plan", "-c", f"configs/plan/{mode}.yaml", "--json"))
        for mode in ("clean_room", "joined")
    }
    assert not any("stock" in rule for rule in plans["clean_room"]["binding"])
    assert any("stock" in rule for rule in plans["joined"]["binding"])


def test_the_same_plan_twice_is_the_same_bytes(run) -> None:
    """Curves, plan and document repeat to the byte."""
    folders = []
    for _ in range(2):
        _, out, _ = run("plan", "-c", "configs/plan/clean_room.yaml", "--json")
        folders.append(Path(json.loads(out)["run_dir"]))
    for name in ("plan.parquet", "plan.json", "curves.parquet", "fit.json"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    assert run("runs", "verify")[0] == 0


def test_a_mode_never_opens_what_it_may_not_see(run, tmp_path) -> None:
    """A configuration that hands a mode more than it may see is refused."""
    path = tmp_path / "p.yaml"
    data = yaml.safe_load(Path("configs/plan/clean_room.yaml").read_text())
    for forbidden in (
        {"private": "latest:simulate:brand_private.parquet"},
        {"events": ["latest:simulate:events_alpha.parquet"]},
    ):
        path.write_text(yaml.safe_dump(data | {"data": data["data"] | forbidden}))
        code, _, err = run("plan", "-c", path)
        assert code == 2
        assert "may not see" in err
    assert run("plan", "-c", "configs/plan/clean_room.yaml", "--mode", "full_data")[0] == 2


def test_curves_say_what_supports_them(run) -> None:
    """`curves` writes curves and draws, names blocks without a lift test, and back-tests."""
    found = document(run("curves", "-c", "configs/plan/clean_room.yaml", "--json"))
    assert found["blocks_without_lift_test"] == sum(not b["lift_test"] for b in found["blocks"])
    assert 0 < found["blocks_without_lift_test"] < len(found["blocks"])
    assert 0.5 < found["backtest"]["coverage_80"] <= 1
    tested = [b["log_sd"] for b in found["blocks"] if b["lift_test"]]
    untested = [b["log_sd"] for b in found["blocks"] if not b["lift_test"]]
    assert max(tested) < min(untested)


def test_draws_and_caution(run) -> None:
    """Planning on draws with weight on the worst of them promises no more than on the mean."""
    common = [
        "plan",
        "-c",
        "configs/plan/clean_room.yaml",
        "--json",
        "--set",
        "uncertainty.draws=20",
    ]
    mean = document(run(*common))
    careful = document(run(*common, "--set", "uncertainty.cvar={level: 0.8, weight: 1.0}"))
    assert careful["certificate"]["lower"] < mean["certificate"]["lower"]
    assert careful["certificate"]["gap"] <= 1e-4


def test_any_table_of_curves_can_be_planned(run, tmp_path) -> None:
    """--curves with --request needs no data of ours; the optimum of two equal cells is equal."""
    table = pa.table(
        {
            "retailer_id": ["r", "r"], "placement_type": ["video", "search"], "sku_id": ["s", "s"],
            "family": ["saturating_exp"] * 2, "a": [1000.0, 1000.0], "c": [200.0, 200.0],
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "curves.parquet")
    request = tmp_path / "request.yaml"
    request.write_text(
        "schema: rmnctl/request/v1\nbudget: 100\nbrand_id: b\nobjective: incremental_revenue\n"
    )
    lp = tmp_path / "model.lp"
    made = document(
        run(
            "plan", "--curves", tmp_path / "curves.parquet", "--request", request, "--json",
            "--engine", "highs", "--export-lp", lp,
        )
    )  # fmt: skip
    assert [a["spend"] for a in made["allocation"]] == pytest.approx([50, 50], rel=1e-3)
    assert lp.read_text().strip()


def test_an_infeasible_request_names_what_would_have_to_give(run, tmp_path) -> None:
    """Exit 1, the rule, and by how much."""
    path = tmp_path / "r.yaml"
    data = yaml.safe_load(Path("configs/requests/demo.yaml").read_text())
    path.write_text(yaml.safe_dump(data | {"roas_floor": 500.0, "limits": [
        {"scope": "retailer", "id": "alpha", "min_share": 0.9}]}))  # fmt: skip
    code, out, err = run("plan", "-c", "configs/plan/clean_room.yaml", "--set", f"request={path}")
    assert (code, out) == (1, "")
    assert "roas_floor" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        (["--set", "request=none.yaml"], 2, "none.yaml"),
        (["--set", "data.releases.gamma=latest"], 3, "gamma"),
        (["--set", "data.lift_tests=latest:simulate:catalogue.parquet"], 3, "lift"),
        (["--set", "data.catalogue=latest:simulate:lift_tests.parquet"], 3, "catalogue"),
        (["--set", "priors.margin_rate=1.5"], 2, "margin_rate"),
        (["--set", "uncertainty.cvar={level: 0.9}"], 2, "draws"),
        (["--mode", "oracle"], 2, "mode"),
        (["--request", "x.yaml"], 2, "--curves"),
    ],
)
def test_bad_plans_are_explained(run, changes, code, says) -> None:
    """What is wrong is named, with the documented exit code and no traceback."""
    got, out, err = run("plan", "-c", "configs/plan/clean_room.yaml", *changes)
    assert (got, out) == (code, ""), err
    assert says in err
    assert "Traceback" not in err


def test_an_unknown_brand_is_explained(run, tmp_path) -> None:
    """A brand without SKUs in the catalogue is a configuration error that lists the brands."""
    path = tmp_path / "r.yaml"
    data = yaml.safe_load(Path("configs/requests/demo.yaml").read_text())
    path.write_text(yaml.safe_dump(data | {"brand_id": "brand_q"}))
    code, _, err = run("plan", "-c", "configs/plan/clean_room.yaml", "--set", f"request={path}")
    assert code == 2
    assert "brand_x" in err

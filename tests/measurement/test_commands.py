"""Experiments from the shell: a whole one, and everything that can be wrong with one."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from rmnctl.cli import main
from rmnctl.config import load_config
from rmnctl.market import MarketConfig, build_catalogue, draw_world
from rmnctl.market.artifacts import LIFT_TESTS_SCHEMA, lift_test_table
from rmnctl.measurement import AnalyzeConfig, ExperimentConfig
from rmnctl.measurement.document import LIFT_TESTS_SCHEMA as OURS
from rmnctl.planning.request import PlanRequest
from rmnctl.tables import read_rows
from tests.measurement.series import START, names, sales, write_csv

UNITS, HISTORY, DAYS = 14, 112, 28
FIRST = START + timedelta(days=HISTORY)
CONFIGS = Path(__file__).parent.parent.parent / "configs" / "experiment"
DESIGNS = {
    "pairs": {"kind": "matched_pairs"},
    "synthetic": {"kind": "synthetic_control", "candidates": 80, "admissible": 50},
    "switchback": {"kind": "switchback", "period_days": 2, "carryover_periods": 1},
}


@pytest.fixture
def run(tmp_path, capsys):
    """Run a command with a runs folder of its own; (exit code, stdout, stderr)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--runs", str(tmp_path / "runs")])
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return run


@pytest.fixture
def place(tmp_path):
    """A folder with a history, the days after it, and a configuration."""
    revenue = sales(5, UNITS, HISTORY + DAYS)
    write_csv(tmp_path / "history.csv", revenue[:, :HISTORY])
    np.save(tmp_path / "after.npy", revenue[:, HISTORY:])
    configure(tmp_path, "pairs")
    return tmp_path


def configure(place, kind, **changes):
    config = {
        "schema": "rmnctl/experiment/v1", "test_id": "t1", "retailer_id": "alpha",
        "placement_type": "video", "currency": "USD", "history": str(place / "history.csv"),
        "design": DESIGNS[kind], "start_date": FIRST, "days": DAYS, "expected_iroas": 2.0,
        "budget": 200_000.0, "seed": 4,
    }  # fmt: skip
    path = place / "design.yaml"
    path.write_text(yaml.safe_dump(config | changes))
    return path


def finish(place, iroas):
    """Play the newest design with a true effect; write outcomes.csv."""
    folder = max((place / "runs").glob("*experiment-design*"), key=lambda p: p.stat().st_mtime)
    after = np.load(place / "after.npy")
    spend = np.zeros_like(after)
    row = {name: i for i, name in enumerate(names(UNITS))}
    for r in read_rows(folder / "assignment.parquet"):
        a, b = (r["start_date"] - FIRST).days, (r["end_date"] - FIRST).days + 1
        spend[row[r["unit"]], a:b] = float(r["planned_spend"]) / (b - a)
    return write_csv(place / "outcomes.csv", after + iroas * spend, FIRST, spend), folder


@pytest.mark.parametrize("design", DESIGNS)
def test_a_whole_experiment_finds_the_effect_it_was_built_for(place, run, design) -> None:
    """Design, play with a true iROAS, analyse: the interval holds it, the lift test is a row."""
    code, out, err = run("experiment", "design", "-c", configure(place, design), "--json")
    assert code == 0, err
    made = json.loads(out)["result"]
    assert made["sensitivity"]["power"] == pytest.approx(0.8, abs=0.02)
    assert made["spend"]["planned"] == pytest.approx(
        made["sensitivity"]["mde_revenue"] / 2.0, abs=0.02
    )
    assert made["arms"]["treatment"] > 0
    outcomes, folder = finish(place, 4.0)
    planned = sum(r["planned_spend"] for r in read_rows(folder / "assignment.parquet"))
    assert float(planned) == made["spend"]["planned"]
    code, out, err = run("experiment", "analyze", "--outcomes", outcomes, "--json")
    assert code == 0, err
    document = json.loads(out)
    found = document["result"]
    low, high = found["iroas"]["ci95"]
    assert low < 4.0 < high
    assert found["p_value"] <= 0.05
    assert found["incremental_revenue"]["estimate"] == pytest.approx(
        found["iroas"]["estimate"] * found["incremental_spend"]
    )
    (row,) = read_rows(Path(document["run_dir"]) / "lift_tests.parquet")
    assert (row["test_id"], row["retailer_id"], row["placement_type"]) == ("t1", "alpha", "video")
    assert float(row["spend"]) == round(found["incremental_spend"], 2)


def test_the_lift_test_has_the_columns_of_the_simulators(place, run) -> None:
    """Names, types and version equal those of the market's lift_tests.parquet."""
    run("experiment", "design", "-c", place / "design.yaml")
    outcomes, _ = finish(place, 1.0)
    _, out, _ = run("experiment", "analyze", "--outcomes", outcomes, "--json")
    ours = pq.read_schema(Path(json.loads(out)["run_dir"]) / "lift_tests.parquet")
    config = MarketConfig(history_days=28, skus=4)
    theirs = lift_test_table(draw_world(config, build_catalogue(config))).schema
    assert ours.equals(theirs)
    assert OURS == LIFT_TESTS_SCHEMA


def test_the_price_is_what_a_plan_is_asked_for(place, run) -> None:
    """The design's keys make a valid request that sets the test's spend aside."""
    _, out, _ = run("experiment", "design", "-c", place / "design.yaml", "--json")
    spend = json.loads(out)["result"]["spend"]
    request = PlanRequest(budget=200_000.0, brand_id="b", **spend["request"])
    assert request.experiment_share * request.budget == pytest.approx(spend["planned"])


def test_the_same_configuration_draws_the_same_bytes(place, run) -> None:
    """Two runs differ in nothing that is digested; another seed draws another assignment."""
    digests = []
    for seed in (4, 4, 5):
        _, out, _ = run(
            "experiment", "design", "-c", place / "design.yaml", "--json", "--seed", seed
        )
        digests.append({a["name"]: a["sha256"] for a in json.loads(out)["artifacts"]})
    assert digests[0] == digests[1]
    assert digests[0]["assignment.parquet"] != digests[2]["assignment.parquet"]


def test_a_dry_run_writes_nothing(place, run) -> None:
    """What the test could see and cost is shown without a run."""
    code, out, _ = run("experiment", "design", "-c", place / "design.yaml", "--dry-run")
    assert (code, "least detectable" in out) == (0, True)
    assert not (place / "runs").exists()


def test_text_for_people_has_interval_and_p_value(place, run) -> None:
    """Without --json the result is a few lines."""
    run("experiment", "design", "-c", place / "design.yaml")
    outcomes, _ = finish(place, 2.0)
    code, out, _ = run("experiment", "analyze", "--design", "latest", "--outcomes", outcomes)
    assert code == 0
    assert "iROAS" in out
    assert "p-value" in out


@pytest.mark.parametrize(
    ("changes", "code", "why"),
    [
        ({"start_date": FIRST - timedelta(days=1)}, 2, "not after the history"),
        ({"budget": 10.0}, 2, "more than the budget"),
        ({"expected_iroas": 0}, 2, "expected_iroas"),
        ({"alpha": 0.001}, 3, "above alpha"),
        ({"days": 84}, 3, "too short"),
        ({"baseline_days": 200}, 3, "shorter than baseline_days"),
        ({"history": "nowhere.csv"}, 3, "does not exist"),
        ({"columns": {"unit": "region"}}, 2, "no column region"),
        ({"columns": {"unit": None}}, 2, "needs units"),
        ({"design": {"kind": "switchback", "period_days": 3}}, 2, "multiple of"),
        ({"design": {"kind": "switchback", "carryover_periods": 8}}, 2, "at least 32 periods"),
        ({"design": {"kind": "coin"}}, 2, "design"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(place, run, changes, code, why) -> None:
    """Contradictions end with 2, histories that are not fit with 3, and nothing is written."""
    left, _, err = run("experiment", "design", "-c", configure(place, "pairs", **changes))
    assert (left, why in err) == (code, True), err
    assert not (place / "runs").exists()


@pytest.mark.parametrize(
    ("spoil", "code", "why"),
    [
        (lambda rows: rows[:-1], 3, "are missing"),
        (lambda rows: [*rows, rows[-1]], 3, "more than once"),
        (lambda rows: [r for r in rows if str(FIRST) not in r], 3, "must cover"),
        (lambda rows: [r for r in rows if not r.startswith("g03")], 3, "1 of 14 units"),
        (lambda rows: [r.replace("g03", "new") for r in rows], 3, "1 units are not in the design"),
        (lambda rows: [r.rpartition(",")[0] + ",0" for r in rows], 3, "did not happen"),
        (
            lambda rows: [*rows[:-1], rows[-1].replace(rows[-1].split(",")[2], "nan")],
            3,
            "no finite",
        ),
    ],
)
def test_outcomes_that_do_not_fit_the_design_are_refused(place, run, spoil, code, why) -> None:
    """Each fault has its message, exit code 3 and no run."""
    run("experiment", "design", "-c", place / "design.yaml")
    outcomes, _ = finish(place, 2.0)
    head, *rows = outcomes.read_text().splitlines()
    outcomes.write_text("\n".join([head, *spoil(rows)]) + "\n")
    left, _, err = run("experiment", "analyze", "--outcomes", outcomes)
    assert (left, why in err) == (code, True), err
    assert not list((place / "runs").glob("*analyze*"))


def test_spend_may_be_said_where_it_was_not_measured(place, run) -> None:
    """Outcomes without spend need --spend; with it the result warns that it was spread as planned."""
    run("experiment", "design", "-c", place / "design.yaml")
    outcomes, folder = finish(place, 2.0)
    lines = [line.rpartition(",")[0] for line in outcomes.read_text().splitlines()]
    outcomes.write_text("\n".join(lines) + "\n")
    code, _, err = run(
        "experiment", "analyze", "--outcomes", outcomes, "--set", "columns={spend: null}"
    )
    assert (code, "--spend" in err) == (3, True)
    planned = json.loads((folder / "design.json").read_text())["spend"]["planned"]
    code, _, err = run("experiment", "analyze", "--outcomes", outcomes, "--spend", planned)
    assert code == 0, err
    assert "as planned" in err


@pytest.mark.parametrize("name", ["design.json", "assignment.parquet"])
def test_a_design_altered_after_the_lot_is_refused(place, run, name) -> None:
    """A changed file of the design run ends with 3."""
    run("experiment", "design", "-c", place / "design.yaml")
    outcomes, folder = finish(place, 2.0)
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(
        data.replace(b"video", b"audio") if b"video" in data else data + b" "
    )
    code, _, err = run("experiment", "analyze", "--outcomes", outcomes)
    assert (code, "altered" in err) == (3, True)


def test_every_shipped_configuration_is_valid() -> None:
    """All YAML files of configs/experiment load; there are some."""
    found = sorted(CONFIGS.glob("*.yaml"))
    assert len(found) >= 3
    for path in found:
        model = AnalyzeConfig if "analyze" in path.name else ExperimentConfig
        assert load_config(model, path).model.plain()


def test_days_are_counted_from_the_first() -> None:
    """A test of 28 days that starts on the 6th ends on the 2nd of the next month."""
    config = load_config(ExperimentConfig, CONFIGS / "geo_pairs.yaml").model
    assert config.end_date == date(2026, 8, 2)

"""From a plan to its decision record, and what stops it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rmnctl.agents.reflection import Case, ReflectionConfig, reflect_on
from rmnctl.agents.reflection.memory import remember
from rmnctl.agents.reflection.risks import risks
from rmnctl.agents.reflection.value import worth_of
from rmnctl.config import Settings, load_config
from rmnctl.planning import PlanRequest, plan
from rmnctl.runs import resolve
from rmnctl.workflows.plan import plan_curves
from rmnctl.workflows.reflect import reflect

CELLS = 24


def curves(**columns):
    """Cells whose optimum is easy: all alike but for their level."""
    table = {
        "retailer_id": ["alpha", "beta"] * (CELLS // 2),
        "placement_type": ["video"] * CELLS,
        "sku_id": [f"s{i // 2}" for i in range(CELLS)],
        "family": ["saturating_exp"] * CELLS,
        "a": np.linspace(400, 2000, CELLS),
        "c": [100.0] * CELLS,
        "margin_rate": [0.4] * CELLS,
    }
    return pa.table(table | columns)


def case(draws=None, table=None, **asked):
    table = curves() if table is None else table
    request = PlanRequest(budget=1000, brand_id="b", **asked)
    return Case(request, plan(table, request).plain(), table, draws)


def drawn(sd, seed=1):
    """Draws in which all levels move together."""
    table = curves()
    shifts = np.exp(np.random.default_rng(seed).normal(0, sd, 100) - sd**2 / 2)
    keys = {k: np.repeat(table[k].to_pylist(), 100) for k in table.column_names[:3]}
    a = (table["a"].to_numpy()[:, None] * shifts).ravel()
    return pa.table(
        keys | {"draw": np.tile(np.arange(100), CELLS), "a": a, "c": np.full(100 * CELLS, 100.0)}
    )


def test_a_plan_is_worth_what_its_certificate_says() -> None:
    """Valued cell by cell, a plan's spend brings what the planner proved."""
    for asked in ({}, {"objective": "incremental_revenue"}):
        one = case(**asked)
        worth = worth_of(one, one.column("spend")).objective[0]
        assert worth == pytest.approx(one.document["certificate"]["lower"])


def test_stock_holds_in_the_value_of_a_plan() -> None:
    """Revenue above stock is not counted, as in the plan itself."""
    table = curves(price=[10.0] * CELLS, stock_units=[20.0] * CELLS)
    one = case(table=table)
    worth = worth_of(one, one.column("spend")).objective[0]
    assert worth == pytest.approx(one.document["certificate"]["lower"], rel=1e-3)
    assert worth_of(one, np.full(CELLS, 1e6)).revenue.sum() == pytest.approx(20 * 10 * CELLS)


def test_risks_are_money_times_frequency_and_grow_with_doubt() -> None:
    """Doubtful curves lose more often; a plan whose expected loss is large is critical."""
    calm = {r.risk: r for r in risks(case(drawn(0.05)), 0.1)}
    wild = {r.risk: r for r in risks(case(drawn(1.2)), 0.1)}
    assert calm["loses_money"].frequency == 0
    assert wild["loses_money"].frequency > 0.05
    for risk in wild.values():
        assert risk.expected_loss == pytest.approx(risk.stake * risk.frequency, rel=0.02, abs=0.02)
    assert not any(r.critical for r in calm.values())
    assert wild["falls_short"].critical


def test_a_floor_that_draws_break_is_a_risk() -> None:
    """Where a ROAS floor binds at the mean, about half of the draws break it."""
    free = case()
    floored = case(drawn(0.3), roas_floor=1.1 * free.document["totals"]["iroas"])
    (risk,) = [r for r in risks(floored, 0.1) if r.risk == "floor_broken"]
    assert 0.3 < risk.frequency < 0.8


def test_framings_solve_the_question_asked_otherwise() -> None:
    """Other objectives, horizons and caution are plans of their own; none is worth more as asked."""
    one = case(drawn(0.3), limits=({"scope": "retailer", "id": "alpha", "max_share": 0.2},))
    record = reflect_on(one, ReflectionConfig())
    found = {f.framing: f for f in record.framings}
    assert set(found) == {
        "no_limits", "incremental_revenue", "conversions", "half_horizon", "double_horizon",
        "cautious", "as_before",
    }  # fmt: skip
    own = one.document["certificate"]["lower"]
    assert found["no_limits"].value > own
    for name in ("incremental_revenue", "half_horizon", "double_horizon", "cautious"):
        assert found[name].value <= own * 1.0001, name
    assert found["conversions"].note
    assert 0 < found["no_limits"].overlap < 1


def test_without_history_only_what_needs_none_is_said() -> None:
    """A plan on any table of curves has no folds, and biases that need history are not computable."""
    record = reflect_on(case(), ReflectionConfig())
    assert (record.confidence.evidence, record.confidence.win_rate) == ("none", None)
    assert {b.verdict.value for b in record.biases} == {"not_computable"}
    assert record.verdict == "go"


def test_similar_plans_are_near_in_what_was_asked() -> None:
    """The nearest past requests come first; with nothing alike, none is named."""
    now = case().document
    others = [
        (f"plan-{budget}", plan(curves(), PlanRequest(budget=budget, brand_id="b")).plain())
        for budget in (200, 500, 900, 1100, 2000)
    ]
    found = remember(now, others, 2)
    assert [p.run_id for p in found.plans] == ["plan-1100", "plan-900"]
    assert found.plans[0].overlap > 0.8
    far = plan(curves(), PlanRequest(budget=1e9, brand_id="b", horizon_days=300)).plain()
    assert remember(far, others, 2).plans == ()
    assert "too few" in remember(now, others[:2], 2).note


@pytest.fixture
def decided(planned, tmp_path) -> Path:
    """A runs folder of its own with that plan."""
    return Path(shutil.copytree(planned, tmp_path / "runs"))


@pytest.mark.slow
def test_a_plan_gets_its_record(decided, command) -> None:
    """`reflect` writes a decision record with folds, seven biases, risks, framings and Markdown."""
    code, record, err = command(decided, "reflect", "--set", "folds=3")
    assert code == 0, err
    assert record["confidence"]["folds"] == 3
    assert record["confidence"]["evidence"] == "low"
    assert len(record["biases"]) == 7
    assert {"falls_short", "loses_money", "ads_pause"} <= {r["risk"] for r in record["risks"]}
    folder, manifest = resolve(decided, "latest:reflect")
    page = (folder / "decision.md").read_text()
    assert f"# Decision: {record['plan']}" in page
    assert "low evidence" in page
    assert manifest.metrics["verdict"] == record["verdict"]
    assert {i.name for i in manifest.inputs} >= {"plan", "curves", "events_1", "catalogue"}


@pytest.mark.slow
def test_a_critical_risk_stops_a_plan(decided, command) -> None:
    """Where expected loss is above the threshold the record is kept and the exit code is 5."""
    code, record, err = command(
        decided, "reflect", "--set", "folds=0", "--set", "stops.expected_loss=0"
    )
    assert (code, record["verdict"]) == (5, "stop")
    assert record["stops"]
    assert json.loads(err)["code"] == "FINDINGS"
    assert resolve(decided, "latest:reflect")[1].metrics["verdict"] == "stop"


def test_decisions_are_chained(tmp_path, command) -> None:
    """Each record is entered in the brand's trail; an altered entry is found."""
    decided = tmp_path / "runs"
    pq.write_table(curves(), tmp_path / "curves.parquet")
    settings = Settings(runs=decided)
    plan_curves(tmp_path / "curves.parquet", PlanRequest(budget=1000, brand_id="b"), settings)
    for _ in range(2):
        reflect(ReflectionConfig(), settings)
    code, entries, _ = command(decided, "decisions", "list", "--brand", "b")
    assert (code, len(entries)) == (0, 2)
    assert entries[0]["record"] == entries[1]["record"]
    assert command(decided, "decisions", "verify")[0] == 0
    trail = next((decided / ".decisions").glob("*.jsonl"))
    trail.write_text(trail.read_text().replace('"verdict":"go', '"verdict":"stop', 1))
    code, found, _ = command(decided, "decisions", "verify")
    assert (code, found["faults"][0]["entry"]) == (5, 1)
    assert command(decided, "decisions", "list", "--brand", "nobody")[0] == 3


def test_a_plan_whose_data_changed_is_not_reflected_on(decided, command) -> None:
    """An input that was altered after the plan is an error that names it."""
    events = next(decided.glob("*-simulate-*")) / "events_alpha.parquet"
    events.write_bytes(events.read_bytes() + b"x")
    code, _, err = command(decided, "reflect")
    assert code == 3
    assert "altered" in json.loads(err)["message"]


def test_the_shipped_thresholds_are_those_of_the_code() -> None:
    """configs/reflection/default.yaml says what holds where nothing is said."""
    shipped = sorted(Path("configs/reflection").glob("*.yaml"))
    assert shipped
    for path in shipped:
        assert load_config(ReflectionConfig, path).model == ReflectionConfig()


def test_a_plan_may_be_reflected_on_at_once(tmp_path, command) -> None:
    """`plan --reflect` gives the plan and its decision record in one document, both runs kept."""
    pq.write_table(curves(), tmp_path / "curves.parquet")
    (tmp_path / "request.yaml").write_text(
        "schema: rmnctl/request/v1\nbudget: 1000\nbrand_id: b\n", encoding="utf-8"
    )
    code, made, err = command(
        tmp_path / "runs", "plan", "--curves", tmp_path / "curves.parquet",
        "--request", tmp_path / "request.yaml", "--reflect",
    )  # fmt: skip
    assert code == 0, err
    assert made["decision"]["verdict"] == "go"
    assert made["explanation"]
    assert resolve(tmp_path / "runs", made["decision_run"])[1].verb == "reflect"

"""From a brief in words to a governed plan on record, with the real parts."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from rmnctl.agents.words import explain_curves, explain_rooms
from rmnctl.cli import main
from rmnctl.compliance.governance import GovernancePolicy
from rmnctl.errors import ConfigError
from rmnctl.planning import PlanRequest
from rmnctl.workflows.policies import governed, plan_check, policies_in_force
from tests.agents.test_agents import LEARNED

BRIEF = "Spend $20k on alpha and beta for Brand X, at most 15% on video, 4 weeks."
SOLD = ("sponsored_product", "onsite_display", "offsite_display", "video")


@pytest.fixture(scope="session")
def market(planned, tmp_path_factory) -> Path:
    """The small market with the release of each retailer."""
    folder = tmp_path_factory.mktemp("converse") / "runs"
    shutil.copytree(planned, folder)
    for retailer in ("alpha", "beta"):
        policy = folder.parent / f"{retailer}.yaml"
        # So small a market would be released by the month at one retailer, by the week at the other.
        text = Path(f"configs/cleanroom/{retailer}.yaml").read_text(encoding="utf-8")
        policy.write_text(text.replace("grain: auto", "grain: week"), encoding="utf-8")
        with pytest.raises(SystemExit) as left:
            main(["cleanroom", "release", "-q", "--policy", str(policy),
                  "--events", f"latest:simulate:events_{retailer}.parquet",
                  "--catalogue", "latest:simulate:catalogue.parquet",
                  "--runs", str(folder)])  # fmt: skip
        assert left.value.code == 0
    return folder


@pytest.fixture
def no_policies(tmp_path) -> Path:
    """A folder without a policy."""
    folder = tmp_path / "policies"
    folder.mkdir()
    return folder


def only(runs: Path, verb: str, name: str):
    [folder] = [p for p in runs.iterdir() if f"-{verb}-" in p.name]
    return json.loads((folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def conversed(market, tmp_path_factory):
    """A conversation under the shipped policies; (runs folder, result, CPU seconds)."""
    folder = tmp_path_factory.mktemp("conversed") / "runs"
    shutil.copytree(market, folder)
    began = time.process_time()
    with pytest.raises(SystemExit) as left:
        main(["converse", BRIEF, "--rules-only", "-q", "--runs", str(folder)])
    return folder, left.value.code, time.process_time() - began


def test_one_command_leaves_plan_decision_and_transcripts(conversed) -> None:
    """The conversation names its plan and its decision record, both complete runs."""
    folder, code, _ = conversed
    assert code in {0, 5}
    found = only(folder, "converse", "conversation.json")
    assert found["request"]["budget"] == 20_000
    assert found["decision"]["folds"] > 0
    assert found["verdict"] == ("stop" if code == 5 else found["decision"]["verdict"])
    [decision] = [p for p in folder.iterdir() if "-reflect-" in p.name]
    assert (decision / "decision.md").exists()


def test_transcripts_hold_every_tool_call_in_order(conversed) -> None:
    """The planner asked clean rooms, fitted, allocated, and had a test proposed; others follow."""
    folder, _, _ = conversed
    kept = only(folder, "converse", "transcripts.json")["transcripts"]
    names = [t["agent"] for t in kept]
    assert names == ["planner", "planner", "measurement", "optimizer", "optimizer", "governance"]
    calls = [c["tool"] for c in kept[1]["calls"]]
    assert calls == ["clean_room_query", "response_curves", "allocate", "design_experiment"]
    assert kept[0]["input"] == {"brief": BRIEF}
    rooms = kept[1]["calls"][0]["result"]
    assert [r["retailer"] for r in rooms] == ["alpha", "beta"]
    assert all(cell["metrics"]["cost"]["value"] > 0 for r in rooms for cell in r["cells"])


def test_queries_of_a_conversation_are_in_the_ledger(conversed) -> None:
    """Each clean room's ledger ends with the query that the planner asked."""
    folder, _, _ = conversed
    for retailer in ("alpha", "beta"):
        lines = (folder / ".ledger" / f"{retailer}.jsonl").read_text().splitlines()
        last = json.loads(lines[-1])
        assert (last["kind"], last["status"]) == ("query", "ok")


def test_policies_bind_the_plan_and_clear_it(conversed) -> None:
    """What alpha does not sell gets no cell; caps of the brand are limits, said as such."""
    folder, _, _ = conversed
    found = only(folder, "converse", "conversation.json")
    assert found["governance"]["verdict"] == "cleared"
    assert found["policies"] == ["alpha", "brand_x"]
    assert any("offsite_display at alpha" in a for a in found["assumptions"])
    assert any(a.startswith("start: not said") for a in found["assumptions"])
    newest = max(p for p in folder.iterdir() if "-plan-" in p.name)
    cells = json.loads((newest / "plan.json").read_text())["allocation"]
    assert not [c for c in cells if (c["retailer_id"], c["placement_type"]) ==
                ("alpha", "offsite_display")]  # fmt: skip


def test_a_conversation_costs_less_than_half_a_minute_of_one_core(conversed) -> None:
    """CPU time of brief to decision record, after the program is loaded."""
    assert conversed[2] < 30


def test_the_decision_and_the_conversation_are_in_the_trail(conversed, command) -> None:
    """Both entries stand in the brand's audit trail, and the trail is whole."""
    folder, _, _ = conversed
    code, entries, _ = command(folder, "decisions", "list")
    assert code == 0
    assert [e["kind"] for e in entries] == ["decision", "conversation"]
    assert command(folder, "decisions", "verify")[0] == 0


def test_a_dry_run_stops_after_the_request(market, command) -> None:
    """Nothing is planned or written, and the request shows what policies changed."""
    before = sorted(market.iterdir())
    code, result, _ = command(market, "converse", BRIEF, "--rules-only", "--dry-run")
    assert code == 0
    limits = {x["id"]: x for x in result["request"]["planned_request"]["limits"]}
    assert limits["alpha"]["max_share"] == 0.7
    assert "alpha" not in {x["id"] for x in result["request"]["request"]["limits"]}
    assert sorted(market.iterdir()) == before


@pytest.mark.parametrize(
    ("brief", "code"),
    [("Spend money for Harbor.", 3), ("$20k for Harbor with customer IDs of buyers.", 4)],
)
def test_a_brief_that_cannot_be_planned_ends_with_its_own_code(tmp_path, command, brief, code):
    """No budget ends with 3, a blocked field with 4, before any run is made."""
    assert command(tmp_path / "runs", "converse", brief, "--rules-only")[0] == code
    assert not (tmp_path / "runs").exists()


def test_a_policy_that_the_brief_overrides_stops_the_plan(market, tmp_path, command) -> None:
    """Asked at least 30 % on video under a cap of 10 %, the plan is made, kept and stopped."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "x.yaml").write_text(
        "schema: rmnctl/governance/v1\npolicy: tight\nbrand_id: brand_x\n"
        "spend_caps: [{placement: video, max_share: 0.1}]\n"
    )
    runs = tmp_path / "runs"
    shutil.copytree(market, runs)
    brief = "Spend $20k on alpha and beta for Brand X, exactly 30% on video."
    code, result, err = command(
        runs, "converse", brief, "--rules-only", "--policies", folder, "--ask", "explain"
    )
    assert code == 5
    assert result["governance"]["verdict"] == "blocked"
    assert result["verdict"] == "stop"
    assert "video gets" in json.loads(err)["message"]


def policy(**more) -> GovernancePolicy:
    return GovernancePolicy.model_validate({"policy": "p", **more})


def asked(**more) -> PlanRequest:
    return PlanRequest.model_validate({"budget": 1000, "brand_id": "b", **more})


def bound(request, *policies):
    return governed(request, policies, ("alpha", "beta"), SOLD)


def test_the_stricter_of_brief_and_policy_holds() -> None:
    """A cap below the brief's limit replaces it; a cap above it changes nothing."""
    cap = policy(brand_id="b", spend_caps=[{"placement": "video", "max_share": 0.2}])
    loose = asked(limits=[{"scope": "placement", "id": "video", "max_share": 0.5}])
    [limit] = bound(loose, cap).request.limits
    assert limit.max_share == 0.2
    strict = asked(limits=[{"scope": "placement", "id": "video", "max_share": 0.1}])
    assert bound(strict, cap) == bound(strict)


def test_a_floor_above_a_cap_is_left_for_the_check() -> None:
    """The brief's floor stands, so that the finished plan is found in breach."""
    cap = policy(spend_caps=[{"retailer": "alpha", "max_spend": 100}])
    floor = asked(limits=[{"scope": "retailer", "id": "alpha", "min_share": 0.3}])
    assert bound(floor, cap).request == floor


def test_a_retailers_policy_binds_its_own_space_only() -> None:
    """What a retailer does not sell is closed there; its caps on a placement are no limit."""
    its = policy(
        retailer_id="alpha",
        allowed_placements=["video", "sponsored_product"],
        blocked_placements=["video"],
        spend_caps=[
            {"placement": "video", "max_spend": 5},
            {"retailer": "alpha", "max_share": 0.6},
        ],
    )
    found = bound(asked(), its)
    assert {c.placement_type for c in found.closed} == {
        "onsite_display",
        "offsite_display",
        "video",
    }
    assert {c.retailer_id for c in found.closed} == {"alpha"}
    assert [(x.id, x.max_share) for x in found.request.limits] == [("alpha", 0.6)]


def test_amounts_in_another_currency_are_not_made_limits() -> None:
    """A cap in EUR says nothing about a plan in USD; the check names the currencies."""
    cap = policy(currency="EUR", spend_caps=[{"retailer": "alpha", "max_spend": 5}])
    assert bound(asked(currency="USD"), cap).request.limits == ()


def test_brand_policies_close_retailers_and_goods() -> None:
    """Retailers that are not allowed are closed, blocked SKUs get nothing."""
    its = policy(brand_id="b", allowed_retailers=["beta"], blocked_skus=["S1"])
    found = bound(asked(), its)
    assert {(c.retailer_id, c.placement_type) for c in found.closed} == {("alpha", p) for p in SOLD}
    assert [(x.id, x.max_share) for x in found.request.limits] == [("S1", 0.0)]


def test_policies_of_others_are_not_in_force(no_policies) -> None:
    """A folder may hold policies of all brands; a missing folder is named."""
    (no_policies / "a.yaml").write_text("policy: a\nbrand_id: other\n")
    (no_policies / "b.yaml").write_text("policy: b\nretailer_id: beta\n")
    policies, inputs = policies_in_force(no_policies, "mine", ["alpha", "beta"])
    assert [p.policy for p in policies] == ["b"]
    assert len(inputs) == 1
    assert policies_in_force(no_policies, "mine", ["alpha"])[0] == []
    with pytest.raises(ConfigError, match="no folder"):
        policies_in_force(no_policies / "missing", "mine", [])


def test_the_check_finds_what_no_limit_could_say() -> None:
    """A cap on a placement at one retailer is checked on the finished plan."""
    check = plan_check(
        [policy(spend_caps=[{"retailer": "alpha", "placement": "video", "max_spend": 5}])], {}, None
    )
    cell = {"retailer_id": "alpha", "placement_type": "video", "sku_id": "S", "spend": 9.0}
    request = {"brand_id": "b", "budget": 10, "currency": None, "horizon_days": 7}
    [finding] = check({"request": request, "allocation": [cell]})
    assert finding["level"] == "breach"


def test_words_about_rooms_and_curves_hold_their_own_numbers() -> None:
    """Sums over the cells that a room answers are said; withheld ones are counted."""
    known = {"cost": {"value": 10.0}, "revenue": {"value": 40.0}}
    hidden = {"cost": {"value": None}, "revenue": {"value": None}}
    room = {"retailer": "alpha", "period": ["2026-01-05", "2026-02-01"],
            "cells": [{"metrics": known}, {"metrics": known}, {"metrics": hidden}]}  # fmt: skip
    said = explain_rooms([room])
    assert said.dropped == ()
    assert "20 of spend and 80 of attributed revenue" in said.sentences[0]
    assert said.sentences[1] == "It withholds 1 placements."
    assert explain_curves(LEARNED).dropped == ()


def test_a_plan_is_asked_what_to_test_next(planned, command) -> None:
    """The question reaches the measurement agent, whose proposals are ranked by what hangs on them."""
    code, result, _ = command(planned, "ask", "what should we test next?")
    assert code == 0
    stakes = [p["at_stake"] for p in result["proposals"]]
    assert stakes == sorted(stakes, reverse=True)
    assert result["sentences"]


def test_a_test_is_designed_from_a_plan(planned, command) -> None:
    """The design is of the cell that most hangs on at that retailer, and the plan is its input."""
    _, ranked, _ = command(planned, "ask", "which test next")
    best = next(p for p in ranked["proposals"] if p["retailer_id"] == "alpha")
    code, design, err = command(
        planned, "experiment", "design", "-c", "configs/experiment/switchback.yaml",
        "--from-plan", "latest:plan", "--set", "start_date=2026-06-01", "--set", "days=28",
    )  # fmt: skip
    assert code == 0, err
    assert (design["retailer_id"], design["placement_type"]) == ("alpha", best["placement_type"])
    assert design["spend"]["experiment_share"] is not None
    newest = max(p for p in planned.iterdir() if "-experiment-design-" in p.name)
    inputs = json.loads((newest / "manifest.json").read_text())["inputs"]
    assert {i["name"] for i in inputs} == {"history", "plan"}

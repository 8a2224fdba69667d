"""The thin agents: harmonizer, measurement, governance, planner."""

from __future__ import annotations

from datetime import date

import pytest

from rmnctl.agents.governance import GovernanceAgent
from rmnctl.agents.harmonizer import HarmonizerAgent, ModelChooser, UnmappedColumn, decide
from rmnctl.agents.measurement import MeasurementAgent
from rmnctl.agents.planner import PlannerAgent, PlannerTools
from rmnctl.config import Settings
from rmnctl.errors import ConfigError
from rmnctl.harmonization.matcher import Column, propose
from rmnctl.measurement import ExperimentResult
from rmnctl.planning import PlanRequest
from rmnctl.workflows.plan_case import open_plan
from tests.agents.test_words import document

LEARNED = {"cells": 40, "cells_with_own_curve": 12, "periods": 26, "period_days": 7,
           "blocks": [{}, {}], "blocks_without_lift_test": 1}  # fmt: skip
OPEN = {
    "header": "Spnd (net)",
    "candidates": [{"field": "cost", "confidence": 0.4}, {"field": "revenue", "confidence": 0.3}],
}


def test_without_a_model_the_matcher_decides_and_may_say_none() -> None:
    """The likeliest candidate wins; where all are unlikely the column is none of them."""
    none = HarmonizerAgent().execute(OPEN).output
    assert (none.field, none.by) == (None, "matcher")
    sure = OPEN | {"candidates": [{"field": "cost", "confidence": 0.8}]}
    assert HarmonizerAgent().execute(sure).output.field == "cost"
    assert sum(none.probability.values()) == pytest.approx(1, abs=1e-5)


def test_a_model_weighs_candidates_under_the_adapters_of_its_task(tmp_path_factory) -> None:
    """Its answer is a candidate or none, its word is bounded, and the transcript says who spoke."""
    pytest.importorskip("torch")
    from tests.federation.tiny import open_base, open_federation, save_base, save_default_adapters

    folder = tmp_path_factory.mktemp("tiny")
    save_base(folder / "base")
    base = open_base(folder / "base", folder / "cache")
    save_default_adapters(base, folder / "adapters")
    federation = open_federation(base, folder / "adapters")
    done = HarmonizerAgent(federation, retailer_id="alpha").execute(OPEN)
    assert done.output.by == "model"
    assert set(done.output.probability) == {"cost", "revenue", "none"}
    assert "Spnd (net)" in done.transcript.prompts[0]
    assert {a["adapter_type"] for a in done.transcript.adapters} >= {"retailer"}
    assert (
        done.transcript == HarmonizerAgent(federation, retailer_id="alpha").execute(OPEN).transcript
    )
    federation.close()


def test_a_models_word_moves_the_matchers_belief_within_bounds() -> None:
    """However sure the model is, odds against none move by a bounded factor only."""
    given = UnmappedColumn.model_validate(OPEN)
    even = decide(given, {"cost": -1.0, "revenue": -1.0, "none": -1.0}).probability
    for said in (-500.0, 500.0):
        after = decide(given, {"cost": said, "revenue": 0.0, "none": 0.0}).probability
        moved = (after["cost"] / after["none"]) / (even["cost"] / even["none"])
        assert 1 / 2000 < moved < 2000
        assert (moved > 1) == (said > 0)
    assert even["cost"] > even["revenue"]


def test_the_agent_fits_the_seam_of_the_matcher() -> None:
    """As chooser of `propose` it is asked about open columns only, and answers for each."""
    chooser = ModelChooser(None)
    columns = [
        Column("Date", ("2026-01-01", "2026-01-02")),
        Column("Impressions", ("1000", "2000")),
        Column("Zorp", ("a", "b")),
    ]
    assert [p.field for p in propose(columns, chooser)] == ["date", "impressions", None]
    assert [done.transcript.input["header"] for done in chooser.executed] == ["Zorp"]
    assert set(chooser.executed[0].output.probability) == {"placement_type", "retailer_id", "none"}


def result(low, high):
    interval = {"estimate": 2.0, "standard_error": 0.5, "ci": (low, high), "ci95": (low, high),
                "ci80": (1.3, 2.7)}  # fmt: skip
    revenue = interval | {"estimate": 20_000.0, "ci95": (low * 1e4, high * 1e4)}
    return ExperimentResult(
        test_id="t1", type="geo", method="pairs", retailer_id="alpha", placement_type="video",
        currency="USD", start_date=date(2026, 3, 1), end_date=date(2026, 3, 28),
        incremental_spend=10_000.0, incremental_revenue=revenue, iroas=interval, p_value=0.012,
        level=0.95, diagnostics={}, design_digest="sha256:0",
    )  # fmt: skip


def test_results_are_read_out_with_their_own_numbers() -> None:
    """An interval above 0 shows that ads add sales; one that holds 0 does not."""
    clear = MeasurementAgent().execute({"want": "read", "result": result(1.1, 2.9).plain()}).output
    assert clear.dropped == ()
    assert "Its iROAS is 2 (95% interval of the iROAS 1.1 to 2.9)." in clear.sentences
    assert clear.sentences[-1] == "The test shows that the ads add sales."
    open_ = MeasurementAgent().execute({"want": "read", "result": result(-0.5, 4.5).plain()}).output
    assert open_.dropped == ()
    assert open_.sentences[-1] == "The test does not show that the ads add sales."


def test_what_to_test_next_is_where_most_hangs_on_what_is_not_known(planned) -> None:
    """Blocks are ranked by planned incremental revenue times the doubt about it."""
    case = open_plan("latest", Settings(runs=planned), remember=False).case
    answer = MeasurementAgent(case).execute({"want": "propose"}).output
    assert len(answer.proposals) == 10
    stakes = [p.at_stake for p in answer.proposals]
    assert stakes == sorted(stakes, reverse=True)
    assert answer.dropped == ()
    assert answer.sentences
    with pytest.raises(ConfigError, match="needs a plan"):
        MeasurementAgent().execute({"want": "propose"})
    with pytest.raises(ConfigError, match="a design needs experiment"):
        MeasurementAgent().execute({"want": "design"})


def copy(identifier, text):
    return {"id": identifier, "platform": "amazon_sb", "element": "headline", "copy": text,
            "context": {"category": "grocery", "locale": "en-US", "brand": "Acme"}}  # fmt: skip


def test_governance_blocks_what_breaks_a_rule_and_asks_what_it_does_not_know() -> None:
    """A violation, a breach or a stop blocks; the reasons name it."""
    agent = GovernanceAgent(plan_check=lambda plan: plan["findings"])
    bad = agent.execute({"copies": [copy("c1", "BEST OATS EVER!!! Guaranteed #1")]}).output
    assert (bad.verdict, bad.copies["c1"]) == ("blocked", "violation")
    breach = {"findings": [{"level": "breach", "message": "Video is over its cap."}]}
    assert agent.execute({"plan": breach}).output.reasons == ("Video is over its cap.",)
    asked = {"findings": [{"level": "needs_facts", "message": "No flight is known."}]}
    assert agent.execute({"plan": asked}).output.verdict == "needs_facts"
    assert agent.execute({"plan": {"findings": []}}).output.verdict == "cleared"
    assert agent.execute({"stops": ("A critical risk.",)}).output.verdict == "blocked"


def test_the_planner_calls_its_tools_in_order_and_explains_the_plan() -> None:
    """Steps that were handed in run in their order, each with the request; words are checked."""
    made, order = document(3), []

    def step(name, value):
        def call(request):
            order.append((name, request.budget))
            return value

        return call

    tools = PlannerTools(
        allocate=step("allocate", made),
        response_curves=step("response_curves", LEARNED),
        design_experiment=step("design_experiment", {"block": "alpha video"}),
    )
    request = PlanRequest.model_validate(made["request"])
    done = PlannerAgent(tools).execute({"request": made["request"], "assumptions": ["28 days"]})
    assert order == [
        (name, request.budget) for name in ("response_curves", "allocate", "design_experiment")
    ]
    assert list(done.output.steps) == ["response_curves", "allocate", "design_experiment"]
    assert done.output.sentences
    assert done.output.dropped == ()
    assert [c.tool for c in done.transcript.calls] == list(done.output.steps)

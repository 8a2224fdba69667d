"""Questions about a plan are answered by solving again."""

from __future__ import annotations

import json
import time
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from rmnctl.agents.base import BaseAgent
from rmnctl.agents.optimizer import Ask, OptimizerAgent
from rmnctl.agents.reflection import Case
from rmnctl.config import Settings
from rmnctl.errors import ConfigError, Failure
from rmnctl.federation import Tool
from rmnctl.planning import PlanRequest, Scope, plan
from rmnctl.workflows.plan import plan_curves

CELLS = 24
LIMITS = (
    {"scope": "retailer", "id": "alpha", "max_share": 0.2},
    {"scope": "placement", "id": "video", "min_share": 0.3},
)


def curves():
    return pa.table(
        {
            "retailer_id": ["alpha", "beta"] * (CELLS // 2),
            "placement_type": ["video", "video", "search", "search"] * (CELLS // 4),
            "sku_id": [f"s{i // 4}" for i in range(CELLS)],
            "family": ["saturating_exp"] * CELLS,
            "a": np.linspace(2000, 400, CELLS),
            "c": [100.0] * CELLS,
            "margin_rate": [0.4] * CELLS,
        }
    )


@pytest.fixture(scope="module")
def agent():
    request = PlanRequest(budget=1000, brand_id="b", limits=LIMITS)
    return OptimizerAgent(Case(request, plan(curves(), request).plain(), curves()))


@pytest.mark.parametrize(
    ("words", "ask", "expected"),
    [
        ("what would 100k more buy", Ask.BUDGET, {"change": 100_000}),
        ("What if we cut the budget by $250?", Ask.BUDGET, {"change": -250}),
        ("what if the budget were 2,500", Ask.BUDGET, {"budget": 2500}),
        ("Which limit costs most?", Ask.COSTLIEST_LIMIT, {}),
        ("which constraint is the most expensive", Ask.COSTLIEST_LIMIT, {}),
        ("what if we dropped the video cap", Ask.WITHOUT, {"rule": "video"}),
        ("and without the limit on alpha", Ask.WITHOUT, {"rule": "alpha"}),
        ("what if the ROAS floor were 4.5", Ask.FLOOR, {"roas_floor": 4.5}),
        ("what if beta got at least 40%", Ask.LIMIT,
         {"scope": Scope.RETAILER, "id": "beta", "min_share": 0.4}),
        ("cap search at a quarter of it", Ask.LIMIT, {"id": "search", "max_share": 0.25}),
        ("what if we planned for revenue", Ask.OBJECTIVE, {"objective": "incremental_revenue"}),
        ("why is the plan as it is", Ask.EXPLAIN, {}),
    ],
)  # fmt: skip
def test_questions_are_read(agent, words, ask, expected) -> None:
    """A question in words becomes a typed one with its numbers and names."""
    question = agent.read(words)
    assert question.ask is ask
    assert {k: getattr(question, k) for k in expected} == expected


def test_a_question_that_solving_cannot_answer_is_refused(agent) -> None:
    """It names what can be asked."""
    with pytest.raises(ConfigError, match="cannot be answered") as refused:
        agent.execute("how is the weather")
    assert "which limit costs most" in refused.value.hint


def test_more_money_buys_what_solving_again_says(agent) -> None:
    """Every figure is the difference of two certified plans, and the sentences say them."""
    answer = agent.execute("what would 500 more buy").output
    case = agent.case
    again = case.solve(case.request.model_copy(update={"budget": 1500.0}))
    gained = again.certificate.lower - case.document["certificate"]["lower"]
    assert answer.figures["value_change"] == pytest.approx(gained)
    assert f"It brings {abs(gained):,.0f} more incremental margin." in answer.sentences
    assert answer.dropped == ()


def test_the_costliest_limit_is_the_one_whose_absence_gains_most(agent) -> None:
    """Each limit is dropped in turn and the plan solved again."""
    answer = agent.execute("which limit costs most").output
    own = agent.case.document["certificate"]["lower"]
    for place, limit in enumerate(agent.case.request.limits):
        others = tuple(x for x in agent.case.request.limits if x is not limit)
        free = agent.case.solve(agent.case.request.model_copy(update={"limits": others}))
        assert answer.figures[f"cost.{limit.id}"] == pytest.approx(
            free.certificate.lower - own, rel=1e-3
        ), place
    dearest = max(agent.case.request.limits, key=lambda x: answer.figures[f"cost.{x.id}"])
    assert answer.sentences[0].startswith(f"The limit on {dearest.id} costs most")
    assert answer.dropped == ()


def test_an_impossible_wish_says_what_would_have_to_give(agent) -> None:
    """A floor that no plan holds is answered with the planner's own explanation."""
    (said,) = agent.execute("what if the roas floor were 90").output.sentences
    assert "There is no such plan" in said
    assert "roas_floor" in said


def test_a_rule_that_is_not_there_cannot_be_dropped(agent) -> None:
    """The answer names the rules there are."""
    with pytest.raises(ConfigError, match="no rule roas_floor"):
        agent.execute("what if we dropped the ROAS floor")


def test_the_transcript_is_the_same_for_the_same_work(agent) -> None:
    """It holds input, calls with results and output, and no times."""
    first, second = (agent.execute("what would 500 more buy") for _ in range(2))
    assert first.transcript == second.transcript
    (call,) = first.transcript.calls
    assert (call.tool, call.arguments["change"]) == ("solve", 500.0)
    assert first.transcript.output == first.output.plain()
    assert set(first.ms) == {"solve"}


def test_ask_writes_answer_and_transcript(tmp_path, command) -> None:
    """`rmnctl ask` answers from a finished plan and keeps how."""
    pq.write_table(curves(), tmp_path / "curves.parquet")
    request = PlanRequest(budget=1000, brand_id="b", limits=LIMITS)
    plan_curves(tmp_path / "curves.parquet", request, Settings(runs=tmp_path / "runs"))
    code, answer, err = command(tmp_path / "runs", "ask", "what would 500 more buy")
    assert code == 0, err
    folder = next((tmp_path / "runs").glob("*-ask-*"))
    assert json.loads((folder / "answer.json").read_text()) == answer
    assert json.loads((folder / "transcript.json").read_text())["agent"] == "optimizer"
    assert command(tmp_path / "runs", "ask", "how is the weather")[0] == 2


class Number(BaseModel):
    n: int


class Doubler(BaseAgent[Number, Number]):
    """Doubles a number, slowly where asked."""

    name: ClassVar[str] = "doubler"
    Input = Number
    Output = Number

    def tools(self):  # noqa: D102
        return (Tool("double", "Twice the number.", Number, self._double),)

    def route(self, given):  # noqa: D102
        return (("double", {"n": given.n}),)

    def _double(self, given):
        time.sleep(given.n / 100)
        return given.n * 2

    def parse_result(self, given, work, answer):  # noqa: D102, ARG002
        return Number(n=work.results["double"])


def test_an_agent_checks_what_it_takes() -> None:
    """Wrong input is an error that names the field and not the value; words are not taken."""
    assert Doubler().execute({"n": 4}).output.n == 8
    with pytest.raises(ConfigError, match=r"^Input of the doubler agent: n: ") as wrong:
        Doubler().execute({"n": "secret"})
    assert "secret" not in wrong.value.message
    with pytest.raises(ConfigError, match="takes typed input"):
        Doubler().execute("four")


def test_an_agent_ends_when_its_time_is_up() -> None:
    """A tool that outlives the agent's time is a failure that names the step."""
    slow = Doubler()
    slow.timeout_s = 0.05
    with pytest.raises(Failure, match="doubler agent, step double"):
        slow.execute({"n": 300})

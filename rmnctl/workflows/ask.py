"""`rmnctl ask`: a question about a plan in, an answer from solving again out.

What to test next is answered by the measurement agent, everything else by the optimizer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from rmnctl.agents.base import Executed, Transcript
from rmnctl.agents.measurement import MeasurementAgent, MeasurementAnswer
from rmnctl.agents.optimizer import OptimizerAgent, OptimizerAnswer, Question
from rmnctl.agents.reflection import Case
from rmnctl.config import ConfigModel, Settings
from rmnctl.runs import Run
from rmnctl.workflows.plan_case import open_plan

VERB = "ask"
ANSWER_SCHEMA = "answer/v1"
TRANSCRIPT_SCHEMA = "transcript/v1"
_NEXT_TEST = re.compile(
    r"\b(?:what|where|which)\b(?!\s+if\b).*\b(?:test|experiment|measure)\b|\bnext (?:lift |geo )?test\b",
    re.IGNORECASE,
)


class AskConfig(ConfigModel):
    """Configuration `rmnctl/ask/v1`."""

    schema_: Literal["rmnctl/ask/v1"] = Field("rmnctl/ask/v1", alias="schema")
    plan: str = Field("latest", description="run of rmnctl plan that is asked about")
    question: str | Question = Field(description="in words, or typed")
    timeout_s: float = Field(60.0, gt=0, description="for the whole answer, seconds")


@dataclass(frozen=True)
class AskResult:
    """An answered question.

    Attributes:
        run: The run, with `answer.json` and `transcript.json`.
        answer: What was found.
        transcript: How.
    """

    run: Run
    answer: OptimizerAnswer | MeasurementAnswer
    transcript: Transcript


def ask(
    config: AskConfig, settings: Settings | None = None, *, overrides: Sequence[str] = ()
) -> AskResult:
    """Answer a question about a plan by solving its request again.

    Args:
        config: The plan and the question.
        settings: Where runs lie.
        overrides: `--set` texts, for the record.

    Raises:
        ConfigError: The question cannot be answered by solving again, or does not fit the plan.
        RunError: The plan cannot be used.
    """
    settings = settings or Settings()
    words = config.question if isinstance(config.question, str) else ""
    measured = _NEXT_TEST.search(words) is not None
    opened = open_plan(config.plan, settings, history=measured, remember=False)
    done = _measured(config, opened.case) if measured else _solved(config, opened.case)
    with Run.start(settings.runs, VERB, config, inputs=opened.inputs, overrides=overrides) as run:
        run.write_json("answer.json", done.output.plain(), ANSWER_SCHEMA)
        run.write_json("transcript.json", done.transcript.plain(), TRANSCRIPT_SCHEMA)
        run.log(
            "agent", agent=done.transcript.agent, ms={k: round(v, 1) for k, v in done.ms.items()}
        )
        figures = done.output.figures if isinstance(done.output, OptimizerAnswer) else {}
        run.metrics = {"dropped": len(done.output.dropped), **figures}
    return AskResult(run, done.output, done.transcript)


def _measured(config: AskConfig, case: Case) -> Executed[OptimizerAnswer | MeasurementAnswer]:
    agent = MeasurementAgent(case)
    agent.timeout_s = config.timeout_s
    done = agent.execute({"want": "propose"})
    return Executed(done.output, done.transcript, done.ms)


def _solved(config: AskConfig, case: Case) -> Executed[OptimizerAnswer | MeasurementAnswer]:
    agent = OptimizerAgent(case)
    agent.timeout_s = config.timeout_s
    done = agent.execute(config.question)
    return Executed(done.output, done.transcript, done.ms)

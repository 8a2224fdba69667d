"""`rmnctl ask`: a question about a plan in, an answer from solving again out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from rmnctl.agents.base import Transcript
from rmnctl.agents.optimizer import OptimizerAgent, OptimizerAnswer, Question
from rmnctl.config import ConfigModel, Settings
from rmnctl.runs import Run
from rmnctl.workflows.plan_case import open_plan

VERB = "ask"
ANSWER_SCHEMA = "answer/v1"
TRANSCRIPT_SCHEMA = "transcript/v1"


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
    answer: OptimizerAnswer
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
    opened = open_plan(config.plan, settings, history=False, remember=False)
    agent = OptimizerAgent(opened.case)
    agent.timeout_s = config.timeout_s
    done = agent.execute(config.question)
    with Run.start(settings.runs, VERB, config, inputs=opened.inputs, overrides=overrides) as run:
        run.write_json("answer.json", done.output.plain(), ANSWER_SCHEMA)
        run.write_json("transcript.json", done.transcript.plain(), TRANSCRIPT_SCHEMA)
        run.log("agent", agent=agent.name, ms={k: round(v, 1) for k, v in done.ms.items()})
        run.metrics = {"dropped": len(done.output.dropped), **done.output.figures}
    return AskResult(run, done.output, done.transcript)

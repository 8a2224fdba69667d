"""`rmnctl converse`: from a brief in words to a plan that is measured, governed and on record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from rmnctl.agents.base import Executed, Transcript
from rmnctl.agents.briefs import Understood, Vocabulary, understand
from rmnctl.agents.governance import GovernanceAgent, Ruling
from rmnctl.agents.optimizer import OptimizerAgent
from rmnctl.agents.planner import PlannerAgent, PlannerAsk
from rmnctl.agents.reflection import ReflectionConfig
from rmnctl.config import ConfigModel, Settings
from rmnctl.errors import ConfigError, Findings
from rmnctl.planning import PLAN_SCHEMA
from rmnctl.reporting.conversation_page import conversation_page
from rmnctl.runs import Input, Run, artifact_input, file_input
from rmnctl.workflows.briefs import DEFAULT_NAMES, load_vocabulary, make_adviser
from rmnctl.workflows.check_plan import read_categories
from rmnctl.workflows.plan import PlanResult
from rmnctl.workflows.plan_case import OpenedPlan, short_name
from rmnctl.workflows.planner_tools import RealTools
from rmnctl.workflows.planning_config import PlanConfig
from rmnctl.workflows.policies import POLICIES, Governed, governed, plan_check, policies_in_force
from rmnctl.workflows.reflect import FOLDER, ReflectResult, Trail, reflect

VERB = "converse"
CONVERSATION_SCHEMA = "conversation/v1"
TRANSCRIPTS_SCHEMA = "transcripts/v1"
NAMES_SCHEMA = "rmnctl/briefs/v1"


class ConverseConfig(ConfigModel):
    """Configuration `rmnctl/converse/v1`."""

    schema_: Literal["rmnctl/converse/v1"] = Field("rmnctl/converse/v1", alias="schema")
    brief: str = Field(description="what is wanted, in words")
    plan: PlanConfig = Field(description="data and mode; its request is not used")
    names: Path = Field(DEFAULT_NAMES, description="names that the brief may use")
    rules_only: bool = Field(False, description="read the brief without asking the model")
    policies: Path | None = Field(
        POLICIES, description="folder of policies; those of brand and retailers hold; null: none"
    )
    start: date | None = Field(
        None, description="first day of the plan; null: the day after the data, as an assumption"
    )
    questions: tuple[str, ...] = Field(
        ("which limit costs most", "what would 10% more buy"), description="put to the optimizer"
    )
    reflection: ReflectionConfig = Field(
        default_factory=ReflectionConfig, description="thresholds; its plan is not used"
    )
    timeout_s: float = Field(300.0, gt=0, description="for each agent, seconds")


@dataclass(frozen=True)
class Heard:
    """A brief as it was understood, before anything is planned.

    Attributes:
        understood: Request, assumptions, evidence; or the problem.
        reader: `rules`, or `rules and model`.
        governed: The request as policies leave it; None where there is a problem.
        inputs: Files that this stands on.
        transcript: Questions that the model was asked, and its answers.
    """

    understood: Understood
    reader: str
    governed: Governed | None
    inputs: list[Input]
    transcript: Transcript
    policies: tuple[Any, ...] = ()

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Everything that the brief did not say itself."""
        more = self.governed.notes if self.governed else ()
        return (*self.understood.assumptions, *more)

    def plain(self) -> dict[str, Any]:
        """JSON-ready: as one of `result.requests[]`, with the request that is planned."""
        found = self.understood.plain("brief") | {"assumptions": list(self.assumptions)}
        planned = self.governed.request.plain() if self.governed else None
        return found | {"reader": self.reader, "planned_request": planned}


@dataclass(frozen=True)
class ConverseResult:
    """A finished conversation.

    Attributes:
        run: With `conversation.json`, `conversation.md` and `transcripts.json`.
        plan: The plan.
        reflected: Its decision record.
        document: The content of `conversation.json`.
        ms: Milliseconds by agent; volatile.
    """

    run: Run
    plan: PlanResult
    reflected: ReflectResult
    document: dict[str, Any]
    ms: dict[str, float]


@dataclass
class _Steps:
    """What agents did, in order."""

    transcripts: list[Transcript] = field(default_factory=list)
    ms: dict[str, float] = field(default_factory=dict)

    def keep(self, done: Executed[Any]) -> None:
        name = done.transcript.agent
        self.transcripts.append(done.transcript)
        self.ms[name] = self.ms.get(name, 0.0) + sum(done.ms.values())


def hear(
    config: ConverseConfig,
    settings: Settings | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Heard:
    """Read the brief, and bind it to the policies in force; nothing is planned or written.

    Args:
        config: The brief and whose names and policies hold.
        settings: Where pulled models lie.
        say: Is told why there is no model, where there is none.

    Raises:
        ConfigError: Names or policies are wrong.
        RmnctlError: The brief's own problem, with its exit code.
    """
    if not config.names.exists():
        raise ConfigError(f"{config.names} does not exist.", hint="It says which names there are.")
    names, vocabulary = load_vocabulary(config.names)
    adviser = None if config.rules_only else make_adviser(names, vocabulary, settings, say)
    understood = understand([config.brief], vocabulary, adviser)[0]
    if understood.problem is not None:
        raise understood.problem.error()
    exchanges = adviser.exchanges if adviser is not None else []
    transcript = Transcript(
        agent="planner",
        input={"brief": config.brief},
        prompts=tuple(prompt for prompt, _ in exchanges),
        answers=tuple(answer for _, answer in exchanges),
        adapters=tuple(adviser.adapters) if adviser is not None else (),
        output=understood.plain("brief"),
    )
    inputs = [file_input("names", config.names, NAMES_SCHEMA)]
    bound, policies = _bound(config, understood, vocabulary, inputs)
    reader = "rules and model" if adviser is not None else "rules"
    return Heard(understood, reader, bound, inputs, transcript, tuple(policies))


def _bound(
    config: ConverseConfig, understood: Understood, vocabulary: Vocabulary, inputs: list[Input]
) -> tuple[Governed | None, list[Any]]:
    request = understood.request
    if request is None:
        return None, []
    if config.policies is None:
        return Governed(request, (), ()), []
    retailers = request.retailers or tuple(r.id for r in vocabulary.retailers)
    policies, files = policies_in_force(config.policies, request.brand_id, retailers)
    inputs += files
    return governed(request, policies, retailers, vocabulary.sold), policies


def converse(
    config: ConverseConfig,
    settings: Settings | None = None,
    *,
    heard: Heard | None = None,
    overrides: Sequence[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> ConverseResult:
    """Plan what a brief asks for, and say what speaks for and against it.

    The planner agent asks clean rooms, fits curves, allocates and has the next test proposed; the
    optimizer says what limits cost and what more money would buy; governance checks the plan
    with policies; reflection writes the decision record.

    Args:
        config: The brief, data, policies and thresholds.
        settings: Where runs lie.
        heard: The brief as understood, where that was done already.
        overrides: `--set` texts, for the record.
        say: Is told how far it is.

    Raises:
        ConfigError: Names, policies, or what the data need are wrong.
        RmnctlError: The brief cannot be planned, with the exit code of its problem.
        RunError: The data are not there.
        Failure: No plan keeps all rules; says what would have to give.
    """
    settings = settings or Settings()
    heard = heard or hear(config, settings, say)
    steps = _Steps([heard.transcript])
    say("Planning …")
    tools, said = _planned(config, settings, heard, steps)
    opened = tools.open()
    say("Asking what limits cost and what more would buy …")
    answers = _questions(config, opened, steps)
    start, assumed = _start(config, opened)
    ruling = _ruling(config, heard, tools, start, steps)
    say("Reflecting …")
    began = time.monotonic()
    thresholds = config.reflection.model_copy(update={"plan": tools.run_id})
    reflected = reflect(thresholds, settings, opened=opened)
    steps.ms["reflection"] = 1000 * (time.monotonic() - began)
    document = {
        "schema": CONVERSATION_SCHEMA,
        "brief": config.brief,
        **heard.plain(),
        "assumptions": [*heard.assumptions, *assumed],
        "plan": short_name(opened.manifest),
        "start": start.isoformat() if start else None,
        "policies": [p.policy for p in heard.policies],
        "said": list(said),
        "what_if": [{"question": q, "said": list(a["sentences"])} for q, a in answers],
        "next_test": steps.transcripts[2].output,
        "governance": ruling.plain(),
        "decision": _decision(reflected),
        **_verdict(ruling, reflected),
    }
    run = _write(config, settings, heard, tools, reflected, document, steps, overrides)
    _enter(settings, opened, run, document)
    return ConverseResult(run, tools.result, reflected, document, steps.ms)


def _planned(
    config: ConverseConfig, settings: Settings, heard: Heard, steps: _Steps
) -> tuple[RealTools, tuple[str, ...]]:
    """The planner agent at work: its tools with what they made, and its words."""
    if heard.governed is None:
        raise ConfigError("The brief holds no request.")
    closed = (*config.plan.closed, *heard.governed.closed)
    notes = {"brief": config.brief, **heard.plain()}
    tools = RealTools(config.plan.model_copy(update={"closed": closed}), settings, notes)
    planner = PlannerAgent(tools.tools())
    planner.timeout_s = config.timeout_s
    done = planner.execute(
        PlannerAsk(request=heard.governed.request, assumptions=heard.assumptions)
    )
    steps.keep(done)
    steps.keep(tools.proposed)
    return tools, done.output.sentences


def _questions(
    config: ConverseConfig, opened: OpenedPlan, steps: _Steps
) -> list[tuple[str, dict[str, Any]]]:
    agent = OptimizerAgent(opened.case)
    agent.timeout_s = config.timeout_s
    found = []
    for question in config.questions:
        done = agent.execute(question)
        steps.keep(done)
        found.append((question, done.output.plain()))
    return found


def _start(config: ConverseConfig, opened: OpenedPlan) -> tuple[date | None, tuple[str, ...]]:
    if config.start is not None:
        return config.start, ()
    if opened.case.learned is None:
        return None, ()
    panel = opened.case.learned.fitted.panel
    after = panel.starts[-1] + timedelta(days=panel.days)
    return after, (f"start: not said; {after}, the day after the data.",)


def _ruling(
    config: ConverseConfig, heard: Heard, tools: RealTools, start: date | None, steps: _Steps
) -> Ruling:
    categories = read_categories(tools.catalogue) if tools.catalogue else {}
    agent = GovernanceAgent(plan_check=plan_check(heard.policies, categories, start))
    agent.timeout_s = config.timeout_s
    done = agent.execute({"plan": tools.result.document})
    steps.keep(done)
    return done.output


def _decision(reflected: ReflectResult) -> dict[str, Any]:
    record = reflected.record
    return {
        "run": short_name(reflected.run.manifest),
        "verdict": record.verdict,
        "stops": list(record.stops),
        "wins": record.confidence.wins,
        "folds": record.confidence.folds,
        "evidence": record.confidence.evidence,
        "flags": [b.bias for b in record.flags],
        "critical_risks": [r.risk for r in record.risks if r.critical],
    }


def _verdict(ruling: Ruling, reflected: ReflectResult) -> dict[str, Any]:
    governance = ruling.reasons if ruling.verdict != "cleared" else ()
    stops = [*reflected.record.stops, *governance]
    return {"verdict": "stop" if stops else reflected.record.verdict, "stops": stops}


def _write(
    config: ConverseConfig,
    settings: Settings,
    heard: Heard,
    tools: RealTools,
    reflected: ReflectResult,
    document: dict[str, Any],
    steps: _Steps,
    overrides: Sequence[str],
) -> Run:
    inputs = [
        *heard.inputs,
        artifact_input(settings.runs, "plan", tools.run_id, "plan.json", schema=PLAN_SCHEMA),
        artifact_input(
            settings.runs, "decision", reflected.run.run_id, "decision.json", schema="decision/v1"
        ),
    ]
    with Run.start(settings.runs, VERB, config, inputs=inputs, overrides=overrides) as run:
        adapters = tools.result.document["adapters_used"]
        run.write_json("conversation.json", document, CONVERSATION_SCHEMA)
        run.write_text("conversation.md", conversation_page(document), "markdown/v1")
        transcripts = [_by_name(t.plain(), document["plan"]) for t in steps.transcripts]
        said = {"schema": TRANSCRIPTS_SCHEMA, "plan": document["plan"],
                "plan_adapters": adapters, "transcripts": transcripts}  # fmt: skip
        run.write_json("transcripts.json", said, TRANSCRIPTS_SCHEMA)
        for agent, ms in steps.ms.items():
            run.log("agent", agent=agent, ms=round(ms, 1))
        run.metrics = {
            "verdict": document["verdict"],
            "stops": len(document["stops"]),
            "agents": len(steps.transcripts),
            "model_questions": len(heard.transcript.prompts),
        }
        run.privacy = {"leaves_owner": False, "mode": config.plan.mode}
    return run


def _by_name(value: Any, plan: str) -> Any:
    """A transcript in which the plan is named where it stood in full: it is in its own run."""
    if isinstance(value, Mapping):
        if {"allocation", "certificate", "request"} <= value.keys():
            return {"artifact": "plan.json", "of": plan}
        return {k: _by_name(v, plan) for k, v in value.items()}
    return [_by_name(v, plan) for v in value] if isinstance(value, list | tuple) else value


def _enter(settings: Settings, opened: OpenedPlan, run: Run, document: Mapping[str, Any]) -> None:
    Trail(settings.runs / FOLDER, opened.case.request.brand_id).append(
        "conversation",
        {
            "run": run.run_id,
            "plan": opened.manifest.run_id,
            "verdict": document["verdict"],
            "governance": document["governance"]["verdict"],
            "stops": len(document["stops"]),
        },
    )


def raise_stops(done: ConverseResult) -> None:
    """End as the conversation asks for.

    Raises:
        Findings: A critical risk, a threshold or a policy stops the plan.
    """
    stops = done.document["stops"]
    if stops:
        raise Findings(
            f"The plan is stopped: {' '.join(stops)}",
            hint="conversation.md holds all reasons; change the brief, or ask the policy's owner.",
        )

"""`rmnctl demo`: the whole story, each step a run that the next picks up; resumes where it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from rmnctl.comparison.config import CompareConfig
from rmnctl.config import ConfigModel, Settings, load_config
from rmnctl.federation import FederationConfig
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.market import MarketConfig
from rmnctl.planning import PlanRequest
from rmnctl.reporting.comparison_words import headline
from rmnctl.workflows.compare import read_comparison
from rmnctl.workflows.creative import CreativeConfig
from rmnctl.workflows.demo_steps import Steps
from rmnctl.workflows.planning_config import PlanConfig
from rmnctl.workflows.runner import Done, Step, Watcher, files_digest, run_steps

DEMO = Path("configs/demo.yaml")
#: Modes that need a base model and a brand's adapter, which not every machine has.
_ASKS_A_MODEL = ("federated",)


class DemoConfig(ConfigModel):
    """Configuration `rmnctl/demo/v1`: the configurations of its steps."""

    schema_: Literal["rmnctl/demo/v1"] = Field("rmnctl/demo/v1", alias="schema")
    market: Path = Field(description="rmnctl/market/v1; of the comparison too")
    request: Path = Field(description="rmnctl/request/v1; of every plan and of the comparison")
    harmonize: Path = Field(description="rmnctl/harmonize/v1 on latest:simulate")
    policies: Path = Field(description="folder with one clean-room policy a retailer")
    query: Path = Field(description="what the first retailer's clean room is asked")
    plans: tuple[Path, ...] = Field(min_length=1, description="rmnctl/plan/v1, one a mode")
    compare: Path = Field(description="rmnctl/compare/v1")
    creative: Path | None = Field(None, description="rmnctl/creative/v1; null: no ad copy")
    federation: Path | None = Field(None, description="rmnctl/federation/v1; null: no graph of it")
    task: str | None = Field(None, description="of the request whose adapters are marked")


@dataclass(frozen=True)
class Demo:
    """How the demo ended.

    Attributes:
        steps: Every step by name, with its run.
        answer: One sentence.
        verdict: What was found, a line each, the most important first.
        report: The page to open.
        pictures: Graphs that were drawn.
    """

    steps: dict[str, Done]
    answer: str
    verdict: list[str]
    report: Path
    pictures: list[Path]


def demo(
    config: DemoConfig,
    settings: Settings | None = None,
    *,
    watch: Watcher | None = None,
    seed: int | None = None,
    fresh: bool = False,
) -> Demo:
    """Simulate, harmonise, release, plan, compare, write copy, report, draw.

    Args:
        config: The configurations of the steps.
        settings: Where runs lie.
        watch: Told which step is at work and how far it is.
        seed: World seed of the market that is planned in, in place of its configuration's.
        fresh: Do every step again, also those that are done.

    Raises:
        ConfigError: A configuration is wrong.
        RmnctlError: As the step that failed; called again, the demo goes on from there.
    """
    settings = settings or Settings()
    federation = _federation(config)
    steps = Steps(
        settings=settings,
        market=load_config(MarketConfig, config.market, _seed(seed)).model,
        harmonize=load_config(HarmonizeConfig, config.harmonize).model,
        policies=config.policies,
        query=config.query,
        plans=[
            load_config(PlanConfig, path, [f"request={config.request}"]).model
            for path in config.plans
        ],
        compare=load_config(
            CompareConfig,
            config.compare,
            [f"market={config.market}", f"request={config.request}", f"policies={config.policies}"],
        ).model,
        creative=load_config(CreativeConfig, config.creative).model if config.creative else None,
        federation=federation,
        task=config.task,
        brand_id=load_config(PlanRequest, config.request).model.brand_id,
    )
    cards = sorted(federation.adapters.glob("*/card.json")) if federation else []
    read = [*cards, *_below(Path("configs")), *_below(config.policies), config.request, config.query,
            config.market, config.harmonize, config.compare, *config.plans,
            *([config.creative] if config.creative else [])]  # fmt: skip
    done = run_steps(
        workflow(steps, files_digest(set(read))),
        runs=settings.runs, name="demo", watch=watch, fresh=fresh,
    )  # fmt: skip
    story, drawn = done["report"], done["graph"]
    found = read_comparison(_folder(done["compare"]) / "comparison.json")
    return Demo(
        steps=done,
        answer=headline(found).answer,
        verdict=[*found.verdict, *story.document("story.json")["lines"]],
        report=_folder(story) / "report.html",
        pictures=sorted(_folder(drawn).glob("*.svg")),
    )


def workflow(steps: Steps, files: str) -> list[Step]:
    """The steps with what each waits for.

    Args:
        steps: What they do.
        files: Digest of every file they may read.
    """
    retailers = steps.market.retailers
    releases = tuple(f"release {r}" for r in retailers)
    plans = tuple(f"plan {p.mode}" for p in steps.plans)
    asking = tuple(f"plan {p.mode}" for p in steps.plans if p.mode in _ASKS_A_MODEL)
    key = [files, steps.market.plain(), [p.plain() for p in steps.plans], steps.compare.plain()]
    written = ("creative",) if steps.creative else ()
    every = ("simulate", "harmonize", *releases, *plans, "compare", *written)
    return [
        Step("simulate", "simulate a market whose truth is known", steps.simulate, (), key),
        Step("harmonize", "harmonise what its networks report", steps.harmonise, ("simulate",), key),
        *(
            Step(name, f"release what {r}'s policy allows", steps.release(r), ("simulate",), key)
            for name, r in zip(releases, retailers, strict=True)
        ),
        Step("query", f"ask the clean room of {retailers[0]}", steps.ask,
             ("simulate", *releases[:1]), key),
        *(
            Step(name, f"plan from {plan.mode.replace('_', '-')} knowledge", steps.plan(plan),
                 ("simulate", *releases), key, plan.mode in _ASKS_A_MODEL)
            for name, plan in zip(plans, steps.plans, strict=True)
        ),
        Step("compare", f"play every way to plan in {steps.compare.worlds} worlds",
             steps.compare_worlds, asking, key),
        *(
            Step(name, "write ad copy that is checked", steps.write_copy, (),
                 [files, steps.creative.plain()], optional=True)
            for name in written
            if steps.creative is not None
        ),
        Step("report", "write the report", steps.report, every, key),
        Step("graph", "draw adapters and lineage", steps.graph, ("report",), key),
    ]  # fmt: skip


def _seed(seed: int | None) -> Sequence[str]:
    return [] if seed is None else [f"world_seed={seed}"]


def _federation(config: DemoConfig) -> FederationConfig | None:
    if config.federation is None:
        return None
    return load_config(FederationConfig, config.federation).model


def _below(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


def _folder(done: Done) -> Path:
    assert done.folder is not None, "every step but the query leaves a run"  # noqa: S101
    return done.folder

"""What each step of the demo does, on the runs of the steps before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from rmnctl.cleanroom import load_policy
from rmnctl.cleanroom.release import META, META_SCHEMA
from rmnctl.comparison.config import CompareConfig
from rmnctl.comparison.document import COMPARISON_SCHEMA
from rmnctl.config import ConfigModel, Settings
from rmnctl.config.yaml_file import validate
from rmnctl.errors import Failure, InputError
from rmnctl.federation import FederationConfig, LoRAFederation
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.harmonization.summary import REPORT_SCHEMA
from rmnctl.market import MarketConfig
from rmnctl.planning import PLAN_SCHEMA
from rmnctl.planning.knowledge import VIEW_SCHEMA
from rmnctl.reporting.comparison_page import comparison_page
from rmnctl.reporting.story import story_lines, story_section
from rmnctl.runs import Input, Run, artifact_input
from rmnctl.workflows.cleanroom_query import cleanroom_query
from rmnctl.workflows.cleanroom_release import ReleaseConfig, cleanroom_release
from rmnctl.workflows.compare import compare, read_comparison
from rmnctl.workflows.creative import CREATIVES_SCHEMA, CreativeConfig, write_creatives
from rmnctl.workflows.graph import GraphConfig, graph
from rmnctl.workflows.harmonize import harmonize
from rmnctl.workflows.plan import plan
from rmnctl.workflows.planning_config import PlanConfig
from rmnctl.workflows.runner import Done, Finished, Progress
from rmnctl.workflows.simulate import simulate

VERB = "demo"
STORY_SCHEMA = "story/v1"
_MARKET = "latest:simulate"


class StoryConfig(ConfigModel):
    """Configuration of the demo's last run, the one that tells the story."""

    schema_: Literal["rmnctl/story/v1"] = Field("rmnctl/story/v1", alias="schema")
    steps: dict[str, str] = Field(description="step to run id")


@dataclass(frozen=True)
class Steps:
    """The steps.

    Attributes:
        settings: Where runs lie.
        market, harmonize, policies, query, plans, compare: Configurations of the steps.
        creative: Briefs of ad copy, or None.
        federation: Adapters to draw, or None.
        task, brand_id: Of the request whose adapters are marked.
    """

    settings: Settings
    market: MarketConfig
    harmonize: HarmonizeConfig
    policies: Path
    query: Path
    plans: Sequence[PlanConfig]
    compare: CompareConfig
    creative: CreativeConfig | None
    federation: FederationConfig | None
    task: str | None
    brand_id: str

    def simulate(self, _done: Finished, _tell: Progress) -> Run:
        """Draw a market and write what each party sees of it."""
        return simulate(self.market, self.settings).run

    def harmonise(self, done: Finished, _tell: Progress) -> Run:
        """Turn its reports into RMIS."""
        config = pinned(self.harmonize.plain(), _MARKET, done["simulate"].run_id)
        return harmonize(validate(HarmonizeConfig, config), self.settings).run

    def release(self, retailer: str) -> Callable[[Finished, Progress], Run]:
        """Release what a retailer's policy allows."""

        def work(done: Finished, _tell: Progress) -> Run:
            market = done["simulate"].run_id
            config = ReleaseConfig(
                policy=load_policy(self.policies / f"{retailer}.yaml"),
                events=f"{market}:events_{retailer}.parquet",
                catalogue=f"{market}:catalogue.parquet",
            )
            return cleanroom_release(config, self.settings, history=self._history(done)).run

        return work

    def ask(self, done: Finished, _tell: Progress) -> None:
        """Ask the first retailer's clean room, on its ledger."""
        room = done[f"release {self.market.retailers[0]}"].run_id
        cleanroom_query(room, self.query, self.settings, history=self._history(done))

    def _history(self, done: Finished) -> Path:
        # Another world is another past: it never refreshes this one's releases.
        return self.settings.runs / ".demo" / done["simulate"].run_id

    def plan(self, config: PlanConfig) -> Callable[[Finished, Progress], Run]:
        """Allocate the budget in one mode."""

        def work(done: Finished, _tell: Progress) -> Run:
            data = pinned(config.plain(), _MARKET, done["simulate"].run_id)
            if config.data.releases:
                rooms = {r: done[f"release {r}"].run_id for r in self.market.retailers}
                data["data"]["releases"] = rooms
            return plan(validate(PlanConfig, data), self.settings).run

        return work

    def compare_worlds(self, done: Finished, tell: Progress) -> Run:
        """Play every way to plan in worlds whose truth is known."""
        view = next((v for name in done if (v := _view(done[name]))), None)
        config = self.compare
        if view is not None:
            # Worlds share one catalogue, so what a model knows of it serves them all.
            known = config.federated.model_copy(update={"view": view})
            config = config.model_copy(update={"federated": known})
        return compare(config, self.settings, progress=tell).run

    def write_copy(self, _done: Finished, _tell: Progress) -> Run | None:
        """Write ad copy; what breaks a rule is not delivered, and stops nothing."""
        return write_creatives(self.creative, self.settings).run if self.creative else None

    def report(self, done: Finished, _tell: Progress) -> Run:
        """Tell the story on one page: the comparison, and how the data for it came about."""
        used = {name: step.run_id for name, step in done.items() if step.run_id}
        inputs = self._inputs(used)
        told = self._told(done)
        found = read_comparison(next(i.location for i in inputs if i.record.name == "compare"))
        with Run.start(self.settings.runs, VERB, StoryConfig(steps=used), inputs=inputs) as run:
            run.write_json("story.json", told | {"lines": story_lines(told)}, STORY_SCHEMA)
            page = comparison_page(found, story_section(told))
            run.write_text("report.html", page, "html/v1")
        return run

    def _inputs(self, used: dict[str, str]) -> list[Input]:
        """What the story is read from, one artifact a step."""
        kinds = {
            "harmonize": ("report.json", REPORT_SCHEMA),
            "release": (META, META_SCHEMA),
            "plan": ("plan.json", PLAN_SCHEMA),
            "compare": ("comparison.json", COMPARISON_SCHEMA),
            "creative": ("creatives.json", CREATIVES_SCHEMA),
        }
        found = []
        for name, run_id in used.items():
            kind = name.partition(" ")[0]
            if kind in kinds:
                artifact, schema = kinds[kind]
                found.append(
                    artifact_input(self.settings.runs, name, run_id, artifact, schema=schema)
                )
        return found

    def _told(self, done: Finished) -> dict[str, Any]:
        """The figures of the story, as the steps' own documents hold them."""
        market = done["simulate"].manifest
        return {
            "market": dict(market.metrics) if market else {},
            "harmonize": done["harmonize"].document("report.json")["metrics"],
            "releases": [done[f"release {r}"].document(META) for r in self.market.retailers],
            "plans": [
                _outline(step.document("plan.json"))
                for p in self.plans
                if (step := done[f"plan {p.mode}"]).manifest is not None
            ],
            "copy": _copy(done["creative"]) if "creative" in done else None,
        }

    def graph(self, done: Finished, _tell: Progress) -> Run:
        """Draw the story's lineage and, where a base model is at hand, the adapters."""
        opened = self._opened()
        asked = {"task": self.task, "retailer_id": self.market.retailers[0],
                 "brand_id": self.brand_id} if opened else {}  # fmt: skip
        config = GraphConfig(
            run=done["report"].run_id, federation=opened.config if opened else None, **asked
        )
        return graph(config, self.settings, federation=opened).run

    def _opened(self) -> LoRAFederation | None:
        """The federation; None where its base is not on this machine: the demo needs none."""
        if self.federation is None:
            return None
        try:
            return LoRAFederation(self.federation, self.settings)
        except (InputError, Failure):
            return None


def _outline(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan without its cells."""
    kept = {k: plan[k] for k in ("clean_room_mode", "totals", "certificate")}
    return kept | {"cells_with_spend": sum(cell["spend"] > 0 for cell in plan["allocation"])}


def _copy(done: Done) -> dict[str, Any] | None:
    """How many texts were asked for, and those that can run; None where none was written."""
    if done.manifest is None:
        return None
    texts = [v for c in done.document("creatives.json")["creatives"] for v in c["variants"]]
    return {"asked": len(texts), "texts": [v["copy"] for v in texts if v["copy"] is not None]}


def _view(done: Done) -> str | None:
    """The table of a model's answers that a run left, as `run:artifact`."""
    written = done.manifest.artifacts if done.manifest else ()
    return next((f"{done.run_id}:{a.name}" for a in written if a.schema_ == VIEW_SCHEMA), None)


def pinned(value: Any, reference: str, run_id: str) -> Any:
    """A configuration in which `latest:simulate` is one run, wherever it stands."""
    if isinstance(value, str):
        found = value == reference or value.startswith(f"{reference}:")
        return run_id + value.removeprefix(reference) if found else value
    if isinstance(value, dict):
        return {k: pinned(v, reference, run_id) for k, v in value.items()}
    if isinstance(value, list):
        return [pinned(v, reference, run_id) for v in value]
    return value

"""The planner agent: from a request to a plan that is explained and knows what to test next.

Its tools are workflows, which stand above agents; so they are handed in, typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from rmnctl.agents.base import BaseAgent, Offer, Work
from rmnctl.agents.words import explain_curves, explain_plan, explain_rooms
from rmnctl.config import ConfigModel
from rmnctl.errors import ConfigError
from rmnctl.federation import Inference, Tool
from rmnctl.planning import PlanRequest

#: The order in which a plan is made; a tool that was not handed in is left out.
STEPS = ("clean_room_query", "response_curves", "allocate", "design_experiment")


class PlannerAsk(ConfigModel):
    """What is to be planned."""

    request: PlanRequest
    assumptions: tuple[str, ...] = Field((), description="what the reader of the brief assumed")


class Planned(ConfigModel):
    """A plan in words, with what each tool gave."""

    request: PlanRequest
    assumptions: tuple[str, ...]
    sentences: tuple[str, ...]
    dropped: tuple[str, ...]
    steps: dict[str, Any] = Field(description="by tool; the plan itself under `allocate`")


@dataclass(frozen=True)
class PlannerTools:
    """The workflows that a planner calls; each takes the request and gives JSON-ready data.

    Attributes:
        allocate: The plan: content of `plan.json`.
        clean_room_query: What the clean rooms answer about past spend, as `explain_rooms` takes it.
        response_curves: What was learned of response: content of `fit.json`.
        design_experiment: What to test next.
    """

    allocate: Callable[[PlanRequest], dict[str, Any]]
    clean_room_query: Callable[[PlanRequest], Any] | None = None
    response_curves: Callable[[PlanRequest], Any] | None = None
    design_experiment: Callable[[PlanRequest], Any] | None = None


class PlannerAgent(BaseAgent[PlannerAsk, Planned]):
    """Calls the tools in their order and says what came out, in checked words."""

    name: ClassVar[str] = "planner"
    task: ClassVar[str | None] = "planning"
    offers: ClassVar[tuple[Offer, ...]] = tuple(
        Offer(name, f"Step {name.replace('_', ' ')} of a plan.", PlanRequest, name)
        for name in STEPS
    )
    Input = PlannerAsk
    Output = Planned

    def __init__(self, tools: PlannerTools) -> None:
        super().__init__()
        self._tools = tools

    def tools(self) -> Sequence[Tool]:
        """Those that were handed in."""
        return tuple(
            Tool(offer.name, offer.says, offer.takes, function)
            for offer in self.offers
            if (function := getattr(self._tools, offer.method)) is not None
        )

    def route(self, given: PlannerAsk) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """All of them, in order."""
        plain = given.request.plain()
        return tuple((tool.name, plain) for tool in self.tools())

    def parse_result(self, given: PlannerAsk, work: Work, answer: Inference | None) -> Planned:
        """The plan in words.

        Raises:
            ConfigError: The tools gave no plan.
        """
        del answer
        document = work.results.get("allocate")
        if not isinstance(document, dict):
            raise ConfigError("The planner's tool allocate gave no plan.")
        said = [explain_plan(document)]
        if "response_curves" in work.results:
            said.insert(0, explain_curves(work.results["response_curves"]))
        if "clean_room_query" in work.results:
            said.insert(0, explain_rooms(work.results["clean_room_query"]))
        return Planned(
            request=given.request,
            assumptions=given.assumptions,
            sentences=tuple(s for checked in said for s in checked.sentences),
            dropped=tuple(d.sentence for checked in said for d in checked.dropped),
            steps={name: work.results[name] for name in STEPS if name in work.results},
        )

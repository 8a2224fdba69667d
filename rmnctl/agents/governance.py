"""The governance agent: may this plan and its copy run? Rules decide, no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from rmnctl.agents.base import BaseAgent, Offer, Work
from rmnctl.compliance import Copy, Engine, Verdict
from rmnctl.config import ConfigModel
from rmnctl.federation import Inference

#: Findings of policies on a plan, JSON-ready, each with `level` and `message`.
PlanCheck = Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]


class GovernanceAsk(ConfigModel):
    """What is to be cleared."""

    copies: tuple[Copy, ...] = ()
    plan: dict[str, Any] | None = Field(None, description="content of plan.json")
    stops: tuple[str, ...] = Field((), description="why reflection stopped the plan")


class Ruling(ConfigModel):
    """What may run."""

    verdict: Literal["cleared", "needs_facts", "blocked"]
    reasons: tuple[str, ...]
    copies: dict[str, str] = Field(description="verdict by copy id")
    plan: tuple[dict[str, Any], ...] = Field((), description="findings of policies on the plan")


class _Nothing(ConfigModel):
    """No arguments."""


class GovernanceAgent(BaseAgent[GovernanceAsk, Ruling]):
    """Checks copy with the rule packs and a plan with its policies."""

    name: ClassVar[str] = "governance"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer("check_copy", "Check ad copy against rules.", GovernanceAsk, "_copies"),
        Offer("check_plan", "Check a plan against policies.", GovernanceAsk, "_plan"),
    )
    Input = GovernanceAsk
    Output = Ruling

    def __init__(self, engine: Engine | None = None, plan_check: PlanCheck | None = None) -> None:
        """Make the agent.

        Args:
            engine: Rule packs for copy; None: those of configs/compliance, when copy comes.
            plan_check: Policies for plans; None: none are in force.
        """
        super().__init__()
        self._engine = engine
        self._plan_check = plan_check

    def route(self, given: GovernanceAsk) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Copy and plan, where there are any."""
        asked = given.model_dump(mode="json", by_alias=True)
        found: list[tuple[str, Mapping[str, Any]]] = []
        if given.copies:
            found.append(("check_copy", asked | {"plan": None}))
        if given.plan is not None and self._plan_check is not None:
            found.append(("check_plan", asked | {"copies": []}))
        return found

    def _copies(self, given: GovernanceAsk) -> dict[str, Any]:
        if self._engine is None:
            self._engine = Engine.load()
        return {str(c.id): c.verdict.value for c in self._engine.check_all(given.copies)}

    def _plan(self, given: GovernanceAsk) -> list[dict[str, Any]]:
        if self._plan_check is None or given.plan is None:
            return []
        return [dict(f) for f in self._plan_check(given.plan)]

    def parse_result(self, given: GovernanceAsk, work: Work, answer: Inference | None) -> Ruling:
        """Blocked by any violation, breach or stop; else by what is not known."""
        del answer
        copies: dict[str, str] = work.results.get("check_copy", {})
        plan: list[dict[str, Any]] = work.results.get("check_plan", [])
        bad = [i for i, v in copies.items() if v == Verdict.VIOLATION]
        open_ = [i for i, v in copies.items() if v not in {Verdict.VIOLATION, Verdict.COMPLIANT}]
        breaches = [str(f["message"]) for f in plan if f.get("level") == "breach"]
        unknown = [str(f["message"]) for f in plan if f.get("level") != "breach"]
        blocked = [*given.stops, *breaches, *(f"Copy {i} breaks a rule." for i in bad)]
        asked = [*unknown, *(f"Copy {i} needs facts or a person." for i in open_)]
        return Ruling(
            verdict="blocked" if blocked else "needs_facts" if asked else "cleared",
            reasons=(*blocked, *asked),
            copies=copies,
            plan=tuple(plan),
        )

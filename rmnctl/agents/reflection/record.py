"""The decision record: what is decided, how sure, what speaks against it, what would stop it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from rmnctl.agents.reflection.case import Case
from rmnctl.agents.reflection.checks import BiasCheck, Verdict, run_checks
from rmnctl.agents.reflection.confidence import Confidence, confidence
from rmnctl.agents.reflection.config import ReflectionConfig
from rmnctl.agents.reflection.framings import Framing, framings, without_limits
from rmnctl.agents.reflection.gather import gather
from rmnctl.agents.reflection.memory import Memory, remember
from rmnctl.agents.reflection.risks import Risk, risks
from rmnctl.config import ConfigModel

DECISION_SCHEMA = "decision/v1"


class Expected(ConfigModel):
    """What the plan promises, to be held against what comes; currency units."""

    spend: float
    incremental_revenue: float
    incremental_margin: float | None
    iroas: float | None
    gap: float = Field(description="certified, of the optimum on these curves")
    gained: float | None = Field(description="more than last period's allocation, same curves")


class DecisionRecord(ConfigModel):
    """A plan's decision record (`decision.json`)."""

    schema_: Literal["decision/v1"] = Field("decision/v1", alias="schema")
    plan: str = Field(description="run id of the plan, or its name")
    mode: str | None
    request: dict[str, Any]
    expected: Expected
    confidence: Confidence
    biases: tuple[BiasCheck, ...]
    risks: tuple[Risk, ...]
    framings: tuple[Framing, ...]
    memory: Memory
    stops: tuple[str, ...] = Field(description="why the plan is stopped; empty: it may go on")
    verdict: Literal["go", "go_with_flags", "stop"]
    review_after_days: int

    @property
    def flags(self) -> tuple[BiasCheck, ...]:
        """Biases that were found."""
        return tuple(b for b in self.biases if b.verdict is Verdict.FLAG)


def reflect_on(
    case: Case,
    config: ReflectionConfig,
    *,
    name: str = "plan",
    past: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> DecisionRecord:
    """Reflect on a plan.

    Args:
        case: The plan with what it was made from.
        config: Thresholds.
        name: What to call the plan, usually its run id.
        past: (run id, `plan.json`) of other plans.

    Raises:
        InputError: The curves are not those of the plan.
    """
    # The very request, so that `no_limits` is solved once for two uses.
    free = case.solve(without_limits(case.request))
    biases = run_checks(gather(case, free), config.biases, config.seed)
    sure = confidence(
        case.learned,
        case.request,
        folds=config.folds,
        least=config.least_folds,
        level=config.level,
    )
    stakes = risks(case, config.stops.expected_loss)
    stops = _stops(config, sure, biases, stakes)
    flagged = any(b.verdict is Verdict.FLAG for b in biases)
    return DecisionRecord(
        plan=name,
        mode=case.document.get("clean_room_mode"),
        request=case.request.plain(),
        expected=_expected(case.document),
        confidence=sure,
        biases=biases,
        risks=stakes,
        framings=framings(case, free),
        memory=remember(case.document, past, config.similar),
        stops=stops,
        verdict="stop" if stops else "go_with_flags" if flagged else "go",
        review_after_days=config.review_days,
    )


def _expected(document: Mapping[str, Any]) -> Expected:
    totals, beside = document["totals"], document.get("comparison")
    return Expected(
        spend=totals["spend"],
        incremental_revenue=totals["incremental_revenue"],
        incremental_margin=totals["incremental_margin"],
        iroas=totals["iroas"],
        gap=document["certificate"]["gap"],
        gained=None if beside is None else beside["gained"],
    )


def _stops(
    config: ReflectionConfig,
    sure: Confidence,
    biases: Sequence[BiasCheck],
    stakes: Sequence[Risk],
) -> tuple[str, ...]:
    """Why a plan must not go on as it is."""
    found = [
        f"Risk {r.risk}: expected loss {r.expected_loss:,.2f} is above "
        f"{config.stops.expected_loss:.0%} of what the plan should bring."
        for r in stakes
        if r.critical
    ]
    if sure.interval is not None and sure.interval[1] < config.stops.win_rate_below:
        found.append(
            f"Played back, the plan won {sure.wins} of {sure.folds} periods; even the upper end of "
            f"the interval is below {config.stops.win_rate_below:.0%}."
        )
    stopping = set(config.stops.flags)
    found += [
        f"Bias {b.bias}: {b.reason}"
        for b in biases
        if b.verdict is Verdict.FLAG and b.bias in stopping
    ]
    return tuple(found)

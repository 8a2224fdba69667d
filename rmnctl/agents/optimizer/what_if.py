"""The same request, changed and solved again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rmnctl.agents.optimizer.question import Ask, Question
from rmnctl.agents.reflection.case import Case
from rmnctl.errors import ConfigError, did_you_mean
from rmnctl.planning import Limit, Plan, PlanRequest


@dataclass(frozen=True)
class Solved:
    """A changed request and its plan.

    Attributes:
        label: What was changed, in words.
        plan: The plan; None where no plan keeps all rules.
        why: Then why.
    """

    label: str
    plan: Plan | None
    why: str = ""


def changed(request: PlanRequest, question: Question) -> tuple[str, PlanRequest]:
    """The request that a question asks about, and the change in words.

    Raises:
        ConfigError: The change does not fit the request.
    """
    update: dict[str, Any]
    if question.ask is Ask.BUDGET:
        more = question.change or request.budget * (question.change_share or 0.0)
        budget = question.budget or request.budget + more
        if budget <= 0:
            raise ConfigError("The question takes away the whole budget.")
        label, update = "another budget", {"budget": budget}
    elif question.ask is Ask.FLOOR:
        label, update = "another ROAS floor", {"roas_floor": question.roas_floor}
    elif question.ask is Ask.OBJECTIVE:
        label, update = "another objective", {"objective": question.objective}
    elif question.ask is Ask.LIMIT:
        own = Limit.model_validate(
            {k: getattr(question, k) for k in ("scope", "id", "min_share", "max_share")}
        )
        others = tuple(x for x in request.limits if (x.scope, x.id) != (own.scope, own.id))
        label, update = f"a limit on {own.id}", {"limits": (*others, own)}
    else:
        label, update = _without(request, question.rule or "")
    plain = request.model_dump() | update
    return label, PlanRequest.model_validate(plain)


def _without(request: PlanRequest, rule: str) -> tuple[str, dict[str, Any]]:
    known = rules_of(request)
    if rule not in known:
        raise ConfigError(
            f"The plan has no rule {rule}.",
            hint=did_you_mean(rule, known) if known else "Nothing but the budget binds it.",
        )
    return known[rule]


def rules_of(request: PlanRequest) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every rule of a request but its budget: its words, and the request's fields without it."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for limit in request.limits:
        others = tuple(x for x in request.limits if x is not limit)
        key = limit.id if limit.id not in found else f"{limit.scope.value} {limit.id}"
        found[key] = (f"the limit on {limit.id}", {"limits": others})
    if request.roas_floor is not None:
        found["roas_floor"] = ("the ROAS floor", {"roas_floor": None})
    if request.experiment_share > 0:
        found["experiment_share"] = ("the experiment share", {"experiment_share": 0.0})
    if request.active_min_spend is not None or request.max_active_cells is not None:
        found["active"] = (
            "the on/off rules",
            {"active_min_spend": None, "max_active_cells": None},
        )
    return found


def relaxed(case: Case) -> dict[str, Solved]:
    """The request without each of its rules in turn, solved again."""
    return {
        rule: Solved(
            label, case.solve(PlanRequest.model_validate(case.request.model_dump() | update))
        )
        for rule, (label, update) in rules_of(case.request).items()
    }

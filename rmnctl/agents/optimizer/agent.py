"""The optimizer agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from rmnctl.agents.base import BaseAgent, Offer, Work
from rmnctl.agents.optimizer.question import Ask, Question, read_question
from rmnctl.agents.optimizer.what_if import Solved, changed, relaxed, rules_of
from rmnctl.agents.reflection.case import KEY, Case
from rmnctl.agents.words import Checked, Facts, Kind, check_sentences, explain_plan, plan_facts
from rmnctl.config import ConfigModel
from rmnctl.errors import Failure
from rmnctl.federation import Inference, LoRAFederation
from rmnctl.planning import Objective, Plan, Scope

_UNITS = {
    Objective.INCREMENTAL_MARGIN: "incremental margin",
    Objective.INCREMENTAL_REVENUE: "incremental revenue",
    Objective.CONVERSIONS: "incremental conversions",
}


class Move(ConfigModel):
    """Where spend goes when the request changes; currency units."""

    retailer_id: str
    placement_type: str
    spend: float = Field(description="spend of the changed plan")
    change: float = Field(description="minus that of the plan")


class OptimizerAnswer(ConfigModel):
    """An answer all of whose figures come from solving again."""

    question: Question
    sentences: tuple[str, ...]
    figures: dict[str, float | None] = Field(description="what sentences speak of, by name")
    moves: tuple[Move, ...] = Field((), description="largest changes of spend, largest first")
    dropped: tuple[str, ...] = Field((), description="sentences with a number that is no fact")


class _Nothing(ConfigModel):
    """No arguments."""


class OptimizerAgent(BaseAgent[Question, OptimizerAnswer]):
    """Solves again and says what changes; explains shadow prices.

    Attributes:
        case: The plan that is asked about.
    """

    name: ClassVar[str] = "optimizer"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer("solve", "Solve the request with one change.", Question, "_solve"),
        Offer("relax", "Solve without each rule in turn.", _Nothing, "_relax"),
    )
    Input = Question
    Output = OptimizerAnswer

    def __init__(self, case: Case, federation: LoRAFederation | None = None) -> None:
        super().__init__(federation, brand_id=case.request.brand_id)
        self.case = case

    def route(self, given: Question) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Every question but a mere explanation is answered by solving."""
        if given.ask is Ask.COSTLIEST_LIMIT:
            return (("relax", {}),)
        if given.ask is Ask.EXPLAIN:
            return ()
        return (("solve", given.model_dump(mode="json")),)

    def read(self, text: str) -> Question:
        """A question from words; names are those of the plan.

        Raises:
            ConfigError: It cannot be answered by solving again.
        """
        names: dict[str, Scope] = {}
        for scope, key in zip(Scope, KEY, strict=True):
            for row in self.case.document["allocation"]:
                names.setdefault(row[key], scope)
        return read_question(text, names, tuple(rules_of(self.case.request)))

    def parse_result(
        self, given: Question, work: Work, answer: Inference | None
    ) -> OptimizerAnswer:
        """Sentences about what was solved, each checked."""
        del answer
        if given.ask is Ask.EXPLAIN:
            return _answer(given, explain_plan(self.case.document), {}, ())
        facts = plan_facts(self.case.document)
        if given.ask is Ask.COSTLIEST_LIMIT:
            return self._costliest(given, work.results["relax"], facts)
        return self._changed(given, work.results["solve"], facts)

    # -- tools -----------------------------------------------------------------------------

    def _solve(self, question: Question) -> dict[str, Any]:
        label, request = changed(self.case.request, question)
        try:
            made = self.case.solve(request)
        except Failure as error:
            return {"label": label, "why": f"{error.message} {error.hint or ''}".strip()}
        return _summary(label, made) | {"request": request.plain(), "by": _by(made)}

    def _relax(self, nothing: _Nothing) -> dict[str, Any]:
        del nothing
        found: dict[str, Solved] = relaxed(self.case)
        return {
            rule: _summary(solved.label, solved.plan)
            for rule, solved in found.items()
            if solved.plan is not None
        }

    # -- words -----------------------------------------------------------------------------

    def _changed(self, given: Question, solved: dict[str, Any], facts: Facts) -> OptimizerAnswer:
        if "why" in solved:
            # The planner's own words name the rule; its numbers are of the changed request.
            said = f"There is no such plan: {solved['why']}"
            return OptimizerAnswer(question=given, sentences=(said,), figures={})
        own = self.case.document
        figures: dict[str, float | None] = {
            "new_budget": solved["request"]["budget"],
            "budget_change": solved["request"]["budget"] - own["request"]["budget"],
            **{f"new_{k}": solved[k] for k in _TOTALS},
            **{f"{k}_change": _minus(solved[k], own["totals"][k]) for k in _TOTALS},
        }
        same_goal = solved["request"]["objective"] == own["request"]["objective"]
        if same_goal:
            figures["value"] = solved["value"]
            figures["value_change"] = solved["value"] - own["certificate"]["lower"]
        spend, value = figures["spend_change"], figures.get("value_change")
        if given.ask is Ask.BUDGET and spend and value is not None:
            figures["value_per_unit"] = value / spend
        for name, value in figures.items():
            ratio = "iroas" in name or name == "value_per_unit"
            facts.add(f"what_if.{name}", value, Kind.RATIO if ratio else Kind.MONEY)
        facts.add("what_if.floor", given.roas_floor, Kind.RATIO)
        for share in (given.min_share, given.max_share):
            facts.add("what_if.share", share, Kind.SHARE, (given.id or "",))
        moves = self._moves(solved["by"])
        for move in moves:
            about = (move.retailer_id, move.placement_type)
            facts.add("move.spend", move.spend, Kind.MONEY, about)
            facts.add("move.change", move.change, Kind.MONEY, about)
        return _answer(
            given,
            check_sentences(self._sentences(given, solved, figures, moves), facts),
            figures,
            moves,
        )

    def _sentences(
        self,
        given: Question,
        solved: dict[str, Any],
        figures: dict[str, float | None],
        moves: Sequence[Move],
    ) -> list[str]:
        unit = _UNITS[self.case.request.objective]
        spend, value = figures["spend_change"] or 0.0, figures.get("value_change")
        found = [f"{_opening(given, solved['label'], figures)}, solved again:"]
        if abs(spend) >= 0.5:
            found.append(f"The plan spends {abs(spend):,.0f} {_more(spend)}.")
        else:
            found.append("The plan spends the same.")
        if value is not None:
            found.append(f"It brings {abs(value):,.0f} {_more(value)} {unit}.")
        for key, name in (("incremental_revenue", "revenue"), ("incremental_margin", "margin")):
            change = figures[f"{key}_change"]
            if change is not None and abs(change) >= 0.5 and name not in unit.split():
                found.append(f"Incremental {name} is {abs(change):,.0f} {_more(change)}.")
        if "value_per_unit" in figures:
            found.append(f"That is {figures['value_per_unit']:.3g} for each unit of spend.")
        if (value or 0.0) < 0 < spend and self.case.request.limits:
            found.append("Shares of limits are of the budget, so they grow with it.")
        if abs(spend) < 0.005 * abs(figures["budget_change"] or 0.0):
            found.append("No cell pays for more than the plan already spends.")
        found += [
            f"{m.retailer_id} {m.placement_type} gets {abs(m.change):,.0f} {_more(m.change)}."
            for m in moves[:3]
        ]
        return found

    def _costliest(self, given: Question, found: dict[str, Any], facts: Facts) -> OptimizerAnswer:
        own = self.case.document["certificate"]["lower"]
        cost = {rule: max(one["value"] - own, 0.0) for rule, one in found.items()}
        order = sorted(cost, key=lambda rule: (-cost[rule], rule))
        figures: dict[str, float | None] = {f"cost.{rule}": cost[rule] for rule in order}
        unit = _UNITS[self.case.request.objective]
        said = []
        for place, rule in enumerate(order):
            label = found[rule]["label"]
            facts.add(f"cost.{rule}", cost[rule], Kind.MONEY, (label.rpartition(" ")[2],))
            if cost[rule] <= 1e-4 * abs(own):
                said.append(f"{label.capitalize()} costs nothing.")
            elif place == 0:
                said.append(
                    f"{label.capitalize()} costs most: without it the plan would bring "
                    f"{cost[rule]:,.0f} more {unit}."
                )
            else:
                said.append(f"{label.capitalize()} costs {cost[rule]:,.0f} {unit}.")
        if not order:
            said.append("The request has no limit: only the budget and the curves hold the plan.")
        prices = [p for p in self.case.document["prices"] if p["rule"] == "budget"]
        said += [
            f"The next unit of budget would bring {p['price']:.3g} more {unit}." for p in prices
        ]
        return _answer(given, check_sentences(said, facts), figures, ())

    def _moves(self, by: list[list[Any]]) -> tuple[Move, ...]:
        before = {(r, p): s for r, p, s in _sums(self.case.document["allocation"])}
        after = {(r, p): s for r, p, s in by}
        moves = [
            Move(
                retailer_id=r,
                placement_type=p,
                spend=after.get((r, p), 0.0),
                change=after.get((r, p), 0.0) - before.get((r, p), 0.0),
            )
            for r, p in sorted({*before, *after})
        ]
        moved = [m for m in moves if abs(m.change) > 0.005 * self.case.request.budget]
        return tuple(sorted(moved, key=lambda m: -abs(m.change))[:6])


def _opening(given: Question, label: str, figures: Mapping[str, float | None]) -> str:
    """What was changed, in words."""
    if given.ask is Ask.BUDGET:
        return f"With a budget of {figures['new_budget']:,.0f}"
    if given.ask is Ask.WITHOUT:
        return f"Without {label}"
    if given.ask is Ask.FLOOR:
        return f"With a ROAS floor of {given.roas_floor:g}"
    if given.objective is not None:
        return f"Planned for {_UNITS[given.objective]}"
    if given.min_share is not None:
        return f"With at least {given.min_share:.0%} on {given.id}"
    return f"With at most {given.max_share:.0%} on {given.id}"


_TOTALS = ("spend", "incremental_revenue", "incremental_margin", "iroas")


def _summary(label: str, made: Plan | None) -> dict[str, Any]:
    if made is None:
        return {"label": label}
    return {
        "label": label,
        "value": made.certificate.lower,
        "gap": made.certificate.gap,
        **{name: getattr(made.totals, name) for name in _TOTALS},
    }


def _by(made: Plan) -> list[list[Any]]:
    return [[r, p, s] for r, p, s in _sums(made.allocation)]


def _sums(allocation: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, float]]:
    """Spend by retailer and placement."""
    sums: dict[tuple[str, str], float] = {}
    for row in allocation:
        key = (row["retailer_id"], row["placement_type"])
        sums[key] = sums.get(key, 0.0) + row["spend"]
    return [(*key, value) for key, value in sorted(sums.items())]


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _more(change: float) -> str:
    return "more" if change >= 0 else "less"


def _answer(
    given: Question,
    checked: Checked,
    figures: Mapping[str, float | None],
    moves: Sequence[Move],
) -> OptimizerAnswer:
    return OptimizerAnswer(
        question=given,
        sentences=checked.sentences,
        figures=dict(figures),
        moves=tuple(moves),
        dropped=tuple(d.sentence for d in checked.dropped),
    )

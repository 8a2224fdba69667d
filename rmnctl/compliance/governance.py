"""Brand and retailer policies against a plan and its copy: goods, spend caps, flights, fine print.

A policy is a YAML file of the brand (where it wants to be seen) or of a retailer (what it sells
space to). Rules decide; what a policy asks about and nobody told is a finding of its own, because
a plan that cannot be checked is not one that was cleared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from rmnctl.compliance.facts import Copy
from rmnctl.compliance.governance_policy import (
    GOVERNANCE_SCHEMA,
    Disclaimer,
    Flight,
    GovernancePolicy,
    SpendCap,
)
from rmnctl.compliance.kinds.dates import period
from rmnctl.compliance.letters import fold_pattern
from rmnctl.errors import InputError

#: Spend is compared to the cent.
_CENT = Decimal("0.01")


Families = Callable[[str], frozenset[str]]


class Level(StrEnum):
    """What a finding means."""

    BREACH = "breach"
    NEEDS_FACTS = "needs_facts"


@dataclass(frozen=True)
class Finding:
    """One thing a policy says about a plan or a copy.

    Attributes:
        policy: Name of the policy.
        rule: Key of the policy that it is about.
        level: breach, or needs_facts where the policy asks for what nobody told.
        message: What is wrong, for people.
        where: retailer_id, placement_type, sku_id, or copy, as far as they matter.
        suggest: What to do about it.
    """

    policy: str
    rule: str
    level: Level
    message: str
    where: Mapping[str, str] = field(default_factory=dict)
    suggest: str | None = None

    def plain(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "policy": self.policy,
            "rule": self.rule,
            "level": self.level.value,
            "message": self.message,
            "where": dict(self.where),
            "suggest": self.suggest,
        }


@dataclass(frozen=True)
class Line:
    """One line of a plan's allocation, with money in it."""

    retailer: str
    placement: str
    sku: str
    spend: Decimal


@dataclass(frozen=True)
class PlanFacts:
    """What governance looks at in a plan.

    Attributes:
        brand: brand_id.
        budget: Currency units.
        currency: ISO 4217, or None.
        days: Days that the plan covers.
        lines: Allocation, without lines of no spend.
        start: First day, or None where it is not known.
        categories: sku_id to the names of its category (and department), as far as known.
    """

    brand: str
    budget: Decimal
    currency: str | None
    days: int
    lines: tuple[Line, ...]
    start: date | None = None
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_document(
        cls,
        document: Mapping[str, Any],
        *,
        start: date | None = None,
        categories: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Self:
        """Read the content of a `plan.json`.

        Raises:
            InputError: It lacks a part that every plan has.
        """
        try:
            request = document["request"]
            lines = tuple(
                Line(c["retailer_id"], c["placement_type"], c["sku_id"], _money(c["spend"]))
                for c in document["allocation"]
                if c["spend"] > 0
            )
            return cls(
                request["brand_id"],
                _money(request["budget"]),
                request.get("currency"),
                int(request["horizon_days"]),
                lines,
                start,
                dict(categories or {}),
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"The plan lacks {error}.", hint="rmnctl plan writes one.") from error


def _money(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(_CENT)


def _same(one: str, other: str) -> bool:
    return one.casefold().replace("_", " ").strip() == other.casefold().replace("_", " ").strip()


def _among(name: str, names: Sequence[str]) -> bool:
    return any(_same(name, n) for n in names)


def _none(category: str) -> frozenset[str]:
    del category
    return frozenset()


def _blocked(category: str, names: Sequence[str], families: Families) -> bool:
    return _among(category, names) or any(_among(f, names) for f in families(category))


def check_plan(
    plan: PlanFacts, policy: GovernancePolicy, families: Families = _none
) -> list[Finding]:
    """What a policy says about a plan: nothing where it governs neither its brand nor its space.

    Args:
        plan: The plan.
        policy: The policy.
        families: Families of goods that a category belongs to, so that `alcohol` blocks beer.
    """
    if policy.brand_id is not None and policy.brand_id != plan.brand:
        return []
    lines = [x for x in plan.lines if policy.retailer_id in (None, x.retailer)]
    if not lines:
        return []
    return [
        *_goods(plan, policy, lines, families),
        *_places(policy, lines),
        *_caps(plan, policy, lines),
        *_plan_flight(plan, policy),
    ]


def _goods(
    plan: PlanFacts, policy: GovernancePolicy, lines: Sequence[Line], families: Families
) -> Iterator[Finding]:
    for sku in sorted({x.sku for x in lines}):
        where = {"sku_id": sku}
        if sku in policy.blocked_skus:
            message = f"{sku} may not be advertised."
            yield Finding(policy.policy, "blocked_skus", Level.BREACH, message, where)
        if not policy.blocked_categories:
            continue
        names = plan.categories.get(sku)
        if names is None:
            yield Finding(
                policy.policy,
                "blocked_categories",
                Level.NEEDS_FACTS,
                f"The category of {sku} is not known.",
                where,
                "Give a catalogue with sku_id and category.",
            )
        elif any(_blocked(n, policy.blocked_categories, families) for n in names):
            message = f"{sku} is {' / '.join(names)}, which may not be advertised."
            yield Finding(policy.policy, "blocked_categories", Level.BREACH, message, where)


def _places(policy: GovernancePolicy, lines: Sequence[Line]) -> Iterator[Finding]:
    for placement in sorted({x.placement for x in lines}):
        listed = not policy.allowed_placements or placement in policy.allowed_placements
        if placement in policy.blocked_placements or not listed:
            rule = "allowed_placements" if not listed else "blocked_placements"
            message = f"{placement} may not be bought."
            yield Finding(policy.policy, rule, Level.BREACH, message, {"placement_type": placement})
    for retailer in sorted({x.retailer for x in lines}):
        if policy.allowed_retailers and retailer not in policy.allowed_retailers:
            message = f"{retailer} is not among the retailers to buy from."
            where = {"retailer_id": retailer}
            yield Finding(policy.policy, "allowed_retailers", Level.BREACH, message, where)


def _caps(plan: PlanFacts, policy: GovernancePolicy, lines: Sequence[Line]) -> Iterator[Finding]:
    amounts = any(c.max_spend is not None for c in policy.spend_caps)
    if amounts and policy.currency and plan.currency not in (None, policy.currency):
        message = f"The policy is in {policy.currency}, the plan in {plan.currency}."
        yield Finding(policy.policy, "currency", Level.BREACH, message)
        return
    for number, cap in enumerate(policy.spend_caps):
        rule = f"spend_caps.{number}"
        wanted = (
            ("retailer_id", cap.retailer), ("placement_type", cap.placement), ("sku_id", cap.sku)
        )  # fmt: skip
        where = {name: value for name, value in wanted if value}
        bound = [
            x
            for x in lines
            if (cap.retailer in (None, x.retailer))
            and (cap.placement in (None, x.placement))
            and (cap.sku in (None, x.sku))
        ]
        if cap.category is not None:
            unknown = sorted({x.sku for x in bound} - plan.categories.keys())
            if unknown:
                message = f"The categories of {len(unknown)} SKUs are not known ({unknown[0]} …)."
                yield Finding(policy.policy, rule, Level.NEEDS_FACTS, message, where)
            bound = [x for x in bound if _among(cap.category, plan.categories.get(x.sku, ()))]
        spend = sum((x.spend for x in bound), Decimal(0))
        limit = _limit(cap, plan.budget)
        if spend > limit:
            yield Finding(
                policy.policy,
                rule,
                Level.BREACH,
                f"{cap.words()} gets {spend:,.2f}; at most {limit:,.2f} is allowed.",
                where,
                f"Move {spend - limit:,.2f} elsewhere, or add a limit to the request.",
            )


def _limit(cap: SpendCap, budget: Decimal) -> Decimal:
    share = budget * cap.max_share if cap.max_share is not None else None
    both = [x for x in (share, cap.max_spend) if x is not None]
    return min(both).quantize(_CENT)


def _plan_flight(plan: PlanFacts, policy: GovernancePolicy) -> Iterator[Finding]:
    if policy.flight == Flight():
        return
    if plan.start is None:
        longest = policy.flight.max_days
        if longest is not None and plan.days > longest:
            message = f"It runs {plan.days} days; {longest} are allowed."
            yield Finding(policy.policy, "flight.max_days", Level.BREACH, message)
        message = "The day on which the plan starts is not known."
        suggest = "Give --start."
        yield Finding(policy.policy, "flight", Level.NEEDS_FACTS, message, {}, suggest)
        return
    end = plan.start + timedelta(days=plan.days - 1)
    yield from _flight(policy, plan.start, end, {})


def _flight(
    policy: GovernancePolicy, start: date, end: date, where: Mapping[str, str]
) -> Iterator[Finding]:
    def breach(rule: str, message: str) -> Finding:
        return Finding(policy.policy, f"flight.{rule}", Level.BREACH, message, where)

    allowed, days = policy.flight, (end - start).days + 1
    if allowed.not_before and start < allowed.not_before:
        yield breach("not_before", f"It starts on {start}, before {allowed.not_before}.")
    if allowed.not_after and end > allowed.not_after:
        yield breach("not_after", f"It runs until {end}, after {allowed.not_after}.")
    if allowed.max_days and days > allowed.max_days:
        yield breach("max_days", f"It runs {days} days; {allowed.max_days} are allowed.")
    for dark in allowed.blackouts:
        if start <= dark.end and dark.start <= end:
            why = f" ({dark.reason})" if dark.reason else ""
            yield breach("blackouts", f"It runs between {dark.start} and {dark.end}{why}.")


def check_copies(
    copies: Sequence[Copy], policy: GovernancePolicy, families: Families = _none
) -> list[Finding]:
    """What a policy says about pieces of copy: goods, flights and fine print."""
    governed = (c for c in copies if not policy.platforms or _among(c.platform, policy.platforms))
    return [finding for copy in governed for finding in _copy(copy, policy, families)]


def _copy(copy: Copy, policy: GovernancePolicy, families: Families) -> Iterator[Finding]:
    where, facts = {"copy": str(copy.id)}, copy.context
    if policy.blocked_categories:
        if facts.category is None:
            message = "The category of its goods is not known."
            yield Finding(
                policy.policy, "blocked_categories", Level.NEEDS_FACTS, message, where
            )  # fmt: skip
        elif _blocked(facts.category, policy.blocked_categories, families):
            message = f"It is for {facts.category}, which may not be advertised."
            yield Finding(policy.policy, "blocked_categories", Level.BREACH, message, where)
    if policy.flight != Flight() and facts.flight:
        start, end = period(facts.flight)
        if start and end:
            yield from _flight(policy, start, end, where)
    for number, asked in enumerate(policy.required_disclaimers):
        yield from _fine_print(copy, policy, number, asked)


def _fine_print(
    copy: Copy, policy: GovernancePolicy, number: int, asked: Disclaimer
) -> Iterator[Finding]:
    facts, where = copy.context, {"copy": str(copy.id)}
    rule = f"required_disclaimers.{number}"
    if asked.platforms and not _among(copy.platform, asked.platforms):
        return
    if asked.categories and facts.category is None:
        message = "The category of its goods, which decides on the fine print, is not known."
        yield Finding(policy.policy, rule, Level.NEEDS_FACTS, message, where)
        return
    if asked.categories and not _among(facts.category or "", asked.categories):
        return
    places = {
        "copy": [copy.copy_], "disclaimer": facts.disclaimer, "shown_text": facts.shown_text
    }  # fmt: skip
    texts = [places[name] for name in asked.where]
    wanted = _plain(asked.text)
    if any(wanted in _plain(t) for some in texts for t in some or ()):
        return
    unknown = [name for name in asked.where if places[name] is None and name == "disclaimer"]
    level = Level.NEEDS_FACTS if unknown else Level.BREACH
    message = "The fine print that the policy asks for is missing."
    if unknown:
        message = "Whether the fine print stands with the ad is not known: disclaimer."
    yield Finding(policy.policy, rule, level, message, where, f"Add “{asked.text}”")


def _plain(text: str) -> str:
    return " ".join(fold_pattern(text).casefold().split())


__all__ = [
    "GOVERNANCE_SCHEMA",
    "Finding",
    "GovernancePolicy",
    "Level",
    "Line",
    "PlanFacts",
    "check_copies",
    "check_plan",
]

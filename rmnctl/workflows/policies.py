"""Policies of brand and retailers on a plan: those in force, what they rule out, the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rmnctl.agents.governance import PlanCheck
from rmnctl.compliance import Engine
from rmnctl.compliance.governance import GOVERNANCE_SCHEMA, GovernancePolicy, PlanFacts, check_plan
from rmnctl.compliance.governance_policy import SpendCap
from rmnctl.compliance.pack import DEFAULT_FOLDER
from rmnctl.config import load_config
from rmnctl.errors import ConfigError
from rmnctl.planning import Limit, PlanRequest
from rmnctl.planning.request import Scope
from rmnctl.runs import Input, file_input
from rmnctl.workflows.planning_config import Closed

POLICIES = Path("configs/governance")


@dataclass(frozen=True)
class Governed:
    """A request as policies leave it.

    Attributes:
        request: With the caps of policies among its limits.
        closed: What retailers do not sell to this brand.
        notes: What was changed and by which policy, in words.
    """

    request: PlanRequest
    closed: tuple[Closed, ...]
    notes: tuple[str, ...]


def policies_in_force(
    folder: Path, brand: str, retailers: Sequence[str]
) -> tuple[list[GovernancePolicy], list[Input]]:
    """The policies of a folder that govern a brand's spend at some retailers.

    Args:
        folder: YAML files, `rmnctl/governance/v1`.
        brand: brand_id.
        retailers: retailer_id; empty: any.

    Returns:
        The policies, and their files as inputs of a run.

    Raises:
        ConfigError: There is no such folder, or a policy is malformed.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder of policies.", hint="Give --policies DIR.")
    policies, inputs = [], []
    for path in sorted(folder.glob("*.y*ml")):
        policy = load_config(GovernancePolicy, path).model
        theirs = policy.retailer_id is None or not retailers or policy.retailer_id in retailers
        if theirs and policy.brand_id in (None, brand):
            policies.append(policy)
            inputs.append(file_input(f"policy {policy.policy}", path, GOVERNANCE_SCHEMA))
    return policies, inputs


def governed(
    request: PlanRequest,
    policies: Sequence[GovernancePolicy],
    retailers: Sequence[str],
    placements: Sequence[str],
) -> Governed:
    """A request in which the caps of policies are limits, so that the plan keeps them.

    What no limit can say (a cap on goods or on a placement at one retailer) is left to the check
    of the finished plan. So is a cap below what the request asks at least: whoever asked must
    hear of it.

    Args:
        request: As asked.
        policies: In force.
        retailers: All there are.
        placements: All that are sold.
    """
    limits = {(x.scope, x.id): x for x in request.limits}
    closed: dict[tuple[str, str], Closed] = {}
    notes: list[str] = []
    for policy in policies:
        for scope, name, cap in _caps(policy, placements, request.currency):
            tightened = _tightened(limits.get((scope, name)), scope, name, cap, request.budget)
            if tightened is not None:
                limits[scope, name] = tightened
                notes.append(f"limit {name}: {_words(cap)}, by policy {policy.policy}.")
        for retailer, placement in _not_sold(policy, retailers, placements):
            closed[retailer, placement] = Closed(retailer_id=retailer, placement_type=placement)
            notes.append(f"{placement} at {retailer}: left out, by policy {policy.policy}.")
    return Governed(
        request.model_copy(update={"limits": tuple(limits.values())}),
        tuple(closed[key] for key in sorted(closed)),
        tuple(notes),
    )


def _caps(
    policy: GovernancePolicy, placements: Sequence[str], currency: str | None
) -> list[tuple[Scope, str, dict[str, float]]]:
    """Caps that a limit can say: of one retailer, placement or SKU and of nothing else."""
    found: list[tuple[Scope, str, dict[str, float]]] = []
    comparable = policy.currency is None or currency in (None, policy.currency)
    if policy.retailer_id is None:
        found += [(Scope.SKU, sku, {"max_share": 0.0}) for sku in policy.blocked_skus]
        allowed = policy.allowed_placements or placements
        found += [
            (Scope.PLACEMENT, p, {"max_share": 0.0})
            for p in placements
            if p in policy.blocked_placements or p not in allowed
        ]
    for cap in policy.spend_caps:
        named = _one_name(cap)
        if named is None or cap.category is not None:
            continue
        if policy.retailer_id is not None and named != (Scope.RETAILER, policy.retailer_id):
            continue
        bounds = {} if cap.max_share is None else {"max_share": float(cap.max_share)}
        if cap.max_spend is not None and comparable:
            bounds["max_spend"] = float(cap.max_spend)
        if bounds:
            found.append((*named, bounds))
    return found


def _one_name(cap: SpendCap) -> tuple[Scope, str] | None:
    names = [
        (scope, name)
        for scope, name in (
            (Scope.RETAILER, cap.retailer),
            (Scope.PLACEMENT, cap.placement),
            (Scope.SKU, cap.sku),
        )
        if name is not None
    ]
    return names[0] if len(names) == 1 else None


def _tightened(
    limit: Limit | None, scope: Scope, name: str, cap: Mapping[str, float], budget: float
) -> Limit | None:
    """The limit with the cap; None where it says as much already, or asks for more."""
    bound = Limit(scope=scope, id=name, **cap)
    if limit is None:
        return bound
    if (
        limit.most(budget)[1] <= bound.most(budget)[1]
        or limit.least(budget)[1] > bound.most(budget)[1]
    ):
        return None
    kept = {k: v for k, v in limit.plain().items() if k.startswith("min_") and v is not None}
    most = {
        key: min(value for value in (getattr(limit, key), cap.get(key)) if value is not None)
        for key in ("max_share", "max_spend")
        if getattr(limit, key) is not None or key in cap
    }
    if any(kept.get(f"min_{unit}", 0.0) > most.get(f"max_{unit}", float("inf"))
           for unit in ("share", "spend")):  # fmt: skip
        return None
    return Limit(scope=scope, id=name, **kept, **most)


def _not_sold(
    policy: GovernancePolicy, retailers: Sequence[str], placements: Sequence[str]
) -> list[tuple[str, str]]:
    """Placements that a retailer does not sell, and retailers that a brand does not buy from."""
    if policy.retailer_id is None:
        allowed = policy.allowed_retailers or retailers
        return [(r, p) for r in retailers if r not in allowed for p in placements]
    allowed = policy.allowed_placements or placements
    return [
        (policy.retailer_id, p)
        for p in placements
        if p in policy.blocked_placements or p not in allowed
    ]


def _words(cap: Mapping[str, float]) -> str:
    shown = [f"at most {cap['max_share']:.0%}"] if "max_share" in cap else []
    shown += [f"at most {cap['max_spend']:,.0f}"] if "max_spend" in cap else []
    return " and ".join(shown)


def plan_check(
    policies: Sequence[GovernancePolicy],
    categories: Mapping[str, tuple[str, ...]],
    start: date | None,
    packs: Path = DEFAULT_FOLDER,
) -> PlanCheck:
    """What a governance agent asks of a plan: all that policies say about it.

    Args:
        policies: In force.
        categories: Category (and department) of each SKU.
        start: First day of the plan.
        packs: Rule packs, for their families of goods.
    """

    def check(document: Mapping[str, Any]) -> list[dict[str, Any]]:
        facts = PlanFacts.from_document(document, start=start, categories=categories)
        families = Engine.load(packs).vocabulary.families_of
        return [f.plain() for policy in policies for f in check_plan(facts, policy, families)]

    return check

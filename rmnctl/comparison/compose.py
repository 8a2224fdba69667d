"""`comparison.json` of a finished comparison: every figure from rows, every sentence from figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rmnctl.comparison.config import ARMS, BASELINES, CompareConfig
from rmnctl.comparison.document import (
    Ablation,
    ArmResult,
    ComparisonResult,
    Delta,
    DosePoint,
    Estimate,
    FrontierPoint,
    Missing,
    Money,
    NullMarket,
    ObjectiveByData,
    ObjectiveCell,
    PolicyPoint,
    ReleaseShape,
    Robustness,
)
from rmnctl.comparison.studies import ENDS, FEDERATED_ENDS, FIELDS
from rmnctl.comparison.summary import METRICS, Rows, Table, rounded
from rmnctl.comparison.words import caveats, verdict
from rmnctl.planning import PlanRequest

_DATA = {
    "clean_room": "released aggregates",
    "federated": "released aggregates",
    "joined": "released aggregates",
    "reports": "the brand's own network reports",
    "full_data": "events",
    "oracle": "the simulator's truth",
}
_KNOWN = {
    "clean_room": "public priors, the same for everyone",
    "federated": "what the composed model answers",
    "joined": "the brand's private table",
    "reports": "public priors, the same for everyone",
    "full_data": "the brand's private table",
    "oracle": "the simulator's truth",
    "last_period": "none: last period's mix, scaled to the budget",
    "equal_split": "none: the same for every cell",
}
#: Fields that no clean room answers (DESIGN 8).
BLOCKED = (
    "margin", "promo_flag", "creative_text", "stock_level", "customer_id", "geo_detail", "price",
)  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """What was played.

    Attributes:
        table: Scores of the main study.
        rows: Its rows, for release shapes.
        budget, primary: Of the request.
        market, catalogue_seed, currency: Whose truth.
        missing: What could not be had.
        recall: What each adapter knew, by name and field.
        leak: Privacy audits by name.
        dose, policies, robustness, null: Results of side studies.
    """

    table: Table
    rows: Rows
    primary: str
    market: str
    catalogue_seed: int
    currency: str
    request: PlanRequest
    missing: Sequence[Missing] = ()
    recall: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    leak: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    simulated_recall: bool = False
    dose: Sequence[DosePoint] = ()
    policies: Sequence[PolicyPoint] = ()
    robustness: Robustness | None = None
    null: NullMarket | None = None
    arms: Sequence[str] = field(default=ARMS)


def compose(config: CompareConfig, parts: Parts) -> ComparisonResult:
    """Put a comparison together."""
    table = parts.table
    arms = [a for a in parts.arms if a in table]
    everyone = [*arms, *(b for b in BASELINES if b in table)]
    shares = None
    if config.ablation is not None:
        game = table.game("joined", ENDS, FIELDS, parts.primary)
        own = None
        if "federated" in table:
            own = table.game("federated", FEDERATED_ENDS, FIELDS, parts.primary)
        shares = Ablation(**game.model_dump(), federated=own)
    found = ComparisonResult(
        primary_metric=parts.primary,
        worlds=len(table.worlds),
        seeds=(min(table.worlds), max(table.worlds)),
        market=parts.market,
        catalogue_seed=parts.catalogue_seed,
        request=parts.request.plain(),
        budget=parts.request.budget,
        currency=parts.currency,
        verdict=[],
        arms={name: _arm(table, name) for name in everyone},
        deltas=_deltas(table, everyone),
        p_loss={name: table.estimate(table.of_play(name, "loss")) for name in everyone},
        ablation=shares,
        granularity=_difference(table, "full_data", "joined", parts.primary),
        gap_closed=_gap_closed(table, "federated", parts.primary),
        evsi=_difference(table, "one_more_experiment", "clean_room", parts.primary),
        objective_by_data=_objectives(table),
        dose=list(parts.dose),
        policy_study=list(parts.policies),
        robustness=parts.robustness,
        null_market=parts.null,
        recall=dict(parts.recall["federated"]) if "federated" in parts.recall else None,
        frontier=_frontier(table, parts),
        releases=_releases(parts.rows),
        blocked_fields=list(BLOCKED),
        missing_capabilities=list(parts.missing),
        caveats=[],
        gate=None,
    )
    said = {
        "verdict": verdict(found),
        "caveats": caveats(found, simulated_recall=parts.simulated_recall),
    }
    return found.model_copy(update=said)


def _arm(table: Table, name: str) -> ArmResult:
    known = table.values[name]
    return ArmResult(
        kind="baseline" if name in BASELINES else "arm",
        retailer_data=_DATA.get(name, "none"),
        private_knowledge=_KNOWN[name],
        metrics={m: table.estimate(known[m]) for m in METRICS if m in known},
    )


def _deltas(table: Table, everyone: Sequence[str]) -> dict[str, dict[str, Delta]]:
    """Each later way to plan minus each earlier one, the oracle aside (that is regret)."""
    found = {}
    names = [n for n in everyone if n != "oracle"]
    for i, one in enumerate(names):
        for other in names[:i]:
            first, second = (other, one) if one in BASELINES else (one, other)
            shared = [m for m in METRICS if m in table.values[first] and m in table.values[second]]
            found[f"{first}_vs_{second}"] = {m: table.delta(first, second, m) for m in shared}
    return found


def _difference(table: Table, one: str, other: str, metric: str) -> Money | None:
    if one not in table or other not in table:
        return None
    return table.money(table.of_play(one, metric) - table.of_play(other, metric))


def _gap_closed(table: Table, name: str, metric: str) -> Estimate | None:
    if not all(n in table for n in (name, "joined")):
        return None
    base = table.of_play("clean_room", metric)
    gap = table.of_play("joined", metric) - base
    if not float(gap.mean()):
        return None
    return table.ratio(table.of_play(name, metric) - base, gap)


def _frontier(table: Table, parts: Parts) -> list[FrontierPoint]:
    found = []
    for name, recall in parts.recall.items():
        play = name if name == "federated" else f"recipe:{name}"
        found.append(
            FrontierPoint(
                name=name,
                delta=table.delta(play, "clean_room", parts.primary),
                gap_closed=_gap_closed(table, play, parts.primary),
                recall=dict(recall),
                leak=dict(parts.leak[name]) if name in parts.leak else None,
            )
        )
    return found


def _objectives(table: Table) -> ObjectiveByData | None:
    names = [n for n in table.values if n.startswith("objective:")]
    if len(names) != 4:
        return None
    split = {n: n.split(":")[1:] for n in names}
    data = list(dict.fromkeys(v[0] for v in split.values()))

    def margin(arm: str, goal: str) -> Any:
        return table.of_play(f"objective:{arm}:{goal}", "incremental_margin")

    return ObjectiveByData(
        cells=[
            ObjectiveCell(
                data=arm,
                objective=goal,
                incremental_margin=table.estimate(table.of_play(n, "incremental_margin")),
                incremental_revenue=table.estimate(table.of_play(n, "incremental_revenue")),
            )
            for n, (arm, goal) in split.items()
        ],
        data_effect=table.money(
            margin(data[1], "incremental_margin") - margin(data[0], "incremental_margin")
        ),
        objective_effect=table.money(
            margin(data[0], "incremental_margin") - margin(data[0], "incremental_revenue")
        ),
    )


def _releases(rows: Rows) -> list[ReleaseShape]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if str(row["play"]).startswith("release:"):
            found.setdefault(str(row["play"]).partition(":")[2], []).append(row)
    return [
        ReleaseShape(
            retailer_id=name,
            grains={
                g: sum(r["grain"] == g for r in mine) for g in sorted({r["grain"] for r in mine})
            },
            kept=rounded(sum(r["kept"] for r in mine) / len(mine)),
            named=rounded(sum(r["named"] for r in mine) / len(mine)),
        )
        for name, mine in sorted(found.items())
    ]

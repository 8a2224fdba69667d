"""Side studies of a comparison: the null market, other catalogues, other policies, doses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rmnctl.comparison.config import CompareConfig
from rmnctl.comparison.document import (
    DosePoint,
    NullMarket,
    PolicyPoint,
    Robustness,
    RobustnessRow,
)
from rmnctl.comparison.play import UNFIT, Play, Study
from rmnctl.comparison.recall import simulated_recall
from rmnctl.comparison.studies import (
    ENDS,
    FIELDS,
    arm_plays,
    changed_policies,
    coalition_plays,
    named_views,
)
from rmnctl.comparison.summary import Table, rounded
from rmnctl.config import load_config
from rmnctl.market import MarketConfig, build_catalogue
from rmnctl.workflows.compare_answers import filled, own_rows
from rmnctl.workflows.compare_inputs import (
    Opened,
    check_fit,
    market_views,
    open_policies,
)

#: Arms of the robustness table.
_ARMS = ("clean_room", "federated", "joined", "reports", "full_data")


@dataclass(frozen=True)
class Side:
    """One side study.

    Attributes:
        kind: Which.
        label: Of what in it, e.g. a catalogue or policy.
        jobs: Worlds to play.
    """

    kind: Literal["null", "catalogue", "market", "policy"]
    label: Mapping[str, Any]
    jobs: list[tuple[Study, int]]


def side_jobs(
    config: CompareConfig, opened: Opened, main: Sequence[tuple[Study, int]]
) -> list[Side]:
    """The side studies that a configuration asks for.

    Raises:
        ConfigError: Another market does not fit the request.
    """
    seeds = [seed for _, seed in main]
    sides = []
    if config.null_market is not None:
        chosen = seeds[: config.null_market.worlds]
        study = _study_of(config, opened, config.null_market.market, shapley=True)
        sides.append(
            Side("null", {"market": config.null_market.market}, [(study, s) for s in chosen])
        )
    if config.robustness is not None:
        chosen = seeds[: config.robustness.worlds]
        first = opened.study.market.catalogue_seed + 1
        for number in range(first, first + config.robustness.catalogues):
            market = opened.study.market.model_copy(update={"catalogue_seed": number})
            study = _study(config, opened, market, arms=_chosen(config, opened))
            sides.append(Side("catalogue", {"market": config.market}, [(study, s) for s in chosen]))
        for path in config.robustness.markets:
            study = _study_of(config, opened, path, shapley=False)
            sides.append(Side("market", {"market": path}, [(study, s) for s in chosen]))
    if config.policy_study is not None:
        sides += _policy_sides(config, opened, seeds)
    return sides


def _policy_sides(config: CompareConfig, opened: Opened, seeds: Sequence[int]) -> list[Side]:
    asked = config.policy_study
    if asked is None:
        return []
    study, sides = opened.study, []
    for grain in asked.grains:
        for least in asked.thresholds:
            other = Study(
                market=study.market,
                request=study.request,
                policies=changed_policies(study.policies, least, grain),
                plays=(Play("clean_room", "release", "public"),),
                views={"public": study.views["public"]},
                seed=study.seed,
                lenient=True,
            )
            label = {"min_customers": least, "grain": grain}
            sides.append(Side("policy", label, [(other, s) for s in seeds[: asked.worlds]]))
    return sides


def _chosen(config: CompareConfig, opened: Opened) -> list[str]:
    """Arms of the table; on other catalogues recall is simulated by the measured confusion."""
    known = opened.answers.confusion is not None
    return [a for a in _ARMS if a in config.arms and (a != "federated" or known)]


def _study_of(config: CompareConfig, opened: Opened, path: Path, *, shapley: bool) -> Study:
    market = load_config(MarketConfig, path).model
    check_fit(market, opened.study.request)
    return _study(
        config, opened, market, arms=["clean_room", "joined"] if shapley else _chosen(config, opened),
        shapley=shapley,
    )  # fmt: skip


def _study(
    config: CompareConfig,
    opened: Opened,
    market: MarketConfig,
    *,
    arms: Sequence[str],
    shapley: bool = False,
) -> Study:
    catalogue, told = build_catalogue(market), None
    views = market_views(catalogue, config.margin_rate, everything=shapley)
    if "federated" in arms and opened.answers.confusion is not None:
        private = own_rows(views[frozenset(FIELDS)], catalogue, opened.study.request.brand_id)
        # Each catalogue draws its own mistakes.
        seed = config.seed + market.catalogue_seed
        answers = simulated_recall(private, opened.answers.confusion, seed)
        told = filled(views[frozenset()], answers)
    plays, known = arm_plays(arms), named_views(views, told)
    if shapley:
        more, some = coalition_plays(views, None)
        plays += more
        known |= some
    policies, _ = open_policies(config.policies, market.retailers)
    return Study(market, opened.study.request, policies, tuple(plays), known, opened.study.seed)


def side_results(
    config: CompareConfig,
    opened: Opened,
    main: Table,
    sides: Sequence[Side],
    played: Sequence[list[dict[str, Any]]],
) -> dict[str, Any]:
    """What the side studies found, as fields of `Parts`.

    Args:
        config: Bootstrap and bounds.
        opened: Request and metric.
        main: Scores of the main study.
        sides: What was asked.
        played: Rows of each world, in the order of the jobs of all sides.
    """
    found: dict[str, Any] = {"dose": _dose(main, opened.primary)}
    start, by_side = 0, []
    for side in sides:
        by_side.append((side, played[start : start + len(side.jobs)]))
        start += len(side.jobs)
    null = [pair for pair in by_side if pair[0].kind == "null"]
    if null:
        found["null"] = _null(config, opened, *null[0])
    if config.robustness is not None:
        kinds = {"catalogue", "market"}
        found["robustness"] = _robustness(
            config, opened, [pair for pair in by_side if pair[0].kind in kinds]
        )
    found["policies"] = [
        _policy(config, opened, main, *pair) for pair in by_side if pair[0].kind == "policy"
    ]
    return found


def _table(
    config: CompareConfig,
    opened: Opened,
    worlds: Sequence[list[dict[str, Any]]],
    cluster: Sequence[int] | None = None,
) -> Table:
    rows = [row for world in worlds for row in world]
    budget = opened.study.request.budget
    return Table.of(rows, budget, opened.primary, config.bootstrap, config.seed, cluster)


def _dose(main: Table, metric: str) -> list[DosePoint]:
    return [
        DosePoint(
            share_wrong=float(name.partition(":")[2]),
            delta=main.delta(name, "clean_room", metric),
        )
        for name in main.values
        if name.startswith("dose:")
    ]


def _null(
    config: CompareConfig, opened: Opened, side: Side, worlds: Sequence[list[dict[str, Any]]]
) -> NullMarket:
    table = _table(config, opened, worlds)
    asked = config.null_market
    bound = asked.bound if asked is not None else 0.0
    shares = table.shapley_by_world("joined", ENDS, FIELDS, opened.primary)
    fields = {name: table.equivalence(shares[:, i], bound) for i, name in enumerate(FIELDS)}
    whole = table.of_play("joined", opened.primary) - table.of_play("clean_room", opened.primary)
    total = table.equivalence(whole, bound)
    return NullMarket(
        market=str(side.label["market"]),
        worlds=len(table.worlds),
        bound_pct=100 * bound,
        fields=fields,
        joined_minus_clean_room=total,
        passed=total.equivalent and all(f.equivalent for f in fields.values()),
    )


def _robustness(
    config: CompareConfig,
    opened: Opened,
    pairs: Sequence[tuple[Side, Sequence[list[dict[str, Any]]]]],
) -> Robustness:
    metric, rows = opened.primary, []
    arms = [a for a in _chosen(config, opened) if a != "clean_room"]
    together: list[list[dict[str, Any]]] = []
    cluster: list[int] = []
    for side, worlds in pairs:
        study = side.jobs[0][0]
        table = _table(config, opened, worlds)
        base = table.of_play("clean_room", metric)
        rows.append(
            RobustnessRow(
                market=str(side.label["market"]),
                family=str(study.market.response.family),
                catalogue_seed=study.market.catalogue_seed,
                worlds=len(worlds),
                deltas={
                    f"{arm}_vs_clean_room": table.money(table.of_play(arm, metric) - base)
                    for arm in arms
                },
            )
        )
        if side.kind == "catalogue":
            for rows_of_world in worlds:
                number = len(together)
                together.append([row | {"world": number} for row in rows_of_world])
                cluster.append(study.market.catalogue_seed)
    table = _table(config, opened, together, cluster)
    deltas = {f"{arm}_vs_clean_room": table.delta(arm, "clean_room", metric) for arm in arms}
    return Robustness(rows=rows, catalogues=len(set(cluster)), deltas=deltas)


def _policy(
    config: CompareConfig,
    opened: Opened,
    main: Table,
    side: Side,
    worlds: Sequence[list[dict[str, Any]]],
) -> PolicyPoint:
    reasons = [row["reason"] for world in worlds for row in world if row["play"] == UNFIT]
    if reasons:
        return PolicyPoint(
            **side.label, named=0.0, incremental_margin=None, delta=None, reason=reasons[0]
        )
    table = _table(config, opened, worlds)
    shapes = [r["named"] for world in worlds for r in world if r["play"].startswith("release:")]
    mine = table.of_play("clean_room", opened.primary)
    usual = main.of_play("clean_room", opened.primary)[: len(mine)]
    return PolicyPoint(
        **side.label,
        named=rounded(sum(shapes) / len(shapes)),
        incremental_margin=table.estimate(mine),
        delta=table.delta_of(mine - usual, opened.primary),
    )

"""Which plays each part of a comparison needs, and what is known in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pyarrow as pa

from rmnctl.cleanroom import Policy
from rmnctl.comparison.config import CompareConfig
from rmnctl.comparison.play import Play
from rmnctl.comparison.summary import coalition, every_set
from rmnctl.planning import Objective
from rmnctl.planning.knowledge import VIEW

Views = Mapping[frozenset[str], pa.Table]
FIELDS = ("margin", "stock", "promo", "price")
ENDS = ("clean_room", "joined")
FEDERATED_ENDS = ("clean_room", "federated")
#: Which column of a view speaks of which private field.
COLUMNS = dict(
    zip(FIELDS, ("margin_rate", "stock_units", "promo_multiplier", "price"), strict=True)
)

_SOURCES = {
    "clean_room": "release", "federated": "release", "joined": "release", "reports": "reports",
    "full_data": "events", "oracle": "truth",
}  # fmt: skip


def arm_plays(arms: Sequence[str]) -> list[Play]:
    """The arms themselves."""
    known = {"clean_room": "public", "reports": "public", "joined": "private",
             "full_data": "private", "federated": "recalled", "oracle": None}  # fmt: skip
    return [Play(arm, _SOURCES[arm], known[arm]) for arm in arms]  # type: ignore[arg-type]


def named_views(views: Views, recalled: pa.Table | None) -> dict[str, pa.Table]:
    """The views of the arms."""
    found = {"public": views[frozenset()], "private": views[frozenset(FIELDS)]}
    return found | ({"recalled": recalled} if recalled is not None else {})


def coalition_plays(
    views: Views, recalled: pa.Table | None
) -> tuple[list[Play], dict[str, pa.Table]]:
    """Every set of known fields between the ends, and what is known in it."""
    plays, known = [], {}
    for some in every_set(FIELDS):
        if 0 < len(some) < len(FIELDS):
            name = coalition("joined", some, FIELDS, ENDS)
            plays.append(Play(name, "release", name))
            known[name] = views[frozenset(some)]
            if recalled is not None:
                name = coalition("federated", some, FIELDS, FEDERATED_ENDS)
                plays.append(Play(name, "release", name))
                known[name] = mixed_view(views[frozenset()], recalled, some)
    return plays, known


def mixed_view(public: pa.Table, recalled: pa.Table, fields: Sequence[str]) -> pa.Table:
    """The public view with the columns of some fields from another one, row by row."""
    keys = list(zip(public["retailer_id"].to_pylist(), public["sku_id"].to_pylist(), strict=True))
    rows = {(r["retailer_id"], r["sku_id"]): r for r in recalled.to_pylist()}
    out = public
    for field in fields:
        name = COLUMNS[field]
        values = [rows[key][name] for key in keys]
        out = out.set_column(out.column_names.index(name), name, pa.array(values, pa.float64()))
    return out


def recipe_plays(recipes: Mapping[str, pa.Table]) -> tuple[list[Play], dict[str, pa.Table]]:
    """Plans on what other adapters answered."""
    names = {f"recipe:{name}": view for name, view in recipes.items()}
    return [Play(name, "release", name) for name in names], names


def extra_plays(config: CompareConfig) -> list[Play]:
    """The other objective on both data, and one more geo experiment."""
    plays = []
    if config.objectives:
        data = [a for a in ("clean_room", "full_data", "joined") if a in config.arms][:2]
        views = {"clean_room": "public", "full_data": "private", "joined": "private"}
        plays += [
            Play(f"objective:{arm}:{goal.value}", _SOURCES[arm], views[arm], goal)  # type: ignore[arg-type]
            for arm, goal in product(
                data, (Objective.INCREMENTAL_MARGIN, Objective.INCREMENTAL_REVENUE)
            )
        ]
    if config.experiment:
        plays.append(Play("one_more_experiment", "experiment", "public"))
    return plays


def dose_plays(
    private: pa.Table, shares: Sequence[float], seed: int
) -> tuple[list[Play], dict[str, pa.Table]]:
    """Plans on a private table of which a part is wrong.

    A wrong SKU has all facts of another SKU, as after a mixed-up export; the larger share
    contains the smaller one.
    """
    skus = sorted(set(private["sku_id"].to_pylist()))
    rng = np.random.default_rng(seed)
    order = [skus[i] for i in rng.permutation(len(skus))]
    rows = {(r["retailer_id"], r["sku_id"]): r for r in private.to_pylist()}
    plays, views = [], {}
    for share in shares:
        chosen = order[: round(share * len(order))]
        # Each takes the place of the next, so nobody keeps its own facts.
        other = dict(zip(chosen, [*chosen[1:], *chosen[:1]], strict=True))
        told = [rows[r, s] | {v: rows[r, other.get(s, s)][v] for v in VIEW} for r, s in rows]
        name = f"dose:{share:g}"
        plays.append(Play(name, "release", name))
        views[name] = pa.Table.from_pylist(told, schema=private.schema)
    return plays, views


def changed_policies(policies: Sequence[Policy], least: int, grain: str) -> tuple[Policy, ...]:
    """The same policies with another k and grain."""
    return tuple(
        p.model_copy(
            update={
                "thresholds": p.thresholds.model_copy(
                    update={"min_records": least, "min_entities": least}
                ),
                "dimensions": p.dimensions.model_copy(
                    update={"date": p.dimensions.date.model_copy(update={"grain": grain})}
                ),
            }
        )
        for p in policies
    )

"""Similar past plans: nearest in what was asked, with what they then expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from rmnctl.config import ConfigModel

_LEAST_PAST = 3
_FAR = 0.95


class PastPlan(ConfigModel):
    """A past plan that was asked for much the same."""

    run_id: str
    distance: float = Field(description="standard deviations between the two requests")
    budget: float
    objective: str
    incremental_margin: float | None
    iroas: float | None
    overlap: float = Field(description="share of the two mixes that is the same")


class Memory(ConfigModel):
    """What past runs say."""

    looked_at: int = Field(description="complete plans in the runs folder, this one not counted")
    plans: tuple[PastPlan, ...]
    note: str


def remember(
    document: Mapping[str, Any], past: Sequence[tuple[str, Mapping[str, Any]]], most: int
) -> Memory:
    """Find the past plans whose requests are nearest.

    Args:
        document: This plan's `plan.json`.
        past: (run id, `plan.json`) of other plans.
        most: How many are shown.

    Distances are between standardised budgets (log), horizons, objectives, floors, numbers of
    limits and retailers. A plan farther than 95 % of past pairs are apart is not called similar.
    """
    if len(past) < _LEAST_PAST:
        return Memory(
            looked_at=len(past),
            plans=(),
            note=f"{len(past)} past plans are too few to say which are alike.",
        )
    points = np.array([_features(document), *(_features(d) for _, d in past)])
    spread = points.std(axis=0)
    points = points / np.where(spread > 0, spread, 1.0)
    apart = np.linalg.norm(points[1:, None] - points[None, 1:], axis=2)
    far = float(np.quantile(apart[np.triu_indices(len(past), 1)], _FAR))
    distance = np.linalg.norm(points[1:] - points[0], axis=1)
    order = sorted(range(len(past)), key=lambda i: (distance[i], past[i][0]))
    near = [i for i in order if distance[i] <= far][:most]
    return Memory(
        looked_at=len(past),
        plans=tuple(_past(document, *past[i], float(distance[i])) for i in near),
        note="" if near else "No past plan was asked for anything like this.",
    )


def _features(document: Mapping[str, Any]) -> list[float]:
    asked = document["request"]
    cells = {row["retailer_id"] for row in document["allocation"]}
    objectives = ("incremental_margin", "incremental_revenue", "conversions")
    return [
        float(np.log(asked["budget"])),
        float(np.log(asked["horizon_days"])),
        *(float(asked["objective"] == o) for o in objectives),
        float(asked["roas_floor"] or 0.0),
        float(len(asked["limits"])),
        float(len(cells)),
        float(asked["experiment_share"]),
    ]


def _past(
    document: Mapping[str, Any], run_id: str, other: Mapping[str, Any], distance: float
) -> PastPlan:
    totals = other["totals"]
    return PastPlan(
        run_id=run_id,
        distance=round(distance, 4),
        budget=other["request"]["budget"],
        objective=other["request"]["objective"],
        incremental_margin=totals["incremental_margin"],
        iroas=totals["iroas"],
        overlap=_overlap(document, other),
    )


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    def mix(document: Mapping[str, Any]) -> dict[tuple[str, ...], float]:
        total = sum(r["spend"] for r in document["allocation"]) or 1.0
        return {
            (r["retailer_id"], r["placement_type"], r["sku_id"]): r["spend"] / total
            for r in document["allocation"]
        }

    left, right = mix(one), mix(other)
    return round(sum(min(share, right.get(key, 0.0)) for key, share in left.items()), 4)

"""What speaks against trusting a plan's curves; said beside the plan, nothing is refused for it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rmnctl.planning import Plan
from rmnctl.response.family import LOW_SPEND


def plan_warnings(curves: pa.Table, made: Plan) -> list[str]:
    """One sentence for each reason not to trust these curves.

    Args:
        curves: `curves/v1`; its column `family_check`, where it has one, is what is looked at.
        made: The plan on them.
    """
    if "family_check" not in curves.column_names:
        return []
    wrong = pc.equal(curves["family_check"].cast(pa.string()), "wrong family")
    if not pc.any(wrong).as_py():
        return []
    usual = "usual_spend" in curves.column_names
    below = _far_below(curves, made) if usual else 0
    return [
        "The curves are of the wrong family: at low spend their data fall faster than concave "
        "curves say, as S-curves do. They promise too much far below usual spend"
        + (f", where this plan puts {below} of its cells." if below else ".")
    ]


def _far_below(curves: pa.Table, made: Plan) -> int:
    """Cells that get something, but less than `LOW_SPEND` of what is usual for them."""
    keys = ("retailer_id", "placement_type", "sku_id")
    usual: dict[tuple[Any, ...], float] = {}
    for row in curves.select([*keys, "usual_spend"]).to_pylist():
        usual[tuple(row[k] for k in keys)] = row["usual_spend"] or 0.0
    spend: dict[tuple[Any, ...], float] = {}
    for row in made.table.select([*keys, "spend"]).to_pylist():
        key = tuple(row[k] for k in keys)
        spend[key] = spend.get(key, 0.0) + row["spend"]
    return sum(0 < x < LOW_SPEND * usual.get(key, 0.0) for key, x in spend.items())

"""What a planner knows of each SKU beside its curve: the brand's table, or public priors."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from rmnctl.errors import InputError
from rmnctl.planning.knowledge import VIEW, VIEW_KEY
from rmnctl.planning.knowledge import with_view as with_private
from rmnctl.tables import connect, no_values, quote

__all__ = ["FIELDS", "VIEW", "coalition_views", "private_view", "with_priors", "with_private"]

#: What a brand knows and nobody else does, in the order of reports.
FIELDS: Final = ("margin", "stock", "promo", "price")


def private_view(
    path: Path, known: AbstractSet[str] = frozenset(FIELDS), margin_rate: float = 0.0
) -> pa.Table:
    """The brand's table as one row a retailer and SKU, for the planned weeks.

    `promo_multiplier` is what prices and promotions of the planned weeks do to revenue, over
    what they did on average in the weeks that the curves were fitted on: units go as
    lift x (price paid / usual price) ^ elasticity. `margin_rate` and `price` are averages over
    the units so expected; unit contribution is wholesale - cost of goods - promotion funding.

    A field that is not known is what anybody would assume: `margin_rate` of the usual price,
    no stock limit, no promotion in any week, today's shelf price. Nothing known is what a
    planner in a clean room has.

    Args:
        path: `brand_private.parquet`.
        known: Which of `FIELDS` may be used.
        margin_rate: The public prior, where `margin` is not among them.

    Raises:
        InputError: It is not such a table, or has no planned week.
    """
    (view,) = _views(path, [frozenset(known)], margin_rate)
    return view


def _views(path: Path, sets: Sequence[AbstractSet[str]], margin_rate: float) -> list[pa.Table]:
    """One view for each set of known fields."""
    found = []
    with connect(threads=1) as connection, no_values():
        try:
            connection.execute(
                f"CREATE TEMP TABLE told AS SELECT {_NEEDED} FROM read_parquet({quote(path)})"
            ).fetchall()
        except duckdb.BinderException:
            raise InputError(
                f"{path} is not a brand's private table.", hint="`rmnctl simulate` writes one."
            ) from None
        for known in sets:
            switches = {name: "true" if name in known else "false" for name in FIELDS}
            sql = _SQL.format(prior=repr(float(margin_rate)), **switches)
            rows = connection.execute(sql).fetchall()
            if not rows:
                raise InputError(f"{path} has no planned week (in_horizon).")
            columns = dict(zip((*VIEW_KEY, *VIEW), map(list, zip(*rows, strict=True)), strict=True))
            kinds = dict.fromkeys(VIEW, pa.float64())
            found.append(
                pa.table({n: pa.array(v, kinds.get(n, pa.string())) for n, v in columns.items()})
            )
    return found


def coalition_views(path: Path, margin_rate: float) -> dict[frozenset[str], pa.Table]:
    """The view of every set of known fields, 16 in all, from nothing known to everything."""
    sets = [frozenset(s) for n in range(len(FIELDS) + 1) for s in combinations(FIELDS, n)]
    return dict(zip(sets, _views(path, sets, margin_rate), strict=True))


_NEEDED = """
    retailer_id, sku_id, in_horizon, week_start, stock_units, promo_flag, price::DOUBLE AS price,
    promo_price::DOUBLE / price::DOUBLE AS promo_share, promo_lift,
    promo_funding::DOUBLE AS promo_funding, price_elasticity AS elasticity,
    (wholesale_price - unit_cogs)::DOUBLE AS contribution,
    avg(price::DOUBLE) FILTER (NOT in_horizon) OVER (PARTITION BY retailer_id, sku_id) AS usual
"""
_SQL = """
WITH priced AS (
    SELECT * REPLACE (CASE WHEN {stock} THEN stock_units END AS stock_units,
            {promo} AND promo_flag AS promo_flag),
        CASE WHEN {price} THEN price ELSE coalesce(usual, price) END AS shelf
    FROM told),
weeks AS (
    SELECT *, CASE WHEN promo_flag THEN shelf * promo_share ELSE shelf END AS paid,
        CASE WHEN promo_flag THEN promo_lift ELSE 1.0 END AS lift,
        CASE WHEN {margin} THEN contribution ELSE {prior} * coalesce(usual, price) END
            - CASE WHEN promo_flag THEN promo_funding ELSE 0 END AS earned
    FROM priced),
moved AS (
    SELECT *, coalesce(lift * pow(paid / coalesce(usual, paid), elasticity), 1.0) AS units
    FROM weeks)
SELECT retailer_id, sku_id,
    round(sum(units * earned ORDER BY week_start) FILTER (in_horizon)
        / sum(units * paid ORDER BY week_start) FILTER (in_horizon), 12) AS margin_rate,
    round(sum(units * paid ORDER BY week_start) FILTER (in_horizon)
        / sum(units ORDER BY week_start) FILTER (in_horizon), 10) AS price,
    max(stock_units) FILTER (in_horizon)::DOUBLE AS stock_units,
    round(coalesce(avg(units * paid ORDER BY week_start) FILTER (in_horizon)
        / avg(units * paid ORDER BY week_start) FILTER (NOT in_horizon), 1.0), 12)
        AS promo_multiplier
FROM moved GROUP BY retailer_id, sku_id HAVING count(*) FILTER (in_horizon) > 0
ORDER BY retailer_id, sku_id
"""


def with_priors(curves: pa.Table, margin_rate: float) -> pa.Table:
    """Curves with the same public margin for every SKU, and nothing known of stock or prices."""
    margin = pa.array([margin_rate] * curves.num_rows, pa.float64())
    return curves.append_column("margin_rate", margin)

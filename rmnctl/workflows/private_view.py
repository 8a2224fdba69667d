"""What a planner knows of each SKU beside its curve: the brand's table, or public priors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rmnctl.errors import InputError
from rmnctl.tables import connect, no_values, quote

#: Columns of the private view, by retailer and SKU.
VIEW = ("margin_rate", "price", "stock_units", "promo_multiplier")


def private_view(path: Path) -> pa.Table:
    """The brand's table as one row a retailer and SKU, for the planned weeks.

    `promo_multiplier` is what prices and promotions of the planned weeks do to revenue, over
    what they did on average in the weeks that the curves were fitted on: units go as
    lift x (price paid / usual price) ^ elasticity. `margin_rate` and `price` are averages over
    the units so expected; unit contribution is wholesale - cost of goods - promotion funding.

    Args:
        path: `brand_private.parquet`.

    Raises:
        InputError: It is not such a table, or has no planned week.
    """
    with connect() as connection, no_values():
        try:
            rows = connection.execute(_SQL.format(path=quote(path))).fetchall()
        except duckdb.BinderException:
            raise InputError(
                f"{path} is not a brand's private table.", hint="`rmnctl simulate` writes one."
            ) from None
    if not rows:
        raise InputError(f"{path} has no planned week (in_horizon).")
    names = ("retailer_id", "sku_id", *VIEW)
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


_SQL = """
WITH weeks AS (
    SELECT retailer_id, sku_id, in_horizon, stock_units,
        CASE WHEN promo_flag THEN promo_price ELSE price END::DOUBLE AS paid,
        avg(price::DOUBLE) FILTER (NOT in_horizon) OVER (PARTITION BY retailer_id, sku_id) AS usual,
        CASE WHEN promo_flag THEN promo_lift ELSE 1.0 END AS lift, price_elasticity AS elasticity,
        (wholesale_price - unit_cogs - CASE WHEN promo_flag THEN promo_funding ELSE 0 END)::DOUBLE
            AS contribution
    FROM read_parquet({path})),
moved AS (
    SELECT *, coalesce(lift * pow(paid / coalesce(usual, paid), elasticity), 1.0) AS units
    FROM weeks)
SELECT retailer_id, sku_id,
    sum(units * contribution) FILTER (in_horizon) / sum(units * paid) FILTER (in_horizon)
        AS margin_rate,
    sum(units * paid) FILTER (in_horizon) / sum(units) FILTER (in_horizon) AS price,
    max(stock_units) FILTER (in_horizon)::DOUBLE AS stock_units,
    coalesce(avg(units * paid) FILTER (in_horizon) / avg(units * paid) FILTER (NOT in_horizon), 1.0)
        AS promo_multiplier
FROM moved GROUP BY retailer_id, sku_id HAVING count(*) FILTER (in_horizon) > 0
ORDER BY retailer_id, sku_id
"""


def with_private(curves: pa.Table, view: pa.Table) -> pa.Table:
    """Curves with what the view knows of their SKUs.

    Raises:
        InputError: A cell's SKU is not in the view.
    """
    known = {(r["retailer_id"], r["sku_id"]): r for r in view.to_pylist()}
    keys = list(zip(curves["retailer_id"].to_pylist(), curves["sku_id"].to_pylist(), strict=True))
    missing = sorted({key for key in keys if key not in known})
    if missing:
        raise InputError(f"The private table lacks {len(missing)} of the planned SKUs.")
    for name in VIEW:
        values: list[Any] = [known[key][name] for key in keys]
        curves = curves.append_column(name, pa.array(values, pa.float64()))
    return curves


def with_priors(curves: pa.Table, margin_rate: float) -> pa.Table:
    """Curves with the same public margin for every SKU, and nothing known of stock or prices."""
    margin = pa.array([margin_rate] * curves.num_rows, pa.float64())
    return curves.append_column("margin_rate", margin)

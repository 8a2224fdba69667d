"""What is known of SKUs beside their curves, joined to the curves: the view of an arm.

A view has one row a retailer and SKU: `retailer_id`, `sku_id` and the columns of `VIEW`, null
where something is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rmnctl.errors import InputError

#: Columns of a view, by retailer and SKU.
VIEW = ("margin_rate", "price", "stock_units", "promo_multiplier")
VIEW_KEY = ("retailer_id", "sku_id")
VIEW_SCHEMA = "private_view/v1"


def with_view(curves: pa.Table, view: pa.Table) -> pa.Table:
    """Curves with what the view knows of their SKUs.

    Args:
        curves: `curves/v1`.
        view: One row a retailer and SKU.

    Raises:
        InputError: The view lacks a column, or a cell's SKU.
    """
    absent = [name for name in (*VIEW_KEY, *VIEW) if name not in view.column_names]
    if absent:
        raise InputError(f"The private view lacks the column {', '.join(absent)}.")
    known = {tuple(r[k] for k in VIEW_KEY): r for r in view.to_pylist()}
    keys = list(zip(*(curves[k].to_pylist() for k in VIEW_KEY), strict=True))
    missing = {key for key in keys if key not in known}
    if missing:
        raise InputError(f"The private table lacks {len(missing)} of the planned SKUs.")
    rows: list[Mapping[str, Any]] = [known[key] for key in keys]
    for name in VIEW:
        curves = curves.append_column(name, pa.array([r[name] for r in rows], pa.float64()))
    return curves

"""`curves/v1` as checked arrays: one cell a row, with everything a plan needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from rmnctl.errors import ConfigError, InputError, did_you_mean
from rmnctl.planning.columns import Codes, Reader, load, same_group
from rmnctl.planning.families import FAMILIES, Curves
from rmnctl.planning.request import Objective, PlanRequest, Scope

CURVES_SCHEMA = "curves/v1"
KEY = ("retailer_id", "placement_type", "sku_id")
_NEEDED = (*KEY, "family", "a", "c")
_WHAT = "curves"


@dataclass(frozen=True)
class Cells:
    """The cells of a plan, n rows; NaN where something is not known.

    They stand in the order of their numbers, ties by name: so neither the order of rows nor
    the choice of names has a part in the plan.

    Attributes:
        retailer, placement, sku: Text columns.
        week: Text column, or None where curves cover the whole horizon.
        curves: r(x) before the promotion multiplier, shape (n, D).
        multiplier: Promotion multiplier of r.
        margin_rate: Unit contribution over retail price.
        revenue_per_conversion: Money.
        attributed_ratio: Attributed over incremental revenue.
        price: Retail price, money.
        stock: Units left of the cell's retailer and SKU; NaN is unlimited.
        least, most: Bounds of spend, money; `most` is infinite where none is given.
        a_sd, c_sd: Standard errors of a and c.
        currency: ISO code, or None.
    """

    retailer: Codes
    placement: Codes
    sku: Codes
    week: Codes | None
    curves: Curves
    multiplier: np.ndarray
    margin_rate: np.ndarray
    revenue_per_conversion: np.ndarray
    attributed_ratio: np.ndarray
    price: np.ndarray
    stock: np.ndarray
    least: np.ndarray
    most: np.ndarray
    a_sd: np.ndarray
    c_sd: np.ndarray
    currency: str | None

    def __len__(self) -> int:
        return len(self.least)

    def scope(self, scope: Scope) -> Codes:
        """The column that limits of a scope refer to."""
        return {
            Scope.RETAILER: self.retailer,
            Scope.PLACEMENT: self.placement,
            Scope.SKU: self.sku,
        }[scope]

    def key_columns(self) -> list[Codes]:
        """The columns that identify a cell."""
        key = [self.retailer, self.placement, self.sku]
        return key if self.week is None else [*key, self.week]

    def take(self, index: np.ndarray) -> Cells:
        """Some cells, in the order of `index`."""

        def part(value: Any) -> Any:
            return (
                value.take(index)
                if isinstance(value, Codes | Curves)
                else (value[index] if isinstance(value, np.ndarray) else value)
            )

        return replace(self, **{f.name: part(getattr(self, f.name)) for f in fields(self)})


def read_curves(path: Path) -> pa.Table:
    """Read `curves/v1` from Parquet or CSV.

    Args:
        path: The file.

    Returns:
        The table as it stands; `plan` checks it against the request.

    Raises:
        InputError: It cannot be read, or a needed column is missing.
    """
    table = load(path, "curves")
    Reader(table, str(path)).require(_NEEDED)
    return table


def read_cells(table: pa.Table, request: PlanRequest) -> Cells:
    """Check curves and keep those of the requested retailers.

    Args:
        table: `curves/v1`.
        request: Names the retailers and decides which columns are needed.

    Raises:
        InputError: With every fault of the table by column and row.
        ConfigError: The request names what the table does not have.
    """
    reader = Reader(table, _WHAT)
    reader.require(_NEEDED)
    retailer, placement, sku = (reader.codes(name) for name in KEY)
    week = reader.codes("week") if "week" in table.column_names else None
    cells = Cells(
        retailer,
        placement,
        sku,
        week,
        curves=_curves(reader),
        multiplier=_or(reader.positive("promo_multiplier", required=False, zero=True), 1.0),
        margin_rate=reader.numbers("margin_rate"),
        revenue_per_conversion=reader.positive("revenue_per_conversion", required=False),
        attributed_ratio=reader.positive("attributed_ratio", required=False, zero=True),
        price=reader.positive("price", required=False),
        stock=reader.positive("stock_units", required=False, zero=True),
        least=_or(reader.positive("min_spend", required=False, zero=True), 0.0),
        most=_or(reader.positive("max_spend", required=False, zero=True), np.inf),
        a_sd=reader.positive("a_sd", required=False, zero=True),
        c_sd=reader.positive("c_sd", required=False, zero=True),
        currency=_currency(reader, request),
    )
    wanted = _wanted(cells, request)
    _check(reader, cells, request, wanted)
    reader.conclude(hint="docs/planning.md lists the columns of curves/v1 and their units.")
    kept = cells.take(np.flatnonzero(wanted))
    _check_names(kept, request)
    check_minima(kept, request)
    return kept.take(_canonical(kept))


def _or(values: np.ndarray, default: float) -> np.ndarray:
    return np.where(np.isnan(values), default, values)


def _curves(reader: Reader) -> Curves:
    family = reader.codes("family")
    known = np.array([name in FAMILIES for name in family.names])
    reader.fault_where(~known[family.code], f"family: not one of {', '.join(FAMILIES)}")
    a = reader.positive("a", required=True, zero=True)
    c = reader.positive("c", required=True)
    shape = reader.positive("shape", required=False)
    power = np.array([name in {"hill", "s_curve"} for name in family.names])[family.code]
    reader.fault_where(power & np.isnan(shape), "shape: missing for a hill or s_curve")
    return Curves(a[:, None], c[:, None], np.where(power, shape, np.nan)[:, None])


def _currency(reader: Reader, request: PlanRequest) -> str | None:
    if "currency" not in reader.table.column_names:
        return request.currency
    found = reader.codes("currency").names
    if len(found) > 1:
        reader.faults.append(f"currency: {len(found)} mixed currencies; a plan needs one")
        return None
    if request.currency is not None and found != (request.currency,):
        raise ConfigError(f"currency: the request says {request.currency}, the curves {found[0]}.")
    return found[0]


def _wanted(cells: Cells, request: PlanRequest) -> np.ndarray:
    if not request.retailers:
        return np.ones(len(cells), dtype=bool)
    names = cells.retailer.names
    for position, name in enumerate(request.retailers):
        if name not in names:
            raise ConfigError(
                f"retailers.{position}: no curves for retailer {name}.",
                hint=did_you_mean(name, names),
            )
    named = np.array([n in request.retailers for n in names])
    return np.asarray(named[cells.retailer.code])


def _check(reader: Reader, cells: Cells, request: PlanRequest, wanted: np.ndarray) -> None:
    """What only shows when columns are seen together."""
    group = same_group([k.code for k in cells.key_columns()])
    repeated = np.bincount(group)[group] > 1
    reader.fault_where(
        repeated, f"{', '.join([*KEY, 'week'][: len(cells.key_columns())])}: duplicate cell"
    )
    reader.fault_where(cells.least > cells.most, "min_spend: above max_spend")
    reader.fault_where(
        cells.margin_rate > 1, "margin_rate: above 1; it is unit contribution over price"
    )
    stocked = ~np.isnan(cells.stock)
    reader.fault_where(stocked & np.isnan(cells.price), "price: missing where stock_units is given")
    shared = same_group([cells.retailer.code, cells.sku.code])
    code = _or(cells.stock, -1.0)
    low, high = np.full(shared.max() + 1, np.inf), np.full(shared.max() + 1, -np.inf)
    np.minimum.at(low, shared, code)
    np.maximum.at(high, shared, code)
    reader.fault_where((low < high)[shared], "stock_units: differs within one retailer and SKU")
    if request.objective is Objective.INCREMENTAL_MARGIN:
        missing = wanted & np.isnan(cells.margin_rate)
        reader.fault_where(missing, "margin_rate: missing, and the objective is incremental_margin")
    if request.objective is Objective.CONVERSIONS:
        missing = wanted & np.isnan(cells.revenue_per_conversion)
        reader.fault_where(
            missing, "revenue_per_conversion: missing, and the objective is conversions"
        )


def _check_names(cells: Cells, request: PlanRequest) -> None:
    for position, limit in enumerate(request.limits):
        column = cells.scope(limit.scope)
        names = [column.names[c] for c in np.unique(column.code)]
        if limit.id not in names:
            raise ConfigError(
                f"limits.{position}.id: no curves for {limit.scope} {limit.id}.",
                hint=did_you_mean(limit.id, names),
            )


def _canonical(cells: Cells) -> np.ndarray:
    """The order of cells by their numbers, ties by their names."""
    numbers = [
        cells.curves.a[:, 0],
        cells.curves.c[:, 0],
        _or(cells.curves.k[:, 0], -1.0),
        cells.multiplier,
        _or(cells.margin_rate, -9.0),
        _or(cells.price, -1.0),
        _or(cells.stock, -1.0),
        cells.least,
        cells.most,
    ]
    names = [k.code for k in cells.key_columns()]
    return np.lexsort((*reversed(names), *reversed(numbers)))


def check_minima(cells: Cells, request: PlanRequest) -> None:
    """A budget below what cells must get is a mistake of the request.

    Raises:
        InputError: The minima of the table sum to more than the budget, or a cell that must be
            on may not spend what an active cell has to.
    """
    torn = (cells.least > 0) & (cells.most < (request.active_min_spend or 0.0))
    if torn.any():
        raise InputError(
            f"active_min_spend: above the max_spend of {int(torn.sum())} cells that have a min_spend.",
            hint="Lower active_min_spend, or change min_spend and max_spend in the curves.",
        )
    least = float(cells.least.sum())
    if least > request.budget * (1 + 1e-9):
        count = int((cells.least > 0).sum())
        raise InputError(
            f"budget: {request.budget:,.2f} is below the sum of min_spend of {count} cells, "
            f"{least:,.2f}.",
            hint="Raise the budget or lower min_spend in the curves.",
        )

"""`curve_draws/v1`: joint draws of the curves, matched to the cells of a plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from rmnctl.planning.cells import KEY, Cells
from rmnctl.planning.columns import Codes, Reader
from rmnctl.planning.families import Curves

DRAWS_SCHEMA = "curve_draws/v1"


def with_draws(cells: Cells, table: pa.Table) -> Cells:
    """Put draws in the place of the point estimates.

    Args:
        cells: The cells of a plan.
        table: `curve_draws/v1`: the key columns, `draw`, `a`, `c` and optionally `shape`.

    Returns:
        The cells with curves of shape (n, D), draws in the order of their numbers.

    Raises:
        InputError: A parameter is wrong, or a cell lacks a draw.
    """
    reader = Reader(table, "curve draws")
    names = list(KEY) if cells.week is None else [*KEY, "week"]
    reader.require([*names, "draw", "a", "c"])
    a, c = (reader.positive(name, required=True, zero=name == "a") for name in ("a", "c"))
    shape = reader.positive("shape", required=False)
    draws, draw = np.unique(reader.numbers("draw"), return_inverse=True)
    cell = _match([reader.codes(n) for n in names], cells.key_columns())
    reader.conclude()
    place = cell * len(draws) + draw
    inside = cell >= 0
    count = np.bincount(place[inside], minlength=len(cells) * len(draws)).reshape(len(cells), -1)
    if (count != 1).any():
        bad = int((count != 1).any(axis=1).sum())
        reader.faults.append(f"draw: {bad} cells do not have each of the {len(draws)} draws once")
    reader.conclude()

    def spread(values: np.ndarray, fallback: np.ndarray) -> np.ndarray:
        out = np.empty(len(cells) * len(draws))
        out[place[inside]] = values[inside]
        full = out.reshape(len(cells), len(draws))
        return np.where(np.isnan(full), fallback, full)

    # Draws without a shape keep that of the point estimate.
    k = spread(shape, cells.curves.k)
    k = np.where(np.isnan(cells.curves.k), np.nan, k)
    curves = Curves(spread(a, cells.curves.a), spread(c, cells.curves.c), k)
    return replace(cells, curves=curves)


def _match(columns: list[Codes], keys: list[Codes]) -> np.ndarray:
    """Position of each row among the cells, -1 where it is none of them."""
    size = len(keys[0].code)
    row, cell = np.zeros(len(columns[0].code), dtype=np.int64), np.zeros(size, dtype=np.int64)
    known = np.ones(len(row), dtype=bool)
    for column, key in zip(columns, keys, strict=True):
        place = {name: i for i, name in enumerate(key.names)}
        code = np.array([place.get(name, -1) for name in column.names])[column.code]
        known &= code >= 0
        row = row * len(key.names) + np.maximum(code, 0)
        cell = cell * len(key.names) + key.code
    order = np.argsort(cell)
    found = np.clip(np.searchsorted(cell[order], row), 0, size - 1)
    hit = known & (cell[order][found] == row)
    return np.where(hit, order[found], -1)


def match_cells(columns: list[Codes], cells: Cells) -> np.ndarray:
    """Position of each row of another table among the cells, -1 where it is none of them.

    Args:
        columns: retailer, placement and SKU (and week) of the rows.
        cells: The cells of a plan; without a week in `columns` the first week's cell is meant.
    """
    return _match(columns, cells.key_columns()[: len(columns)])

"""A linear model in arrays, ready for any solver, and how one is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class LinearModel:
    """Maximise `gain · v` with `row_low <= A v <= row_high`, `low <= v <= high`.

    Attributes:
        gain, low, high: By column.
        integer: Mask of binary columns.
        row_low, row_high: By row.
        start, index, entry: A by column (CSC).
        constant: Added to the objective.
        blocks: Where each kind of row starts and ends.
        columns: Where each kind of column starts and ends.
        cell, spend: Of each spend column: its cell, and spend of one unit of it.
        base: Spend of each cell before any column.
        arm: Arm of each spend column.
        rules: Names of the rows of block `rules`, the first is `budget`.
    """

    gain: np.ndarray
    low: np.ndarray
    high: np.ndarray
    integer: np.ndarray
    row_low: np.ndarray
    row_high: np.ndarray
    start: np.ndarray
    index: np.ndarray
    entry: np.ndarray
    constant: float
    blocks: dict[str, slice]
    columns: dict[str, slice]
    cell: np.ndarray
    spend: np.ndarray
    base: np.ndarray
    arm: np.ndarray
    rules: tuple[str, ...]

    def x(self, values: np.ndarray) -> np.ndarray:
        """Spend by cell."""
        used = values[self.columns["spend"]] * self.spend
        return self.base + np.bincount(self.cell, weights=used, minlength=len(self.base))

    def open_arms(self, values: np.ndarray, arms: int) -> np.ndarray:
        """How far each arm is chosen, by the weights of its points; 0 on arms without choice."""
        weight = np.where(
            np.isinf(self.high[self.columns["spend"]]), values[self.columns["spend"]], 0.0
        )
        return np.bincount(self.arm, weights=weight, minlength=arms)


@dataclass
class Draft:
    """A linear model while it is put together."""

    gain: list[np.ndarray] = field(default_factory=list)
    low: list[np.ndarray] = field(default_factory=list)
    high: list[np.ndarray] = field(default_factory=list)
    row_low: list[np.ndarray] = field(default_factory=list)
    row_high: list[np.ndarray] = field(default_factory=list)
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    blocks: dict[str, slice] = field(default_factory=dict)
    columns: dict[str, slice] = field(default_factory=dict)
    rows: int = 0
    width: int = 0

    def add_columns(
        self, name: str, gain: np.ndarray, low: float, high: np.ndarray | float
    ) -> np.ndarray:
        """Append columns; returns their positions."""
        count = len(gain)
        self.gain.append(gain)
        self.low.append(np.full(count, float(low)))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), (count,)))
        self.columns[name] = slice(self.width, self.width + count)
        self.width += count
        return np.arange(self.width - count, self.width)

    def add_rows(self, name: str, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Append rows; returns their positions."""
        self.row_low.append(np.asarray(low, dtype=float))
        self.row_high.append(np.asarray(high, dtype=float))
        self.blocks[name] = slice(self.rows, self.rows + len(low))
        self.rows += len(low)
        return np.arange(self.rows - len(low), self.rows)

    def put(self, rows: np.ndarray, columns: np.ndarray, entries: np.ndarray | float) -> None:
        """Set entries of A; the arrays are of one length."""
        values = np.broadcast_to(np.asarray(entries, dtype=float), rows.shape)
        self.entries.append((rows, columns, values))

    def finish(self, constant: float, integer: str | None, **extra: Any) -> LinearModel:
        """Everything in arrays."""
        row, column, entry = (np.concatenate(parts) for parts in zip(*self.entries, strict=True))
        kept = entry != 0
        row, column, entry = row[kept], column[kept], entry[kept]
        order = np.argsort(column, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=self.width))])
        mask = np.zeros(self.width, dtype=bool)
        if integer is not None and integer in self.columns:
            mask[self.columns[integer]] = True
        return LinearModel(
            np.concatenate(self.gain),
            np.concatenate(self.low),
            np.concatenate(self.high),
            mask,
            np.concatenate(self.row_low),
            np.concatenate(self.row_high),
            start,
            row[order],
            entry[order],
            constant,
            self.blocks,
            self.columns,
            **extra,
        )

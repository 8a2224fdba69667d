"""Exact amounts: integers in Python, DECIMAL(18,6) in Arrow."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

MONEY = pa.decimal128(18, 6)
MICROS_PER_CENT = 10_000


def decimals(micros: np.ndarray) -> pa.Array:
    """Millionths of a currency unit, (N,) integers, as DECIMAL(18,6) without passing a float."""
    low = np.ascontiguousarray(micros, dtype="<i8")
    words = np.empty((low.size, 2), dtype="<i8")
    words[:, 0] = low
    words[:, 1] = low >> 63  # two's complement: the high word repeats the sign
    return pa.Array.from_buffers(MONEY, low.size, [None, pa.py_buffer(words)])


def from_cents(cents: np.ndarray) -> pa.Array:
    """Cents as DECIMAL(18,6)."""
    return decimals(np.asarray(cents, dtype=np.int64) * MICROS_PER_CENT)


def from_units(amounts: np.ndarray) -> pa.Array:
    """Float amounts in currency units, rounded to the sixth decimal."""
    return decimals(np.rint(np.asarray(amounts) * 1e6).astype(np.int64))

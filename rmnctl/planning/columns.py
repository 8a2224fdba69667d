"""Columns of an Arrow table as checked arrays; every complaint names column and rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rmnctl.errors import InputError, did_you_mean

_SHOWN = 5
_NAMES = ("retailer_id", "placement_type", "sku_id", "week")


@dataclass(frozen=True)
class Codes:
    """A text column as numbers into its sorted distinct values.

    Attributes:
        code: Shape (rows,).
        names: The distinct values, sorted.
    """

    code: np.ndarray
    names: tuple[str, ...]

    def text(self) -> list[str]:
        """The column as text again."""
        return [self.names[c] for c in self.code.tolist()]

    def take(self, index: np.ndarray) -> Codes:
        """Some rows, in the order of `index`."""
        return Codes(self.code[index], self.names)


def load(path: Path, what: str) -> pa.Table:
    """A Parquet or CSV file as a table.

    Raises:
        InputError: It is missing or cannot be read.
    """
    import pyarrow.csv
    import pyarrow.parquet

    if not path.is_file():
        raise InputError(f"{path} does not exist or is not a file; {what} are expected there.")
    try:
        if path.suffix.lower() == ".csv":
            # Only an empty field is an unknown: NaN as a most spend would pass for no bound. Names
            # are text, else 007 would become 7.
            types = dict.fromkeys(_NAMES, pa.string())
            options = pyarrow.csv.ConvertOptions(null_values=[""], column_types=types)
            return pyarrow.csv.read_csv(path, convert_options=options)
        return pyarrow.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} cannot be read as {what}: not Parquet or CSV.") from error


def rows_text(bad: np.ndarray) -> str:
    """`row 3` or `rows 3, 7 and 12 more` from a mask over rows, counted from 1."""
    found = np.flatnonzero(bad) + 1
    shown = ", ".join(str(r) for r in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"row{'s' if len(found) > 1 else ''} {shown}{more}"


class Reader:
    """Reads columns and collects what is wrong with them.

    Args:
        table: Where the columns are.
        what: What to call the table in messages.
    """

    def __init__(self, table: pa.Table, what: str) -> None:
        self.table = table
        self.what = what
        self.faults: list[str] = []

    def require(self, names: Sequence[str]) -> None:
        """Stop at once where columns are missing or there are no rows.

        Raises:
            InputError: Naming the columns.
        """
        missing = [n for n in names if n not in self.table.column_names]
        if missing:
            near = did_you_mean(missing[0], self.table.column_names)
            raise InputError(f"{self.what}: missing column {', '.join(missing)}.", hint=near)
        if self.table.num_rows == 0:
            raise InputError(f"{self.what}: there are no rows, so nothing to plan with.")

    def codes(self, name: str) -> Codes:
        """A text column; empty cells are a fault."""
        column = self.table[name].combine_chunks().cast(pa.string())
        self.fault_where(pc.fill_null(pc.equal(column, ""), fill_value=True), f"{name}: empty")
        coded = pc.fill_null(column, "").dictionary_encode()
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        words = coded.dictionary.to_pylist()
        order = sorted(range(len(words)), key=lambda i: words[i])
        place = np.empty(len(words), dtype=np.int64)
        place[order] = np.arange(len(words))
        return Codes(place[coded.indices.to_numpy()], tuple(words[i] for i in order))

    def numbers(self, name: str) -> np.ndarray:
        """A numeric column as floats; NaN where empty or where there is no such column."""
        if name not in self.table.column_names:
            return np.full(self.table.num_rows, np.nan)
        column = self.table[name]
        try:
            values = column.cast(pa.float64())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            self.faults.append(f"{name}: not numbers")
            return np.full(self.table.num_rows, np.nan)
        numbers: np.ndarray = values.to_numpy()
        empty = values.is_null().to_numpy()
        self.fault_where(~np.isfinite(numbers) & ~empty, f"{name}: NaN or infinite")
        return numbers

    def positive(self, name: str, *, required: bool, zero: bool = False) -> np.ndarray:
        """A numeric column that must be above 0 (or at least 0)."""
        values = self.numbers(name)
        self.fault_where(
            values < 0 if zero else values <= 0,
            f"{name}: negative" if zero else f"{name}: not above 0",
        )
        if required and name in self.table.column_names:
            self.fault_where(self.table[name].is_null(), f"{name}: missing")
        return values

    def fault_where(self, bad: np.ndarray | pa.Array, complaint: str) -> None:
        """Note a complaint with its rows, if any row is bad."""
        mask = (
            bad
            if isinstance(bad, np.ndarray)
            else np.asarray(
                bad.to_numpy(zero_copy_only=False) if isinstance(bad, pa.Array) else bad.to_numpy()
            )
        )
        if mask.any():
            self.faults.append(f"{complaint} in {rows_text(mask)}")

    def conclude(self, hint: str | None = None) -> None:
        """Raise everything that was found, at once.

        Raises:
            InputError: One line a fault.
        """
        if self.faults:
            count = f"{len(self.faults)} fault{'s' if len(self.faults) > 1 else ''}"
            raise InputError(
                f"{self.what}: {count}:\n  " + "\n  ".join(self.faults),
                hint=hint,
                details={"faults": self.faults},
            )


def same_group(columns: Sequence[np.ndarray]) -> np.ndarray:
    """A number for each distinct combination of values, in the order of first appearance."""
    joined = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, code = np.unique(column, return_inverse=True)
        joined = np.unique(joined * len(values) + code, return_inverse=True)[1]
    _, first, code = np.unique(joined, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[code]

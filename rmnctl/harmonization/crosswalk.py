"""One item, many numbers: GTINs read safely, and network item numbers tied to the brand's SKU.

Numbers are text throughout. Where one network number stands for two SKUs it is joined to
neither, and the conflict is reported: a wrong join moves money between products.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pac

from rmnctl import rmis
from rmnctl.errors import InputError
from rmnctl.tables import quote

if TYPE_CHECKING:
    import duckdb

_COLUMNS = ("sku_id", "gtin14", "retailer_id", "retailer_item_id")


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _read_gtins(texts: pa.ChunkedArray | pa.Array) -> pa.Array:
    # A report repeats few numbers many times: each is read once a batch.
    coded = pac.dictionary_encode(_flat(texts))
    outcomes = [
        None if text is None else _outcome(rmis.normalise(text))
        for text in coded.dictionary.to_pylist()
    ]
    return pac.take(pa.array(outcomes, pa.string()), coded.indices)


def _outcome(gtin: rmis.Gtin) -> str | None:
    if gtin.gtin14 is not None:
        return gtin.gtin14
    if gtin.fault in {rmis.GtinFault.RESTRICTED, rmis.GtinFault.AMBIGUOUS}:
        return None  # no fault of the row, but not to be joined on
    return "!" + (gtin.fault.name if gtin.fault else "")


def register_gtin(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the SQL function `rmnctl_gtin`: 14 digits, null, or `!` and the name of the fault."""
    from duckdb.func import FunctionNullHandling, PythonUDFType

    connection.create_function(
        "rmnctl_gtin",
        _read_gtins,
        ["VARCHAR"],
        "VARCHAR",
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,  # a number not to be joined on becomes null
        side_effects=False,
    )


def _lookup(known: Mapping[tuple[str, str], str]) -> Callable[..., pa.Array]:
    def find(retailers: pa.Array, items: pa.Array) -> pa.Array:
        pairs = zip(*(_flat(column).to_pylist() for column in (retailers, items)), strict=True)
        return pa.array([known.get(pair) for pair in pairs], pa.string())

    return find


def load_crosswalk(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Any]:
    """Add the SQL function `rmnctl_sku(retailer_id, item)` from a product list.

    A function, because a join would lose the order of rows.

    Args:
        connection: Where the function is made.
        path: CSV or Parquet with columns sku_id, gtin14, retailer_id, retailer_item_id, one
            row an item and retailer.

    Returns:
        How many items, and how many numbers were left out because two SKUs claim them.

    Raises:
        InputError: The file cannot be read or lacks a column.
    """
    import duckdb as engine

    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    options = "" if reader == "read_parquet" else ", header = true, all_varchar = true"
    try:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE products AS SELECT "
            f"{', '.join(f'{c}::VARCHAR AS {c}' for c in _COLUMNS)} "
            f"FROM {reader}({quote(path)}{options})"
        )
    except engine.Error as error:
        raise InputError(
            f"{path} cannot be read as a product list.",
            hint=f"It needs the columns {', '.join(_COLUMNS)}.",
        ) from error
    numbers = (
        "SELECT DISTINCT retailer_id, retailer_item_id AS item, sku_id FROM products "
        "WHERE retailer_item_id IS NOT NULL UNION SELECT DISTINCT retailer_id, gtin14, sku_id "
        "FROM products WHERE gtin14 IS NOT NULL"
    )
    found = connection.execute(
        "SELECT retailer_id, item, any_value(sku_id), count(DISTINCT sku_id) "
        f"FROM ({numbers}) GROUP BY retailer_id, item"
    ).fetchall()
    known = {(retailer, item): sku for retailer, item, sku, claims in found if claims == 1}
    from duckdb.func import FunctionNullHandling, PythonUDFType

    connection.create_function(
        "rmnctl_sku",
        _lookup(known),
        ["VARCHAR", "VARCHAR"],
        "VARCHAR",
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
        side_effects=False,
    )
    return {"numbers": len(known), "conflicts": len(found) - len(known)}

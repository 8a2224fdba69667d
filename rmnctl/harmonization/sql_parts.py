"""Small pieces of SQL that a transform is put together from."""

from __future__ import annotations

from rmnctl.tables import quote

#: What a cell of a total row says.
TOTAL_WORDS = (
    *("total", "totals", "grand total", "subtotal", "sub-total", "sum", "summary", "overall"),
    *("gesamt", "gesamtsumme", "summe", "totale", "total général", "total general", "somme"),
    *("suma", "razem", "totaal", "totalt", "toplam", "итого", "всего", "合計", "総計", "合计"),
    *("总计", "總計", "합계", "총계", "all campaigns", "report total"),
)


def constant(value: str | None) -> str:
    """A text that is the same in every row, as an ENUM: DuckDB encodes it once, not per row."""
    return f"CAST({'NULL' if value is None else quote(value)} AS ENUM({quote(value or '')}))"


def flag(bit: int, test: str, costly: str | None = None) -> str:
    """`bit` where the tests hold. A costly one stands in a CASE of its own: AND runs both."""
    inner = str(bit) if costly is None else f"CASE WHEN {costly} THEN {bit} ELSE 0 END"
    return f"CASE WHEN {test} THEN {inner} ELSE 0 END"


def as_key(column: str) -> str:
    """A key column as text; unknown is empty."""
    return f"coalesce({column}::VARCHAR, '')"


def integer(value: int | None, sql_type: str) -> str:
    """A whole number or null of that type."""
    return f"{'NULL' if value is None else value}::{sql_type}"

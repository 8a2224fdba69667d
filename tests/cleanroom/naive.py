"""The clean room that people build first: aggregates over live events, HAVING count(*) >= k.

Kept to show that each attack works where nothing but a threshold stands in its way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb


class NaiveRoom:
    """Sums over events, groups of fewer than `k` records left out."""

    def __init__(self, events: Path, k: int = 100) -> None:
        self.k = k
        self._connection = duckdb.connect()
        self._connection.execute(f"CREATE TABLE events AS FROM read_parquet('{events}')")

    def total(self, what: str = "sum(revenue)", where: str = "true") -> Any:
        """One aggregate of what a condition selects; None below the threshold."""
        rows = self._connection.execute(
            f"SELECT {what} FROM events WHERE {where} HAVING count(*) >= {self.k}"
        ).fetchall()
        return rows[0][0] if rows else None

    def by(self, key: str, what: str = "sum(revenue)", where: str = "true") -> dict[str, Any]:
        """One aggregate by a column."""
        return dict(
            self._connection.execute(
                f"SELECT {key}, {what} FROM events WHERE {where} "
                f"GROUP BY 1 HAVING count(*) >= {self.k}"
            ).fetchall()
        )

    def close(self) -> None:
        """Let go of the engine."""
        self._connection.close()

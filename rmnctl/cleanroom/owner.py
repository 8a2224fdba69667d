"""What the owner keeps for the next refresh: the data of each version, never in the run folder.

The run folder goes to the analyst; this folder stays. It holds a copy of the events a version
was made from, and for atoms whose numbers were held back, what those numbers were made of.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmnctl.cleanroom.atoms import group_name
from rmnctl.cleanroom.policy import COUNTS, EVENTS, Policy
from rmnctl.errors import RunError
from rmnctl.tables import copy_query, identifier, quote, replacing, sha256_file, write_json

if TYPE_CHECKING:
    import duckdb

_EVENTS = "events.parquet"
_REPORT = "owner_report.json"


@dataclass(frozen=True)
class OwnerFolder:
    """The owner's folder of one release run, `.owner/<run id>` in the history's folder."""

    path: Path

    @classmethod
    def of(cls, history: Path, run_id: str) -> OwnerFolder:
        """The folder of a run."""
        return cls(history / ".owner" / run_id)

    @property
    def events(self) -> Path:
        """The events the version was made from."""
        return self.path / _EVENTS

    @property
    def report(self) -> Path:
        """What the owner learns of the release."""
        return self.path / _REPORT

    def behind(self, group: Sequence[str]) -> Path:
        """Customers' parts of the atoms of a group that were held back."""
        return self.path / f"behind_{group_name(group)}.parquet"

    def keep_events(self, source: Path) -> None:
        """Copy the events here, readable by the owner alone."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        with replacing(self.events) as temporary:
            shutil.copyfile(source, temporary)
            temporary.chmod(0o600)

    def keep_behind(
        self, connection: duckdb.DuckDBPyConnection, policy: Policy, people: str | None
    ) -> None:
        """Write `behind_<group>`, with customers by name: hashes change with the engine.

        Args:
            connection: Holds the tables.
            policy: Says which groups there are.
            people: Table (e, name), or None where records have no customer.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        for group in policy.groups:
            # Sums of counts are 128 bits wide, which Parquet has no whole number for.
            columns = ", ".join(
                f"{m}::{'BIGINT' if m in COUNTS else 'DECIMAL(38,6)'} AS {m}"
                for m in dict.fromkeys((EVENTS, *group))
            )
            named = f"LEFT JOIN {people} USING (e)" if people else ""
            who = "name" if people else "e"
            copy_query(
                connection,
                f"SELECT b, s, {columns}, {who} AS customer FROM behind_{group_name(group)} {named} "
                f"ORDER BY b, s, customer",
                self.behind(group),
            )

    def load_behind(
        self, connection: duckdb.DuckDBPyConnection, policy: Policy, *, keyed: bool
    ) -> None:
        """Make `behind_before_<group>` from what was kept; empty where nothing was held back."""
        for group in policy.groups:
            name, path = group_name(group), self.behind(group)
            columns = ", ".join(dict.fromkeys((EVENTS, *group)))
            who = "CASE WHEN customer IS NULL THEN 0::UBIGINT ELSE hash(customer) END"
            source = f"SELECT b, s, e, {columns} FROM parts_before LIMIT 0"
            if path.is_file():
                source = (
                    f"SELECT b, s, {who if keyed else 'customer::UBIGINT'} AS e, {columns} "
                    f"FROM read_parquet({quote(path)})"
                )
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE behind_before_{name} AS {source}"
            ).fetchall()

    def open_events(self, sha256: str, run_id: str) -> Path:
        """The kept events.

        Raises:
            RunError: They are gone or were altered; without them no change can be judged.
        """
        if not self.events.is_file() or sha256_file(self.events) != sha256:
            raise RunError(
                f"The events that {run_id} was released from are not in {self.path}.",
                hint="Without them a change cannot be judged, so nothing new can be released. "
                "Restore the folder from the owner's backup.",
            )
        return self.events

    def forget_data(self) -> None:
        """Delete what only the next refresh needed; the report stays."""
        for path in self.path.glob("*.parquet"):
            path.unlink()

    def write_report(self, content: Mapping[str, Any]) -> None:
        """Write what the owner learns of the release; the analyst must not see it."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.report, dict(content))
        self.report.chmod(0o600)


def list_people(
    connection: duckdb.DuckDBPyConnection, policy: Policy, events: Path, before: OwnerFolder
) -> str:
    """Make the table `people` (e, name): which customer a hash stands for. Returns its name."""
    key = identifier(policy.entity_key or "")
    kept = [before.behind(group) for group in policy.groups]
    sources = [(f"{key}::VARCHAR", events), *(("customer", p) for p in kept if p.is_file())]
    selects = " UNION ".join(
        f"SELECT DISTINCT hash({column}) AS e, {column} AS name FROM read_parquet({quote(path)}) "
        f"WHERE {column} IS NOT NULL"
        for column, path in sources
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE people AS {selects}").fetchall()
    return "people"

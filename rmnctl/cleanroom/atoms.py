"""Atoms: the smallest cells a release speaks of, and the fixed rule that merges thin ones.

A block is one period of one placement. In a block each group of linked metrics has its own
atoms: the SKUs whose cell passes every rule stand for themselves, and all others together are
the block's remainder, released if it passes. So atoms of a group never share a row.
Which SKUs are named is decided once for a block and never changes: a SKU that left the
remainder later would be laid bare by the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rmnctl.cleanroom.contributions import OTHER
from rmnctl.cleanroom.policy import EVENTS, Policy
from rmnctl.cleanroom.rules import passing, statistics
from rmnctl.tables import one_row

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Kept:
    """How much of the rows a group's atoms hold; for the owner only.

    Attributes:
        named: Share of rows in atoms of their own.
        kept: Share of rows in released atoms, the remainders included.
    """

    named: float
    kept: float


def group_name(group: Sequence[str]) -> str:
    """Name of a group's tables."""
    return group[0]


def count_cells(connection: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Make `cells`: the statistics of every (block, SKU) of `parts`, all metrics in one pass."""
    metrics = [m for group in policy.groups for m in group]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE cells AS {statistics('parts', ('b', 's'), metrics)}"
    ).fetchall()


def name_cells(
    connection: duckdb.DuckDBPyConnection, policy: Policy, frozen: str | None = None
) -> None:
    """Make `named_<group>` (b, s): the SKUs that stand for themselves, for every group.

    Args:
        connection: Holds `parts` and `cells`.
        policy: The rules.
        frozen: Prefix of tables (b, s) with the atoms of an earlier release; their blocks keep
            the names they have.
    """
    for group in policy.groups:
        name = group_name(group)
        sql = f"SELECT b, s FROM ({passing(policy, group, 'cells', 'parts')}) WHERE s <> {OTHER}"
        if frozen is not None:
            old = f"{frozen}{name}"
            sql = (
                f"SELECT b, s FROM ({sql}) ANTI JOIN {old} USING (b) "
                f"UNION ALL SELECT b, s FROM {old} WHERE s <> {OTHER}"
            )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE named_{name} AS {sql}").fetchall()


def remainder(group: Sequence[str], parts: str) -> str:
    """SQL: each customer's part of the remainders of a group, over all unnamed SKUs."""
    sums = ", ".join(f"sum({m}) AS {m}" for m in dict.fromkeys((EVENTS, *group)))
    return (
        f"SELECT b, {OTHER} AS s, e, {sums} FROM {parts} "
        f"ANTI JOIN named_{group_name(group)} USING (b, s) GROUP BY b, e"
    )


def atom_parts(policy: Policy, group: Sequence[str], parts: str) -> str:
    """SQL: each customer's part of each atom of a group; `s` is the SKU or the remainder."""
    if policy.dimensions.sku_id is None:
        return f"SELECT * FROM {parts}"
    columns = ", ".join(dict.fromkeys((EVENTS, *group)))
    return (
        f"SELECT b, s, e, {columns} FROM {parts} SEMI JOIN named_{group_name(group)} USING (b, s) "
        f"UNION ALL SELECT * FROM ({remainder(group, parts)})"
    )


def release_atoms(connection: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Make `atoms_<group>` (b, s, rows, metrics): every atom that passes, with its values.

    `cells` and `named_<group>` must exist. Named cells are judged again, because a name of an
    earlier release may have lost what made it pass.
    """
    for group in policy.groups:
        name, values = group_name(group), ", ".join(group)
        own = (
            f"SELECT b, s, rows, {values} FROM cells "
            f"SEMI JOIN ({passing(policy, group, 'cells', 'parts')}) USING (b, s)"
        )
        if policy.dimensions.sku_id is None:
            sql = own
        else:
            rest = f"rest_{name}"
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {rest}_parts AS {remainder(group, 'parts')}"
            ).fetchall()
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {rest} AS "
                f"{statistics(f'{rest}_parts', ('b', 's'), group)}"
            ).fetchall()
            sql = (
                f"SELECT * FROM ({own}) SEMI JOIN named_{name} USING (b, s) UNION ALL "
                f"SELECT b, s, rows, {values} FROM {rest} "
                f"SEMI JOIN ({passing(policy, group, rest, f'{rest}_parts')}) USING (b, s)"
            )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE atoms_{name} AS {sql}").fetchall()


def kept_shares(
    connection: duckdb.DuckDBPyConnection, policy: Policy, total: int
) -> dict[str, Kept]:
    """Share of `total` rows behind the released atoms of each group; for the owner only."""
    shares = {}
    for group in policy.groups:
        named, kept = one_row(
            connection,
            f"SELECT coalesce(sum(rows) FILTER (s <> {OTHER}), 0), coalesce(sum(rows), 0) "
            f"FROM atoms_{group_name(group)}",
        )
        if policy.dimensions.sku_id is None:
            named = kept
        shares["+".join(group)] = Kept(int(named) / max(total, 1), int(kept) / max(total, 1))
    return shares

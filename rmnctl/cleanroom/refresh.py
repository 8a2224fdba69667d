"""A refresh changes a released number only where the change itself passes every rule.

Whoever holds two versions knows their difference. So the rows that differ are judged as a cell
of their own: too few customers, too few contributors or one who dominates, and the atom keeps
the number it had. What was published is compared with what would be, customer by customer;
where earlier refreshes were held back, that is the data of the version that was last let through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rmnctl.cleanroom.atoms import atom_parts, group_name
from rmnctl.cleanroom.policy import EVENTS, Policy

if TYPE_CHECKING:
    import duckdb


def hold_back(connection: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Settle `atoms_<group>` against an earlier release; make `behind_<group>`.

    Needs `before_<group>` (b, s, rows, metrics), the released atoms; `behind_before_<group>`
    (b, s, e, metrics), the customers' parts of atoms that were held back then; `parts_before`,
    the contributions of the data of that release; `parts`, those of today.

    Afterwards `atoms_<group>` holds what is released now, and `behind_<group>` what the atoms
    that were held back are made of, for the next refresh.
    """
    for group in policy.groups:
        name = group_name(group)
        _published_parts(connection, policy, group)
        _changes(connection, policy, group)
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE held_{name} AS
            SELECT b, s FROM before_{name}
            ANTI JOIN (SELECT b, s FROM atoms_{name} SEMI JOIN allowed_{name} USING (b, s))
                USING (b, s)
            """
        ).fetchall()
        columns = ", ".join(("b", "s", "rows", *group))
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE settled AS
            SELECT {columns} FROM atoms_{name} ANTI JOIN held_{name} USING (b, s)
            UNION ALL
            SELECT {columns} FROM before_{name} SEMI JOIN held_{name} USING (b, s)
            """
        ).fetchall()
        connection.execute(f"CREATE OR REPLACE TEMP TABLE atoms_{name} AS FROM settled").fetchall()
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE behind_{name} AS "
            f"SELECT * FROM published_{name} SEMI JOIN held_{name} USING (b, s)"
        ).fetchall()


def _published_parts(
    connection: duckdb.DuckDBPyConnection, policy: Policy, group: Sequence[str]
) -> None:
    """Make `published_<group>`: each customer's part of what each atom shows today."""
    name = group_name(group)
    columns = ", ".join(dict.fromkeys(("b", "s", "e", EVENTS, *group)))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE published_{name} AS
        SELECT {columns} FROM ({atom_parts(policy, group, "parts_before")})
        SEMI JOIN before_{name} USING (b, s)
        ANTI JOIN behind_before_{name} USING (b, s)
        UNION ALL SELECT {columns} FROM behind_before_{name}
        """
    ).fetchall()


def _changes(connection: duckdb.DuckDBPyConnection, policy: Policy, group: Sequence[str]) -> None:
    """Make `allowed_<group>` (b, s): the atoms whose change passes, or that did not change."""
    name = group_name(group)
    measures = tuple(dict.fromkeys((EVENTS, *group)))
    now = f"({atom_parts(policy, group, 'parts')})"
    differences = ", ".join(f"coalesce(n.{m}, 0) - coalesce(o.{m}, 0) AS {m}" for m in measures)
    differs = " OR ".join(f"coalesce(n.{m}, 0) <> coalesce(o.{m}, 0)" for m in measures)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE changes AS
        SELECT b, s, e, greatest(coalesce(n.{EVENTS}, 0), coalesce(o.{EVENTS}, 0)) AS touched,
            {differences}
        FROM (SELECT * FROM {now} SEMI JOIN before_{name} USING (b, s)) n
        FULL JOIN published_{name} o USING (b, s, e)
        WHERE {differs}
        """
    ).fetchall()
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE allowed_{name} AS
        SELECT b, s FROM before_{name} ANTI JOIN changes USING (b, s)
        UNION ALL
        SELECT b, s FROM (
            SELECT b, s, count(*) AS people, sum(touched) AS touched,
                {", ".join(_change_statistics(m) for m in group)}
            FROM changes GROUP BY b, s)
        WHERE people >= {_least_people(policy)} AND touched >= {policy.thresholds.min_records}
            AND {" AND ".join(_change_passes(policy, m) for m in group)}
        """
    ).fetchall()


def _least_people(policy: Policy) -> int:
    return max(policy.refresh.min_delta_entities, policy.thresholds.min_entities)


def _change_statistics(metric: str) -> str:
    return (
        f"count_if({metric} <> 0) AS {metric}_c, sum(abs({metric})) AS {metric}_a, "
        f"max(abs({metric}), 2) AS {metric}_2"
    )


def _change_passes(policy: Policy, metric: str) -> str:
    """Nobody's value changed, or enough people's did and none dominates the change."""
    share = policy.dominance.p_percent / 100.0
    rest = f"{metric}_a - {metric}_2[1] - coalesce({metric}_2[2], 0)"
    return (
        f"({metric}_c = 0 OR ({metric}_c >= {policy.thresholds.min_contributors} "
        f"AND ({rest})::DOUBLE >= {share!r} * {metric}_2[1]::DOUBLE))"
    )

"""The disclosure rules on a cell: enough records, customers and contributors, and no dominance.

All rules are closed under union for cells without common rows: what holds for each of several
atoms holds for their sum, so any sum of released atoms is as safe as the atoms (docs/cleanroom.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from rmnctl.cleanroom.policy import EVENTS, Policy


def statistics(source: str, keys: Sequence[str], metrics: Sequence[str]) -> str:
    """SQL: one row for each cell of `source`, whose rows are one customer's part of a cell.

    For a metric m: `m` its sum, `m_c` how many customers are not zero, `m_a` the sum of absolute
    parts, `m_x` the largest. Absolute parts, because refunds would hide a large customer.
    """
    parts = ", ".join(
        f"sum({m}) AS {m}, count_if({m} <> 0) AS {m}_c, sum(abs({m})) AS {m}_a, "
        f"max(abs({m})) AS {m}_x"
        for m in metrics
    )
    by = ", ".join(keys)
    return (
        f"SELECT {by}, count(*) AS people, sum({EVENTS})::BIGINT AS rows, {parts} "
        f"FROM {source} GROUP BY {by}"
    )


def many_enough(policy: Policy, group: Sequence[str]) -> str:
    """SQL condition on a row of `statistics`: the thresholds hold for every metric of a group."""
    t = policy.thresholds
    contributors = [f"{m}_c >= {t.min_contributors}" for m in group]
    return " AND ".join([f"rows >= {t.min_records}", f"people >= {t.min_entities}", *contributors])


def surely_not_dominated(policy: Policy, group: Sequence[str]) -> str:
    """SQL condition that implies the p-percent rule, from the largest part alone.

    The second largest is at most the largest; only cells that fail here need it looked up.
    """
    share = policy.dominance.p_percent / 100.0
    return " AND ".join(f"({m}_a - 2 * {m}_x)::DOUBLE >= {share!r} * {m}_x::DOUBLE" for m in group)


def not_dominated(policy: Policy, group: Sequence[str]) -> str:
    """SQL condition of the p-percent rule, where `m_2` lists the two largest parts."""
    share = policy.dominance.p_percent / 100.0
    return " AND ".join(
        f"({m}_a - {m}_2[1] - coalesce({m}_2[2], 0))::DOUBLE >= {share!r} * {m}_2[1]::DOUBLE"
        for m in group
    )


def passing(policy: Policy, group: Sequence[str], cells: str, parts: str) -> str:
    """SQL: the (b, s) of the cells whose metrics of a group may be released.

    Args:
        policy: The rules.
        group: Metrics that are released together.
        cells: Table with `statistics` by (b, s).
        parts: Table with one row for each customer of a cell; read for doubtful cells only.
    """
    listed = ", ".join(f"max(abs({m}), 2) AS {m}_2, sum(abs({m})) AS {m}_a" for m in group)
    return f"""
        SELECT b, s FROM {cells}
        WHERE {many_enough(policy, group)} AND {surely_not_dominated(policy, group)}
        UNION ALL
        SELECT b, s FROM (
            SELECT b, s, {listed} FROM {parts}
            SEMI JOIN (FROM {cells} WHERE {many_enough(policy, group)}
                       AND NOT ({surely_not_dominated(policy, group)})) USING (b, s)
            GROUP BY b, s)
        WHERE {not_dominated(policy, group)}
    """

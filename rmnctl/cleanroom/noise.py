"""Differential privacy per customer: noise drawn once for each atom and data version.

Each customer counts in a bounded number of atoms, and brings a clamped sum to each; so one
customer moves the vector of all atoms by at most `max_atoms_per_entity` clamps in all. Laplace
noise of that scale, from OpenDP's exact sampler on whole units, is added to every atom of the
public domain, empty ones included. Answers are post-processing: asking again draws nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmnctl.cleanroom.atoms import Kept, group_name
from rmnctl.cleanroom.calendar import Grain, period_of
from rmnctl.cleanroom.contributions import OTHER, Domains, Events, gather
from rmnctl.cleanroom.policy import COUNTS, EVENTS, DpConfig, Policy
from rmnctl.cleanroom.release import Built, DpStatement, Release
from rmnctl.errors import Failure, PolicyRefusal
from rmnctl.tables import one_row

if TYPE_CHECKING:
    import duckdb

#: Noise is whole numbers of these: single counts, hundredths of everything else.
_UNITS = dict.fromkeys(COUNTS, 1)
_UNIT = 100


def build_noisy(
    connection: duckdb.DuckDBPyConnection,
    events: Events,
    policy: Policy,
    domains: Domains,
    before: Release | None,
) -> Built:
    """Make noisy `atoms_*` over the whole public domain.

    Raises:
        PolicyRefusal: This version would spend more than `epsilon_total`.
        Failure: OpenDP is not installed.
    """
    assert policy.dp is not None  # noqa: S101  the policy's own validator saw to it
    spent = policy.dp.epsilon + (before.dp.epsilon_spent if before and before.dp else 0.0)
    if spent > policy.dp.epsilon_total * (1 + 1e-9):
        raise PolicyRefusal(
            f"The privacy budget of {policy.retailer} is used up.",
            hint="dp.epsilon_total bounds all data versions together; earlier ones stay usable.",
        )
    grain = Grain(policy.dimensions.date.grain)
    gather(connection, "parts", events, policy, domains, grain)
    _bound(connection, policy.dp)
    _whole_domain(connection, policy, domains, grain)
    scales: dict[str, float] = {}
    for metric in policy.metrics:
        scales[metric] = _add_noise(connection, metric, policy, policy.dp)
    for group in policy.groups:
        columns = ", ".join("NULL::BIGINT AS events" if m == EVENTS else m for m in group)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE atoms_{group_name(group)} AS "
            f"SELECT b, s, 0::BIGINT AS rows, {columns} FROM noisy"
        ).fetchall()
    kept, rows = one_row(
        connection,
        f"SELECT (SELECT coalesce(sum({EVENTS}), 0) FROM bounded), "
        f"(SELECT coalesce(sum({EVENTS}), 0) FROM parts)",
    )
    share = int(kept) / max(int(rows), 1)
    statement = DpStatement(
        epsilon=policy.dp.epsilon,
        epsilon_spent=round(spent, 12),
        scale=scales,
        max_atoms_per_entity=policy.dp.max_atoms_per_entity,
    )
    return Built(grain, int(rows), {"all": Kept(share, share)}, statement)


def _bound(connection: duckdb.DuckDBPyConnection, dp: DpConfig) -> None:
    """Make `bounded`: at most so many atoms of a customer, chosen by hash, sums clamped."""
    clamped = ", ".join(
        f"greatest({low!r}, least({high!r}, {m}::DOUBLE)) AS {m}"
        for m, (low, high) in sorted(dp.clamps.items())
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE bounded AS
        SELECT b, s, e, {EVENTS}, {clamped} FROM parts
        QUALIFY row_number() OVER (PARTITION BY e ORDER BY hash(b, s, e), b, s)
            <= {dp.max_atoms_per_entity}
        """
    ).fetchall()


def _whole_domain(
    connection: duckdb.DuckDBPyConnection, policy: Policy, domains: Domains, grain: Grain
) -> None:
    """Make `noisy` (b, s, metrics): the exact sums in whole units, 0 where nobody was."""
    dates = policy.dimensions.date
    first = last = 0
    if grain is not Grain.ALL and dates.from_ is not None and dates.to is not None:
        first, last = period_of(dates.from_, grain), period_of(dates.to, grain)
    codes = f"range({len(domains.skus)})" if domains.skus is not None else f"[{OTHER}]"
    sums = ", ".join(
        f"coalesce(sum(round({m} * {_UNITS.get(m, _UNIT)})), 0)::BIGINT AS {m}"
        for m in policy.metrics
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE noisy AS
        SELECT b, s, {sums} FROM (
            SELECT unnest(range({first * domains.width}, {(last + 1) * domains.width}))::INTEGER
                AS b) CROSS JOIN (SELECT unnest({codes})::INTEGER AS s)
        LEFT JOIN bounded USING (b, s) GROUP BY b, s ORDER BY b, s
        """
    ).fetchall()


def _add_noise(
    connection: duckdb.DuckDBPyConnection, metric: str, policy: Policy, dp: DpConfig
) -> float:
    """Replace a column of `noisy` by its noisy values; the Laplace scale in the metric's unit."""
    try:
        import opendp.prelude as odp
    except ImportError as error:
        raise Failure(
            "Mode dp needs OpenDP, which is not installed.", hint="pip install 'rmnctl[dp]'"
        ) from error
    import pyarrow as pa

    unit = _UNITS.get(metric, _UNIT)
    reach = max(abs(bound) for bound in dp.clamps[metric])
    # Rounding to whole units may add half a unit to each atom; the bound takes that in.
    sensitivity = dp.max_atoms_per_entity * int(-(-reach * unit // 1))
    epsilon = dp.epsilon / len(policy.metrics)
    scale = sensitivity / epsilon
    odp.enable_features("contrib")
    space = odp.vector_domain(odp.atom_domain(T=int)), odp.l1_distance(T=int)
    noise = space >> odp.m.then_laplace(scale=scale)
    if noise.map(sensitivity) > epsilon * (1 + 1e-6):
        raise Failure("OpenDP accounts more privacy loss than the policy allows.")
    rows = connection.execute(f"SELECT b, s, {metric} FROM noisy ORDER BY b, s").fetchall()
    drawn = noise([int(row[2]) for row in rows])
    connection.register(
        "drawn",
        pa.table(
            {"b": [r[0] for r in rows], "s": [r[1] for r in rows], "value": list(map(int, drawn))}
        ),
    )
    value = "value" if unit == 1 else f"(value / {unit}.0)::DECIMAL(18,6)"
    others = ", ".join(f"noisy.{m}" for m in policy.metrics if m != metric)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE noisier AS SELECT b, s, {value} AS {metric}"
        f"{', ' if others else ''}{others} FROM noisy JOIN drawn USING (b, s)"
    ).fetchall()
    connection.unregister("drawn")
    connection.execute("CREATE OR REPLACE TEMP TABLE noisy AS FROM noisier").fetchall()
    return round(scale / unit, 9)

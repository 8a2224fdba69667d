"""The release: the only table a clean room answers from, and what is public about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from rmnctl.cleanroom.atoms import (
    Kept,
    count_cells,
    group_name,
    kept_shares,
    name_cells,
    release_atoms,
)
from rmnctl.cleanroom.calendar import GRAINS, Grain, first_day, last_day, period_of, period_sql
from rmnctl.cleanroom.contributions import OTHER, Domains, Events, block_period, densest, gather
from rmnctl.cleanroom.policy import COUNTS, EVENTS, Policy
from rmnctl.config import ConfigModel, fingerprint_of
from rmnctl.tables import one_row, quote

if TYPE_CHECKING:
    import duckdb

RELEASE_SCHEMA = "release/v1"
META_SCHEMA = "release-meta/v1"
TABLE = "release.parquet"
META = "release.json"

#: A grain is fine enough to keep when so much of the rows stays …
ENOUGH_KEPT = 0.95
#: … and so much of them under the name of its own SKU.
ENOUGH_NAMED = 0.75


class Period(ConfigModel):
    """Days a release speaks of: whole periods, from the first released to the last."""

    from_: date = Field(alias="from", description="first day")
    to: date = Field(description="last day, inclusive")


class DpStatement(ConfigModel):
    """What the noise in a release costs and how large it is."""

    epsilon: float = Field(description="spent by this data version")
    epsilon_spent: float = Field(description="spent by all versions so far")
    scale: dict[str, float] = Field(description="Laplace scale of the noise in one atom")
    max_atoms_per_entity: int = Field(description="atoms a customer counts in")


class Release(ConfigModel):
    """What anybody may know of a release; artifact `release.json`."""

    schema_: Literal["release-meta/v1"] = Field("release-meta/v1", alias="schema")
    retailer: str = Field(description="whose data")
    version: int = Field(ge=1, description="grows by one with every release that changes a number")
    grain: Grain = Field(description="length of a period; frozen at the first release")
    period: Period | None = Field(description="days it speaks of; null: none, or grain all")
    placements: tuple[str, ...] | None = Field(description="public placements; null: not offered")
    skus: tuple[str, ...] | None = Field(description="public SKUs; null: not offered")
    metrics: tuple[str, ...] = Field(description="what may be summed")
    privacy_unit: Literal["customer", "record"] = Field(description="who the thresholds count")
    policy: Policy = Field(description="the rules, the stricter of retailer and global")
    policy_digest: str = Field(description="fingerprint of the policy")
    dp: DpStatement | None = Field(None, description="noise; null in mode atoms")
    previous: str | None = Field(description="digest of the version before; null: the first")
    table_sha256: str = Field(description="digest of release.parquet")

    @property
    def digest(self) -> str:
        """Fingerprint of the release: of its table and all that is public about it."""
        return fingerprint_of(self.plain())

    @property
    def domains(self) -> Domains:
        """The public values, in numbering order."""
        return Domains(self.placements, self.skus)


@dataclass(frozen=True)
class Built:
    """Atoms in the connection's tables, and what the owner learns of them."""

    grain: Grain
    rows: int
    shares: dict[str, Kept]
    dp: DpStatement | None = None


def build(
    connection: duckdb.DuckDBPyConnection,
    events: Events,
    policy: Policy,
    domains: Domains,
    grain: Grain,
    *,
    frozen: str | None = None,
) -> Built:
    """Make `parts`, `cells`, `named_*` and `atoms_*` for a grain."""
    gather(connection, "parts", events, policy, domains, grain)
    count_cells(connection, policy)
    name_cells(connection, policy, frozen)
    release_atoms(connection, policy)
    (rows,) = one_row(connection, f"SELECT coalesce(sum({EVENTS}), 0) FROM parts")
    return Built(grain, int(rows), kept_shares(connection, policy, int(rows)))


def build_automatic(
    connection: duckdb.DuckDBPyConnection, events: Events, policy: Policy, domains: Domains
) -> Built:
    """Build at the policy's grain, or at the one chosen by the fixed rule for `auto`."""
    return build_by_rule(
        policy,
        domains,
        lambda grain: densest(connection, events, policy, domains, grain),
        lambda grain: build(connection, events, policy, domains, grain),
    )


def build_by_rule(
    policy: Policy,
    domains: Domains,
    most: Callable[[Grain], tuple[float, float]],
    make: Callable[[Grain], Built],
) -> Built:
    """Build at the policy's grain, or at the one chosen by the fixed rule for `auto`.

    The rule: the finest grain at which every metric keeps 95 % of the rows, three quarters of
    them under their own SKU where SKUs are offered; where there is none, the finest at which
    the rows themselves keep 95 %; else all days together.

    Args:
        policy: The rules.
        domains: Tells whether SKUs are offered.
        most: Upper bounds of what a grain could keep, as `densest` gives them.
        make: Builds at a grain; the last call decides what is in the connection's tables.
    """
    chosen = policy.dimensions.date.grain
    if chosen != "auto":
        return make(Grain(chosen))
    kept: dict[Grain, float] = {}
    last: Built | None = None
    bounds = {grain: most(grain) for grain in GRAINS}
    for grain, (named, rows) in bounds.items():
        if rows < ENOUGH_KEPT or (domains.skus is not None and named < ENOUGH_NAMED):
            continue
        last = make(grain)
        if all(_fine(share, domains) for share in last.shares.values()):
            return last
        kept[grain] = last.shares[_rows_group(policy)].kept
    wanted = Grain.ALL
    for grain, (_, rows) in bounds.items():
        if rows < ENOUGH_KEPT:
            continue
        if grain not in kept:
            last = make(grain)
            kept[grain] = last.shares[_rows_group(policy)].kept
        if kept[grain] >= ENOUGH_KEPT:
            wanted = grain
            break
    return last if last is not None and last.grain is wanted else make(wanted)


def _fine(share: Kept, domains: Domains) -> bool:
    return share.kept >= ENOUGH_KEPT and (domains.skus is None or share.named >= ENOUGH_NAMED)


def _rows_group(policy: Policy) -> str:
    return next("+".join(g) for g in policy.groups if EVENTS in g)


def released_metrics(policy: Policy) -> tuple[str, ...]:
    """Columns of a release that hold numbers: the event count and the allowed metrics."""
    return (EVENTS, *(m for group in policy.groups for m in group if m != EVENTS))


def _rounded(metric: str, policy: Policy) -> str:
    step = policy.step(metric)
    kind = "BIGINT" if metric in COUNTS else "DECIMAL(18,6)"
    if step is None:
        return f"{metric}::{kind} AS {metric}"
    return f"(round({metric}::DOUBLE / {step!r}) * {step!r})::{kind} AS {metric}"


def table_sql(policy: Policy, domains: Domains, grain: Grain) -> str:
    """SQL: the release, one row for each (date, placement, SKU), in that order.

    `sku_id` is null for the remainder of a block, and where SKUs are not offered. A metric is
    null where it is withheld; a row without any number is not there at all.
    """
    keys = " UNION ".join(f"SELECT b, s FROM atoms_{group_name(g)}" for g in policy.groups)
    joins = " ".join(
        f"LEFT JOIN (SELECT b, s, {', '.join(g)} FROM atoms_{group_name(g)}) USING (b, s)"
        for g in policy.groups
    )
    metrics = ", ".join(_rounded(m, policy) for m in released_metrics(policy))
    placement = f"b - {block_period('b', domains)} * {domains.width}"
    return (
        f"SELECT {_date_of(domains, grain)} AS date, "
        f"{_name_of(domains.placements, placement)} AS placement_type, "
        f"{_name_of(domains.skus, 's')} AS sku_id, {metrics} "
        f"FROM ({keys}) {joins} ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3 NULLS FIRST"
    )


def _date_of(domains: Domains, grain: Grain) -> str:
    period = block_period("b", domains)
    if grain is Grain.ALL:
        return "NULL::DATE"
    if grain is Grain.MONTH:
        return f"make_date({period} // 12, {period} % 12 + 1, 1)"
    days = 7 if grain is Grain.WEEK else 1
    return f"(DATE '{first_day(0, Grain.DAY)}' + {period} * {days})"


def _name_of(values: Sequence[str] | None, code: str) -> str:
    if values is None:
        return "NULL::VARCHAR"
    listed = ", ".join(quote(v) for v in values)
    # Lists count from 1; the remainder's code is below every SKU's.
    return f"CASE WHEN {code} >= 0 THEN list_extract([{listed}], ({code} + 1)::BIGINT) END"


def load_atoms(
    connection: duckdb.DuckDBPyConnection,
    release: Release,
    table: Path,
    prefix: str,
    *,
    include_empty: bool = False,
) -> None:
    """Make `<prefix><group>` (b, s, rows, metrics) from a release's table."""
    domains = release.domains
    period = period_sql("date", release.grain) if release.grain is not Grain.ALL else "0"

    def code(values: tuple[str, ...] | None, column: str, otherwise: int) -> str:
        if values is None:
            return str(otherwise)
        listed = ", ".join(quote(v) for v in values)
        return f"coalesce(list_position([{listed}], {column}) - 1, {otherwise})"

    placement = code(domains.placements, "placement_type", 0)
    for group in release.policy.groups:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {prefix}{group_name(group)} AS "
            f"SELECT ({period} * {domains.width} + {placement})::INTEGER AS b, "
            f"{code(domains.skus, 'sku_id', OTHER)}::INTEGER AS s, 0::BIGINT AS rows, "
            f"{', '.join(group)} FROM read_parquet({quote(table)}) "
            f"WHERE {'true' if include_empty else f'{group[-1]} IS NOT NULL'}"
        ).fetchall()


def period_of_table(
    connection: duckdb.DuckDBPyConnection, table: Path, policy: Policy, grain: Grain
) -> Period | None:
    """The public period: as the policy says, else whole periods around what is released.

    Never the days of the data: a lone event at either end would show.
    """
    dates = policy.dimensions.date
    first, last = one_row(
        connection, f"SELECT min(date), max(date) FROM read_parquet({quote(table)})"
    )
    start, end = dates.from_ or first, dates.to or last
    if start is None or end is None or (grain is Grain.ALL and not (dates.from_ and dates.to)):
        return None
    if grain is Grain.ALL:
        return Period(from_=start, to=end)
    start = first_day(period_of(start, grain), grain)
    end = last_day(period_of(end, grain), grain)
    return Period(from_=start, to=end) if start and end else None


def settle_version(new: dict[str, Any], before: Release | None) -> Release:
    """The release's public document; nothing changed means the version before, byte for byte."""
    if before is None:
        return Release(**new, version=1, previous=None)
    same = Release(**new, version=before.version, previous=before.previous)
    if same == before:
        return same
    return Release(**new, version=before.version + 1, previous=before.digest)

"""What each party sees of a world, in memory: the same numbers that the commands would write.

Panels of released aggregates go through the clean room's own rules, and tests hold each source
to what `simulate`, `cleanroom release` and `harmonize` write to disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from rmnctl.cleanroom import Policy
from rmnctl.cleanroom.calendar import Grain, period_of
from rmnctl.cleanroom.contributions import OTHER, Domains
from rmnctl.cleanroom.release import Built, build_by_rule, build_gathered, table_sql
from rmnctl.errors import ConfigError
from rmnctl.market import World
from rmnctl.market.events import EventArrays, event_arrays
from rmnctl.market.money import decimals
from rmnctl.response import LiftTest, Panel, read_panel
from rmnctl.tables import connect, copy_query, quote

_MICROS = 1_000_000


@dataclass(frozen=True)
class Released:
    """One retailer's release of a world.

    Attributes:
        retailer: Whose.
        grain: Length of its periods.
        kept: Least share of rows in released atoms over the metrics.
        named: Least share of rows under their own SKU.
    """

    retailer: str
    grain: Grain
    kept: float
    named: float

    def plain(self) -> dict[str, float | str]:
        """As columns of a row."""
        return {"grain": self.grain.value, "kept": self.kept, "named": self.named}


def release_panel(world: World, policies: Sequence[Policy]) -> tuple[Panel, tuple[Released, ...]]:
    """Released aggregates of all retailers, as a panel.

    Args:
        world: The world.
        policies: One a retailer.

    Raises:
        ConfigError: A policy is in mode dp, whose noise cannot be drawn again for another arm.
    """
    every = sorted(sku.sku_id for sku in world.catalogue.skus)
    gathered = [_Gathering.of(world, policy) for policy in policies]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{g.policy.retailer}.parquet" for g in gathered]
        seen = [g.release(path) for g, path in zip(gathered, paths, strict=True)]
        if _cannot_be_joined(seen, world):
            # What auto chose for each alone does not go together; an owner would pin a grain.
            pinned = [g.pinned(Grain.WEEK) for g in gathered]
            seen = [g.release(path) for g, path in zip(pinned, paths, strict=True)]
        return read_panel(paths, every), tuple(seen)


def _cannot_be_joined(seen: Sequence[Released], world: World) -> bool:
    """Whether retailers' periods differ, or are too few to show any response."""
    grains = {released.grain for released in seen}
    days = world.catalogue.config.history_days
    return len(grains) > 1 or Grain.ALL in grains or (Grain.MONTH in grains and days < 8 * 31)


@dataclass(frozen=True)
class _Gathering:
    """One retailer's events with the numbers that a release gives to days and SKUs."""

    world: World
    policy: Policy
    domains: Domains
    events: list[EventArrays]
    placement_code: np.ndarray
    sku_code: np.ndarray
    days: np.ndarray

    @classmethod
    def of(cls, world: World, policy: Policy) -> _Gathering:
        if policy.mode == "dp":
            raise ConfigError(
                f"The policy of {policy.retailer} is in mode dp; compare plays mode atoms."
            )
        catalogue, dims = world.catalogue, policy.dimensions
        skus: tuple[str, ...] | None = None
        if dims.sku_id is not None:
            listed = dims.sku_id.domain
            skus = (
                listed
                if isinstance(listed, tuple)
                else tuple(sorted({s.sku_id for s in catalogue.skus}))
            )
        placements = dims.placement_type.domain if dims.placement_type else None
        domains = Domains(tuple(placements) if placements is not None else None, skus)
        names = [str(p) for p in catalogue.config.placements]
        return cls(
            world,
            policy,
            domains,
            list(event_arrays(world, policy.retailer)),
            _codes(domains.placements, names, 0),
            _codes(skus, [s.sku_id for s in catalogue.skus], OTHER),
            _public_days(world, policy),
        )

    def pinned(self, grain: Grain) -> _Gathering:
        """The same under a policy whose grain is fixed, if it was left to the rule."""
        dims = self.policy.dimensions
        if dims.date.grain != "auto":
            return self
        date = dims.date.model_copy(update={"grain": grain.value})
        dims = dims.model_copy(update={"date": date})
        return replace(self, policy=self.policy.model_copy(update={"dimensions": dims}))

    def release(self, path: Path) -> Released:
        """Release what the policy allows, and write it as a panel reads it."""
        policy = self.policy
        with connect(threads=1) as connection:

            def make(grain: Grain) -> Built:
                self.write_parts(connection, grain)
                return build_gathered(connection, policy, grain)

            built = build_by_rule(policy, self.domains, self.densest, make)
            ends = {Grain.DAY: "date", Grain.WEEK: "date + 6", Grain.MONTH: "last_day(date)"}
            copy_query(
                connection,
                f"SELECT {quote(policy.retailer)} AS retailer_id, placement_type, sku_id, date, "
                f"{ends.get(built.grain, 'NULL::DATE')} AS period_end, cost, revenue, conversions, "
                f"{quote(policy.currency) if policy.currency else 'NULL'} AS currency "
                f"FROM ({table_sql(policy, self.domains, built.grain)})",
                path,
            )
        shares = built.shares.values()
        return Released(
            policy.retailer,
            built.grain,
            kept=min(s.kept for s in shares),
            named=min(s.named for s in shares),
        )

    def _blocks(self, grain: Grain) -> np.ndarray:
        """(T, P) block of each day and placement; -1 outside the public domain."""
        catalogue = self.world.catalogue
        days = range(catalogue.config.history_days)
        period = np.array([period_of(catalogue.day(d), grain) for d in days])
        block = period[:, None] * self.domains.width + self.placement_code[None, :]
        inside = self.days[:, None] & (self.placement_code >= 0)[None, :]
        return np.where(inside, block, -1)

    def densest(self, grain: Grain) -> tuple[float, float]:
        """As `cleanroom.contributions.densest`, from visits: an event is a visit."""
        world, least = self.world, self.policy.thresholds.min_records
        retailer = world.catalogue.config.retailers.index(self.policy.retailer)
        block = self._blocks(grain)[:, :, None]
        sku = self.sku_code[None, None, :]
        inside = np.broadcast_to((block >= 0) & ((sku >= 0) | (self.domains.skus is None)), (
            *block.shape[:2], len(self.sku_code)))  # fmt: skip
        visits = world.reported.visits[:, retailer][inside]
        blocks, at = np.unique(np.broadcast_to(block, inside.shape)[inside], return_inverse=True)
        width = len(self.sku_code) + 1
        cell = at * width + np.broadcast_to(sku, inside.shape)[inside] + 1
        by_cell = np.bincount(cell, visits, len(blocks) * width).reshape(len(blocks), width)
        by_block = by_cell.sum(axis=1)
        total = float(by_block.sum())
        if not total:
            return 0.0, 0.0
        named = np.where(by_cell >= least, by_cell, 0).sum()
        return float(named / total), float(by_block[by_block >= least].sum() / total)

    def write_parts(self, connection: duckdb.DuckDBPyConnection, grain: Grain) -> None:
        """Make `parts` as `cleanroom.contributions.gather` would, from numbers."""
        block = self._blocks(grain)
        pieces = [self._summed(events, block) for events in self.events]
        joined = [np.concatenate(column) for column in zip(*pieces, strict=True)]
        # Pieces are weeks; only periods that cut them hold a customer of one cell twice.
        b, s, e, *sums = _grouped(joined[0], joined[1], joined[2], joined[3:])
        names = ("events", "impressions", "clicks", "conversions", "revenue", "cost")
        columns = dict(zip(names, sums, strict=True))
        columns["conversions"] = columns["conversions"] * _MICROS
        exact = {"conversions", "revenue", "cost"}
        parts = pa.table(
            {"b": pa.array(b, pa.int32()), "s": pa.array(s, pa.int32())}
            | {"e": pa.array(e.astype(np.uint64))}
            | {n: decimals(v) if n in exact else pa.array(v) for n, v in columns.items()}
        )
        connection.register("numbers", parts)
        connection.execute("CREATE OR REPLACE TEMP TABLE parts AS FROM numbers").fetchall()
        connection.unregister("numbers")

    def _summed(self, events: EventArrays, block: np.ndarray) -> tuple[np.ndarray, ...]:
        b = block[events.day, events.placement]
        s = self.sku_code[events.sku]
        inside = b >= 0
        if self.domains.skus is not None:
            inside &= s >= 0
        columns = (
            np.ones_like(events.clicks), events.impressions, events.clicks, events.conversions,
            events.revenue, events.cost,
        )  # fmt: skip
        if not inside.all():
            b, s = b[inside], s[inside]
            columns = tuple(c[inside] for c in columns)
        # Customers count from 1; who they are plays no part.
        return tuple(_grouped(b, s, events.shopper[inside].astype(np.int64) + 1, columns))


def _grouped(
    b: np.ndarray, s: np.ndarray, e: np.ndarray, columns: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Sums by block, SKU and customer, in that order."""
    if not len(b):
        return [b, s, e, *columns]
    wide, high = int(e.max()) + 1, int(s.max()) + 2
    key = ((b - b.min()).astype(np.int64) * high + (s + 1)) * wide + e
    if (key[1:] > key[:-1]).all():
        return [b, s, e, *columns]
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    first = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    head = order[first]
    return [b[head], s[head], e[head], *(np.add.reduceat(c[order], first) for c in columns)]


def _codes(values: tuple[str, ...] | None, names: Sequence[str], otherwise: int) -> np.ndarray:
    """Number of each name in a public domain; -1 outside it, `otherwise` where there is none."""
    if values is None:
        return np.full(len(names), otherwise)
    number = {value: i for i, value in enumerate(values)}
    return np.array([number.get(name, -1) for name in names])


def _public_days(world: World, policy: Policy) -> np.ndarray:
    """(T,) days of history that the policy speaks of."""
    dates, days = policy.dimensions.date, range(world.catalogue.config.history_days)
    every = [world.catalogue.day(d) for d in days]
    return np.array(
        [
            (dates.from_ is None or d >= dates.from_) and (dates.to is None or d <= dates.to)
            for d in every
        ]
    )


def event_panel(
    world: World, skus: Sequence[str] | None = None, *, reported_only: bool = False
) -> Panel:
    """Sums of all events by cell and Monday week, zeros written out: nothing is withheld.

    Args:
        world: The world; its stream adds up to `reported` exactly.
        skus: Whose; all by default. A brand's own reports add up to the same numbers once
            networks have restated them.
        reported_only: Leave out placements that no report of the market covers.
    """
    catalogue, reported = world.catalogue, world.reported
    config = catalogue.config
    chosen = sorted(skus if skus is not None else (k.sku_id for k in catalogue.skus))
    at = {k.sku_id: i for i, k in enumerate(catalogue.skus)}
    weeks = np.array([period_of(catalogue.day(d), Grain.WEEK) for d in range(config.history_days)])
    _, week = np.unique(weeks, return_inverse=True)
    monday = catalogue.day(0) - timedelta(days=catalogue.day(0).weekday())
    covered = {(e.retailer, p) for e in config.export_plan() for p in e.placements or ()}
    blocks = sorted(
        (retailer, str(placement), r, p)
        for r, retailer in enumerate(config.retailers)
        for p, placement in enumerate(config.placements)
        if not reported_only or (retailer, placement) in covered
    )

    def cells(values: np.ndarray, unit: float) -> np.ndarray:
        total = np.zeros((week[-1] + 1, *config.cells))
        np.add.at(total, week, values)
        rows = [total[:, r, p, at[s]] / unit for _, _, r, p in blocks for s in chosen]
        return np.stack(rows)

    nothing = np.full((len(blocks), week[-1] + 1), np.nan)
    return Panel(
        retailer=np.array([b[0] for b in blocks for _ in chosen], dtype=object),
        placement=np.array([b[1] for b in blocks for _ in chosen], dtype=object),
        sku=np.array([s for _ in blocks for s in chosen], dtype=object),
        block=np.repeat(np.arange(len(blocks)), len(chosen)),
        blocks=tuple((b[0], b[1]) for b in blocks),
        starts=tuple(monday + timedelta(days=7 * w) for w in range(week[-1] + 1)),
        days=7,
        spend=cells(reported.cost, 100.0),
        revenue=cells(reported.revenue, 100.0),
        conversions=cells(reported.orders, 1.0),
        rest_spend=nothing,
        rest_revenue=nothing,
        currency=config.currency,
    )


def lift_tests(world: World) -> tuple[LiftTest, ...]:
    """Past lift tests as everybody knows them."""
    catalogue, config = world.catalogue, world.catalogue.config
    return tuple(
        sorted(
            (
                LiftTest(
                    retailer=config.retailers[t.retailer],
                    placement=str(config.placements[t.placement]),
                    start=catalogue.day(t.first_day),
                    end=catalogue.day(t.first_day + t.days - 1),
                    iroas=t.estimate / max(t.spend, 1),
                    iroas_se=t.standard_error / max(t.spend, 1),
                )
                for t in world.lift_tests
            ),
            key=lambda t: (t.retailer, t.placement, t.start, t.end, t.iroas, t.iroas_se),
        )
    )

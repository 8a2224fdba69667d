"""What each party sees of a world, in memory: the same numbers that the commands would write.

Panels of released aggregates go through the clean room's own rules, and tests hold each source
to what `simulate`, `cleanroom release` and `harmonize` write to disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rmnctl.cleanroom import Policy
from rmnctl.cleanroom.calendar import Grain, first_day, last_day, period_of
from rmnctl.cleanroom.contributions import OTHER, Domains
from rmnctl.cleanroom.policy import EVENTS
from rmnctl.cleanroom.release import Built, build_by_rule
from rmnctl.comparison.atoms import MEASURES, Atoms, Parts, release_atoms
from rmnctl.errors import ConfigError
from rmnctl.market import World
from rmnctl.market.events import EventArrays, event_arrays
from rmnctl.response import LiftTest, Panel, read_panel

_MICROS = 1_000_000
_PANEL_COLUMNS = pa.schema(
    [
        ("retailer_id", pa.string()),
        ("placement_type", pa.string()),
        ("sku_id", pa.string()),
        ("date", pa.date32()),
        ("period_end", pa.date32()),
        ("cost", pa.float64()),
        ("revenue", pa.float64()),
        ("conversions", pa.float64()),
        ("currency", pa.string()),
    ]
)


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
        atoms: dict[tuple[str, ...], Atoms] = {}

        def make(grain: Grain) -> Built:
            pieces = self.parts(grain)
            found = [release_atoms(parts, self.policy) for parts in pieces]
            rows = sum(int(parts.sums[EVENTS].sum()) for parts in pieces)
            atoms.clear()
            atoms.update({g: Atoms.joined([f[g] for f in found]) for g in self.policy.groups})
            shares = {"+".join(g): a.shares(rows) for g, a in atoms.items()}
            return Built(grain, rows, shares)

        built = build_by_rule(self.policy, self.domains, self.densest, make)
        pq.write_table(self.table(built.grain, atoms), path)
        shares = built.shares.values()
        return Released(
            self.policy.retailer,
            built.grain,
            kept=min(s.kept for s in shares),
            named=min(s.named for s in shares),
        )

    def table(self, grain: Grain, atoms: Mapping[tuple[str, ...], Atoms]) -> pa.Table:
        """Released atoms in names: one row for each date, placement and SKU with any number."""
        known: dict[tuple[int, int], dict[str, float]] = {}
        for own in atoms.values():
            keys = zip(own.block.tolist(), own.sku.tolist(), strict=True)
            columns = [(m, self._amounts(m, v).tolist()) for m, v in own.values.items()]
            for number, key in enumerate(keys):
                row = known.setdefault(key, {})
                for name, values in columns:
                    row[name] = values[number]
        width, domains = self.domains.width, self.domains
        rows = [
            {
                "retailer_id": self.policy.retailer,
                "placement_type": domains.placements[b % width] if domains.placements else None,
                "sku_id": domains.skus[s] if domains.skus is not None and s >= 0 else None,
                "date": first_day(b // width, grain),
                "period_end": last_day(b // width, grain),
                "currency": self.policy.currency,
            }
            | {m: row.get(m) for m in ("cost", "revenue", "conversions")}
            for (b, s), row in sorted(known.items())
        ]
        return pa.Table.from_pylist(rows, schema=_PANEL_COLUMNS)

    def _amounts(self, metric: str, values: np.ndarray) -> np.ndarray:
        """Amounts as a release writes them, rounded where the policy asks for it."""
        exact = values / _MICROS if metric in {"revenue", "cost"} else values.astype(float)
        step = self.policy.step(metric)
        return exact if step is None else np.asarray(np.floor(exact / step + 0.5) * step)

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

    def parts(self, grain: Grain) -> list[Parts]:
        """What each customer brings to each cell; `cleanroom.contributions.gather`.

        In pieces that share no block: weeks mostly, so that arrays stay small.
        """
        block = self._blocks(grain)
        groups: list[list[Parts]] = [[]]
        last = -1
        for events in self.events:
            piece = self._summed(events, block)
            if not len(piece):
                continue
            if groups[-1] and piece.block.min() > last:
                groups.append([])
            groups[-1].append(piece)
            last = max(last, int(piece.block.max()))
        if not groups[-1]:
            none = np.empty(0, dtype=np.int64)
            return [Parts(none, none, none, dict.fromkeys(MEASURES, none))]
        return [Parts.joined(group) for group in groups]

    def _inside(self, events: EventArrays, block: np.ndarray) -> np.ndarray:
        inside = block[events.day, events.placement] >= 0
        if self.domains.skus is not None:
            inside &= self.sku_code[events.sku] >= 0
        return np.asarray(inside)

    def _summed(self, events: EventArrays, block: np.ndarray) -> Parts:
        b = block[events.day, events.placement]
        s = self.sku_code[events.sku]
        who = events.shopper.astype(np.int64) + 1
        sums = {
            EVENTS: np.ones_like(events.clicks),
            "impressions": events.impressions,
            "clicks": events.clicks,
            "conversions": events.conversions,
            "revenue": events.revenue,
            "cost": events.cost,
        }
        inside = self._inside(events, block)
        if not inside.all():
            b, s, who = b[inside], s[inside], who[inside]
            sums = {name: v[inside] for name, v in sums.items()}
        return Parts.of(b, s, who, sums)


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

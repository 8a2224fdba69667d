"""The clean room's rules on arrays of one world's events.

`rmnctl.cleanroom` is the only place where rules are made; this is the same arithmetic for many
worlds, where reading files and hashing customers would take most of the time. Tests hold its
releases to those of `cleanroom release`, atom by atom, under policies of many kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rmnctl.cleanroom import Policy
from rmnctl.cleanroom.atoms import Kept
from rmnctl.cleanroom.contributions import OTHER
from rmnctl.cleanroom.policy import EVENTS

#: Money in millionths of a currency unit, conversions and counts as they are.
MEASURES = (EVENTS, "impressions", "clicks", "conversions", "revenue", "cost")


@dataclass(frozen=True)
class Parts:
    """What each customer brings to each cell, ordered by block, SKU and customer; N rows.

    Attributes:
        block: Period and placement.
        sku: SKU code.
        customer: Number of the customer, at least 1.
        sums: (N,) sums by measure.
    """

    block: np.ndarray
    sku: np.ndarray
    customer: np.ndarray
    sums: Mapping[str, np.ndarray]

    @classmethod
    def of(
        cls, block: np.ndarray, sku: np.ndarray, customer: np.ndarray,
        sums: Mapping[str, np.ndarray],
    ) -> Parts:  # fmt: skip
        """Add up rows of the same block, SKU and customer."""
        if not len(block):
            return cls(block, sku, customer, sums)
        wide, high = int(customer.max()) + 1, int(sku.max()) + 2
        key = ((block - block.min()).astype(np.int64) * high + (sku + 1)) * wide + customer
        if (key[1:] > key[:-1]).all():
            return cls(block, sku, customer, sums)
        order = np.argsort(key)
        key = key[order]
        new = np.concatenate([[True], key[1:] != key[:-1]])
        head, again = order[new], order[~new]
        # Few customers come twice to a cell, so their rows are added to those of all others.
        place = np.cumsum(new)[~new] - 1
        added = {}
        for name, v in sums.items():
            added[name] = v[head]
            np.add.at(added[name], place, v[again])
        return cls(block[head], sku[head], customer[head], added)

    @classmethod
    def joined(cls, pieces: Sequence[Parts]) -> Parts:
        """Parts of several pieces, added up where they meet."""
        if len(pieces) == 1:
            return pieces[0]
        return cls.of(
            np.concatenate([p.block for p in pieces]),
            np.concatenate([p.sku for p in pieces]),
            np.concatenate([p.customer for p in pieces]),
            {m: np.concatenate([p.sums[m] for p in pieces]) for m in MEASURES},
        )

    def __len__(self) -> int:
        return len(self.block)

    def take(self, index: np.ndarray) -> Parts:
        """Some rows."""
        return Parts(
            self.block[index],
            self.sku[index],
            self.customer[index],
            {name: v[index] for name, v in self.sums.items()},
        )


@dataclass(frozen=True)
class Statistics:
    """Cells of parts, C of them, with what the rules look at.

    Attributes:
        block: (C,) block.
        sku: (C,) SKU code.
        first: (C + 1,) rows of each cell among the parts.
        people: (C,) customers.
        total: (C,) sums by measure.
        givers: (C,) customers whose part is not zero, by measure.
        largest: (C,) largest part, by measure.
    """

    block: np.ndarray
    sku: np.ndarray
    first: np.ndarray
    people: np.ndarray
    total: Mapping[str, np.ndarray]
    givers: Mapping[str, np.ndarray]
    largest: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, parts: Parts, measures: Sequence[str]) -> Statistics:
        """Statistics of every cell; parts of customers are never negative in a simulated market."""
        new = np.ones(len(parts), dtype=bool)
        new[1:] = (parts.block[1:] != parts.block[:-1]) | (parts.sku[1:] != parts.sku[:-1])
        start = np.flatnonzero(new)
        first = np.append(start, len(parts))
        some = {m: parts.sums[m] for m in dict.fromkeys((EVENTS, *measures))}

        def reduced(how: np.ufunc, values: np.ndarray) -> np.ndarray:
            return np.asarray(how.reduceat(values, start)) if len(start) else values[:0]

        return cls(
            parts.block[start],
            parts.sku[start],
            first,
            np.diff(first),
            {m: reduced(np.add, v) for m, v in some.items()},
            {m: reduced(np.add, (v != 0).astype(np.int64)) for m, v in some.items()},
            {m: reduced(np.maximum, v) for m, v in some.items()},
        )

    def passing(self, policy: Policy, group: Sequence[str], parts: Parts) -> np.ndarray:
        """(C,) whether every rule holds for all metrics of a group; `rules.passing`."""
        least, share = policy.thresholds, policy.dominance.p_percent / 100.0
        good = (self.total[EVENTS] >= least.min_records) & (self.people >= least.min_entities)
        for m in group:
            good &= self.givers[m] >= least.min_contributors
        for m in group:
            top = self.largest[m]
            sure = self.total[m] - 2 * top >= share * top
            for cell in np.flatnonzero(good & ~sure):
                own = parts.sums[m][self.first[cell] : self.first[cell + 1]]
                second = int(np.sort(own)[-2]) if len(own) > 1 else 0
                good[cell] = self.total[m][cell] - top[cell] - second >= share * top[cell]
        return good


@dataclass(frozen=True)
class Atoms:
    """Released atoms of one group of metrics, A of them.

    Attributes:
        block: (A,) block.
        sku: (A,) SKU code, `OTHER` for remainders.
        values: (A,) sums by metric.
        named: Rows in atoms of their own.
        kept: Rows in all atoms, the remainders included.
    """

    block: np.ndarray
    sku: np.ndarray
    values: Mapping[str, np.ndarray]
    named: int
    kept: int

    @classmethod
    def joined(cls, pieces: Sequence[Atoms]) -> Atoms:
        """Atoms of several pieces that share no block."""
        return cls(
            np.concatenate([p.block for p in pieces]),
            np.concatenate([p.sku for p in pieces]),
            {m: np.concatenate([p.values[m] for p in pieces]) for m in pieces[0].values},
            sum(p.named for p in pieces),
            sum(p.kept for p in pieces),
        )

    def shares(self, rows: int) -> Kept:
        """The same over all rows."""
        return Kept(self.named / max(rows, 1), self.kept / max(rows, 1))


def release_atoms(parts: Parts, policy: Policy) -> dict[tuple[str, ...], Atoms]:
    """The atoms of every group that pass the policy's rules; `cleanroom.atoms.release_atoms`.

    Args:
        parts: Of one retailer at one grain; SKU codes are all `OTHER` where SKUs are not offered.
        policy: The rules.
    """
    groups = policy.groups
    cells = Statistics.of(parts, [m for group in groups for m in group])
    found = {}
    rest: dict[bytes, tuple[Parts, Statistics]] = {}
    for group in groups:
        named = cells.passing(policy, group, parts)
        pieces = [(cells, named)]
        if policy.dimensions.sku_id is not None:
            # Groups mostly name the same cells, and then share their remainder.
            key = named.tobytes()
            if key not in rest:
                other = _remainder(parts, cells, named)
                rest[key] = (other, Statistics.of(other, MEASURES))
            left, stats = rest[key]
            pieces.append((stats, stats.passing(policy, group, left)))
        own = int(cells.total[EVENTS][named].sum())
        both = sum(int(s.total[EVENTS][keep].sum()) for s, keep in pieces)
        found[group] = Atoms(
            block=np.concatenate([s.block[keep] for s, keep in pieces]),
            sku=np.concatenate([s.sku[keep] for s, keep in pieces]),
            values={m: np.concatenate([s.total[m][keep] for s, keep in pieces]) for m in group},
            named=own,
            kept=both,
        )
    return found


def _remainder(parts: Parts, cells: Statistics, named: np.ndarray) -> Parts:
    """Each customer's part of the remainders, over all unnamed SKUs."""
    left = parts.take(np.repeat(~named, cells.people))
    return Parts.of(left.block, np.full(len(left), OTHER), left.customer, left.sums)

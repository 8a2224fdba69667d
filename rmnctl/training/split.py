"""Which rows are learned from, and which only judge: decided by digests, never by order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from rmnctl.training.rows import Row


@dataclass(frozen=True)
class Split:
    """Rows by use.

    Attributes:
        train: Learned from.
        eval: The held-out loss is of these.
        audit: Never learned from, only to be told from what was (audit.membership).
    """

    train: list[Row]
    eval: list[Row]
    audit: list[Row]


def _order(row: Row, seed: int, purpose: str) -> bytes:
    return hashlib.sha256(f"{seed}|{purpose}|{row.key}".encode()).digest()


def hold_out(
    rows: Sequence[Row], count: int, seed: int, purpose: str
) -> tuple[list[Row], list[Row]]:
    """Rows to keep and `count` rows held out; rows of like content stay together.

    Args:
        rows: All rows.
        count: How many to hold out, at least; a group of like rows is never cut.
        seed: Of the choice.
        purpose: So that two choices differ.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.key, []).append(row)
    chosen: set[str] = set()
    taken = 0
    for key in sorted(groups, key=lambda k: _order(groups[k][0], seed, purpose)):
        if taken >= count:
            break
        chosen.add(key)
        taken += len(groups[key])
    return [r for r in rows if r.key not in chosen], [r for r in rows if r.key in chosen]


def split_rows(
    rows: Sequence[Row],
    given: Sequence[Row] | None,
    share: float | None,
    membership: int,
    seed: int,
) -> Split:
    """Divide the rows of a training.

    Args:
        rows: Of the training file.
        given: Of the evaluation file, where there is one.
        share: Else what to hold out for it.
        membership: Rows held out for the audit.
        seed: Of the choice.
    """
    kept, held = list(rows), list(given or ())
    if given is None:
        kept, held = hold_out(rows, round(len(rows) * (share or 0)), seed, "eval")
    kept, audit = hold_out(kept, membership, seed, "audit")
    return Split(kept, held, audit)

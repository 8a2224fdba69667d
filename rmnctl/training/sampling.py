"""Batches of rows of like length, in an order that only seed and epoch decide.

Padding is work for nothing, so rows of like length go together; which rows meet, and the order of
the batches, change with every epoch. Seed and epoch give the order again, so a resumed training sees
the very same batches.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

#: Rows are shuffled, then sorted by length inside groups of so many batches.
_GROUP = 32


class GroupedSampler:
    """Row numbers of one epoch, batch by batch."""

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        """Prepare.

        Args:
            lengths: Of the rows, tokens.
            batch: Rows that are read together.
            seed: Of the order.
        """
        self._lengths, self._batch, self._seed = list(lengths), batch, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        draw = random.Random(f"{self._seed}|{self._epoch}")  # noqa: S311  an order, no secret
        rows = list(range(len(self._lengths)))
        draw.shuffle(rows)
        size = self._batch * _GROUP
        groups = [rows[n : n + size] for n in range(0, len(rows), size)]
        for group in groups:
            group.sort(key=lambda row: self._lengths[row])
        batches = [
            group[n : n + self._batch]
            for group in groups
            for n in range(0, len(group), self._batch)
        ]
        # A short batch must stay last, or all after it would be cut at other places.
        short = [b for b in batches if len(b) < self._batch]
        whole = [b for b in batches if len(b) == self._batch]
        draw.shuffle(whole)
        return iter([row for batch in (*whole, *short) for row in batch])

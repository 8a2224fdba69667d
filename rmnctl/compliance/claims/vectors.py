"""Words as vectors, known ones whole and others by their pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class WordVectors:
    """Vectors of words and of what goes on within words.

    Attributes:
        heads: Words, and pieces that a word may begin with.
        tails: Pieces within a word.
        vectors: A row for each head, then for each tail: [rows, width], eight bits each.
        scale: What one step of each row stands for: [rows].
    """

    heads: tuple[str, ...]
    tails: tuple[str, ...]
    vectors: np.ndarray
    scale: np.ndarray

    @cached_property
    def _heads(self) -> Mapping[str, int]:
        return {word: row for row, word in enumerate(self.heads)}

    @cached_property
    def _tails(self) -> Mapping[str, int]:
        return {piece: len(self.heads) + row for row, piece in enumerate(self.tails)}

    def rows_of(self, word: str) -> list[int]:
        """The row of a known word; those of the longest known pieces of another, from its start."""
        if word in self._heads:
            return [self._heads[word]]
        rows, at = list[int](), 0
        while at < len(word):
            known = self._tails if at else self._heads
            for end in range(len(word), at, -1):
                row = known.get(word[at:end])
                if row is not None:
                    rows.append(row)
                    break
            else:
                end = at + 1
            at = end
        return rows

    def of(self, word: str) -> np.ndarray:
        """The vector of a word, the mean of its pieces' where it is not known: [width]."""
        import numpy as np

        rows = self.rows_of(word)
        if not rows:
            return np.zeros(self.vectors.shape[1], np.float32)
        if len(rows) == 1:
            return np.asarray(self.vectors[rows[0]] * self.scale[rows[0]])
        steps = self.vectors[rows].astype(np.float32) * self.scale[rows, None]
        return np.asarray(steps.mean(axis=0))

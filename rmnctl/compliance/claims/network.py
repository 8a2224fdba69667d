"""What words say beside each other: a convolution over vectors of words.

Kim, Y. (2014), Convolutional Neural Networks for Sentence Classification: filters over neighbouring words,
the strongest answer of each anywhere in the text, and their weighted sum.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Self

from rmnctl.compliance.claims.grams import words
from rmnctl.compliance.claims.vectors import WordVectors

if TYPE_CHECKING:
    import numpy as np

#: Words whose answers are kept for the next text; more than a text of the greatest length can hold.
_MOST_KEPT = 16_384
#: The table is filled by one thread at a time.
_ONE_AT_A_TIME = threading.Lock()
#: What numpy's linear algebra asks for the number of its threads when it is loaded.
_THREADS = "OPENBLAS_NUM_THREADS"


@dataclass(frozen=True)
class Network:
    """Reads words in their order.

    Attributes:
        vectors: Words as vectors.
        widths: How many words the filters of each group look at.
        filters: By word of each group in turn: [sum of widths, width of vectors, filters a group].
        biases: Of each filter: [groups, filters a group].
        weights: What the strongest answer of each counts: [groups, filters a group].
        bias: Log-odds of a text without any answer.
        digest: SHA-256 of what it has learnt from.
    """

    vectors: WordVectors
    widths: tuple[int, ...]
    filters: np.ndarray
    biases: np.ndarray
    weights: np.ndarray
    bias: float
    digest: str
    _rows: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def odds(self, text: str) -> float:
        """Log-odds of a claim.

        Args:
            text: Plain lower case, as `words_of` gives it.
        """
        said = words(text)
        with _ONE_AT_A_TIME:
            if len(self._rows) + len(said) > _MOST_KEPT:
                self._rows.clear()
            answers = self._table[[self._row(word) for word in said]]
        total, slot = self.bias, 0
        for group, width in enumerate(self.widths):
            middle = slot + width // 2
            heard = answers[:, middle] + self.biases[group]
            for place in range(slot, slot + width):
                _add_shifted(heard, answers[:, place], place - middle)
            strongest = heard.max(axis=0).clip(0.0)
            total += float(strongest.dot(self.weights[group]))
            slot += width
        return total

    def _row(self, word: str) -> int:
        """Where the table says what each word of each filter answers to a word."""
        row = self._rows.get(word)
        if row is None:
            row = self._rows[word] = len(self._rows)
            self._table[row] = self.vectors.of(word).dot(self._flat).reshape(len(self.filters), -1)
        return row

    @cached_property
    def _table(self) -> np.ndarray:
        """Answers to words: [rows, sum of widths, filters a group]."""
        import numpy as np

        return np.empty((_MOST_KEPT, *self.filters.shape[::2]), np.float32)

    @cached_property
    def _flat(self) -> np.ndarray:
        """All filters side by side: [width of vectors, sum of widths * filters a group]."""
        return self.filters.transpose(1, 0, 2).reshape(self.filters.shape[1], -1).copy()

    @classmethod
    def parse(cls, written: bytes) -> Self:
        """A network from a file of `written`."""
        _load_numpy_alone()
        import numpy as np

        with np.load(io.BytesIO(written), allow_pickle=False) as file:
            heads, tails = (bytes(file[k]).decode().split("\n") for k in ("heads", "tails"))
            vectors = WordVectors(tuple(heads), tuple(tails), file["vectors"], file["scale"])
            widths = tuple(int(n) for n in file["widths"])
            filters, biases, weights = (
                file[k].astype(np.float32) for k in ("filters", "biases", "weights")
            )
            digest = bytes(file["digest"]).decode()
            return cls(vectors, widths, filters, biases, weights, float(file["bias"]), digest)

    def written(self) -> bytes:
        """The file that `parse` reads, the same bytes for the same network."""
        import numpy as np

        buffer = io.BytesIO()
        np.savez(
            buffer,
            heads=_bytes(self.vectors.heads),
            tails=_bytes(self.vectors.tails),
            vectors=self.vectors.vectors,
            scale=self.vectors.scale,
            widths=np.array(self.widths),
            filters=self.filters.astype(np.float16),
            biases=self.biases.astype(np.float32),
            weights=self.weights.astype(np.float32),
            bias=np.array(self.bias),
            digest=_bytes([self.digest]),
        )
        return buffer.getvalue()


def _load_numpy_alone() -> None:
    """Load numpy, if nobody has, without threads: a process that has some can share no work by forking."""
    if "numpy" in sys.modules or _THREADS in os.environ:
        return
    os.environ[_THREADS] = "1"
    try:
        importlib.import_module("numpy")
    finally:
        del os.environ[_THREADS]


def _bytes(lines: Sequence[str]) -> np.ndarray:
    import numpy as np

    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _add_shifted(heard: np.ndarray, answer: np.ndarray, by: int) -> None:
    """Add to each place what is answered `by` words later, where there is such a word; 0 is there."""
    if by > 0:
        heard[:-by] += answer[by:]
    elif by < 0:
        heard[-by:] += answer[:by]

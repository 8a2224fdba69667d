"""Which patterns can match a text at all, found without running them.

Ten thousand copies against thousands of patterns are millions of searches, nearly all in vain. The
literal pieces that patterns cannot match without are looked up in the text instead, and only
patterns with a piece of every clause are compiled and run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_

from rmnctl.compliance.clauses import DIGIT, EDGE, clauses

#: Pieces are looked up by so many of their first letters.
_HEAD = 3
_DIGITS = re.compile(r"\d")
#: Words kept by a sieve, and the longest of them.
MAX_WORDS, _LONGEST = 20_000, 40


class _Pieces:
    """Literal pieces, found in a word by their first letters."""

    def __init__(self) -> None:
        self._by_core: dict[str, list[tuple[bool, int]]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._sizes: tuple[int, ...] = ()

    def add(self, core: str, met: int, *, trail: bool) -> None:
        """Take a piece, what it meets, and whether its word must end with it."""
        if core not in self._by_core:
            known = self._lengths.get(core[:_HEAD], ())
            self._lengths[core[:_HEAD]] = (*{*known, len(core)},)
            self._sizes = (*{*self._sizes, min(len(core), _HEAD)},)
        self._by_core.setdefault(core, []).append((trail, met))

    def met_in(self, word: str, starts: Iterable[int]) -> int:
        """What the pieces that begin at some places of a word meet."""
        lengths, by_core, sizes, met, end = self._lengths, self._by_core, self._sizes, 0, len(word)
        for start in starts:
            for size in sizes:
                for length in lengths.get(word[start : start + size], ()):
                    stop = start + length
                    for trail, some in by_core.get(word[start:stop], ()):
                        if not trail or stop >= end or not _is_letter(word[stop]):
                            met |= some
        return met


class Sieve:
    """Finds, for a text, the patterns that may match it.

    Every pattern has a bit, in as many rows as a pattern has clauses at most. A word sets the bits
    of the clauses it meets; a pattern that has its bit in every row may match. Ads are made of few
    words, so what a word meets is found once and kept.

    Attributes:
        sources: The patterns; the bit of each is its place.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        """Take patterns."""
        self.sources = tuple(dict.fromkeys(sources))
        self._places = {source: place for place, source in enumerate(self.sources)}
        found = [clauses(source) for source in self.sources]
        self._rows = max(map(len, found), default=0)
        size = len(self.sources)
        bits: dict[frozenset[str], int] = {}
        # Rows beyond a pattern's own clauses are met by any text.
        self._free = 0
        for place, some in enumerate(found):
            for row, clause in enumerate(some):
                bits[clause] = bits.get(clause, 0) | 1 << row * size + place
            for row in range(len(some), self._rows):
                self._free |= 1 << row * size + place
        self._all = (1 << size) - 1
        self._take(bits)
        self._seen: dict[str, int] = {}
        self._kept: dict[int, int] = {}

    def _take(self, bits: Mapping[frozenset[str], int]) -> None:
        """Make the pieces of all clauses ready to be looked up."""
        meets: dict[str, int] = {}
        for clause, met in bits.items():
            for piece in clause:
                meets[piece] = meets.get(piece, 0) | met
        self._digit = meets.pop(DIGIT, 0)
        # Most pieces stand only where a word begins, and are looked for nowhere else.
        self._leading, self._anywhere = _Pieces(), _Pieces()
        for piece, met in meets.items():
            kind = self._leading if piece.startswith(EDGE) else self._anywhere
            kind.add(piece.strip(EDGE), met, trail=piece.endswith(EDGE))

    def _met_by(self, word: str) -> int:
        """The clauses of which a word holds a piece; a word is what stands between blanks."""
        met = self._digit if _DIGITS.search(word) else 0
        met |= self._anywhere.met_in(word, range(len(word)))
        begins = (
            range(1)
            if word.isalpha()
            else [at for at in range(len(word)) if not at or not _is_letter(word[at - 1])]
        )
        return met | self._leading.met_in(word, begins)

    def _look_up(self, word: str) -> int:
        """What a word meets; of a long one nothing is kept."""
        met = self._met_by(word)
        if len(word) <= _LONGEST:
            if len(self._seen) >= MAX_WORDS:
                self._seen.clear()
                self._kept.clear()
            # Many words meet the same, most of them nothing.
            met = self._seen[word] = self._kept.setdefault(met, met)
        return met

    def matching(self, words: Iterable[str]) -> int:
        """The bits of the patterns that may match a text of these words."""
        seen, met = self._seen, self._free
        for word in words:
            some = seen.get(word)
            met |= self._look_up(word) if some is None else some
        found, size = self._all, len(self.sources)
        for row in range(self._rows):
            found &= met >> row * size
        return found

    def candidates(self, words: Iterable[str]) -> list[str]:
        """Patterns that may match a text of these words, each once."""
        return list(self.named(self.matching(words)))

    def named(self, bits: int) -> Iterator[str]:
        """The patterns of some bits."""
        while bits:
            lowest = bits & -bits
            yield self.sources[lowest.bit_length() - 1]
            bits ^= lowest

    def bits_of(self, sources: Iterable[str]) -> int:
        """The bits of those patterns that this sieve holds."""
        places = self._places
        return reduce(or_, (1 << places[s] for s in sources if s in places), 0)


def _is_letter(char: str) -> bool:
    r"""As `\w` means it."""
    return char.isalnum() or char == "_"

"""Which patterns can match a text at all, found without running them.

Ten thousand copies against thousands of patterns are millions of searches, nearly all in vain. The
literal pieces that patterns cannot match without are looked up in the text instead, and only
patterns with a piece of every clause are compiled and run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from rmnctl.compliance.clauses import DIGIT, EDGE, clauses

#: Pieces are looked up by so many of their first letters.
_HEAD = 3
_DIGITS = re.compile(r"\d")
#: Words kept by a sieve, and the longest of them.
MAX_WORDS, _LONGEST = 20_000, 40


#: The numbers of the pieces of clauses.
Clauses = tuple[frozenset[int], ...]


class _Held(NamedTuple):
    """What a word holds: pieces, patterns that need no more, and those that need others as well."""

    numbers: frozenset[int]
    ready: tuple[str, ...]
    waiting: tuple[tuple[str, Clauses], ...]


class Sieve:
    """Finds, for a text, the patterns that may match it.

    Ads are made of few words, so what a word holds is found once and kept.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        """Take patterns."""
        self._numbers: dict[str, int] = {}
        self._always: list[str] = []
        self._waiting: dict[int, list[tuple[str, Clauses]]] = {}
        for source in sources:
            sets = [frozenset(map(self._number, clause)) for clause in clauses(source)]
            if not sets:
                self._always.append(source)
                continue
            for number in sets[0]:
                self._waiting.setdefault(number, []).append((source, tuple(sets[1:])))
        self._digit = self._numbers.pop(DIGIT, None)
        self._cores: dict[str, list[tuple[bool, bool, int]]] = {}
        lengths: dict[str, set[int]] = {}
        for needle, number in self._numbers.items():
            core = needle.strip(EDGE)
            self._cores.setdefault(core, []).append(
                (needle.startswith(EDGE), needle.endswith(EDGE), number)
            )
            lengths.setdefault(core[:_HEAD], set()).add(len(core))
        self._lengths = {head: tuple(some) for head, some in lengths.items()}
        self._seen: dict[str, _Held] = {}

    def _number(self, needle: str) -> int:
        return self._numbers.setdefault(needle, len(self._numbers))

    def _in_word(self, word: str) -> frozenset[int]:
        """The numbers of the pieces that a word holds; a word is what stands between blanks."""
        found = set[int]()
        heads, cores, end = self._lengths, self._cores, len(word)
        for start in range(end):
            begins = start == 0 or not _is_letter(word[start - 1])
            for size in range(1, _HEAD + 1):
                for length in heads.get(word[start : start + size], ()):
                    stop = start + length
                    for lead, trail, number in cores.get(word[start:stop], ()):
                        ends = stop >= end or not _is_letter(word[stop])
                        if (begins or not lead) and (ends or not trail):
                            found.add(number)
        if self._digit is not None and _DIGITS.search(word):
            found.add(self._digit)
        return frozenset(found)

    def _look_up(self, word: str) -> _Held:
        """What is known about a word; of a long one nothing is kept."""
        numbers = self._in_word(word)
        some = [wait for number in numbers for wait in self._waiting.get(number, ())]
        held = _Held(
            numbers,
            tuple(source for source, others in some if _met(others, numbers)),
            tuple((source, others) for source, others in some if not _met(others, numbers)),
        )
        if len(word) <= _LONGEST:
            if len(self._seen) >= MAX_WORDS:
                self._seen.clear()
            self._seen[word] = held
        return held

    def candidates(self, words: Iterable[str]) -> list[str]:
        """Patterns that may match a text of these words; one may come twice."""
        seen, found = self._seen, self._always.copy()
        held = [seen.get(word) or self._look_up(word) for word in words]
        present = frozenset[int]().union(*[one.numbers for one in held])
        for one in held:
            found += one.ready
            for source, others in one.waiting:
                for other in others:
                    if other.isdisjoint(present):
                        break
                else:
                    found.append(source)
        return found


def _met(clauses: Clauses, numbers: frozenset[int]) -> bool:
    """True if there is a piece of each clause."""
    return not any(clause.isdisjoint(numbers) for clause in clauses)


def _is_letter(char: str) -> bool:
    r"""As `\w` means it."""
    return char.isalnum() or char == "_"

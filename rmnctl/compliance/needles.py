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


class _Held(NamedTuple):
    """What a word holds.

    Attributes:
        met: Clauses that a pattern may need beside its first.
        ready: Patterns that need nothing beside this word.
        waiting: Patterns whose first clause it meets, with the clauses that they need as well.
    """

    met: frozenset[int]
    ready: tuple[str, ...]
    waiting: tuple[tuple[str, frozenset[int]], ...]


_NONE = frozenset[int]()
_NOTHING = _Held(_NONE, (), ())


class Sieve:
    """Finds, for a text, the patterns that may match it.

    Ads are made of few words, so what a word holds is found once and kept.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        """Take patterns."""
        self._always: list[str] = []
        self._waiting: dict[int, list[tuple[str, frozenset[int]]]] = {}
        numbers: dict[frozenset[str], int] = {}
        for source in sources:
            found = [numbers.setdefault(clause, len(numbers)) for clause in clauses(source)]
            if found:
                self._waiting.setdefault(found[0], []).append((source, frozenset(found[1:])))
            else:
                self._always.append(source)
        self._others = frozenset[int]().union(
            *(others for some in self._waiting.values() for _, others in some)
        )
        self._meets: dict[str, list[int]] = {}
        for clause, number in numbers.items():
            for needle in clause:
                self._meets.setdefault(needle, []).append(number)
        self._cores: dict[str, list[tuple[bool, bool, list[int]]]] = {}
        lengths: dict[str, set[int]] = {}
        for needle, met in self._meets.items():
            core = needle.strip(EDGE)
            if needle != DIGIT:
                edges = needle.startswith(EDGE), needle.endswith(EDGE)
                self._cores.setdefault(core, []).append((*edges, met))
                lengths.setdefault(core[:_HEAD], set()).add(len(core))
        self._lengths = {head: tuple(some) for head, some in lengths.items()}
        self._seen: dict[str, _Held] = {}
        self._held: dict[frozenset[int], _Held] = {_NONE: _NOTHING}

    def _met_by(self, word: str) -> frozenset[int]:
        """The clauses of which a word holds a piece; a word is what stands between blanks."""
        found = set[int]()
        heads, cores, end = self._lengths, self._cores, len(word)
        for start in range(end):
            for size in range(1, _HEAD + 1):
                for length in heads.get(word[start : start + size], ()):
                    stop = start + length
                    for lead, trail, met in cores.get(word[start:stop], ()):
                        if lead and start and _is_letter(word[start - 1]):
                            continue
                        if trail and stop < end and _is_letter(word[stop]):
                            continue
                        found.update(met)
        if _DIGITS.search(word):
            found.update(self._meets.get(DIGIT, ()))
        return frozenset(found)

    def _look_up(self, word: str) -> _Held:
        """What a word holds; of a long one nothing is kept."""
        met = self._met_by(word)
        held = self._held.get(met)
        if held is None:
            some = [wait for number in sorted(met) for wait in self._waiting.get(number, ())]
            held = self._held[met] = _Held(
                self._others & met,
                tuple(source for source, others in some if others <= met),
                tuple((source, others) for source, others in some if not others <= met),
            )
        if len(word) <= _LONGEST:
            if len(self._seen) >= MAX_WORDS:
                self._seen.clear()
                self._held = {_NONE: _NOTHING}
            self._seen[word] = held
        return held

    def candidates(self, words: Iterable[str]) -> list[str]:
        """Patterns that may match a text of these words, each once."""
        seen, held = self._seen, list[_Held]()
        for word in dict.fromkeys(words):
            one = seen.get(word)
            if one is None:
                one = self._look_up(word)
            if one is not _NOTHING:
                held.append(one)
        found = dict.fromkeys(self._always)
        if held:
            met = _NONE.union(*[one.met for one in held])
            for one in held:
                for source in one.ready:
                    found[source] = None
                for source, others in one.waiting:
                    if others <= met:
                        found[source] = None
        return list(found)


def _is_letter(char: str) -> bool:
    r"""As `\w` means it."""
    return char.isalnum() or char == "_"

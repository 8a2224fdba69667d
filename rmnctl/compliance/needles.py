"""Which patterns can match a text at all, found without running them.

Ten thousand copies against thousands of patterns are millions of searches, nearly all in vain.
A pattern cannot match unless some literal pieces of it stand in the text: one of each of its
clauses. The clauses are read off the pattern's text, the pieces of a whole pack are looked up by
their first letters, and only patterns with a piece of every clause are compiled and run.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from typing import Generic, TypeVar

_GRAM = 3
#: Pieces that stand for a kind of character instead of a letter.
_DIGIT = "\0digit"
_DIGITS = re.compile(r"\d")
#: Long groups are macros, which stand in many patterns: read once.
_LONG = 200
Key = TypeVar("Key", bound=Hashable)
Clauses = tuple[frozenset[str], ...]


#: A run of letters, an escape, a class, the head of a group, or one sign; then its quantifier.
_ITEM = re.compile(
    r"(?P<run>[^|()\[\]\\.^$?*+{}]+)|\\(?P<escape>.)|\[(?P<klass>\]?(?:\\.|[^\]\\])*)\]"
    r"|(?P<open>\((?:\?(?::|<?[=!]))?)|(?P<sign>.)",
    re.DOTALL,
)
_QUANTIFIER = re.compile(r"(?:[?*+]|\{(\d*)[^}]*\})[?+]?")


class _Reader:
    """Reads the clauses off a pattern; it knows the syntax that patterns of packs use."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def choice(self) -> list[frozenset[str]]:
        """The clauses of alternatives up to the end of their group."""
        branches = [self._branch()]
        while self.source.startswith("|", self.at):
            self.at += 1
            branches.append(self._branch())
        if len(branches) == 1:
            return branches[0]
        best = [_telling(b) for b in branches]
        return [frozenset().union(*(b for b in best if b))] if all(best) else []

    def _branch(self) -> list[frozenset[str]]:
        found: list[frozenset[str]] = []
        run = ""
        while (item := _ITEM.match(self.source, self.at)) and item["sign"] not in {"|", ")"}:
            self.at = item.end()
            literal, pieces = self._read(item)
            quantifier = _QUANTIFIER.match(self.source, self.at)
            if quantifier is None and literal:
                run += literal
                continue
            last, needed = literal[-1:], True
            run += literal[:-1]
            if quantifier is not None:
                self.at = quantifier.end()
                needed = quantifier.group()[0] == "+" or (quantifier[1] or "0") != "0"
            if needed:
                run += last
            found += [frozenset([run])] if run else []
            run = ""
            found += pieces if needed else []
        return [*found, frozenset([run])] if run else found

    def _read(self, item: re.Match[str]) -> tuple[str, list[frozenset[str]]]:
        """An item as the letters or the clauses that it asks for."""
        if item["run"]:
            return item["run"], []
        if item["escape"]:
            char = item["escape"]
            return ("" if char.isalnum() else char), [frozenset([_DIGIT])] if char == "d" else []
        if item["klass"] is not None:
            inside = item["klass"]
            if inside.startswith("^") or re.search(r" |\\[a-z]|[^\\]-.", inside):
                return "", []
            return "", [frozenset(inside.replace("\\", ""))]
        if item["open"]:
            return "", self._group(item)
        return "", []

    def _group(self, item: re.Match[str]) -> list[frozenset[str]]:
        start = item.start()
        seen = _GROUPS.setdefault(self.source[start : start + 40], {})
        for text, clauses in seen.items():
            if self.source.startswith(text, start):
                self.at = start + len(text)
                return clauses
        inner = self.choice()
        self.at += 1
        found = [] if item["open"][-1] in "=!" else inner
        if self.at - start > _LONG:
            seen[self.source[start : self.at]] = found
        return found


_GROUPS: dict[str, dict[str, list[frozenset[str]]]] = {}


def _telling(clauses: list[frozenset[str]]) -> frozenset[str] | None:
    """The clause whose shortest piece is longest."""
    return max(clauses, key=lambda s: (min(map(len, s)), -len(s)), default=None)


@cache
def clauses(source: str) -> Clauses:
    """Sets of literal pieces; a match of the pattern holds a piece of every set."""
    found = dict.fromkeys(_Reader(source).choice())
    # Short pieces stand nearly everywhere and are not worth looking for, if there are others.
    long = [c for c in found if min(map(len, c)) >= _GRAM]
    return tuple(sorted(long or found, key=lambda s: (-min(map(len, s)), len(s))))


@cache
def compiled(source: str) -> re.Pattern[str]:
    """The pattern, compiled once; `re` itself keeps too few."""
    return re.compile(source)


class Sieve(Generic[Key]):
    """Finds, for a text, the keys whose patterns may match it."""

    def __init__(self, patterns: Iterable[tuple[Key, str]]) -> None:
        """Take keys with their patterns."""
        self._always: list[Key] = []
        self._numbers: dict[str, int] = {}
        self._waiting: dict[int, list[tuple[Key, tuple[frozenset[int], ...]]]] = {}
        for key, source in patterns:
            sets = [frozenset(self._number(n) for n in c) for c in clauses(source)]
            if not sets:
                self._always.append(key)
                continue
            for number in sets[0]:
                self._waiting.setdefault(number, []).append((key, tuple(sets[1:])))
        self._short: list[tuple[str, int]] = []
        self._grams: dict[str, list[tuple[str, int]]] = {}
        for needle, number in self._numbers.items():
            if needle == _DIGIT:
                continue
            if len(needle) < _GRAM:
                self._short.append((needle, number))
            else:
                self._grams.setdefault(needle[:_GRAM], []).append((needle, number))

    def _number(self, needle: str) -> int:
        return self._numbers.setdefault(needle, len(self._numbers))

    def _present(self, text: Grams) -> set[int]:
        whole, grams = text.text, self._grams
        found = {number for needle, number in self._short if needle in whole}
        if text.digits and _DIGIT in self._numbers:
            found.add(self._numbers[_DIGIT])
        for gram in text.grams & grams.keys():
            for needle, number in grams[gram]:
                if needle in whole:
                    found.add(number)
        return found

    def candidates(self, text: Grams) -> Iterator[Key]:
        """Keys whose pattern may match; one may come twice."""
        yield from self._always
        present = self._present(text)
        for number in present & self._waiting.keys():
            for key, others in self._waiting[number]:
                for other in others:
                    if other.isdisjoint(present):
                        break
                else:
                    yield key


class Grams:
    """A text with its short pieces, cut once for all sieves."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.digits = _DIGITS.search(text) is not None
        self.grams = {text[i : i + _GRAM] for i in range(len(text) - _GRAM + 1)}


def whole(token: str) -> str:
    """The pattern of one token.

    It is a whole word or phrase in which a blank also stands for a hyphen; one that begins with
    `~` is taken as it is.
    """
    if token.startswith("~"):
        return token[1:]
    return rf"(?<!\w)(?:{_BLANK.sub('[ -]', token)})(?!\w)"


_BLANK = re.compile(r"(?<![\\\[]) (?![^\[]*\])")


def joined(tokens: Iterable[str]) -> str:
    """One pattern for many tokens."""
    given = list(tokens)
    words = [_BLANK.sub("[ -]", token) for token in given if not token.startswith("~")]
    parts = [rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"] if words else []
    return "|".join([*parts, *(f"(?:{t[1:]})" for t in given if t.startswith("~"))])

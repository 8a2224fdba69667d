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

_GRAM = 4
#: Pieces that stand for a kind of character instead of a letter.
_DIGIT = "\0digit"
_SYNTAX = frozenset("|()[]\\.^$?*+{")
Key = TypeVar("Key", bound=Hashable)
Clauses = tuple[frozenset[str], ...]


class _Reader:
    """Reads the clauses off a pattern; it knows the syntax that patterns of packs use."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def _next(self) -> str:
        return self.source[self.at : self.at + 1]

    def _repeats(self) -> tuple[bool, bool]:
        """Skip a quantifier; whether what stands before must be there, and whether it is plain."""
        char = self._next()
        if char == "{":
            end = self.source.find("}", self.at)
            needed = not self.source.startswith(("{0", "{,"), self.at)
            self.at = end + 1
        elif char and char in "?*+":
            needed = char == "+"
            self.at += 1
        else:
            return True, True
        if self._next() and self._next() in "?+":
            self.at += 1
        return needed, False

    def choice(self) -> list[frozenset[str]]:
        """The clauses of alternatives up to the end of their group."""
        branches = [self._branch()]
        while self._next() == "|":
            self.at += 1
            branches.append(self._branch())
        if len(branches) == 1:
            return branches[0]
        best = [_telling(b) for b in branches]
        return [frozenset().union(*(b for b in best if b))] if all(best) else []

    def _branch(self) -> list[frozenset[str]]:
        found: list[frozenset[str]] = []
        run = ""
        while (char := self._next()) and char not in "|)":
            pieces, literal = self._item(char)
            needed, plain = self._repeats()
            if literal and plain:
                run += literal
                continue
            if literal and needed:
                run += literal
            if run:
                found.append(frozenset([run]))
                run = ""
            if needed:
                found += pieces
        return [*found, frozenset([run])] if run else found

    def _item(self, char: str) -> tuple[list[frozenset[str]], str]:
        """One item: the clauses of a group or class, or a literal character."""
        if char == "(":
            return self._group(), ""
        if char == "[":
            return self._class(), ""
        if char == "\\":
            char = self.source[self.at + 1]
            self.at += 2
            if char == "d":
                return [frozenset([_DIGIT])], ""
            return [], "" if char.isalnum() else char
        self.at += 1
        return [], "" if char in _SYNTAX else char

    def _group(self) -> list[frozenset[str]]:
        head = re.compile(r"\((?:\?(?::|<?[=!]))?").match(self.source, self.at)
        looks = head is not None and head.group()[-1] in "=!"
        self.at += len(head.group()) if head else 1
        inner = self.choice()
        self.at += 1
        return [] if looks else inner

    def _class(self) -> list[frozenset[str]]:
        start = self.at
        self.at += 2 if self.source[self.at + 1] in "]^" else 1
        while self._next() != "]":
            self.at += 2 if self._next() == "\\" else 1
        self.at += 1
        inside = self.source[start + 1 : self.at - 1]
        if inside.startswith("^") or re.search(r"\\[a-z]|[^\\]-.", inside):
            return []
        return [] if " " in inside else [frozenset(inside.replace("\\", ""))]


def _telling(clauses: list[frozenset[str]]) -> frozenset[str] | None:
    """The clause whose shortest piece is longest."""
    return max(clauses, key=lambda s: (min(map(len, s)), -len(s)), default=None)


@cache
def clauses(source: str) -> Clauses:
    """Sets of literal pieces; a match of the pattern holds a piece of every set."""
    reader = _Reader(source)
    found = dict.fromkeys(c for c in reader.choice() if c != frozenset(" "))
    return tuple(sorted(found, key=lambda s: (-min(map(len, s)), len(s))))


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

    def _present(self, text: str) -> set[int]:
        grams = self._grams
        there = {text[i : i + _GRAM] for i in range(len(text) - _GRAM + 1)}
        found = {
            number
            for gram in there & grams.keys()
            for needle, number in grams[gram]
            if len(needle) == _GRAM or needle in text
        }
        found.update(number for needle, number in self._short if needle in text)
        if _DIGIT in self._numbers and any(c.isdecimal() for c in text):
            found.add(self._numbers[_DIGIT])
        return found

    def candidates(self, text: str) -> Iterator[Key]:
        """Keys whose pattern may match; one may come twice."""
        yield from self._always
        present = self._present(text)
        for number in present & self._waiting.keys():
            for key, others in self._waiting[number]:
                if not any(other.isdisjoint(present) for other in others):
                    yield key


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

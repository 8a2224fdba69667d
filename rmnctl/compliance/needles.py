"""Which patterns can match a text at all, found without running them.

Ten thousand copies against hundreds of patterns are millions of searches, nearly all in vain.
Most patterns cannot match unless some literal piece of them stands in the text. Those pieces are
read off the parsed pattern; their first four letters are looked up among the text's own.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

# The parts of `re` itself; its stubs do not list them, and names differ from `sre_*` of old.
op, _parser, _compiler = (import_module(f"re._{n}") for n in ("constants", "parser", "compiler"))

_GRAM = 4
Key = TypeVar("Key", bound=Hashable)


def _best(options: list[frozenset[str]]) -> frozenset[str] | None:
    """The set whose shortest piece is longest: the most telling one."""
    return max(options, key=lambda s: (min(map(len, s)), -len(s)), default=None)


def _inside(kind: Any, value: Any) -> frozenset[str] | None:
    """Pieces that a group, repetition or choice needs."""
    if kind is op.SUBPATTERN:
        return _needed(value[-1])
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT} and value[0] > 0:
        return _needed(value[2])
    if kind is op.BRANCH:
        branches = [_needed(branch) for branch in value[1]]
        if all(branches):
            return frozenset().union(*(b for b in branches if b))
    return None


def _needed(parsed: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    options: list[frozenset[str]] = []
    run = ""
    for kind, value in parsed:
        if kind is op.LITERAL:
            run += chr(value)
            continue
        if kind is op.AT:
            continue
        inner = _inside(kind, value)
        if run:
            options.append(frozenset([run]))
            run = ""
        if inner:
            options.append(inner)
    if run:
        options.append(frozenset([run]))
    return _best(options)


@cache
def _prepared(source: str) -> tuple[re.Pattern[str], frozenset[str] | None]:
    """A pattern and its needles from one parse: hundreds of long patterns are read at the start."""
    parsed = _parser.parse(source)
    found = _needed(parsed)
    pattern: re.Pattern[str] = _compiler.compile(parsed)
    return pattern, found


def needles(source: str) -> frozenset[str] | None:
    """Literal pieces one of which every match contains; None where there is no such set."""
    return _prepared(source)[1]


def compiled(source: str) -> re.Pattern[str]:
    """The pattern, compiled once; `re` itself keeps too few."""
    return _prepared(source)[0]


class Sieve(Generic[Key]):
    """Finds, for a text, the keys whose patterns may match it."""

    def __init__(self, patterns: Iterable[tuple[Key, str | None]]) -> None:
        """Take keys with their pattern; a key without a pattern is always found."""
        self._always: set[Key] = set()
        self._short: dict[str, set[Key]] = {}
        self._by_size: dict[int, dict[str, dict[str, set[Key]]]] = {}
        for key, pattern in patterns:
            found = needles(pattern) if pattern is not None else None
            if not found:
                self._always.add(key)
                continue
            for needle in found:
                if len(needle) < _GRAM - 1:
                    self._short.setdefault(needle, set()).add(key)
                    continue
                gram = needle[:_GRAM]
                grams = self._by_size.setdefault(len(gram), {})
                grams.setdefault(gram, {}).setdefault(needle, set()).add(key)

    def candidates(self, text: str) -> set[Key]:
        """Keys whose pattern may match."""
        found = set(self._always)
        for needle, keys in self._short.items():
            if needle in text:
                found |= keys
        for size, grams in self._by_size.items():
            there = {text[i : i + size] for i in range(len(text) - size + 1)}
            for gram in grams.keys() & there:
                for needle, keys in grams[gram].items():
                    if needle in text:
                        found |= keys
        return found


def joined(tokens: Iterable[str]) -> str:
    """One pattern for many tokens.

    Each is a whole word or phrase in which a blank also stands for a hyphen; one that begins
    with `~` is taken as it is.
    """
    given = list(tokens)
    whole = [
        re.sub(r"(?<![\\\\\[]) (?![^\[]*\])", "[ -]", token)
        for token in given
        if not token.startswith("~")
    ]
    parts = [rf"(?<!\w)(?:{'|'.join(whole)})(?!\w)"] if whole else []
    return "|".join([*parts, *(f"(?:{t[1:]})" for t in given if t.startswith("~"))])

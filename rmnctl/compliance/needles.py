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
_DIGIT = "\1digit"
_DIGITS = re.compile(r"\d")
#: Where a piece must begin or end with its word.
_EDGE = "\0"
#: How patterns ask for the edge of a word; a blank of theirs is one of these characters.
_WORD_EDGE = re.compile(r"\(\?<!\\w\)|(?P<ahead>\(\?!\\w\))|\[ -\](?![?*+{])")
#: Long groups are macros, which stand in many patterns: read once.
_LONG = 200
#: Words kept by a sieve, and the longest of them.
MAX_WORDS, _LONGEST = 20_000, 40
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
    """Reads the clauses off a pattern; it knows the syntax that patterns of packs use.

    A piece that begins or ends where a word must is marked so with `_EDGE`.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def choice(self, lead: str = "") -> list[frozenset[str]]:
        """The clauses of alternatives up to the end of their group.

        Args:
            lead: `_EDGE` if a word must begin here.
        """
        branches = [self._branch(lead)]
        while self.source.startswith("|", self.at):
            self.at += 1
            branches.append(self._branch(lead))
        if len(branches) == 1:
            return branches[0]
        best = [_telling(b) for b in branches]
        return [frozenset().union(*(b for b in best if b))] if all(best) else []

    def _branch(self, lead: str) -> list[frozenset[str]]:
        found: list[frozenset[str]] = []
        run = lead
        while True:
            edge = _WORD_EDGE.match(self.source, self.at)
            if edge is not None:
                self.at = edge.end()
                found += _piece(run + _EDGE)
                # What looks ahead says nothing about where the next piece begins.
                run = "" if edge["ahead"] else _EDGE
                continue
            item = _ITEM.match(self.source, self.at)
            if item is None or item["sign"] in {"|", ")"}:
                return [*found, *_piece(run)]
            self.at = item.end()
            # After an edge a group begins where a word does.
            literal, pieces = self._read(item, _EDGE if run == _EDGE else "")
            quantifier = _QUANTIFIER.match(self.source, self.at)
            if quantifier is None and literal:
                run += literal
                continue
            last, needed = literal[-1:], True
            run += literal[:-1]
            if quantifier is not None:
                self.at = quantifier.end()
                needed = quantifier.group()[0] == "+" or (quantifier[1] or "0") != "0"
            found += _piece(run + last if needed else run)
            run = ""
            found += pieces if needed else []

    def _read(self, item: re.Match[str], lead: str) -> tuple[str, list[frozenset[str]]]:
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
            return "", self._group(item, lead)
        return "", []

    def _group(self, item: re.Match[str], lead: str) -> list[frozenset[str]]:
        start = item.start()
        seen = _GROUPS.setdefault(lead + self.source[start : start + 40], {})
        for text, clauses in seen.items():
            if self.source.startswith(text, start):
                self.at = start + len(text)
                return clauses
        inner = self.choice(lead)
        self.at += 1
        found = [] if item["open"][-1] in "=!" else inner
        if self.at - start > _LONG:
            seen[self.source[start : self.at]] = found
        return found


_GROUPS: dict[str, dict[str, list[frozenset[str]]]] = {}


def _piece(run: str) -> list[frozenset[str]]:
    """A run of letters as a clause; blanks part it, since texts are looked at word by word."""
    return [frozenset([p]) for p in run.split(" ") if p.strip(_EDGE)]


def _size(clause: frozenset[str]) -> int:
    """Letters of its shortest piece; a digit tells least, for ads are full of numbers."""
    return min(0 if p == _DIGIT else len(p.strip(_EDGE)) for p in clause)


def _telling(clauses: list[frozenset[str]]) -> frozenset[str] | None:
    """The clause whose shortest piece is longest."""
    return max(clauses, key=lambda s: (_size(s), -len(s)), default=None)


@cache
def clauses(source: str) -> Clauses:
    """Sets of literal pieces; a match of the pattern holds a piece of every set."""
    found = dict.fromkeys(_Reader(source).choice())
    # Short pieces stand nearly everywhere and are not worth looking for, if there are others.
    long = [c for c in found if _size(c) >= _GRAM or c == {_DIGIT}]
    kept = long if any(_size(c) for c in long) else found
    return tuple(sorted(kept, key=lambda s: (-_size(s), len(s))))


@cache
def compiled(source: str) -> re.Pattern[str]:
    """The pattern, compiled once; `re` itself keeps too few."""
    return re.compile(source)


class Sieve(Generic[Key]):
    """Finds, for a text, the keys whose patterns may match it.

    Ads are made of few words, so what a word holds is found once and kept.
    """

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
        self._short: dict[str, list[tuple[str, str, int]]] = {}
        self._grams: dict[str, list[tuple[str, str, int]]] = {}
        for needle, number in self._numbers.items():
            core = needle.strip(_EDGE)
            if needle == _DIGIT:
                continue
            if len(core) < _GRAM:
                self._short.setdefault(core[0], []).append((needle, core, number))
            else:
                self._grams.setdefault(core[:_GRAM], []).append((needle, core, number))
        self._seen: dict[str, frozenset[int]] = {}

    def _number(self, needle: str) -> int:
        return self._numbers.setdefault(needle, len(self._numbers))

    def _in_word(self, word: str) -> frozenset[int]:
        """The numbers of the pieces that a word holds; a word is what stands between blanks."""
        grams = {word[i : i + _GRAM] for i in range(len(word) - _GRAM + 1)}
        tried = [t for g in grams & self._grams.keys() for t in self._grams[g]]
        tried += [t for c in set(word) & self._short.keys() for t in self._short[c]]
        found = {number for needle, core, number in tried if _stands(needle, core, word)}
        if _DIGIT in self._numbers and _DIGITS.search(word):
            found.add(self._numbers[_DIGIT])
        return frozenset(found)

    def _present(self, words: Iterable[str]) -> set[int]:
        seen, found = self._seen, set[int]()
        for word in words:
            numbers = seen.get(word)
            if numbers is None:
                numbers = self._in_word(word)
                if len(word) <= _LONGEST:
                    if len(seen) >= MAX_WORDS:
                        seen.clear()
                    seen[word] = numbers
            found |= numbers
        return found

    def candidates(self, words: Iterable[str]) -> Iterator[Key]:
        """Keys whose pattern may match a text of these words; one may come twice."""
        yield from self._always
        present, waiting = self._present(words), self._waiting
        for number in present:
            for key, others in waiting.get(number, ()):
                for other in others:
                    if other.isdisjoint(present):
                        break
                else:
                    yield key


def _stands(needle: str, core: str, word: str) -> bool:
    """True if a piece stands in a word, at its edges where it has to."""
    lead, trail = needle[0] == _EDGE, needle[-1] == _EDGE
    at = word.find(core)
    while at >= 0:
        end = at + len(core)
        if not (lead and at and _is_letter(word[at - 1])) and not (
            trail and end < len(word) and _is_letter(word[end])
        ):
            return True
        at = word.find(core, at + 1)
    return False


def _is_letter(char: str) -> bool:
    r"""As `\w` means it."""
    return char.isalnum() or char == "_"


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

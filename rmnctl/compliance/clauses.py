"""What a pattern cannot match without, read off its text.

A pattern cannot match unless some literal pieces of it stand in the text: one of each of its
clauses.
"""

from __future__ import annotations

import re
from functools import cache

#: Pieces that stand for a kind of character instead of a letter.
DIGIT = "\1digit"
#: Where a piece must begin or end with its word.
EDGE = "\0"
#: Shorter pieces stand nearly everywhere.
_TELLING = 3
#: How patterns ask for the edge of a word; a blank of theirs is one of these characters.
_WORD_EDGE = re.compile(r"\(\?<!\\w\)|(?P<ahead>\(\?!\\w\))|\[ -\](?![?*+{])")
#: Long groups are macros, which stand in many patterns: read once.
_LONG = 200
Clauses = tuple[frozenset[str], ...]

#: A run of letters, an escape, a class, the head of a group, or one sign; then its quantifier.
_ITEM = re.compile(
    r"(?P<run>[^|()\[\]\\.^$?*+{}]+)|\\(?P<escape>.)|\[(?P<klass>\]?(?:\\.|[^\]\\])*)\]"
    r"|(?P<open>\((?:\?(?::|<?[=!]))?)|(?P<sign>.)",
    re.DOTALL,
)
#: Words without any syntax up to the end of their branch: most alternatives of macros.
_WORDS = re.compile(r"(?:[^|()\[\]\\.^$?*+{}]|\[ -\](?![?*+{]))*+(?=[|)]|\Z)")
#: The same of all branches up to the end of their group.
_LIST = re.compile(r"(?:[^()\[\]\\.^$?*+{}]|\[ -\](?![?*+{]))*+(?=\)|\Z)")
_QUANTIFIER = re.compile(r"(?:[?*+]|\{(\d*)[^}]*\})[?+]?")


class _Reader:
    """Reads the clauses off a pattern; it knows the syntax that patterns of packs use.

    A piece that begins or ends where a word must is marked so with `EDGE`.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def choice(self, lead: str = "") -> list[frozenset[str]]:
        """The clauses of alternatives up to the end of their group.

        Args:
            lead: `EDGE` if a word must begin here.
        """
        words = _LIST.match(self.source, self.at)
        if words is not None:
            self.at = words.end()
            branches = [_words(lead + one) for one in words[0].split("|")]
        else:
            branches = [self._branch(lead)]
            while self.source.startswith("|", self.at):
                self.at += 1
                branches.append(self._branch(lead))
        if len(branches) == 1:
            return branches[0]
        best = [_telling(b) for b in branches]
        return [frozenset().union(*(b for b in best if b))] if all(best) else []

    def _branch(self, lead: str) -> list[frozenset[str]]:
        words = _WORDS.match(self.source, self.at)
        if words is not None:
            self.at = words.end()
            return _words(lead + words[0])
        found: list[frozenset[str]] = []
        run = lead
        while True:
            edge = _WORD_EDGE.match(self.source, self.at)
            if edge is not None:
                self.at = edge.end()
                found += _piece(run + EDGE)
                # What looks ahead says nothing about where the next piece begins.
                run = "" if edge["ahead"] else EDGE
                continue
            item = _ITEM.match(self.source, self.at)
            if item is None or item["sign"] in {"|", ")"}:
                return [*found, *_piece(run)]
            self.at = item.end()
            # After an edge a group begins where a word does.
            literal, pieces = self._read(item, EDGE if run == EDGE else "")
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
            return ("" if char.isalnum() else char), [frozenset([DIGIT])] if char == "d" else []
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


def _words(text: str) -> list[frozenset[str]]:
    """Words without any syntax as clauses; where blanks part them, words begin and end."""
    return _piece(text.replace("[ -]", f"{EDGE} {EDGE}"))


def _piece(run: str) -> list[frozenset[str]]:
    """A run of letters as a clause; blanks part it, since texts are looked at word by word."""
    return [frozenset([p]) for p in run.split(" ") if p.strip(EDGE)]


def _size(clause: frozenset[str]) -> int:
    """Letters of its shortest piece; a digit tells least, for ads are full of numbers."""
    return min([0 if p == DIGIT else len(p.strip(EDGE)) for p in clause])


def _tells(piece: str) -> bool:
    """False for a few letters that may stand inside any word."""
    long = piece == DIGIT or len(piece.strip(EDGE)) >= _TELLING
    return long or piece[0] == piece[-1] == EDGE


def _telling(clauses: list[frozenset[str]]) -> frozenset[str] | None:
    """The clause whose shortest piece is longest."""
    if len(clauses) == 1:
        return clauses[0]
    return max(clauses, key=lambda s: (_size(s), -len(s)), default=None)


@cache
def clauses(source: str) -> Clauses:
    """Sets of literal pieces; a match of the pattern holds a piece of every set."""
    found = dict.fromkeys(_Reader(source).choice())
    # Short pieces stand nearly everywhere and are not worth looking for, if there are others.
    long = [c for c in found if all(map(_tells, c))]
    kept = long if any(_size(c) for c in long) else found
    return tuple(sorted(kept, key=lambda s: (-_size(s), len(s))))

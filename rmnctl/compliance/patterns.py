"""Tokens of packs as patterns: whole words, in which a blank also stands for a hyphen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

#: [start, end) in code points.
Span = tuple[int, int]
#: What a blank of a token becomes.
_GAP = "[ -]"
#: A blank, or what may hold one that stands for itself: an escape or a class.
_BLANK = re.compile(r"\\.|\[[^\]]*\]| ", re.DOTALL)
#: What may tell a blank from a hyphen: either of them, white space, a class left out, an escape by
#: number, or what was found before.
_TELLS = re.compile(r"[ -]|\\[sSxuUN\d]|\[\^|\(\?P=")


class Pattern:
    """A pattern for text in plain letters.

    Most patterns treat blanks and hyphens alike. They are compiled with plain blanks, which takes
    much less time, and look at the text with blanks for hyphens; every place stays the same.
    """

    def __init__(self, source: str) -> None:
        """Compile a pattern in which a blank or hyphen is written as `whole` and `joined` do."""
        self._alike = not _TELLS.search(source.replace(_GAP, ""))
        self._regex = re.compile(source.replace(_GAP, " ") if self._alike else source)

    def _text(self, text: str) -> str:
        return text.replace("-", " ") if self._alike else text

    def search(self, text: str) -> bool:
        """True if it stands somewhere in a text."""
        return self._regex.search(self._text(text)) is not None

    def fullmatch(self, text: str) -> bool:
        """True if it is the whole text."""
        return self._regex.fullmatch(self._text(text)) is not None

    def first(self, text: str, at: int) -> Span | None:
        """Where it first stands from a place on, if it is not empty there."""
        for match in self._regex.finditer(self._text(text), at):
            if match.end() > match.start():
                return match.span()
        return None

    def spans(self, text: str) -> list[Span]:
        """Where it stands, from left to right."""
        text = self._text(text)
        # Most patterns that are tried do not match: looking once is cheaper than to iterate.
        first = self._regex.search(text)
        if first is None:
            return []
        if first.end() == first.start():
            return [match.span() for match in self._regex.finditer(text)]
        rest = self._regex.finditer(text, first.end())
        return [first.span(), *(match.span() for match in rest)]


@cache
def compiled(source: str) -> Pattern:
    """The pattern, compiled once; `re` itself keeps too few."""
    return Pattern(source)


@cache
def whole(token: str) -> str:
    """The pattern of one token.

    It is a whole word or phrase in which a blank also stands for a hyphen; one that begins with
    `~` is taken as it is.
    """
    if token.startswith("~"):
        return token[1:]
    return rf"(?<!\w)(?:{_hyphened(token)})(?!\w)"


def _hyphened(token: str) -> str:
    """A token with its blanks standing for a hyphen as well."""
    return _BLANK.sub(lambda found: _GAP if found[0] == " " else found[0], token)


def in_order(tokens: Iterable[str]) -> list[str]:
    """Tokens in the order in which one pattern for all of them tries them."""
    return sorted(tokens, key=lambda token: token.startswith("~"))


def joined(tokens: Iterable[str]) -> str:
    """One pattern for many tokens."""
    given = in_order(tokens)
    words = [_hyphened(token) for token in given if not token.startswith("~")]
    parts = [rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"] if words else []
    return "|".join([*parts, *(f"(?:{t[1:]})" for t in given if t.startswith("~"))])

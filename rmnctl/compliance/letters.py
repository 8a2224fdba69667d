"""How each character of a copy is read: what it shows, and the plain letters it stands for."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

#: Characters that turn the direction of reading, and those that nobody sees.
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = frozenset("\u200b\u2060\ufeff\u180e\u00ad\u034f\u061c\u200e\u200f\u115f\u3164")
JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_KEPT = frozenset("™℠®©…⁰¹²³⁴⁵⁶⁷⁸⁹½¼¾")
_QUOTES = str.maketrans(
    {
        "’": "'", "‘": "'", "‛": "'", "`": "'", "´": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"',
        "«": '"', "»": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-",
    }
)  # fmt: skip


class Letters:
    """How characters are read; each is looked at once.

    Attributes:
        look_alikes: Letter of another script to the Latin letter it imitates.
    """

    def __init__(self, look_alikes: Mapping[str, str]) -> None:
        self.look_alikes = look_alikes
        self._read: dict[str, tuple[str, str]] = {}
        self._single: set[str] = set()
        self._shown: dict[int, str] = {}
        self._plain: dict[int, str] = {}

    def read(self, char: str) -> tuple[str, str]:
        """What a visible character shows, and its plain lower-case letters."""
        if char.isascii():
            return char, char.lower()
        known = self._read.get(char)
        if known is None:
            shown = char if char in _KEPT else unicodedata.normalize("NFKC", char)
            shown = shown.translate(_QUOTES) if shown != " " else shown
            known = self._read[char] = shown, "".join(map(self._fold, shown))
        return known

    def one_by_one(self, text: str) -> tuple[str, str] | None:
        """A text as it shows and in plain letters, if each character is visible and stays one."""
        if text.isascii() and text.isprintable():
            return text, text.lower()
        for char in set(text) - self._single:
            shown, plain = self.read(char)
            if not is_visible(char) or len(shown) != 1 or len(plain) != 1:
                return None
            self._single.add(char)
            self._shown[ord(char)], self._plain[ord(char)] = shown, plain
        return text.translate(self._shown), text.translate(self._plain)

    def _fold(self, char: str) -> str:
        char = self.look_alikes.get(char, char)
        if char.isascii():
            return char.lower()
        if char in _KEPT:
            return char if char not in "™℠®©" else ""
        plain = unicodedata.normalize("NFKD", char)
        return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def is_visible(char: str) -> bool:
    """True for what a reader sees, blanks and new lines among it."""
    if char in BIDI or char in INVISIBLE or char in JOINERS:
        return False
    return unicodedata.category(char) != "Cc" or char in "\n\t\r"


class _Folded(dict[int, str]):
    """Character to its letters in patterns, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code).translate(_QUOTES)
        plain = char if char in _KEPT else unicodedata.normalize("NFKD", char)
        self[code] = "".join(c for c in plain if not unicodedata.combining(c))
        return self[code]


_FOLDED = _Folded({ord("ß"): "ss"})


def fold_pattern(pattern: str) -> str:
    """A pattern in the letters of `folded`: no accents, no curly quotes; syntax is untouched."""
    return pattern.translate(_FOLDED)

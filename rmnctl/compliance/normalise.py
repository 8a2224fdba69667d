"""What a reader sees in a copy, as text that patterns can match, mapped back to the original.

Markup, entities, zero-width characters, width variants, accents and look-alike letters are ways
to write one word differently, and so to dodge a rule. Two views undo them: `shown` keeps case and
accents (for rules on spelling and layout), `folded` is lower case in plain letters with single
spaces (for rules on words). Every character of a view knows which part of the original it is.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape

#: A copy longer than this is no ad copy: only its beginning is checked, and a person looks.
MAX_CHECKED = 20_000

_MARKUP = re.compile(
    r"<!--.{0,2000}?-->|</?[a-zA-Z][a-zA-Z0-9-]{0,20}(?:\s[^<>]{0,500})?/?>", re.DOTALL
)
_INLINE = re.compile(
    r"</?(?:a|b|i|u|s|em|strong|span|font|small|big|mark|sup|sub)\b|<!--", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u200b\u2060\ufeff\u180e\u00ad\u034f\u061c\u200e\u200f\u115f\u3164")
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_KEPT = frozenset("™℠®©…⁰¹²³⁴⁵⁶⁷⁸⁹½¼¾")
_QUOTES = str.maketrans(
    {
        "’": "'", "‘": "'", "‛": "'", "`": "'", "´": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"',
        "«": '"', "»": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-",
    }
)  # fmt: skip
_APART = re.compile(r"(?<!\w)(?<!\w[-._*|/ ])[a-z]([-._*|/ ])[a-z](?:\1[a-z]){2,20}(?!\w)(?!\1\w)")
_LEET_WORD = re.compile(r"(?<![\w@$!|])[\w@$!|]*[013457@$!|][\w@$!|]*")
_LEET = str.maketrans("013457@$|", "oieastasl")
_LEET_L = str.maketrans("013457@$!|", "olcastasii")


@dataclass(frozen=True)
class View:
    """A text and where each of its characters came from.

    Attributes:
        text: The characters.
        starts: Start of each character in the original; None where positions are equal.
        ends: End of each character in the original.
    """

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The [start, end) of the original, in code points, that a part of this view stands for."""
        if self.starts is None or self.ends is None:
            return start, end
        if not self.starts:
            return 0, 0
        if start >= end:
            at = self.starts[min(start, len(self.starts) - 1)]
            return at, at
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True)
class Text:
    """A copy as its rules see it.

    Attributes:
        original: What was given.
        shown: What a reader sees: no markup, no invisible characters.
        folded: `shown` in lower case, plain Latin letters, single spaces.
        length: Visible code points, without blanks at either end.
        markup: Spans of markup in the original.
        disguised: Spans of the original where letters were hidden, swapped or imitated.
        cut: Only the beginning was read.
    """

    original: str
    shown: View
    folded: View
    length: int
    markup: tuple[tuple[int, int], ...] = ()
    disguised: tuple[tuple[int, int], ...] = ()
    cut: bool = False


@dataclass
class _Builder:
    chars: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, text: str, start: int, end: int) -> None:
        for char in text:
            self.chars.append(char)
            self.starts.append(start)
            self.ends.append(end)

    def view(self) -> View:
        return View("".join(self.chars), tuple(self.starts), tuple(self.ends))


def _fold_char(char: str, look_alikes: Mapping[str, str]) -> str:
    char = look_alikes.get(char, char)
    if char.isascii():
        return char.lower()
    if char in _KEPT:
        return char if char not in "™℠®©" else ""
    plain = unicodedata.normalize("NFKD", char)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def fold_pattern(pattern: str) -> str:
    """A pattern in the letters of `folded`: no accents, no curly quotes; syntax is untouched."""
    if pattern.isascii():
        return pattern.translate(_QUOTES)
    plain = (
        c if c in _KEPT else unicodedata.normalize("NFKD", c)
        for c in pattern.translate(_QUOTES).replace("ß", "ss")
    )
    return "".join(c for part in plain for c in part if not unicodedata.combining(c))


def _hides(char: str, before: str, after: str) -> bool:
    """True if an invisible character between two others can only be there to hide a word.

    Joiners are letters' business in many scripts, but not in Latin; a soft hyphen is honest.
    """
    if char in _JOINERS:
        return (before + after).isascii() and before.isalpha() and after.isalpha()
    return char != "\u00ad" and before.isalnum() and after.isalnum()


def _visible(
    original: str, markup: list[tuple[int, int]]
) -> tuple[list[tuple[str, int, int]], list[tuple[int, int]]]:
    """Readable characters with their places, and the spans of what was hidden in words."""
    skip = dict(markup)
    entities = {m.start(): m for m in _ENTITY.finditer(original)} if "&" in original else {}
    found: list[tuple[str, int, int]] = []
    hidden: list[tuple[int, int]] = []
    at = 0
    while at < len(original):
        char, end = original[at], at + 1
        if at in skip:
            # Markup is not read; that of a new line or block parts words.
            if not _INLINE.match(original, at):
                found.append((" ", at, skip[at]))
            at = skip[at]
            continue
        entity = entities.get(at)
        if entity is not None and (decoded := unescape(entity.group())) != entity.group():
            char, end = decoded, entity.end()
        for one in char:
            if one in _BIDI:
                hidden.append((at, end))
            elif one in _INVISIBLE or one in _JOINERS:
                before = found[-1][0] if found else " "
                if _hides(one, before, original[end : end + 1]):
                    hidden.append((at, end))
            elif unicodedata.category(one) != "Cc" or one in "\n\t\r":
                found.append((one, at, end))
        at = end
    return found, hidden


def _mixed_words(view: View, look_alikes: Mapping[str, str]) -> list[tuple[int, int]]:
    """Words that mix plain Latin letters with letters that only look Latin."""
    found = []
    for match in re.finditer(r"\w+", view.text):
        word = match.group()
        foreign = [c for c in word if c in look_alikes]
        if foreign and any(c.isascii() and c.isalpha() for c in word):
            found.append(view.span(*match.span()))
    return found


def _unleet(view: View, words: Callable[[str], bool]) -> tuple[View, list[tuple[int, int]]]:
    """Put letters where digits and signs stand for them in a known word."""
    spans, chars = [], None
    for match in _LEET_WORD.finditer(view.text):
        word = match.group()
        core = word.rstrip("!|")
        if not any(c.isalpha() for c in core) or core.isalpha() or len(core) < 3:
            continue
        if core.translate(_LEET).isdigit() or words(core):
            continue
        for table in (_LEET, _LEET_L):
            plain = core.translate(table)
            if plain != core and words(plain):
                chars = list(view.text) if chars is None else chars
                chars[match.start() : match.start() + len(core)] = plain
                spans.append(view.span(match.start(), match.start() + len(core)))
                break
    if chars is None:
        return view, []
    return View("".join(chars), view.starts, view.ends), spans


def _joined_letters(view: View, words: Callable[[str], bool]) -> tuple[View, list[tuple[int, int]]]:
    """Put words together again whose letters are set apart: c-u-r-e-s, b.e.s.t, f r e e."""
    spans, made, done = [], _Builder(), 0
    for match in _APART.finditer(view.text):
        start, end = match.span()
        if match.group(1) == " " and not words(match.group().replace(" ", "")):
            continue
        for at in range(done, end):
            if at < start or (at - start) % 2 == 0:
                made.add(view.text[at], *view.span(at, at + 1))
        spans.append(view.span(start, end))
        done = end
    if not spans:
        return view, []
    for at in range(done, len(view.text)):
        made.add(view.text[at], *view.span(at, at + 1))
    return made.view(), spans


def _squeezed(view: View) -> View:
    """Every run of whitespace as one space."""
    if not re.search(r"\s{2}|[^\S ]", view.text):
        return view
    made = _Builder()
    for index, char in enumerate(view.text):
        start, end = view.span(index, index + 1)
        if not char.isspace():
            made.add(char, start, end)
        elif not made.chars or made.chars[-1] != " ":
            made.add(" ", start, end)
        else:
            made.ends[-1] = end
    return made.view()


def _read(view: View, words: Callable[[str], bool]) -> tuple[View, list[tuple[int, int]]]:
    """Lower-case text as it is meant, and the spans where it was disguised."""
    folded, apart = _joined_letters(_squeezed(view), words)
    folded, leet = _unleet(folded, words)
    return folded, sorted({*apart, *leet})


def normalise(
    original: str, look_alikes: Mapping[str, str], is_word: Callable[[str], bool]
) -> Text:
    """Read a copy as a person would.

    Args:
        original: The copy.
        look_alikes: Letter of another script to the Latin letter it imitates.
        is_word: True for a common word in plain letters; digits are read as letters only there.
    """
    cut = len(original) > MAX_CHECKED
    read = original[:MAX_CHECKED]
    if read.isascii() and read.isprintable() and "<" not in read and "&" not in read:
        shown = View(read)
        folded, leet = _read(View(read.lower()), is_word)
        length = len(original.strip())
        return Text(original, shown, folded, length, disguised=tuple(leet), cut=cut)
    markup = [m.span() for m in _MARKUP.finditer(read)]
    visible, hidden = _visible(read, markup)
    seen, plain = _Builder(), _Builder()
    for char, start, end in visible:
        if char.isascii():
            seen.add(char, start, end)
            plain.add(char.lower(), start, end)
            continue
        known = char if char in _KEPT else unicodedata.normalize("NFKC", char)
        known = known.translate(_QUOTES) if known != " " else known
        seen.add(known, start, end)
        plain.add("".join(_fold_char(c, look_alikes) for c in known), start, end)
    shown = seen.view()
    hidden += _mixed_words(shown, look_alikes)
    folded, leet = _read(plain.view(), is_word)
    length = len(unicodedata.normalize("NFC", "".join(c for c, _, _ in visible)).strip())
    return Text(
        original,
        shown,
        folded,
        length + len(original) - len(read),
        tuple(markup),
        tuple(sorted({*hidden, *leet})),
        cut,
    )


def overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """True if a span shares a character with one of some sorted spans."""
    at = bisect_right(others, (span[1], -1))
    return any(start < span[1] and span[0] < end for start, end in others[max(0, at - 8) : at + 1])

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
from typing import NamedTuple

from rmnctl.compliance.letters import BIDI, INVISIBLE, JOINERS, Letters, is_visible
from rmnctl.compliance.patterns import Span

#: A copy longer than this is no ad copy: only its beginning is checked, and a person looks.
MAX_CHECKED = 20_000

_MARKUP = re.compile(
    r"<!--.{0,2000}?-->|</?[a-zA-Z][a-zA-Z0-9-]{0,20}(?:\s[^<>]{0,500})?/?>", re.DOTALL
)
_INLINE = re.compile(
    r"</?(?:a|b|i|u|s|em|strong|span|font|small|big|mark|sup|sub)\b|<!--", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_CODE = re.compile(f"{_MARKUP.pattern}|{_ENTITY.pattern}", re.DOTALL)
_APART = re.compile(r"(?<!\w)[a-z]([-._*|/ ])[a-z](?:\1[a-z]){2,20}(?!\w)")
#: Letters are set apart only where one stands alone, and replaced only beside another letter.
_ALONE = re.compile(r"[-._*|/ ][a-z][-._*|/ ]")
_STAND_IN = re.compile(r"[013457@$!|]")
_BESIDE = re.compile(r"[\d_@$!|][^\W\d_]|[^\W\d_][\d_@$!|]")
_LEET_WORD = re.compile(r"(?<![\w@$!|])[\w@$!|]*[013457@$!|][\w@$!|]*")
_LEET = str.maketrans("013457@$|", "oieastasl")
_LEET_L = str.maketrans("013457@$!|", "olcastasii")


class View(NamedTuple):
    """A text and where each of its characters came from.

    Attributes:
        text: The characters.
        starts: Start of each character in the original; None where positions are equal.
        ends: End of each character in the original.
    """

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> Span:
        """The [start, end) of the original, in code points, that a part of this view stands for."""
        if self.starts is None or self.ends is None:
            return start, end
        if not self.starts:
            return 0, 0
        if start >= end:
            at = self.starts[min(start, len(self.starts) - 1)]
            return at, at
        return self.starts[start], self.ends[end - 1]


class Text(NamedTuple):
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
    markup: tuple[Span, ...] = ()
    disguised: tuple[Span, ...] = ()
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


def _hides(char: str, before: str, after: str) -> bool:
    """True if an invisible character between two others can only be there to hide a word.

    Joiners are letters' business in many scripts, but not in Latin; a soft hyphen is honest.
    """
    if char in JOINERS:
        return (before + after).isascii() and before.isalpha() and after.isalpha()
    return char != "\u00ad" and before.isalnum() and after.isalnum()


def _visible(original: str, markup: list[Span]) -> tuple[list[tuple[str, int, int]], list[Span]]:
    """Readable characters with their places, and the spans of what was hidden in words."""
    skip = dict(markup)
    entities = {m.start(): m for m in _ENTITY.finditer(original)} if "&" in original else {}
    found: list[tuple[str, int, int]] = []
    hidden: list[Span] = []
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
            if is_visible(one):
                found.append((one, at, end))
            elif one in BIDI:
                hidden.append((at, end))
            elif one in INVISIBLE or one in JOINERS:
                before = found[-1][0] if found else " "
                if _hides(one, before, original[end : end + 1]):
                    hidden.append((at, end))
        at = end
    return found, hidden


def _mixed_words(view: View, look_alikes: Mapping[str, str]) -> list[Span]:
    """Words that mix plain Latin letters with letters that only look Latin."""
    found = []
    for match in re.finditer(r"\w+", view.text):
        word = match.group()
        foreign = [c for c in word if c in look_alikes]
        if foreign and any(c.isascii() and c.isalpha() for c in word):
            found.append(view.span(*match.span()))
    return found


def _unleet(view: View, words: Callable[[str], bool]) -> tuple[View, list[Span]]:
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


def _joined_letters(view: View, words: Callable[[str], bool]) -> tuple[View, list[Span]]:
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
    if "  " not in view.text and view.text.isprintable():
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


def _read(view: View, words: Callable[[str], bool]) -> tuple[View, list[Span]]:
    """Lower-case text as it is meant, and the spans where it was disguised."""
    view, spans = _squeezed(view), list[Span]()
    if _ALONE.search(view.text):
        view, spans = _joined_letters(view, words)
    if _STAND_IN.search(view.text) and _BESIDE.search(view.text):
        view, replaced = _unleet(view, words)
        spans += replaced
    return view, spans


def normalise(original: str, letters: Letters, is_word: Callable[[str], bool]) -> Text:
    """Read a copy as a person would.

    Args:
        original: The copy.
        letters: How characters are read.
        is_word: True for a common word in plain letters; digits are read as letters only there.
    """
    read = original[:MAX_CHECKED]
    return _plainly(original, read, letters, is_word) or _carefully(
        original, read, letters, is_word
    )


def _plainly(
    original: str, read: str, letters: Letters, is_word: Callable[[str], bool]
) -> Text | None:
    """A copy in which every character stands for itself; None for another one.

    Nearly all are so, and need no record of where each character came from.
    """
    if ("<" in read or "&" in read) and _CODE.search(read):
        return None
    made = letters.one_by_one(read)
    if made is None:
        return None
    shown, plain = View(made[0]), View(made[1])
    hidden = [] if shown.text.isascii() else _mixed_words(shown, letters.look_alikes)
    return _text(original, read, shown, plain, hidden, is_word)


def _carefully(original: str, read: str, letters: Letters, is_word: Callable[[str], bool]) -> Text:
    """A copy with markup, entities, or characters that are not seen or stand for others."""
    markup = [m.span() for m in _MARKUP.finditer(read)]
    visible, hidden = _visible(read, markup)
    seen, plain = _Builder(), _Builder()
    for char, start, end in visible:
        known, folded = letters.read(char)
        seen.add(known, start, end)
        plain.add(folded, start, end)
    shown = seen.view()
    hidden += _mixed_words(shown, letters.look_alikes)
    text = "".join(c for c, _, _ in visible)
    return _text(original, text, shown, plain.view(), hidden, is_word, tuple(markup))


def _text(
    original: str,
    visible: str,
    shown: View,
    plain: View,
    hidden: list[Span],
    is_word: Callable[[str], bool],
    markup: tuple[Span, ...] = (),
) -> Text:
    """Put a text together: `plain` is `shown` in lower case, not yet read as it is meant."""
    folded, leet = _read(plain, is_word)
    whole = visible + original[MAX_CHECKED:]
    if not whole.isascii():
        whole = unicodedata.normalize("NFC", whole)
    return Text(
        original,
        shown,
        folded,
        len(whole.strip()),
        markup,
        tuple(sorted({*hidden, *leet})) if hidden or leet else (),
        len(original) > MAX_CHECKED,
    )


def overlaps(span: Span, others: list[Span]) -> bool:
    """True if a span shares a character with one of some sorted spans."""
    at = bisect_right(others, (span[1], -1))
    return any(start < span[1] and span[0] < end for start, end in others[max(0, at - 8) : at + 1])

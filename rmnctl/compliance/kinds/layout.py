"""Checks of how a copy is set: punctuation, spacing, pictures made of letters, emojis."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rmnctl.compliance.kinds.compiled import MAX_HITS, Compiled
from rmnctl.compliance.normalise import overlaps
from rmnctl.compliance.subject import Hit, Subject

_ABBREVIATIONS = frozenset(
    "oz fl vs approx ct pk lb lbs no nos st dr mr mrs ms inkl ca bzw usw etc min max sq ft in pt qt gal "
    "u.s e.g i.e z.b d.h u.a a.m p.m nr art vol incl excl ex env apt tel evtl ggf ml inc co".split()
)
_REPEATED = re.compile(
    r"[!?]{2,}|[!?](?: [!?])+|,{2,}|;{2,}|:{2,}|\.{4,}|(?<!\.)\.\.(?!\.)|([&*+=/|~^•·_])\1{1,}|-{3,}| -- |(?:- ){2,}-|[,;:]\.|\.,|[!?][.,;]|[.,;][!?]"
)
_SPACED = re.compile(r"(?<![\w'])(?:[^\W\d_] ){3,}[^\W\d_](?![\w'])")
_BLANKS = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
_BEFORE_MARK = re.compile(r"(?<=\w) [,;:!?.](?=\s|$)")
_LOWER_SENTENCE = re.compile(r"(?<![\w.])([^\W\d_][\w.]{0,30})[.] ([^\W\d_]\w{0,30})[.!?](?!\w)")
_JAMMED = re.compile(
    r"(?<=[^\W\d_]{3})[,;!?](?=[^\W\d_]{3})|(?<=[^\W\d_]{3})\.(?=[^\W\d_]{3,20}\.[^\W\d_]{3})"
)


#: What is odd between words: a sign of it that is soon found, what it is, and what to say.
_ODDITIES = (
    (
        re.compile(r"[-!?,;:.&*+=/|~^•·_] ?[-!?,;:.&*+=/|~^•·_]"),
        _REPEATED,
        "Repeated punctuation is not allowed.",
    ),
    (re.compile(r"[ \t]{2}"), _BLANKS, "There is more than one blank in a row."),
    (re.compile(r"[,;!?.][^\W\d_]"), _JAMMED, "A blank is missing after the mark."),
)
_BLANK_AND_MARK = re.compile(r" [,;:!?.]")
_SINGLE_LETTERS = re.compile(r"[^\W\d_] [^\W\d_] [^\W\d_] [^\W\d_]")


def layout(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Repeated marks, words cut up by spaces or full stops, blanks in odd places."""
    shown = subject.text.shown
    text = shown.text
    for sign, pattern, message in _ODDITIES:
        if sign.search(text):
            yield from _outside_names(pattern, message, subject)
    # French sets a blank before ; : ! ?
    if subject.language != "fr" and _BLANK_AND_MARK.search(text):
        yield from _outside_names(_BEFORE_MARK, "There is a blank before the mark.", subject)
    if _SINGLE_LETTERS.search(text):
        for match in _SPACED.finditer(text):
            letters = match.group().split()
            if not all(c.isupper() for c in letters) or compiled.words.is_common(
                "".join(letters).lower()
            ):
                yield Hit(shown.span(*match.span()), message="Letters of a word are set apart.")
    if ". " in text:
        for match in _LOWER_SENTENCE.finditer(text):
            first, second = match.group(1), match.group(2)
            if second[0].islower() and not {first.lower(), second.lower()} & _ABBREVIATIONS:
                yield Hit(shown.span(*match.span()), message="Full stops cut up the sentence.")


def _outside_names(pattern: re.Pattern[str], message: str, subject: Subject) -> Iterator[Hit]:
    shown, own = subject.text.shown, subject.own_names(cased=True)
    for match in list(pattern.finditer(shown.text))[:MAX_HITS]:
        if not any(s <= match.start() and match.end() <= e for s, e in own):
            yield Hit(shown.span(*match.span()), message=message)


_DOTTED = re.compile(
    r"(?<![\w.])(?:[^\W\d_]\.){3,}[^\W\d_]?(?![\w])|(?<![\w-])(?:[^\W\d_]-){3,}[^\W\d_](?![\w-])"
)
_INITIALS = frozenset("usa uk eu usda bpa fda nyc bbq diy spf uae ussr llc aoc aop gmbh".split())
_ART = re.compile(
    r"<3+|</3|(?<![\w)])[:;=8xX][-o^']?[)(DPp/\\|*>3]{1,2}(?!\w)|\([\^°•oO*-][_.\-o]{1,3}[\^°•oO*-]\)|"
    r"[<>=~*_^-]{2,9}>|<[<=~*_^-]{2,9}|>{2,}|<{2,}|[~*]-[~*]|~[*~]|\^[_.]?\^|[oO]_[oO]|(?<!\w)(?:[A-Za-z]{2}8|[Ll]8r|2nite|[Gg]r8\w*|4 ?[uU]|[bB]4|2day)(?!\w)|¯\\|"
    r"[\u2190-\u21ff\u2500-\u259f\u25a0-\u25ff\u2600-\u27bf\u2b00-\u2bff]|(?<!\w)[*_~^=|]{2,}(?!\w)"
)
_SIGNS = re.compile(
    r"[^\W\d_][@|€£][^\W\d_]|(?<!\w)@(?=[^\W\d_]{1,2}(?!\w))|[^\W\d_]\$[^\W\d_]|"
    r"[^\W\d_]{2}\$(?!\w)|[^\W\d_]\*{1,9}[^\W\d_]"
)


#: A picture has one of these signs, a face, or a figure read as a syllable.
_SIGN_OF_ART = re.compile(
    r"[<>=~*_^|(¯\u2190-\u21ff\u2500-\u27bf\u2b00-\u2bff]|[:;8xX][-o^']?[)DPp/\\3]|"
    r"[A-Za-z][84]|[24] ?[A-Za-z]"
)
_DRAWN = (
    (_SIGN_OF_ART, _ART),
    (re.compile(r"[@|€£$*]"), _SIGNS),
    (re.compile(r"[.-][^\W\d_][.-]"), _DOTTED),
)


def ascii_art(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Pictures made of signs, words cut up by dots, signs in the middle of words."""
    del compiled
    shown = subject.text.shown
    for sign, pattern in _DRAWN:
        if not sign.search(shown.text):
            continue
        own = subject.own_names(cased=True)
        for match in list(pattern.finditer(shown.text))[:MAX_HITS]:
            plain = re.sub(r"[^\w]", "", match.group()).lower()
            initials = pattern is _DOTTED and (plain in _INITIALS or len(plain) < 3)
            if not initials and not overlaps(match.span(), own):
                yield Hit(shown.span(*match.span()))


def end_mark(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """A mark at the end, unless it belongs to a name."""
    del compiled
    shown = subject.text.shown
    match = re.search(r"\s*[.!?…。！？]+\s*$", shown.text)
    if match and not any(
        end >= len(shown.text.rstrip()) for _, end in subject.own_names(cased=True)
    ):
        yield Hit(shown.span(*match.span()))


_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\U0001f1e6-\U0001f1ff\u2600-\u27bf\u2b50\u2b55\u231a-\u231b\u23e9-\u23fa"
    "\u2b1b\u2b1c\u3030\u303d\u3297\u3299\U000e0020-\U000e007f]+"
)


def emoji(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Emojis and dingbats."""
    del compiled
    for match in list(_EMOJI.finditer(subject.text.shown.text))[:MAX_HITS]:
        yield Hit(subject.text.shown.span(*match.span()))


LAYOUT: dict[str, Callable[[Compiled, Subject], Iterator[Hit]]] = {
    "layout": layout,
    "ascii_art": ascii_art,
    "end_mark": end_mark,
    "emoji": emoji,
}

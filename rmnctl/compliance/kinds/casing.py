"""Checks of capitals: shouting, camel case, first letters, button styles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from rmnctl.compliance.kinds.compiled import Compiled
from rmnctl.compliance.normalise import overlaps
from rmnctl.compliance.pack import Level
from rmnctl.compliance.patterns import Span
from rmnctl.compliance.subject import Hit, Subject

_WORD = re.compile(r"[^\W\d_](?:[^\W_]|['&.](?=[^\W\d_]))*")
_CONTRACTION = re.compile(r"'[a-zA-Z]{1,3}$")
_TWO_CAPITALS = re.compile(r"[^\W\d_a-z][^\w\s]?[^\W\d_a-z]")
_HUMP = re.compile(r"[^\W\d_A-Z][^\W\d_a-z]")
_SMALL = frozenset("a an and as at by for from in of on or the to with & vs per your".split())
_UNIT = re.compile(r"^(?:[mkµd]?[lLgmWVA]|[kMG]Wh|mAh|[kMGT][BHb]z?|[kMGT]bps|dB|pH|fps|ct|oz|pk)$")


def _words(compiled: Compiled, subject: Subject) -> list[tuple[str, Span, bool]]:
    """Words of the copy as written, their spans, and whether they are names with own casing."""
    if subject.spelled is None:
        subject.spelled = list(_spell(compiled, subject))
    return subject.spelled


def _spell(compiled: Compiled, subject: Subject) -> Iterator[tuple[str, Span, bool]]:
    shown = subject.text.shown.text
    own = subject.own_names(cased=True)
    for match in _WORD.finditer(shown):
        word, span = match.group(), match.span()
        after = shown[span[1] : span[1] + 1]
        before = shown[span[0] - 1 : span[0]]
        marked = after in {"™", "®", "℠"}
        code = before.isdigit() or after.isdigit() or any(c.isdigit() for c in word)
        plain = _CONTRACTION.sub("", word)
        yield (
            word,
            span,
            marked or code or overlaps(span, own) or plain in compiled.words.cased_names,
        )


def _capitals(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return len(letters) > 1 and all(c.isupper() for c in letters)


def _no_shouting(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    if not _TWO_CAPITALS.search(subject.text.shown.text):
        return
    allowed = frozenset(w for t in compiled.check.except_ for w in t.split("|"))
    shown = subject.text.shown
    found = _words(compiled, subject)
    for number, (word, span, name) in enumerate(found):
        plain = _CONTRACTION.sub("", word)
        if name or not _capitals(plain) or plain in allowed or _UNIT.match(word):
            continue
        beside = [found[i][0] for i in (number - 1, number + 1) if 0 <= i < len(found)]
        shouted = any(
            _capitals(b) and len(b) > 2 and compiled.words.is_common(b.lower()) for b in beside
        )
        if compiled.words.is_acronym(plain, crowd=shouted):
            continue
        yield Hit(shown.span(*span), suggest=f"Write “{word.capitalize()}”.")


def _no_camel(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    shown = subject.text.shown
    if not _HUMP.search(shown.text):
        return
    for word, span, name in _words(compiled, subject):
        if name or _UNIT.match(word) or not re.search(r"[^\W\d_]", word):
            continue
        humps = sum(a.islower() and b.isupper() for a, b in pairwise(word))
        if not humps or re.match(r"(?:Mc|Mac|O'|D'|De|Le|La)[A-Z][a-z]+$", word):
            continue
        if humps == 1 and subject.facts.brand is None:
            # It may be the brand's own way of writing itself.
            yield Hit(shown.span(*span), level=Level.NEEDS_FACTS, missing=("brand",))
        else:
            yield Hit(shown.span(*span), suggest=f"Write “{word.capitalize()}”.")


def _start_capital(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    shown = subject.text.shown.text
    match = re.search(r"\w", shown)
    if match is None or not shown[match.start()].islower():
        return
    first = next(iter(_words(compiled, subject)), None)
    if first is None or first[1][0] != match.start() or first[2]:
        return
    yield Hit(
        subject.text.shown.span(match.start(), match.start() + 1),
        suggest=f"Begin with “{first[0].capitalize()}”.",
    )


def _sentence(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Only the first word and names begin with a capital; German nouns keep theirs."""
    shown = subject.text.shown
    for number, (word, span, name) in enumerate(_words(compiled, subject)):
        if name or word in {"I", "I'm", "I'll"} or compiled.words.is_acronym(word, crowd=False):
            continue
        if number == 0 and not _capitals(word):
            if word[0].islower():
                yield Hit(shown.span(*span), suggest=f"Begin with “{word.capitalize()}”.")
            continue
        new_sentence = re.search(r"[.!?]\s*$", shown.text[: span[0]])
        if word[0].isupper() and not (new_sentence and not _capitals(word)):
            if subject.language == "de" and not compiled.words.is_common(word.lower()):
                continue
            yield Hit(shown.span(*span), suggest=f"Write “{word.lower()}”.")


def _initial(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Every word begins with a capital and goes on without; small words may be lower case."""
    shown = subject.text.shown
    for number, (word, span, name) in enumerate(_words(compiled, subject)):
        if name or (number and word.lower() in _SMALL):
            continue
        if _capitals(word):
            if not compiled.words.is_acronym(word, crowd=False) and word not in {"OFF", "NEW"}:
                yield Hit(shown.span(*span), suggest=f"Write “{word.capitalize()}”.")
        elif word[0].islower():
            yield Hit(shown.span(*span), suggest=f"Write “{word.capitalize()}”.")


def _own_casing(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """A brand element is the brand's name in its own casing."""
    del compiled
    names = subject.facts.brand
    given = subject.text.shown.text.strip()
    if names is None:
        yield Hit(subject.whole(), level=Level.NEEDS_FACTS, missing=("brand",))
    elif given not in names:
        near = next((n for n in names if n.casefold() == given.casefold()), None)
        yield Hit(subject.whole(), suggest=f"Write “{near}”." if near else None)


#: Spelling rules by name.
STYLES: dict[str, Callable[[Compiled, Subject], Iterator[Hit]]] = {
    "no_shouting": _no_shouting,
    "no_camel": _no_camel,
    "start_capital": _start_capital,
    "sentence": _sentence,
    "initial": _initial,
    "own_casing": _own_casing,
}

"""Checks of which words a copy holds, lacks, repeats, and how many."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rmnctl.compliance.claims import PLAIN, claim_reader, probability_of
from rmnctl.compliance.kinds.compiled import MAX_HITS, Compiled
from rmnctl.compliance.letters import fold_pattern
from rmnctl.compliance.normalise import overlaps
from rmnctl.compliance.patterns import Span
from rmnctl.compliance.patterns import compiled as pattern_of
from rmnctl.compliance.subject import Hit, Subject

#: What a rival is named after.
_RIVALS = re.compile(
    r"(?:\b(?:than|vs\.?|versus|unlike|beats?|ditch(?:es)?|drop|dump|replaces?|instead of|compared (?:to|with)"
    r"|(?:switch|move)(?:ed|ing)? from|(?:good)?bye,?|tired of)) (?:(?:any|every|the|your|old|plain) )*$"
)


def _names(compiled: Compiled, subject: Subject) -> Iterator[Span]:
    """Where names from a fact stand: "high tide" is not Tide, but "better than tide" is."""
    text = subject.text.folded.text
    for name in filter(None, (n.strip() for n in subject.facts.competitors or ())):
        plain = fold_pattern(name).lower()
        low = re.escape(plain).replace(r"\ ", "[ -]")
        found = [m.span() for m in re.finditer(rf"(?<!\w){low}(?:'?s)?(?!\w)", text)]
        if found and name[0].isupper() and _is_word(compiled, plain) and not _as_is(name, subject):
            found = [span for span in found if _RIVALS.search(text[: span[0]])]
        yield from found


def _is_word(compiled: Compiled, plain: str) -> bool:
    """True for a word that copy holds without meaning a name."""
    return compiled.words.is_common(plain) or plain in claim_reader("en").grams.known


def _as_is(name: str, subject: Subject) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", subject.text.shown.text))


def places(compiled: Compiled, subject: Subject) -> list[Span]:
    """Where a check's tokens stand, without what is innocent, in its view."""
    found = _counting(compiled, subject)
    return [] if found and compiled.check.unless_plain and _plain(subject) else found


def _plain(subject: Subject) -> bool:
    probable = probability_of(subject)
    return probable is not None and probable < PLAIN


def _counting(compiled: Compiled, subject: Subject) -> list[Span]:
    check = compiled.check
    view = subject.view(cased=check.cased)
    spans = list(_names(compiled, subject)) if check.names else []
    for source in subject.tries.get(compiled, compiled.sources):
        spans += pattern_of(source).spans(view.text)
    if not spans or (compiled.settled and compiled.settled.search(view.text)):
        return []
    own = subject.own_names(cased=check.cased)
    innocent = sorted(compiled.innocent.spans(view.text)) if compiled.innocent else []
    found: list[Span] = []
    # Of hits that overlap, the first and longest stands for all.
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if span[0] == span[1] or overlaps(span, innocent):
            continue
        if any(start <= span[0] and span[1] <= end for start, end in own):
            continue
        if found and span[0] < found[-1][1]:
            continue
        found.append(span)
        if len(found) >= MAX_HITS:
            break
    return found


def existence(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Words that must not be there, unless a fact allows them."""
    view = subject.view(cased=compiled.check.cased)
    for span in places(compiled, subject):
        yield Hit(view.span(*span))


def substitution(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Words to be replaced by better ones, which the hit suggests."""
    view = subject.view(cased=compiled.check.cased)
    for span in places(compiled, subject):
        words = view.text[span[0] : span[1]]
        better = next((new for old, new in compiled.swaps if old.fullmatch(words)), None)
        yield Hit(view.span(*span), suggest=f"Write “{better}”." if better else None)


def occurrence(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Words allowed so many times; the hits are those beyond."""
    view = subject.view(cased=compiled.check.cased)
    for span in places(compiled, subject)[compiled.check.maximum or 0 :]:
        yield Hit(view.span(*span))


def max_length(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Texts longer than their limit in visible code points; the hit is what is too much."""
    check = compiled.check
    limit = check.by_region.get(subject.region or "", check.maximum)
    if limit is None or subject.text.length <= limit:
        return
    length, shown = subject.text.length, subject.text.shown
    lead = len(shown.text) - len(shown.text.lstrip())
    start = shown.span(min(lead + limit, len(shown.text) - 1), len(shown.text))[0]
    yield Hit(
        (start, max(start, len(subject.copy.copy_.rstrip()))),
        message=f"{compiled.rule.message} It has {length} characters; {limit} are allowed.",
        suggest=f"Cut {length - limit} characters.",
    )


def _elsewhere(compiled: Compiled, subject: Subject) -> tuple[list[str], list[str]]:
    """The texts where `then` may stand, and the names of those that are not known."""
    texts: list[str] = []
    missing: list[str] = []
    for where in compiled.check.where:
        if where in {"copy", subject.copy.element}:
            texts.append(subject.text.folded.text)
            continue
        value = subject.fact(where)
        if value is None:
            missing.append(where)
        else:
            texts += [" ".join(fold_pattern(str(v)).lower().split()) for v in value]
    return texts, missing


def conditional(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Where the tokens stand (or always, without tokens), `then` must stand as well."""
    then = compiled.then
    texts, missing = _elsewhere(compiled, subject)
    if then is None or any(then.search(text) for text in texts):
        return
    view = subject.view(cased=compiled.check.cased)
    if not compiled.sources:
        spans = [subject.whole()]
    else:
        spans = [view.span(*span) for span in places(compiled, subject)[:1]]
    for span in spans:
        yield Hit(span, missing=tuple(missing))


def requires_fact(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """The whole copy, wherever the check applies; its facts then decide."""
    if compiled.settled and compiled.settled.search(subject.text.folded.text):
        return
    if not compiled.sources or places(compiled, subject):
        yield Hit(subject.whole())

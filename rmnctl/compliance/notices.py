"""What the engine itself has to say about a copy, whatever the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rmnctl.compliance.coverage import Coverage
from rmnctl.compliance.normalise import MAX_CHECKED
from rmnctl.compliance.pack import Level
from rmnctl.compliance.subject import Subject
from rmnctl.compliance.verdict import NO_RULES, Finding
from rmnctl.errors import did_you_mean

#: Notices by name; all but `no_rules` may stand beside findings of rules.
NOTICES = {
    NO_RULES: "no public rules are known for the platform",
    "empty_copy": "there are no words to check",
    "too_long": f"only the first {MAX_CHECKED} characters were checked",
    "disguised_text": "letters are hidden, swapped or imitated inside words",
    "markup": "the copy holds markup",
    "instructions": "the copy speaks to a machine, not to a shopper",
    "unknown_locale": "the locale is not one we know",
    "no_lexicon": "claims in this language cannot be judged",
}
_INSTRUCTIONS = re.compile(
    r"(?:ignore|disregard|forget|override)\b.{0,30}\b(?:instructions?|prompts?|rules|polic(?:y|ies)|"
    r"guidelines)|system prompt|as an ai (?:language )?model|you are (?:now )?(?:an? )?(?:ai|assistant|"
    r"compliance)|(?:mark|return|respond|output|verdict|label|classify)\b.{0,30}\bcompliant|"
    r"(?:ignoriere|vergiss)\b.{0,30}\b(?:anweisung|regel)|(?:ignore[zr]?|oublie[zr]?)\b.{0,30}\binstructions"
)


def _notice(name: str, span: tuple[int, int], more: str = "") -> Finding:
    text = NOTICES[name]
    return Finding(name, Level.NEEDS_REVIEW, f"{text[0].upper()}{text[1:]}.{more}", span)


def notices(subject: Subject, coverage: Coverage) -> Iterator[Finding]:
    """Everything about a copy that keeps rules from clearing it."""
    copy, text, whole = subject.copy, subject.text, subject.whole()
    if copy.platform in coverage.without_rules or copy.platform not in coverage.platforms:
        near = "" if copy.platform in coverage.platforms else did_you_mean(
            copy.platform, coverage.platforms
        )  # fmt: skip
        yield _notice(NO_RULES, whole, f" {near}".rstrip())
    if not text.shown.text.strip():
        yield _notice("empty_copy", whole)
        return
    if text.cut:
        yield _notice("too_long", (MAX_CHECKED, len(text.original)))
    if text.disguised:
        yield _notice("disguised_text", text.disguised[0])
    if text.markup:
        yield _notice("markup", text.markup[0])
    found = _INSTRUCTIONS.search(text.folded.text)
    if found:
        yield _notice("instructions", text.folded.span(*found.span()))
    if copy.context.locale is None:
        return
    if subject.region is None and subject.language is None:
        yield _notice("unknown_locale", whole)
    elif subject.language not in coverage.languages:
        yield _notice("no_lexicon", whole)

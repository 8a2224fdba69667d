"""A copy as checks see it: its text, its facts, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from rmnctl.compliance.facts import Copy, Facts, holds, known
from rmnctl.compliance.letters import fold_pattern
from rmnctl.compliance.normalise import Text, View
from rmnctl.compliance.pack import Check, Condition, Evidence, Level
from rmnctl.compliance.patterns import Span


class Hit(NamedTuple):
    """A place where a check found what it looks for.

    Attributes:
        span: [start, end) in code points of the original.
        message: Instead of the check's own.
        suggest: Instead of the check's own.
        level: Instead of the check's own; a level of needs_facts needs `missing`.
        missing: Facts that would settle it.
    """

    span: Span
    message: str | None = None
    suggest: str | None = None
    level: Level | None = None
    missing: tuple[str, ...] = ()


@dataclass
class Subject:
    """One copy under examination.

    Attributes:
        copy: The line of input.
        text: Its normalised text.
        region: ISO country, or None where the locale is unknown.
        language: ISO language, or None.
        families: Families of goods of its category.
        spelled: Its words as written, once a check of capitals has taken them apart.
        tries: By check, its patterns that may match; all of them, where it is not named.
        probable: How probable a claim of fact is, once a reader has read it.
    """

    copy: Copy
    text: Text
    region: str | None
    language: str | None
    families: frozenset[str]
    spelled: list[tuple[str, Span, bool]] | None = None
    tries: Mapping[Any, Sequence[str]] = field(default_factory=dict)
    probable: float | None = None
    _own: dict[bool, list[Span]] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """The facts record."""
        return self.copy.context

    def view(self, *, cased: bool) -> View:
        """The text as written, or in plain lower case."""
        return self.text.shown if cased else self.text.folded

    def own_names(self, *, cased: bool) -> list[Span]:
        """Where a view holds names of the brand or its products."""
        own = self._own.get(cased)
        if own is None:
            names = [*(self.facts.brand or ()), *(self.facts.product or ())]
            own = [s for name in names for s in _places(name.strip(), self, cased=cased)]
            own.sort()
            self._own[cased] = own
        return own

    def fact(self, dotted: str) -> Any:
        """A fact by its dotted name; None where it is not known."""
        if "." not in dotted:
            return getattr(self.facts, dotted, None)
        value: Any = self.facts
        for name in dotted.split("."):
            value = getattr(value, name, None)
            if value is None:
                return None
        return value

    def whole(self) -> Span:
        """The span of the entire copy."""
        return 0, len(self.copy.copy_)


@lru_cache(maxsize=4096)
def _folded_name(name: str) -> str:
    return fold_pattern(name).lower()


@lru_cache(maxsize=4096)
def _word(name: str) -> re.Pattern[str]:
    """The pattern of a name as a whole word."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _places(name: str, subject: Subject, *, cased: bool) -> list[Span]:
    """Where a name stands. A single word counts in its own casing only: Best is not best."""
    if not name:
        return []
    shown, folded, plain = subject.text.shown.text, subject.text.folded.text, _folded_name(name)
    if (name not in shown) if cased else (plain not in folded):
        return []
    as_written = [m.span() for m in _word(name).finditer(shown)]
    if cased:
        return as_written
    single = " " not in name and name.isalpha() and not name.isupper()
    found = [m.span() for m in _word(plain).finditer(folded)]
    if not single:
        return found
    original = {subject.text.shown.span(*s) for s in as_written}
    return [s for s in found if subject.text.folded.span(*s) in original]


def entries(value: Any) -> list[str]:
    """The texts in a fact: of a record, its values."""
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in entries(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in entries(part)]
    return [str(value)]


def _settles(evidence: Evidence, value: Any) -> bool:
    if not holds(value):
        return False
    if evidence.at_least is not None:
        return isinstance(value, int | float) and value >= evidence.at_least
    texts = [
        text
        for part in (value if isinstance(value, list) else [value])
        if (text := " ".join(entries(part)))
        and not (evidence.refuse and re.search(evidence.refuse, text.lower()))
    ]
    if evidence.taint and any(re.search(evidence.taint, text.lower()) for text in entries(value)):
        return False
    if evidence.accept is None:
        return bool(texts)
    return any(re.search(evidence.accept, text.lower()) for text in texts)


def settle(check: Check, subject: Subject, level: Level) -> tuple[Level | None, tuple[str, ...]]:
    """What a hit means in the light of the facts: its level, or None, and the facts missing."""
    if not check.evidence:
        return level, ()
    values = {e.fact: subject.fact(e.fact) for e in check.evidence}
    if any(_settles(e, values[e.fact]) for e in check.evidence):
        return None, ()
    if check.evidence_unknown == "apply" or not _open(check, values):
        return level, ()
    return Level.NEEDS_FACTS, tuple(f for f, v in values.items() if not known(v))


def _open(check: Check, values: Mapping[str, Any]) -> bool:
    """True if a fact that is not known could still settle a hit.

    One fact that says there is nothing settles it the other way; evidence of another kind does
    not, unless the check takes any evidence.
    """
    if not any(known(v) for v in values.values()):
        return True
    particular = {e.fact for e in check.evidence if e.accept is not None}
    return any(not known(v) for v in values.values()) and all(
        not known(v) or (holds(v) and fact in particular) for fact, v in values.items()
    )


def condition_holds(condition: Condition, subject: Subject) -> bool:
    """True if a fact is as a check wants it; an unknown fact is only ever `unknown`."""
    value = subject.fact(condition.fact)
    if condition.matches is not None:
        return value is not None and any(
            re.search(condition.matches, text.lower()) for text in entries(value)
        )
    if condition.state == "holds":
        return holds(value)
    if condition.state == "empty":
        return known(value) and not holds(value)
    return known(value) is (condition.state == "known")

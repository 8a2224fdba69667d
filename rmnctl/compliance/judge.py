"""What some rules say about copies: the work of an engine, or of one of several that share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rmnctl.compliance.coverage import Coverage
from rmnctl.compliance.facts import Copy
from rmnctl.compliance.kinds.dates import in_force
from rmnctl.compliance.letters import Letters
from rmnctl.compliance.normalise import normalise
from rmnctl.compliance.notices import notices
from rmnctl.compliance.pack import Level, Pack, Rule
from rmnctl.compliance.scope import Held, Scope, Scopes
from rmnctl.compliance.subject import Hit, Subject, condition_holds, settle
from rmnctl.compliance.verdict import Finding
from rmnctl.compliance.vocabulary import Vocabulary


class Judge:
    """Judges copies by rules of packs, each copy anew."""

    def __init__(
        self,
        rules: Sequence[tuple[Pack, Rule]],
        words: Vocabulary,
        coverage: Coverage,
        *,
        notices: bool = True,
    ) -> None:
        """Take rules with their packs.

        Args:
            rules: The rules, in the order of the packs.
            words: The words that packs share.
            coverage: What all packs together cover.
            notices: Findings beside the rules are wanted, too.
        """
        self._words, self._coverage, self._notices = words, coverage, notices
        self._letters = Letters(words.look_alikes)
        self._scopes = Scopes(rules, words)

    def subject(self, copy: Copy) -> Subject:
        """A copy as checks see it."""
        words, coverage = self._words, self._coverage
        region, language = words.place_of(copy.context.locale)
        if copy.context.locale is None:
            region = region or coverage.platforms.get(copy.platform)
            if language is None and region is not None:
                language = "en"
        text = normalise(copy.copy_, self._letters, words.is_common)
        return Subject(copy, text, region, language, words.families_of(copy.context.category))

    def scope(self, subject: Subject) -> Scope:
        """The checks that hold for a copy."""
        return self._scopes.of(subject)

    def findings(self, copy: Copy) -> tuple[Finding, ...]:
        """All findings about a copy, in their order."""
        subject = self.subject(copy)
        found = list(notices(subject, self._coverage)) if self._notices else []
        candidates = self._scopes.of(subject).candidates(subject)
        for held in candidates:
            if not held.compiled.check.last:
                found += findings_of(held, subject)
        for held in candidates:
            if held.compiled.check.last and all(f.rule != held.compiled.rule.id for f in found):
                found += findings_of(held, subject)
        return in_order(found)


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by place, then rule, each once; those that tie stay as they come.

    A guess adds nothing where a person has to look anyway.
    """
    found = tuple(found)
    if len(found) < 2:
        return found
    if any(f.level is Level.NEEDS_REVIEW and not f.guess for f in found):
        found = tuple(f for f in found if not f.guess)
    return tuple(sorted(dict.fromkeys(found), key=lambda f: (f.span, f.rule, f.message)))


def findings_of(held: Held, subject: Subject) -> Iterator[Finding]:
    """What a check that holds has to say about a copy."""
    compiled = held.compiled
    check = compiled.check
    for condition in check.when:
        if not condition_holds(condition, subject):
            return
    if check.in_force_from and not in_force(compiled, subject):
        return
    for hit in held.find(compiled, subject):
        finding = _judge(held, subject, hit)
        if finding is not None:
            yield finding


def _judge(held: Held, subject: Subject, hit: Hit) -> Finding | None:
    rule, check = held.compiled.rule, held.compiled.check
    level, missing = hit.level or held.compiled.level, hit.missing
    if hit.level is None:
        settled, wanted = settle(check, subject, held.compiled.level)
        if settled is None:
            return None
        level = Level.NEEDS_FACTS if missing else settled
        missing = missing or wanted
    if held.doubts:
        level, missing = Level.NEEDS_FACTS, (*held.doubts, *missing)
    message = hit.message or check.message or rule.message
    if level is Level.NEEDS_FACTS:
        message = f"{message} Not known: {' or '.join(missing)}."
    return Finding(
        rule.id,
        level,
        message,
        hit.span,
        hit.suggest or check.suggest or rule.suggest,
        missing,
        check.last,
    )

"""The engine: which rules apply to a copy, what they find, and what the facts make of it."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from rmnctl.compliance.coverage import Coverage
from rmnctl.compliance.facts import Copy, Facts
from rmnctl.compliance.kinds.dates import in_force
from rmnctl.compliance.letters import Letters
from rmnctl.compliance.normalise import normalise
from rmnctl.compliance.notices import notices
from rmnctl.compliance.pack import DEFAULT_FOLDER, Level, Pack, Rule, Words, load_packs
from rmnctl.compliance.scope import Held, Scope, Scopes, on_platform
from rmnctl.compliance.subject import Hit, Subject, condition_holds, settle
from rmnctl.compliance.verdict import Checked, Finding, verdict_of
from rmnctl.compliance.vocabulary import Vocabulary

#: Copies whose findings are kept, since ads of many products share their words.
MAX_REMEMBERED = 4096


@dataclass(frozen=True)
class _Judged:
    """What was found in words with some facts."""

    facts: Facts
    findings: tuple[Finding, ...]

    def holds_for(self, facts: Facts) -> bool:
        """True if facts are the same to the letter: 1 is not true."""
        return self.facts == facts and self._written == facts.model_dump_json()

    @cached_property
    def _written(self) -> str:
        return self.facts.model_dump_json()


class Engine:
    """Checks copies against packs.

    Attributes:
        packs: The packs.
        vocabulary: Their shared words.
        coverage: What they cover.
    """

    def __init__(self, words: Words, packs: Sequence[Pack]) -> None:
        self.packs = tuple(packs)
        self.vocabulary = Vocabulary(words)
        self.coverage = Coverage.of(words, packs)
        self._letters = Letters(self.vocabulary.look_alikes)
        self._scopes = Scopes(self.packs, self.vocabulary)
        self._judged: dict[tuple[str, str, str], _Judged] = {}

    @classmethod
    def load(cls, folder: Path = DEFAULT_FOLDER) -> Self:
        """An engine on the packs of a folder.

        Raises:
            ConfigError: A pack is malformed.
        """
        return cls(*load_packs(folder))

    def rules(self, platform: str | None = None) -> Iterator[tuple[Pack, Rule]]:
        """Every rule, or those that hold on a platform."""
        for pack in self.packs:
            for rule in pack.rules:
                if platform is None or on_platform(pack, rule, platform):
                    yield pack, rule

    def check(self, copy: Copy) -> Checked:
        """Check one copy; the same words with the same facts are judged once."""
        key = (copy.copy_, copy.platform, copy.element)
        known = self._judged.get(key)
        if known is not None and known.holds_for(copy.context):
            findings = known.findings
        else:
            findings = self._findings(copy)
            if len(copy.copy_) < MAX_REMEMBERED:
                if len(self._judged) >= MAX_REMEMBERED:
                    self._judged.clear()
                self._judged[key] = _Judged(copy.context, findings)
        return Checked(copy.id, verdict_of(findings), findings)

    def subject(self, copy: Copy) -> Subject:
        """A copy as checks see it."""
        words, coverage = self.vocabulary, self.coverage
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

    def _findings(self, copy: Copy) -> tuple[Finding, ...]:
        subject = self.subject(copy)
        found = list(notices(subject, self.coverage))
        for held in self._scopes.of(subject).candidates(subject):
            found += findings_of(held, subject)
        if len(found) < 2:
            return tuple(found)
        unique = dict.fromkeys(found)
        return tuple(sorted(unique, key=lambda f: (f.span, f.rule, f.message)))

    def check_all(self, copies: Iterable[Copy]) -> list[Checked]:
        """Check many copies, in their order."""
        # Nothing here refers back to itself; looking for such garbage would cost a tenth more.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return [self.check(copy) for copy in copies]
        finally:
            if collecting:
                gc.enable()


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
        rule.id, level, message, hit.span, hit.suggest or check.suggest or rule.suggest, missing
    )

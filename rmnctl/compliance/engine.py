"""The engine: what packs of rules say about copies, and the verdicts that follow."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, Self, TypeVar

from rmnctl.compliance.coverage import Coverage
from rmnctl.compliance.facts import Copy, Facts
from rmnctl.compliance.judge import Judge
from rmnctl.compliance.pack import DEFAULT_FOLDER, Pack, Rule, Words, load_packs
from rmnctl.compliance.scope import Scope, on_platform
from rmnctl.compliance.shares import shares
from rmnctl.compliance.subject import Subject
from rmnctl.compliance.verdict import Checked, Finding, verdict_of
from rmnctl.compliance.vocabulary import Vocabulary
from rmnctl.compliance.workers import judged, workers_for

#: Copies whose findings are kept, since ads of many products share their words.
MAX_REMEMBERED = 4096


#: Findings, or where they will stand.
_Told = TypeVar("_Told")


@dataclass(frozen=True)
class _Known(Generic[_Told]):
    """What is known about words with some facts."""

    facts: Facts
    told: _Told

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
        self._judges: dict[int, list[Judge]] = {}
        self._known: dict[tuple[str, str, str], _Known[tuple[Finding, ...]]] = {}

    @classmethod
    def load(cls, folder: Path = DEFAULT_FOLDER, *, learnt: bool = True) -> Self:
        """An engine on the packs of a folder.

        Args:
            folder: Where the packs lie.
            learnt: With what has learnt from labelled copy: what it finds changes whenever it learns
                anew.

        Raises:
            ConfigError: A pack is malformed.
        """
        words, packs = load_packs(folder)
        return cls(words, packs if learnt else [_unlearnt(pack) for pack in packs])

    def rules(self, platform: str | None = None) -> Iterator[tuple[Pack, Rule]]:
        """Every rule, or those that hold on a platform."""
        for pack in self.packs:
            for rule in pack.rules:
                if platform is None or on_platform(pack, rule, platform):
                    yield pack, rule

    def check(self, copy: Copy) -> Checked:
        """Check one copy; the same words with the same facts are judged once."""
        key = _words_of(copy)
        known = self._known.get(key)
        if known is not None and known.holds_for(copy.context):
            findings = known.told
        else:
            findings = self._judge.findings(copy)
            if len(copy.copy_) < MAX_REMEMBERED:
                if len(self._known) >= MAX_REMEMBERED:
                    self._known.clear()
                self._known[key] = _Known(copy.context, findings)
        return Checked(copy.id, verdict_of(findings), findings)

    def subject(self, copy: Copy) -> Subject:
        """A copy as checks see it."""
        return self._judge.subject(copy)

    def scope(self, subject: Subject) -> Scope:
        """The checks that hold for a copy."""
        return self._judge.scope(subject)

    def check_all(self, copies: Iterable[Copy], workers: int | None = None) -> list[Checked]:
        """Check many copies, in their order.

        Args:
            copies: The copies.
            workers: Processes at most that share the rules of some thousand distinct copies, where
                they can be forked safely; None: one a free core, four at most. 1: this one.

        Raises:
            Failure: A process died.
        """
        copies = list(copies)
        with _not_collecting():
            if workers_for(len(copies), workers) == 1:
                return [self.check(copy) for copy in copies]
            distinct, places = _distinct(copies)
            number = workers_for(len(distinct), workers)
            if number == 1:
                told = [self.check(copy) for copy in distinct]
            else:
                found = judged(self._sharing(number), distinct)
                pairs = zip(distinct, found, strict=True)
                told = [Checked(copy.id, verdict_of(some), some) for copy, some in pairs]
            return [
                Checked(copy.id, told[place].verdict, told[place].findings)
                for copy, place in zip(copies, places, strict=True)
            ]

    @property
    def _judge(self) -> Judge:
        return self._sharing(1)[0]

    def _sharing(self, number: int) -> list[Judge]:
        """Judges that share the rules; the first has the notices as well."""
        made = self._judges.get(number)
        if made is None:
            dealt = shares(tuple(self.rules()), number, self.vocabulary.words.macros)
            made = self._judges[number] = [
                Judge(rules, self.vocabulary, self.coverage, notices=place == 0)
                for place, rules in enumerate(dealt)
            ]
        return made


def _unlearnt(pack: Pack) -> Pack:
    rules = (
        rule.model_copy(
            update={
                "checks": tuple(
                    check.model_copy(update={"unless_plain": False})
                    for check in rule.checks
                    if not check.last
                )
            }
        )
        for rule in pack.rules
    )
    return pack.model_copy(update={"rules": tuple(rules)})


def _words_of(copy: Copy) -> tuple[str, str, str]:
    return copy.copy_, copy.platform, copy.element


def _distinct(copies: Sequence[Copy]) -> tuple[list[Copy], list[int]]:
    """The copies that differ in more than their id, and for each copy the place of its like."""
    seen: dict[tuple[str, str, str], _Known[int]] = {}
    distinct, places = list[Copy](), list[int]()
    for copy in copies:
        key = _words_of(copy)
        known = seen.get(key)
        if known is None or not known.holds_for(copy.context):
            known = seen[key] = _Known(copy.context, len(distinct))
            distinct.append(copy)
        places.append(known.told)
    return distinct, places


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Nothing here refers back to itself; looking for such garbage would cost a tenth more."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()

"""The engine: which rules apply to a copy, what they find, and what the facts make of it."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rmnctl.compliance.facts import Copy
from rmnctl.compliance.kinds import KINDS
from rmnctl.compliance.kinds.compiled import Compiled, compile_check
from rmnctl.compliance.kinds.dates import in_force
from rmnctl.compliance.kinds.scripts import WITH_TOKENS
from rmnctl.compliance.needles import Sieve
from rmnctl.compliance.normalise import normalise
from rmnctl.compliance.notices import notices
from rmnctl.compliance.pack import DEFAULT_FOLDER, Check, Level, Pack, Rule, Words, load_packs
from rmnctl.compliance.subject import Hit, Subject, condition_holds, settle
from rmnctl.compliance.verdict import Checked, Finding, verdict_of
from rmnctl.compliance.vocabulary import Vocabulary

#: The platform on which only the law holds.
ANY_PLATFORM = "any"
#: Copies whose findings are kept, since ads of many products share their words.
MAX_REMEMBERED = 4096


Sieves = list[tuple[bool, Sieve[tuple[Compiled, int]]]]


@dataclass(frozen=True)
class _Plan:
    """The checks for one kind of copy.

    Attributes:
        doubts: Each check with the facts that are not known and would say whether it applies; a
            hit asks for them. In the order of the packs.
        always: Those that look at every copy.
        order: Place of each check.
        sieves: Tell which others may find something; by whether they look at capitals.
    """

    doubts: dict[Compiled, tuple[str, ...]]
    always: tuple[Compiled, ...]
    order: dict[Compiled, int]
    sieves: Sieves


class Engine:
    """Checks copies against packs.

    Which checks apply is found once for each kind of copy (platform, element, region, language,
    category), which words may break them by one sieve a pack and language.
    """

    def __init__(self, words: Words, packs: Sequence[Pack]) -> None:
        self.packs = tuple(packs)
        self.vocabulary = Vocabulary(words)
        self.platforms = {
            name: region for pack in packs for name, region in pack.platforms.items()
        } | {ANY_PLATFORM: None}
        self.without_rules = frozenset(
            name for pack in packs if not pack.rules for name in pack.platforms
        )
        self._plans: dict[tuple[object, ...], _Plan] = {}
        self._compiled: dict[tuple[int, str | None], Compiled] = {}
        self._sieves: dict[tuple[int, str | None], Sieves] = {}
        self._judged: dict[tuple[str, str, str, str], tuple[Finding, ...]] = {}

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
                if platform is None or _on_platform(pack, rule, platform):
                    yield pack, rule

    def check(self, copy: Copy) -> Checked:
        """Check one copy; the same words with the same facts are judged once."""
        key = (copy.platform, copy.element, copy.copy_, copy.context.model_dump_json())
        findings = self._judged.get(key)
        if findings is None:
            if len(self._judged) >= MAX_REMEMBERED:
                self._judged.clear()
            findings = self._findings(copy)
            if len(copy.copy_) < MAX_REMEMBERED:
                self._judged[key] = findings
        return Checked(copy.id, verdict_of(findings), findings)

    def _findings(self, copy: Copy) -> tuple[Finding, ...]:
        words = self.vocabulary
        region, language = words.place_of(copy.context.locale)
        region = region or (
            self.platforms.get(copy.platform) if copy.context.locale is None else None
        )
        if language is None and copy.context.locale is None and region is not None:
            language = "en"
        text = normalise(copy.copy_, words.look_alikes, words.is_common)
        subject = Subject(copy, text, region, language, words.families_of(copy.context.category))
        findings = list(notices(subject, self))
        for compiled, doubts in self._candidates(subject):
            findings += _findings(compiled, subject, doubts)
        unique = dict.fromkeys(findings)
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

    def _candidates(self, subject: Subject) -> Iterator[tuple[Compiled, tuple[str, ...]]]:
        plan = self._plan(subject)
        tries: dict[Compiled, list[int]] = {}
        doubts = plan.doubts
        for cased, sieve in plan.sieves:
            for check, number in sieve.candidates(subject.view(cased=cased).text.split(" ")):
                if check in doubts:
                    tries.setdefault(check, []).append(number)
        subject.tries = tries
        # Checks that look at every copy have no patterns to be tried.
        wanted = [*tries, *(c for c in plan.always if c not in tries)]
        wanted.sort(key=plan.order.__getitem__)
        return ((check, doubts[check]) for check in wanted)

    def _plan(self, subject: Subject) -> _Plan:
        copy = subject.copy
        key = (
            copy.platform, copy.element, subject.region, subject.language, subject.families,
            copy.context.category is None,
        )  # fmt: skip
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._make_plan(subject)
        return plan

    def _make_plan(self, subject: Subject) -> _Plan:
        doubts: dict[Compiled, tuple[str, ...]] = {}
        held: list[int] = []
        for number, pack in enumerate(self.packs):
            for rule in pack.rules:
                if not _on_platform(pack, rule, subject.copy.platform):
                    continue
                if number not in held:
                    held.append(number)
                for check in rule.checks:
                    applies = self._applies(rule, check, subject)
                    if applies is not None:
                        doubts[self._compile(rule, check, subject.language)] = applies
        return _Plan(
            doubts,
            tuple(c for c in doubts if not _sources(c)),
            {check: place for place, check in enumerate(doubts)},
            [sieve for number in held for sieve in self._sieves_of(number, subject.language)],
        )

    def _sieves_of(self, number: int, language: str | None) -> Sieves:
        """The sieves of a pack: for checks that look at capitals, and for the others."""
        made = self._sieves.get((number, language))
        if made is None:
            words: dict[bool, list[tuple[tuple[Compiled, int], str]]] = {}
            for rule in self.packs[number].rules:
                for check in rule.checks:
                    one = self._compile(rule, check, language)
                    words.setdefault(check.cased, []).extend(
                        ((one, at), source) for at, source in enumerate(_sources(one))
                    )
            made = [(cased, Sieve(some)) for cased, some in words.items() if some]
            self._sieves[number, language] = made
        return made

    def _compile(self, rule: Rule, check: Check, language: str | None) -> Compiled:
        key = (id(check), language)
        if key not in self._compiled:
            # English turns up in ads everywhere; where the language is not known, all count.
            languages = {"en", language} if language else set(check.tokens) - {"any"}
            self._compiled[key] = compile_check(rule, check, self.vocabulary, sorted(languages))
        return self._compiled[key]

    def _applies(self, rule: Rule, check: Check, subject: Subject) -> tuple[str, ...] | None:
        """None if a check does not apply; else the facts that would say whether it does."""
        if subject.copy.element not in (check.elements or rule.elements):
            return None
        doubts: list[str] = []
        places = set(check.jurisdiction or rule.jurisdiction)
        if "any" not in places:
            if subject.region is None:
                doubts.append("locale")
            elif not places & self.vocabulary.regions_with(subject.region):
                return None
        if check.categories or check.not_categories:
            fits = _fits_category(check, subject)
            if fits is False:
                return None
            doubts += ["category"] if fits is None else []
        if doubts and not _sources(self._compile(rule, check, subject.language)):
            return None
        return tuple(doubts)


def _fits_category(check: Check, subject: Subject) -> bool | None:
    """Whether a check is about goods like these; None if the category would have to be known."""
    if subject.facts.category is None:
        if check.category_unknown == "needs_facts" and check.categories:
            return None
        return check.category_unknown != "skip"
    if subject.families & set(check.not_categories):
        return False
    return not check.categories or bool(subject.families & set(check.categories))


def _on_platform(pack: Pack, rule: Rule, platform: str) -> bool:
    if not pack.platforms:
        return bool(pack.rules)
    return platform in (rule.platforms or tuple(pack.platforms))


def _sources(compiled: Compiled) -> tuple[str, ...]:
    """Patterns without which a check cannot find anything; none where it looks at every copy."""
    check = compiled.check
    if check.extends == "date_window":
        return tuple(pattern.pattern for pattern, _ in compiled.words.events.values())
    if check.names or (check.extends == "script" and check.script not in WITH_TOKENS):
        return ()
    return compiled.sources


def _findings(compiled: Compiled, subject: Subject, doubts: tuple[str, ...]) -> Iterator[Finding]:
    check = compiled.check
    if check.when and not all(condition_holds(c, subject) for c in check.when):
        return
    if check.in_force_from and not in_force(compiled, subject):
        return
    for hit in KINDS[check.extends](compiled, subject):
        finding = _judge(compiled, subject, hit, doubts)
        if finding is not None:
            yield finding


def _judge(
    compiled: Compiled, subject: Subject, hit: Hit, doubts: tuple[str, ...]
) -> Finding | None:
    rule, check = compiled.rule, compiled.check
    level, missing = hit.level or compiled.level, hit.missing
    if hit.level is None:
        settled, wanted = settle(check, subject, compiled.level)
        if settled is None:
            return None
        level = Level.NEEDS_FACTS if missing else settled
        missing = missing or wanted
    if doubts:
        level, missing = Level.NEEDS_FACTS, (*doubts, *missing)
    message = hit.message or check.message or rule.message
    if level is Level.NEEDS_FACTS:
        message = f"{message} Not known: {' or '.join(missing)}."
    return Finding(
        rule.id, level, message, hit.span, hit.suggest or check.suggest or rule.suggest, missing
    )

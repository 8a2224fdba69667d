"""Which checks hold for a copy: found once for each kind of copy, and kept.

A kind is a platform, element, region, language and families of goods. The patterns of one language
share a sieve, whatever platform they are for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rmnctl.compliance.kinds import Kind, kind_of
from rmnctl.compliance.kinds.compiled import Compiled, compile_check
from rmnctl.compliance.kinds.scripts import WITH_TOKENS
from rmnctl.compliance.needles import Sieve
from rmnctl.compliance.pack import Check, Pack, Rule
from rmnctl.compliance.subject import Subject
from rmnctl.compliance.vocabulary import Vocabulary

#: English turns up in ads everywhere.
_EVERYWHERE = "en"
#: Whether a sieve is for text as written instead of plain lower case, the sieve, and the bits of it
#: that are wanted.
Sieves = tuple[tuple[bool, Sieve, int], ...]
#: By check, its patterns that may match.
Tries = Mapping[Compiled, Sequence[str]]
#: Combinations of patterns of which a scope keeps whose they are.
MAX_KEPT = 4096


@dataclass(frozen=True, eq=False)
class Held:
    """A check that holds for a kind of copy.

    Attributes:
        compiled: The check.
        find: What it does.
        doubts: Facts that are not known and would say whether it applies; a hit asks for them.
        asks: Sets of facts; it finds nothing unless one of each set is given.
    """

    compiled: Compiled
    find: Kind
    doubts: tuple[str, ...]
    asks: tuple[frozenset[str], ...]


class Scope:
    """The checks for one kind of copy.

    Attributes:
        checks: All of them, in the order of the packs.
    """

    def __init__(
        self, checks: Sequence[Held], sieves: Sieves, users: Mapping[str, Sequence[Compiled]]
    ) -> None:
        """Take the checks in the order of the packs, and the sieves of their patterns.

        Args:
            checks: The checks.
            sieves: Of the languages that copies may hold.
            users: Pattern to the checks of all scopes that look for it.
        """
        self.checks = checks
        self._sieves = sieves
        self._users = users
        self._places = {held.compiled: place for place, held in enumerate(checks)}
        self._always = [at for at, held in enumerate(checks) if not sought(held.compiled)]
        self._asked = frozenset(f for at in self._always for some in checks[at].asks for f in some)
        self._by_facts: dict[frozenset[str], list[int]] = {}
        self._found: dict[tuple[object, ...], tuple[list[Held], Tries]] = {}

    def candidates(self, subject: Subject) -> list[Held]:
        """The checks that may find something, in order; `subject.tries` says with which patterns."""
        bits = [
            sieve.matching(subject.view(cased=cased).text.split(" ")) & wanted
            for cased, sieve, wanted in self._sieves
        ]
        given = self._asked.intersection(subject.facts.model_fields_set)
        # Texts of one campaign differ in a number or a name, and ask for the same patterns.
        key = given, *bits
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= MAX_KEPT:
                self._found.clear()
            found = self._found[key] = self._candidates(bits, given)
        held, subject.tries = found
        return held

    def _candidates(self, bits: Sequence[int], given: frozenset[str]) -> tuple[list[Held], Tries]:
        tries: dict[int, list[str]] = {}
        for (_, sieve, _), some in zip(self._sieves, bits, strict=True):
            for source in sieve.named(some):
                for compiled in self._users[source]:
                    if compiled in self._places:
                        tries.setdefault(self._places[compiled], []).append(source)
        checks = self.checks
        held = [checks[place] for place in sorted([*tries, *self._without_words(given)])]
        return held, {checks[place].compiled: sources for place, sources in tries.items()}

    def _without_words(self, given: frozenset[str]) -> list[int]:
        """Places of checks that look at every copy about which such facts are given."""
        found = self._by_facts.get(given)
        if found is None:
            found = self._by_facts[given] = [
                place
                for place in self._always
                if all(some & given for some in self.checks[place].asks)
            ]
        return found


class Scopes:
    """The scope of every kind of copy, made when it is first asked for."""

    def __init__(self, rules: Sequence[tuple[Pack, Rule]], words: Vocabulary) -> None:
        """Take rules with their packs, and the words that packs share."""
        self._rules = rules
        self._words = words
        self._placed: dict[tuple[str, str], list[tuple[Rule, Check]]] = {}
        self._made: dict[tuple[object, ...], Scope] = {}
        self._compiled: dict[tuple[int, tuple[str, ...]], Compiled] = {}
        self._sieves: dict[str, tuple[tuple[bool, Sieve], ...]] = {}
        self._bits: dict[tuple[Compiled, Sieve], int] = {}
        self._users: dict[str, list[Compiled]] = {}
        self._used: set[Compiled] = set()

    def of(self, subject: Subject) -> Scope:
        """The scope of a copy."""
        copy = subject.copy
        kind = (
            copy.platform, copy.element, subject.region, subject.language, subject.families,
            copy.context.category is None,
        )  # fmt: skip
        scope = self._made.get(kind)
        if scope is None:
            scope = self._made[kind] = self._make(subject)
        return scope

    def _make(self, subject: Subject) -> Scope:
        languages = self._languages(subject.language)
        regions = self._words.regions_with(subject.region) if subject.region else frozenset()
        checks: list[Held] = []
        for rule, check in self._on(subject.copy.platform, subject.copy.element):
            doubts = _doubts(rule, check, subject, regions)
            if doubts is None:
                continue
            compiled = self._compile(rule, check, languages)
            # Without words to find, a check is about goods: those it names, sold who knows where.
            about = bool(check.categories) and "category" not in doubts
            if sought(compiled) or about or not doubts:
                checks.append(Held(compiled, kind_of(check), doubts, _asks(compiled)))
                self._use(compiled)
        return Scope(checks, self._wanted(checks, languages), self._users)

    def _wanted(self, checks: Sequence[Held], languages: Sequence[str]) -> Sieves:
        """The sieves of some languages with the bits that some checks want of them."""
        found: list[tuple[bool, Sieve, int]] = []
        for cased, sieve in (s for name in languages for s in self._sieves_of(name)):
            bits = 0
            for compiled in (held.compiled for held in checks):
                known = self._bits.get((compiled, sieve))
                if known is None:
                    known = self._bits[compiled, sieve] = sieve.bits_of(sought(compiled))
                bits |= known
            if bits:
                found.append((cased, sieve, bits))
        return tuple(found)

    def _use(self, compiled: Compiled) -> None:
        if compiled not in self._used:
            self._used.add(compiled)
            for source in sought(compiled):
                self._users.setdefault(source, []).append(compiled)

    def _on(self, platform: str, element: str) -> list[tuple[Rule, Check]]:
        """The checks about an element of a platform."""
        made = self._placed.get((platform, element))
        if made is None:
            made = self._placed[platform, element] = [
                (rule, check)
                for pack, rule, check in self._all
                if on_platform(pack, rule, platform)
                and element in (check.elements or rule.elements)
            ]
        return made

    @cached_property
    def _all(self) -> list[tuple[Pack, Rule, Check]]:
        return [(pack, rule, check) for pack, rule in self._rules for check in rule.checks]

    def _languages(self, language: str | None) -> tuple[str, ...]:
        """The languages whose patterns are looked for; where it is not known, all."""
        if language is not None:
            return tuple(dict.fromkeys([_EVERYWHERE, language]))
        named = {name for _, _, check in self._all for name in check.tokens} - {"any"}
        return (_EVERYWHERE, *sorted(named - {_EVERYWHERE}))

    def _compile(self, rule: Rule, check: Check, languages: Sequence[str]) -> Compiled:
        own = tuple(sorted(check.tokens.keys() & set(languages)))
        made = self._compiled.get((id(check), own))
        if made is None:
            made = self._compiled[id(check), own] = compile_check(rule, check, self._words, own)
        return made

    def _sieves_of(self, language: str) -> tuple[tuple[bool, Sieve], ...]:
        """The sieves of the patterns that a language adds: as written, and in lower case."""
        made = self._sieves.get(language)
        if made is None:
            sources: dict[bool, dict[str, None]] = {False: {}, True: {}}
            for _, rule, check in self._all:
                compiled = self._compile(rule, check, (_EVERYWHERE, language))
                known = (
                    set(sought(self._compile(rule, check, (_EVERYWHERE,))))
                    if language != _EVERYWHERE
                    else ()
                )
                sources[check.cased] |= {s: None for s in sought(compiled) if s not in known}
            made = tuple((cased, Sieve(some)) for cased, some in sources.items() if some)
            self._sieves[language] = made
        return made


def _doubts(
    rule: Rule, check: Check, subject: Subject, regions: frozenset[str]
) -> tuple[str, ...] | None:
    """None if a check does not apply; else the facts that would say whether it does."""
    doubts: list[str] = []
    places = check.jurisdiction or rule.jurisdiction
    if "any" not in places:
        if subject.region is None:
            doubts.append("locale")
        elif regions.isdisjoint(places):
            return None
    if check.categories or check.not_categories:
        fits = _fits_category(check, subject)
        if fits is False:
            return None
        doubts += ["category"] if fits is None else []
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


def on_platform(pack: Pack, rule: Rule, platform: str) -> bool:
    """True if a rule is one of a platform's, or law."""
    if not pack.platforms:
        return bool(pack.rules)
    return platform in (rule.platforms or tuple(pack.platforms))


def sought(compiled: Compiled) -> tuple[str, ...]:
    """Patterns without which a check cannot find anything; none where it looks at every copy."""
    check = compiled.check
    if check.extends == "date_window":
        return tuple(pattern.pattern for pattern, _ in compiled.words.events.values())
    if check.names or (check.extends == "script" and check.script not in WITH_TOKENS):
        return ()
    return compiled.sources


def _asks(compiled: Compiled) -> tuple[frozenset[str], ...]:
    """Sets of facts: unless one of each set is given, a check finds nothing."""
    check = compiled.check
    asked = [[c.fact] for c in check.when if c.matches is not None or c.state != "unknown"]
    if check.extends == "measure":
        asked.append([m.fact for m in check.measures])
    if check.extends == "existence" and check.names and not compiled.sources:
        asked.append([check.names])
    return tuple(frozenset(fact.split(".", 1)[0] for fact in some) for some in asked)

"""A check with its patterns, each compiled when it is first needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rmnctl.compliance.alternatives import Alternatives, one_of
from rmnctl.compliance.letters import fold_pattern
from rmnctl.compliance.pack import Check, Level, Rule
from rmnctl.compliance.patterns import Pattern, compiled, joined, whole
from rmnctl.compliance.vocabulary import Vocabulary

#: Nobody reads more hits of one check than this in one copy.
MAX_HITS = 20


@dataclass(frozen=True, eq=False)
class Compiled:
    """A check of a rule, for one language.

    Attributes:
        rule: The rule it belongs to.
        check: What it was made from.
        words: The vocabulary shared by packs.
        sources: Patterns of what it looks for; empty where it looks for no words.
    """

    rule: Rule
    check: Check
    words: Vocabulary
    sources: tuple[str, ...]

    @property
    def level(self) -> Level:
        """What a hit is, before the facts are heard."""
        return self.check.level or self.rule.level

    @cached_property
    def innocent(self) -> Pattern | Alternatives | None:
        """Hits that overlap a match of this do not count."""
        return self._one_of(self.check.except_)

    @cached_property
    def settled(self) -> Pattern | Alternatives | None:
        """Where this matches anywhere, the check is silent."""
        return self._one_of(self.check.unless_text)

    @cached_property
    def then(self) -> Pattern | Alternatives | None:
        """What must also be there."""
        return self._one_of(self.check.then)

    @cached_property
    def swaps(self) -> tuple[tuple[Pattern, str], ...]:
        """Patterns with what to write instead."""
        made = ((self._written_out([old]), new) for old, new in self.check.swap.items())
        return tuple((compiled(joined(old)), new) for old, new in made if old)

    def _one_of(self, tokens: Iterable[str]) -> Pattern | Alternatives | None:
        made = self._written_out(tokens)
        return one_of(made) if made else None

    def _written_out(self, tokens: Iterable[str]) -> list[str]:
        return written_out(tokens, self.words, cased=self.check.cased)


def written_out(tokens: Iterable[str], words: Vocabulary, *, cased: bool) -> list[str]:
    """Tokens with their macros written out, in the letters of the view they are matched in."""
    made = [t for token in tokens for t in words.alternatives(token)]
    return made if cased else [fold_pattern(t) for t in made]


def compile_check(
    rule: Rule, check: Check, words: Vocabulary, languages: Iterable[str]
) -> Compiled:
    """Prepare a check for the tokens of some languages; `any` is always among them."""
    by_language = [tuple(check.tokens.get(lang, ())) for lang in ("any", *languages)]
    made = [_patterns(some, words, check.cased) for some in (*by_language, tuple(check.swap))]
    return Compiled(rule, check, words, tuple(dict.fromkeys(p for some in made for p in some)))


@lru_cache(maxsize=1024)
def _patterns(tokens: tuple[str, ...], words: Vocabulary, cased: bool) -> tuple[str, ...]:  # noqa: FBT001
    """Tokens of one language as patterns; checks are prepared for many sets of languages."""
    return tuple(whole(t) for t in written_out(tokens, words, cased=cased))

"""A check with its patterns ready to run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from rmnctl.compliance.needles import compiled, joined
from rmnctl.compliance.normalise import fold_pattern
from rmnctl.compliance.pack import Check, Level, Rule
from rmnctl.compliance.vocabulary import Vocabulary

#: Nobody reads more hits of one check than this in one copy.
MAX_HITS = 20


@dataclass(frozen=True)
class Compiled:
    """A check of a rule, for one language.

    Attributes:
        rule: The rule it belongs to.
        check: What it was made from.
        words: The vocabulary shared by packs.
        sources: Text of `patterns`, one a language; empty where it looks for no words.
        patterns: What it looks for.
        innocent: Hits that overlap a match of this do not count.
        settled: Where this matches anywhere, the check is silent.
        then: What must also be there.
        swaps: Patterns with what to write instead.
    """

    rule: Rule
    check: Check
    words: Vocabulary
    sources: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    innocent: re.Pattern[str] | None
    settled: re.Pattern[str] | None
    then: re.Pattern[str] | None
    swaps: tuple[tuple[re.Pattern[str], str], ...] = field(default=())

    @property
    def level(self) -> Level:
        """What a hit is, before the facts are heard."""
        return self.check.level or self.rule.level


def compile_check(
    rule: Rule, check: Check, words: Vocabulary, languages: Iterable[str]
) -> Compiled:
    """Compile a check for the tokens of some languages; `any` is always among them."""
    wanted = ("any", *languages)
    by_language = [check.tokens.get(lang, ()) for lang in wanted] + [tuple(check.swap)]

    def ready(source: Iterable[str]) -> list[str]:
        made = [t for token in source for t in words.alternatives(token)]
        return made if check.cased else [fold_pattern(t) for t in made]

    def pattern(source: Iterable[str]) -> re.Pattern[str] | None:
        made = ready(source)
        return compiled(joined(made)) if made else None

    sources = tuple(joined(ready(tokens)) for tokens in by_language if tokens)
    return Compiled(
        rule,
        check,
        words,
        sources,
        tuple(compiled(source) for source in sources),
        pattern(check.except_),
        pattern(check.unless_text),
        pattern(check.then),
        tuple((re.compile(joined(ready([k]))), v) for k, v in check.swap.items()),
    )

"""Words that packs share, ready for use: macros, families of goods, regions, acronyms."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from rmnctl.compliance.letters import fold_pattern
from rmnctl.compliance.pack import Event, Words
from rmnctl.compliance.patterns import joined

_MACRO = re.compile(r"\{([a-z_]+)\}")
#: "Any word" between words of a pattern; this week's is one.
_ANY_WORD = re.compile(r"(?<=\(\?: )\\w\+(?=\))|(?<=\(\?:)\\w\+(?= \))")


class Vocabulary:
    """The shared words of a set of packs."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.look_alikes = {c: latin for latin, many in words.look_alikes.items() for c in many}
        self.acronyms = frozenset(words.acronyms.split())
        self.cased_names = frozenset(words.cased_names.split())
        self.loanwords = frozenset(words.loanwords.split())
        self._common = frozenset(fold_pattern(words.common).lower().split())
        self._families = {
            name: re.compile(joined(fold_pattern(t) for t in tokens))
            for name, tokens in words.categories.items()
        }
        self._countries = frozenset(words.countries.split())
        self._languages = {
            name: frozenset(fold_pattern(small).lower().split())
            for name, small in words.languages.items()
        }
        self.families_of = lru_cache(maxsize=4096)(self._families_of)
        self.place_of = lru_cache(maxsize=4096)(self._place_of)

    def expand(self, token: str) -> str:
        """A token with its macros written out."""
        for _ in range(4):
            written = _MACRO.sub(lambda m: f"(?:{'|'.join(self.words.macros[m.group(1)])})", token)
            if written == token:
                break
            token = written
        return _ANY_WORD.sub(r"[\\w']+", token)

    def alternatives(self, token: str) -> list[str]:
        """The tokens that a token stands for: a macro alone is all of its own."""
        match = _MACRO.fullmatch(token)
        if match is None:
            return [self.expand(token)]
        return [t for one in self.words.macros[match.group(1)] for t in self.alternatives(one)]

    def is_common(self, word: str) -> bool:
        """True for a common word in plain lower case."""
        return word in self._common

    def is_acronym(self, word: str, *, crowd: bool) -> bool:
        """True for capitals that are no shouting; among shouted words only a known acronym is."""
        plain = word.rstrip("s") if word.endswith("s") and word[:-1].isupper() else word
        plain = plain.replace(".", "")
        if plain in self.acronyms:
            return True
        return not crowd and len(plain) <= 3 and not self.is_common(plain.lower())

    def _families_of(self, category: str | None) -> frozenset[str]:
        if category is None:
            return frozenset()
        plain = re.sub(r"[_/&,>.-]+", " ", fold_pattern(category).lower())
        return frozenset(name for name, p in self._families.items() if p.search(plain))

    def _place_of(self, locale: str | None) -> tuple[str | None, str | None]:
        """Region and language of a locale such as en-US; None for what it does not say."""
        match = re.fullmatch(
            r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{4})?(?:[-_]([A-Za-z]{2}))?", locale or ""
        )
        if match is None:
            return None, None
        language = match.group(1).lower()
        region = (match.group(2) or "").upper()
        return (region if region in self._countries else None), (
            language if language in self._languages else None
        )

    def regions_with(self, region: str) -> frozenset[str]:
        """A region and the groups it belongs to."""
        groups = {name for name, members in self.words.regions.items() if region in members}
        return frozenset({region, *groups})

    def small_words(self) -> dict[str, frozenset[str]]:
        """Language to the small words that tell it."""
        return self._languages

    @cached_property
    def events(self) -> dict[str, tuple[re.Pattern[str], Event]]:
        """Days and seasons with the pattern that finds them."""
        return {
            name: (re.compile(joined(fold_pattern(t) for t in event.tokens)), event)
            for name, event in self.words.events.items()
        }

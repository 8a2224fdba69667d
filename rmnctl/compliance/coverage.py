"""What a set of packs covers: ad products, and languages in which claims can be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from rmnctl.compliance.pack import Pack, Words

#: The platform on which only the law holds.
ANY_PLATFORM = "any"


@dataclass(frozen=True)
class Coverage:
    """What packs know about.

    Attributes:
        platforms: Ad products, with the region meant where no locale is given.
        without_rules: Those for which no rules are public.
        languages: Languages with claim lexicons.
    """

    platforms: Mapping[str, str | None]
    without_rules: frozenset[str]
    languages: tuple[str, ...]

    @classmethod
    def of(cls, words: Words, packs: Sequence[Pack]) -> Self:
        """What these packs cover."""
        named = {name: region for pack in packs for name, region in pack.platforms.items()}
        return cls(
            named | {ANY_PLATFORM: None},
            frozenset(name for pack in packs if not pack.rules for name in pack.platforms),
            words.supported,
        )

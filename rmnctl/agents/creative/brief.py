"""What is to be advertised: the brief, the brand's voice, and the pieces of copy asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from rmnctl.compliance import Copy, Engine, Facts
from rmnctl.compliance.facts import ELEMENTS
from rmnctl.config import ConfigModel
from rmnctl.errors import ConfigError, did_you_mean

#: Longest copy by element where no rule says less, characters.
ROOM = {"headline": 50, "tagline": 40, "body": 120, "cta": 25, "brand": 30, "alt": 120}
#: A limit is searched below this many characters.
_MOST = 400


def _words(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


Words = Annotated[str, AfterValidator(_words)]


class Voice(ConfigModel):
    """How a brand speaks; everything that the tone score looks at."""

    prefer: tuple[str, ...] = Field((), description="words the brand likes to use")
    avoid: tuple[str, ...] = Field((), description="words it never uses; such copy is repaired")
    max_sentence_words: int = Field(12, ge=1, description="longest sentence, words")
    exclamation: bool = Field(False, description="exclamation marks are welcome")


class Brief(ConfigModel):
    """What is to be advertised, where, and what is true about it."""

    id: Words = Field(description="name of the brief, unique in its run")
    brand_id: Words = Field(description="whose adapter and voice")
    brand: Words = Field(description="brand name in its own casing")
    sku: str | None = Field(None, description="product number; never shown")
    product: Words = Field(description="product name as it may be shown")
    platform: Words = Field(description="ad product, e.g. amazon_sb")
    placement: str | None = Field(None, description="where it stands, e.g. sponsored_brand")
    retailer_id: str | None = Field(None, description="whose adapter of a retailer, if any")
    elements: tuple[str, ...] = Field(
        ("headline",), min_length=1, description="headline, body, tagline, cta, alt"
    )
    offer: str | None = Field(None, description="the offer in words; none: copy names none")
    facts: dict[str, str | int | float | list[str]] = Field(
        min_length=1, description="the facts record: all that copy may claim about the product"
    )
    context: Facts = Field(
        default_factory=Facts, description="facts that rules ask for: locale, category …"
    )


@dataclass(frozen=True)
class Piece:
    """One element of one brief, to be written.

    Attributes:
        brief: What it is about.
        element: headline, body …
        limit: Longest copy, visible characters.
    """

    brief: Brief
    element: str
    limit: int

    def copy(self, text: str) -> Copy:
        """The copy as the checker takes it."""
        context = self.brief.context.model_dump(exclude_none=True)
        context.setdefault("brand", [self.brief.brand])
        context.setdefault("product", [self.brief.product])
        if self.brief.offer is not None:
            context.setdefault("offer", [self.brief.offer])
        return Copy.model_validate(
            {
                "id": f"{self.brief.id}/{self.element}",
                "platform": self.brief.platform,
                "element": self.element,
                "context": context,
                "copy": text,
            }
        )


def pieces_of(briefs: Sequence[Brief], engine: Engine) -> list[Piece]:
    """Every piece that briefs ask for, with the room it has.

    Raises:
        ConfigError: No briefs, two of one name, or one names a platform, element or locale that
            the rule packs do not know.
    """
    if not briefs:
        raise ConfigError("There are no briefs.", hint="Write some under `briefs:`.")
    names = [b.id for b in briefs]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ConfigError(f"Two briefs are called {twice[0]}.", hint="Names must be unique.")
    pieces = []
    for brief in briefs:
        _check(brief, engine)
        pieces += [Piece(brief, e, fitting(brief, e, engine)) for e in brief.elements]
    return pieces


def _check(brief: Brief, engine: Engine) -> None:
    where = f"Brief {brief.id}"
    if brief.platform not in engine.coverage.platforms:
        near = did_you_mean(brief.platform, engine.coverage.platforms)
        raise ConfigError(f"{where}: no pack knows that platform. {near}")
    for element in brief.elements:
        if element not in ELEMENTS or element == "brand":
            near = did_you_mean(element, [e for e in ELEMENTS if e != "brand"])
            raise ConfigError(f"{where}: no such element of an ad. {near}")
    locale = brief.context.locale
    if locale is None:
        raise ConfigError(
            f"{where}: context names no locale.", hint="Rules differ by country: locale: en-US."
        )
    region, language = engine.vocabulary.place_of(locale)
    if region is None or language is None:
        raise ConfigError(f"{where}: locale must name a language and a country, e.g. en-US.")
    if language not in engine.coverage.languages:
        known = ", ".join(sorted(engine.coverage.languages))
        raise ConfigError(
            f"{where}: claims in that language cannot be judged.", hint=f"Languages: {known}."
        )


def fitting(brief: Brief, element: str, engine: Engine) -> int:
    """Longest copy that breaks no rule of length, found by asking the rules; characters."""
    low, high = 1, ROOM.get(element, _MOST)
    # A rule of length may ask for initial case as well, and then it finds every other text wanting.
    words = "Soft Cotton Towels "
    piece = Piece(brief, element, high)
    limits = {
        rule.id
        for _, rule in engine.rules(brief.platform)
        if any(c.extends == "max_length" for c in rule.checks)
    }
    while low < high:
        middle = (low + high + 1) // 2
        found: Any = engine.check(piece.copy((words * _MOST)[: middle - 1] + "S"))
        if any(f.rule in limits for f in found.findings):
            high = middle - 1
        else:
            low = middle
    return low

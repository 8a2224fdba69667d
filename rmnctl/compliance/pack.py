"""Rule packs: the YAML that says what a platform or a law asks of a copy.

A rule carries where it comes from, when that was read, where it holds, when someone must look
again, and its own tests. Its checks take Vale's forms (existence, substitution, occurrence, max
length, case, conditional) and those this domain needs beside them (required text, required
facts, date windows, measures of an image).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

import rmnctl
from rmnctl.compliance.facts import Facts
from rmnctl.config import ConfigModel, load_config
from rmnctl.config.yaml_file import read_yaml, validate
from rmnctl.errors import ConfigError

PACK_SCHEMA: Final = "rmnctl/compliance-pack/v1"
WORDS_NAME: Final = "words.yaml"
DEFAULT_FOLDER: Final = Path("configs/compliance")

Element = Literal["headline", "body", "tagline", "cta", "brand", "alt"]
_TEXT_ELEMENTS: tuple[Element, ...] = ("headline", "body", "tagline", "cta", "alt")


class Level(StrEnum):
    """What a finding says; the heaviest one decides the verdict."""

    ERROR = "error"
    NEEDS_FACTS = "needs_facts"
    NEEDS_REVIEW = "needs_review"


def _lines(value: Any) -> Any:
    """A text is one pattern a line, so that patterns need no quotes."""
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    return value


Patterns = Annotated[tuple[str, ...], BeforeValidator(_lines)]


def _fact(name: str) -> str:
    if name.split(".", maxsplit=1)[0] not in Facts.model_fields:
        raise ValueError(f"{name} is not a fact; facts are {', '.join(Facts.model_fields)}")
    return name


class Evidence(ConfigModel):
    """A fact that settles a hit."""

    fact: str = Field(description="Name in the facts record.")
    accept: str | None = Field(None, description="Pattern that one entry must match.")
    refuse: str | None = Field(None, description="Pattern; entries that match count for nothing.")
    taint: str | None = Field(None, description="Pattern; one entry that matches spoils all.")
    at_least: float | None = Field(None, description="Smallest number that will do.")

    _known = field_validator("fact")(_fact)


class Condition(ConfigModel):
    """A fact that must hold for a check to apply."""

    fact: str = Field(description="Name in the facts record.")
    state: Literal["holds", "empty", "known", "unknown"] = Field("holds", description="How.")
    matches: str | None = Field(None, description="Pattern that one entry must match.")

    _known = field_validator("fact")(_fact)


class Measure(ConfigModel):
    """Bounds of a number, or the allowed words, of a fact about an asset."""

    fact: str = Field(description="Dotted name, e.g. logo.width.")
    minimum: float | None = Field(None, description="Smallest allowed.")
    maximum: float | None = Field(None, description="Largest allowed.")
    one_of: tuple[str, ...] = Field((), description="Allowed words.")
    none_of: tuple[str, ...] = Field((), description="Words that are not allowed.")

    _known = field_validator("fact")(_fact)


class Check(ConfigModel):
    """One test of a rule."""

    extends: Literal[
        "existence", "substitution", "occurrence", "max_length", "case", "conditional",
        "requires_text", "requires_fact", "date_window", "measure", "script",
    ] = Field(description="Form of the check.")  # fmt: skip
    tokens: dict[str, Patterns] = Field(
        default_factory=dict,
        description="Patterns by language (any, en, de, fr); words match whole.",
    )
    swap: dict[str, str] = Field(default_factory=dict, description="Pattern to better words.")
    cased: bool = Field(False, description="Match as written instead of in plain lower case.")
    except_: Patterns = Field((), alias="except", description="Patterns that are innocent.")
    unless_text: Patterns = Field((), description="Patterns that settle the matter.")
    names: Literal["competitors"] | None = Field(None, description="Also match names of this fact.")
    maximum: int | None = Field(None, ge=0, description="Longest text, or most occurrences.")
    by_region: dict[str, int] = Field(default_factory=dict, description="`maximum` by region.")
    style: str | None = Field(None, description="Spelling rule of a case check.")
    then: Patterns = Field((), description="Patterns one of which must also be there.")
    where: tuple[Literal["copy", "disclaimer", "cta"], ...] = Field(
        ("copy",), description="Where `then` may stand."
    )
    script: str | None = Field(None, description="Name of a check written in Python.")
    last: bool = Field(False, description="Only where no other check of the rule finds anything.")
    unless_plain: bool = Field(
        False, description="Not where what has learnt from labelled copy sees no claim of fact."
    )
    measures: tuple[Measure, ...] = Field((), description="What to measure.")
    evidence: tuple[Evidence, ...] = Field((), description="Facts one of which settles a hit.")
    evidence_unknown: Literal["needs_facts", "apply"] = Field(
        "needs_facts", description="What a hit means where none of those facts is known."
    )
    when: tuple[Condition, ...] = Field((), description="Facts that must all hold.")
    categories: tuple[str, ...] = Field((), description="Only these families of goods.")
    not_categories: tuple[str, ...] = Field((), description="Not these families of goods.")
    category_unknown: Literal["needs_facts", "apply", "skip"] = Field(
        "needs_facts", description="What a hit means where the category is not known."
    )
    jurisdiction: tuple[str, ...] | None = Field(None, description="Instead of the rule's own.")
    in_force_from: date | None = Field(None, description="Flights that end earlier are spared.")
    elements: tuple[Element, ...] | None = Field(None, description="Instead of the rule's own.")
    level: Level | None = Field(None, description="Instead of the rule's own.")
    message: str | None = Field(None, description="Instead of the rule's own.")
    suggest: str | None = Field(None, description="Instead of the rule's own.")

    @field_validator("tokens", mode="before")
    @classmethod
    def _alone_is_any(cls, value: Any) -> Any:
        return {"any": value} if isinstance(value, list | str) else value


class Case(ConfigModel):
    """An inline test: a copy where the rule speaks or keeps silent."""

    copy_: str = Field(alias="copy", description="The words.")
    platform: str | None = Field(None, description="Instead of the tests' own.")
    element: Element | None = Field(None, description="Instead of the tests' own.")
    context: dict[str, Any] = Field(default_factory=dict, description="Added to the tests' own.")

    @model_validator(mode="before")
    @classmethod
    def _words_alone(cls, value: Any) -> Any:
        return {"copy": value} if isinstance(value, str) else value


class Tests(ConfigModel):
    """Inline tests of a rule; pass: it is silent, fail: it finds an error."""

    platform: str | None = Field(None, description="Of every test; the rule's first unless given.")
    element: Element | None = Field(None, description="Of every test; the rule's first.")
    context: dict[str, Any] = Field(default_factory=dict, description="Facts of every test.")
    passing: tuple[Case, ...] = Field((), alias="pass", description="The rule is silent.")
    failing: tuple[Case, ...] = Field((), alias="fail", description="The rule finds an error.")
    needs_facts: tuple[Case, ...] = Field((), description="The rule asks for a fact.")
    needs_review: tuple[Case, ...] = Field((), description="The rule asks for a person.")


class Rule(ConfigModel):
    """One rule of a platform or a law."""

    id: str = Field(description="Id, as in the published list.", pattern=r"^[A-Z]\d\d$")
    title: str = Field(description="What it asks, in a line.")
    message: str = Field(description="What is wrong where it is broken.")
    suggest: str | None = Field(None, description="What to write instead.")
    source_url: str = Field(description="Where it was read.", min_length=4)
    source: Literal["primary", "secondary", "general"] = Field(
        description="primary: read at the source; secondary: second-hand or old; general: known."
    )
    seen_on: date = Field(description="When it was read.")
    review_by: date = Field(description="When someone must read it again.")
    jurisdiction: tuple[str, ...] = Field(description="Regions where it holds; any: everywhere.")
    decided_by: Literal["text", "facts", "human"] = Field(description="What decides it.")
    platforms: tuple[str, ...] = Field((), description="Instead of all of the pack's.")
    elements: tuple[Element, ...] = Field(_TEXT_ELEMENTS, description="Parts of an ad it is about.")
    level: Level = Field(Level.ERROR, description="What a hit is.")
    note: str | None = Field(None, description="What is doubtful about it.")
    checks: tuple[Check, ...] = Field(description="Its tests of a copy.")
    tests: Tests = Field(description="Its own tests.")


class Pack(ConfigModel):
    """The rules of one platform family, or of the law."""

    schema_: Literal["rmnctl/compliance-pack/v1"] = Field(alias="schema", description="Version.")
    pack: str = Field(description="Name.")
    title: str = Field(description="What it covers.")
    owner: str = Field(description="Who answers for it.")
    platforms: dict[str, str | None] = Field(
        description="Ad products with the region meant where no locale is given; empty: all."
    )
    rules: tuple[Rule, ...] = Field(description="The rules; none: nothing public is known.")

    @model_validator(mode="after")
    def _own_platforms(self) -> Self:
        for rule in self.rules:
            if self.platforms and (strange := set(rule.platforms) - set(self.platforms)):
                raise ValueError(f"{rule.id} names platforms outside its pack: {sorted(strange)}")
        return self


class Event(ConfigModel):
    """A day or season that advertising refers to."""

    tokens: tuple[str, ...] = Field(description="Patterns that name it.")
    ends: str = Field(description="MM-DD, or the name of a rule for moving feasts.")
    by_region: dict[str, str] = Field(default_factory=dict, description="`ends` by region.")


class Words(ConfigModel):
    """What packs share: word lists, families of goods, regions."""

    schema_: Literal["rmnctl/compliance-words/v1"] = Field(alias="schema", description="Version.")
    macros: dict[str, tuple[str, ...]] = Field(description="Alternatives written {name} in tokens.")
    categories: dict[str, tuple[str, ...]] = Field(description="Families of goods: their patterns.")
    look_alikes: dict[str, str] = Field(description="Latin letter: letters that imitate it.")
    common: str = Field(description="Words that digits and signs may be read as.")
    acronyms: str = Field(description="Words written in capitals by everyone.")
    cased_names: str = Field(description="Words with a casing of their own.")
    languages: dict[str, str] = Field(description="Language: its small words, to tell it by.")
    loanwords: str = Field(description="Words with accents that English has taken over.")
    supported: tuple[str, ...] = Field(description="Languages with claim lexicons.")
    regions: dict[str, tuple[str, ...]] = Field(description="Groups of regions.")
    countries: str = Field(description="ISO 3166 codes that a locale may name.")
    events: dict[str, Event] = Field(description="Days and seasons.")


def default_folder(asked: Path = DEFAULT_FOLDER) -> Path:
    """The folder of packs: as asked, or beside the installed source where that does not exist."""
    beside = Path(rmnctl.__file__).parent.parent / asked
    return asked if asked.is_dir() or not beside.is_dir() else beside


def load_packs(folder: Path = DEFAULT_FOLDER) -> tuple[Words, tuple[Pack, ...]]:
    """Read every pack of a folder.

    Raises:
        ConfigError: A pack is malformed, two rules share an id, or there is no pack.
    """
    folder = default_folder(folder)
    paths = sorted(p for p in folder.glob("*.yaml") if p.name != WORDS_NAME)
    if not paths:
        raise ConfigError(
            f"{folder} holds no rule packs.", hint="Name the folder with --set packs=DIR."
        )
    data, lines = read_yaml(folder / WORDS_NAME)
    words = validate(Words, data, path=folder / WORDS_NAME, lines=lines)
    packs = tuple(load_config(Pack, path).model for path in paths)
    seen: dict[str, str] = {}
    for pack in packs:
        for rule in pack.rules:
            if rule.id in seen:
                raise ConfigError(
                    f"Rule {rule.id} stands in packs {seen[rule.id]} and {pack.pack}."
                )
            seen[rule.id] = pack.pack
    return words, packs


def all_rules(packs: tuple[Pack, ...]) -> Mapping[str, tuple[Pack, Rule]]:
    """Every rule by its id."""
    return {rule.id: (pack, rule) for pack in packs for rule in pack.rules}

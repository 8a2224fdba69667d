"""Training text of `task_creative`: briefs of invented brands, and copy that our own checks clear.

Copy is made of phrases (`creative_phrases.yaml`) about products (`creative_products.yaml`), filled with
what the prompt asks for; the prompt is made by the code that makes it in use, and so are the findings
of drafts to be repaired. A text that any check holds against is not learnt.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from rmnctl.agents.creative import (
    SYSTEM,
    Brief,
    Piece,
    Using,
    Voice,
    draft_prompt,
    faults_of,
    fitting,
    known_facts,
    repair_prompt,
    sayable,
    using,
)
from rmnctl.compliance import Engine
from rmnctl.workflows.corpora.rows import Corpus, Row

#: Where copy runs; platforms without public rules deliver nothing.
PLATFORMS = (
    "amazon_sb", "amazon_sb", "amazon_display", "walmart_sb", "walmart_sb", "instacart_shoppable",
    "criteo_display", "kroger_onsite", "kroger_email",
)  # fmt: skip
#: Elements in the shares they are learnt in.
ELEMENTS = ("headline",) * 11 + ("body",) * 4 + ("tagline",) * 3 + ("cta",) * 2 + ("alt",)
#: Share of rows whose prompt holds a draft to be repaired.
REPAIRS = 0.12
#: Share of texts about an offer that lead with it.
LEADING = 0.6
#: Share of briefs whose brand likes a word.
LIKING = 0.7
OFFERS = 0.3
_TRIES = 12
#: What is said with a vowel first: an amber, an 8 oz.
_AN = re.compile(r"[aeiou]|8|11 |18 ", re.IGNORECASE)


@dataclass(frozen=True)
class _Half:
    """The phrases, names and families of one side: training or measuring."""

    phrases: Mapping[str, Any]
    families: Sequence[Mapping[str, Any]]
    held: bool


@dataclass(frozen=True)
class _Subject:
    """A brief; whether its product's name is, or may be, a plural."""

    brief: Brief
    many: bool


@dataclass(frozen=True)
class _Clause:
    """What is said of a fact.

    Attributes:
        kind: thing (a noun), trait (goes after a comma), deed (it holds …), advice (serve with …).
        text: The clause.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class _Asked:
    """What a text is to hold.

    Attributes:
        use: Name, facts and liked word.
        kind: Of the liked word: adjective, noun, adverb, verb.
        clauses: What is said of the facts.
        many: The product's name may be a plural.
        brand: Its name.
        name: The name asked for; empty for none.
    """

    use: Using
    kind: str
    clauses: Sequence[_Clause]
    many: bool
    brand: str
    name: str


@cache
def _data(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath(f"creative_{name}.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


@cache
def _kinds() -> dict[str, str]:
    """Of the names of facts: how each is said."""
    return {name: kind for kind, names in _data("products")["keys"].items() for name in names}


def _half(*, held: bool) -> _Half:
    def some(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: some(part) for name, part in found.items()}
        if isinstance(found, str):
            return found
        return [p for n, p in enumerate(found) if (n % 6 == 5) == held]

    phrases = _data("phrases")
    lists = {name: some(part) for name, part in phrases.items() if name != "joined"}
    families = [f for f in _data("products")["families"] if bool(f.get("held")) == held]
    return _Half({**lists, "joined": phrases["joined"]}, families, held)


def build(train: int = 3000, held_out: int = 120, seed: int = 11) -> Corpus:
    """The corpus of `task_creative`.

    Args:
        train: Rows to train on.
        held_out: Rows to measure by: other products, brands and phrases.
        seed: Same seed, same rows.
    """
    # A card speaks of text that can be made again, whatever the reader of claims learns later.
    engine = Engine.load(learnt=False)
    return Corpus(
        tuple(_rows(_half(held=False), engine, train, seed)),
        tuple(_rows(_half(held=True), engine, held_out, seed + 1)),
    )


def _rows(half: _Half, engine: Engine, count: int, seed: int) -> list[Row]:
    rng = random.Random(seed)  # noqa: S311 - variety, not secrets
    made: list[Row] = []
    seen: set[tuple[str, str]] = set()
    while len(made) < count:
        row = _row(half, engine, rng)
        if row is not None and (row.prompt, row.answer) not in seen:
            seen.add((row.prompt, row.answer))
            made.append(row)
    return made


def _row(half: _Half, engine: Engine, rng: random.Random) -> Row | None:
    """One brief with its copy; None where no phrase tried suits it."""
    subject, element = _subject(half, rng), rng.choice(ELEMENTS)
    brief = subject.brief
    kind = rng.choice([*half.phrases["words"]])
    likes = rng.random() < LIKING
    voice = Voice(prefer=(rng.choice(half.phrases["words"][kind]),) if likes else ())
    piece = Piece(brief, element, _room(engine, brief.platform, element))
    known = known_facts(brief, engine)

    def asked() -> _Asked:
        facts = sayable(brief, known)
        if brief.offer and rng.random() < LEADING:
            facts = facts[-1:]
        use = using(piece, facts, voice, rng.randrange(12))
        values = dict(facts)
        clauses = [_clause(half, name, values[name], rng) for name in use.facts]
        return _Asked(use, kind, clauses, subject.many, brief.brand, use.named(brief))

    wanted = asked()
    for _ in range(_TRIES):
        found = _written(half, piece, wanted, rng)
        if found is None or faults_of(piece, voice, known, engine, found[1]):
            continue
        template, copy = found
        prompt = draft_prompt(piece, known, wanted.use)
        if rng.random() < REPAIRS:
            # The draft before was about another fact, as it is in use.
            before = _written(half, piece, asked(), rng) or found
            bad = rng.choice(half.phrases["faults"]).format(t=before[1].rstrip("."))
            messages = faults_of(piece, voice, known, engine, bad)
            prompt = repair_prompt(piece, known, wanted.use, bad, messages) if messages else prompt
        answer = json.dumps({"copy": copy}, ensure_ascii=False, separators=(",", ":"))
        return Row(prompt, answer, f"{element}: {template}", f"copy/{element}", system=SYSTEM)
    return None


@cache
def _room(engine: Engine, platform: str, element: str) -> int:
    brief = Brief.model_validate(
        {
            "id": "room",
            "brand_id": "any",
            "brand": "Any",
            "product": "Any",
            "platform": platform,
            "facts": {"what": "any"},
            "context": {"category": "home", "locale": "en-US", "substantiation": []},
        }
    )
    return fitting(brief, element, engine)


def _subject(half: _Half, rng: random.Random) -> _Subject:
    family = rng.choice(half.families)
    names = _data("products")["brands"]
    # The last brand names are kept for measuring.
    first = names["first"][-5:] if half.held else names["first"][:-5]
    brand = rng.choice(first) + rng.choice(names["last"]) + rng.choice(names["second"])
    product = f"{brand} {rng.choice(family['kinds'])} {rng.choice(family['names'])}"
    chosen = rng.sample([*family["facts"]], rng.randint(2, min(4, len(family["facts"]))))
    facts = {name: rng.choice(family["facts"][name]) for name in chosen}
    offer = rng.choice(half.phrases["offers"]) if rng.random() < OFFERS else None
    brief = Brief.model_validate(
        {
            "id": "corpus",
            "brand_id": "invented",
            "brand": brand,
            "product": product,
            "platform": rng.choice(PLATFORMS),
            "facts": facts,
            "offer": offer,
            "context": {"category": family["category"], "locale": "en-US", "substantiation": []},
        }
    )
    return _Subject(brief, bool(family.get("many")))


def _written(
    half: _Half, piece: Piece, asked: _Asked, rng: random.Random
) -> tuple[str, str] | None:
    """A phrase filled with what is asked for, no longer than there is room; None if none fits."""
    fitting_ = [p for p in _phrases(half, piece.element, asked, rng) if _suits(p, asked)]
    if not fitting_:
        return None
    template = rng.choice(fitting_)
    word = asked.use.word or ""
    said = [c.text for c in asked.clauses] + ["", ""]
    text = template.format(
        N=asked.name, B=asked.brand, c=said[0], C=_upper(said[0]), d=said[1], D=_upper(said[1]),
        w=word, W=_upper(word), aw=_article(word) + word, AW=_upper(_article(word) + word),
    )  # fmt: skip
    text = _upper(" ".join(text.split()))
    if piece.element == "cta" and piece.brief.platform.startswith("kroger"):
        text = " ".join(_upper(part) for part in text.split())
    return (template, text) if len(text) <= piece.limit else None


def _suits(phrase: str, asked: _Asked) -> bool:
    """Whether a phrase holds neither more nor less than is asked for."""
    second = "{d}" in phrase or "{D}" in phrase
    named = "{N}" in phrase or (asked.use.name == "brand" and "{B}" in phrase)
    return second == (len(asked.clauses) > 1) and named == bool(asked.name)


def _phrases(half: _Half, element: str, asked: _Asked, rng: random.Random) -> list[str]:
    phrases = half.phrases
    if element == "cta":
        return list(phrases["ctas"])
    traits = all(c.kind == "trait" for c in asked.clauses)
    # In blue and with a lid: only clauses that begin alike are one phrase.
    alike = traits and len({c.text.split()[0] for c in asked.clauses}) == 1
    if element == "alt":
        said: list[str] = phrases["alts"]["trait" if traits else "other"] if asked.clauses else []
        return said or list(phrases["bare_heads"])
    heads = _heads(phrases, asked, rng)
    if element != "body":
        return heads
    # A body's liked word stands in its headline or in its sentence.
    kind = asked.kind if asked.use.word else "none"
    apart = bool(asked.use.word) and rng.random() < 0.5
    sentence = rng.choice(phrases["sentences"][kind if apart else "none"])
    if apart:
        heads = _heads(phrases, replace(asked, use=replace(asked.use, word=None)), rng)
    return [
        body.replace("{H}", head.rstrip(".")).replace("{S}", sentence)
        for body in phrases["bodies"]
        if not apart or "{S}" in body
        for head in heads
        if "and {d}" not in body or (alike and head.endswith("{c}"))
    ]


def _heads(phrases: Mapping[str, Any], asked: _Asked, rng: random.Random) -> list[str]:
    """Headlines that hold the name, the first clause and the liked word."""
    clause = asked.clauses[0] if asked.clauses else None
    if not asked.name:
        return ["{C}"] if clause else []
    if asked.use.word:
        said: list[str] = phrases["worded_heads"][asked.kind]
        return [_joined(p, phrases["joined"][clause.kind], rng) if clause else p for p in said]
    if clause is None:
        return list(phrases["bare_heads"])
    heads: dict[str, list[str]] = phrases["heads"]
    more = heads["sentence"] if clause.kind == "deed" and not asked.many else []
    return [*heads[clause.kind], *more]


def _joined(head: str, joints: Sequence[str], rng: random.Random) -> str:
    """A headline with a clause after it; two colons are one too many."""
    fit = [j for j in joints if not (":" in head and ":" in j)]
    joint = rng.choice(fit)
    if head.endswith("."):
        return f"{head} {{C}}."
    return head + joint


def _clause(half: _Half, name: str, value: str, rng: random.Random) -> _Clause:
    parts = value.split(", ")
    joined = " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else value
    how = half.phrases["facts"][_kinds()[name]]
    article = "" if name.endswith("s") else _article(joined)
    text = str(rng.choice(how["said"])).format(v=joined, k=name, a=article)
    return _Clause(how["kind"], text)


def _article(words: str) -> str:
    return "an " if _AN.match(words) else "a "


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

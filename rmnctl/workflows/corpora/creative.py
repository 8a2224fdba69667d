"""Training text of `task_creative`: briefs of invented brands, and copy that our own checks clear.

Copy is made of phrases (`creative_phrases.yaml`) filled with what the prompt asks for; the prompt is
made by the code that makes it in use, and so are the findings of drafts to be repaired. A text
that any check holds against is not learnt.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from rmnctl.agents.creative import (
    SYSTEM,
    Brief,
    Known,
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
OFFERS = 0.1
_TRIES = 12


@dataclass(frozen=True)
class _Half:
    """The phrases, names and families of one side: training or measuring."""

    phrases: Mapping[str, Any]
    families: Sequence[Mapping[str, Any]]
    held: bool


@cache
def _data() -> dict[str, Any]:
    text = files(__package__).joinpath("creative_phrases.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def _half(*, held: bool) -> _Half:
    data = _data()

    def some(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: some(part) for name, part in found.items()}
        return [p for n, p in enumerate(found) if (n % 6 == 5) == held]

    lists = {name: some(part) for name, part in data.items() if name not in {"families", "brands"}}
    families = [f for f in data["families"] if bool(f.get("held")) == held]
    return _Half({**lists, "brands": data["brands"]}, families, held)


def build(train: int = 2000, held_out: int = 120, seed: int = 11) -> Corpus:
    """The corpus of `task_creative`.

    Args:
        train: Rows to train on.
        held_out: Rows to measure by: other products, brands and phrases.
        seed: Same seed, same rows.
    """
    engine = Engine.load()
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
    brief, element = _brief(half, rng), rng.choice(ELEMENTS)
    kind = rng.choice([*half.phrases["words"]])
    likes = rng.random() < 0.8
    voice = Voice(prefer=(rng.choice(half.phrases["words"][kind]),) if likes else ())
    piece = Piece(brief, element, _room(engine, brief.platform, element))
    known = known_facts(brief, engine)
    use = using(piece, sayable(brief, known), voice, rng.randrange(12))
    for _ in range(_TRIES):
        found = _written(half, piece, known, use, kind, rng)
        if found is None or faults_of(piece, voice, known, engine, found[1]):
            continue
        template, copy = found
        prompt = draft_prompt(piece, known, use)
        if rng.random() < REPAIRS:
            # The draft before was about another fact, as it is in use.
            other = using(piece, sayable(brief, known), voice, rng.randrange(12))
            before = _written(half, piece, known, other, kind, rng) or found
            bad = rng.choice(half.phrases["faults"]).format(t=before[1].rstrip("."))
            messages = faults_of(piece, voice, known, engine, bad)
            prompt = repair_prompt(piece, known, use, bad, messages) if messages else prompt
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


def _brief(half: _Half, rng: random.Random) -> Brief:
    family = rng.choice(half.families)
    names = _data()["brands"]
    # The last brand names are kept for measuring.
    first = names["first"][-5:] if half.held else names["first"][:-5]
    brand = rng.choice(first) + rng.choice(names["last"]) + rng.choice(names["second"])
    product = f"{brand} {rng.choice(family['kinds'])} {rng.choice(family['names'])}"
    chosen = rng.sample([*family["facts"]], rng.randint(2, min(4, len(family["facts"]))))
    facts = {name: rng.choice(family["facts"][name]) for name in chosen}
    offer = rng.choice(half.phrases["offers"]) if rng.random() < OFFERS else None
    return Brief.model_validate(
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


def _written(
    half: _Half, piece: Piece, known: Known, use: Using, kind: str, rng: random.Random
) -> tuple[str, str] | None:
    """A phrase filled with what is asked for, no longer than there is room; None if none fits."""
    values = dict(sayable(piece.brief, known))
    clauses = [_clause(half, name, values[name], rng) for name in use.facts]
    name = {"product": piece.brief.product, "brand": piece.brief.brand, None: ""}[use.name]
    phrases = _phrases(half, piece.element, use, kind)
    wants = [("{c}" in p or "{C}" in p, "{d}" in p or "{D}" in p) for p in phrases]
    fitting_ = [
        p
        for p, (first, second) in zip(phrases, wants, strict=True)
        if first <= bool(clauses)
        and second == (len(clauses) > 1)
        and (bool(name) or ("{N}" not in p))
        and (use.name != "product" or "{N}" in p)
        and (not use.word or any(slot in p for slot in ("{w}", "{W}", "{S}")))
    ]
    if not fitting_:
        return None
    template = rng.choice(fitting_)
    word = use.word or ""
    lead = clauses[0] if clauses else ""
    more = clauses[1] if len(clauses) > 1 else ""
    sentence = rng.choice(half.phrases[f"sentence_{kind}" if word else "sentence"])
    text = template.replace("{S}", sentence)
    text = text.format(
        N=name, B=piece.brief.brand, c=lead, C=_upper(lead), d=more, D=_upper(more), w=word,
        W=_upper(word),
    )  # fmt: skip
    text = _upper(" ".join(text.split()))
    if piece.element == "cta" and piece.brief.platform.startswith("kroger"):
        text = " ".join(_upper(part) for part in text.split())
    return (template, text) if len(text) <= piece.limit else None


def _phrases(half: _Half, element: str, use: Using, kind: str) -> list[str]:
    lists: dict[str, list[str]] = {k: half.phrases[k] for k in ("bodies", "taglines", "ctas")}
    lists["alts"] = half.phrases["alts"]
    if element == "headline" or (element == "tagline" and use.word):
        if use.facts and use.word:
            return list(half.phrases[f"heads_{kind}"])
        if use.word:
            return list(half.phrases["worded_heads"])
        return list(half.phrases["heads" if use.facts else "bare_heads"])
    return lists[{"body": "bodies", "tagline": "taglines", "cta": "ctas", "alt": "alts"}[element]]


def _clause(half: _Half, name: str, value: str, rng: random.Random) -> str:
    parts = value.split(", ")
    joined = " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else value
    return str(rng.choice(half.phrases["clauses"][name])).format(v=joined)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

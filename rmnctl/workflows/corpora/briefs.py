"""Training text of `task_planning`: sentences of briefs with one part marked, and what it is for.

Sentences are built from phrases (`brief_phrases.yaml`), one to three statements each, in shuffled
order, with invented names, number styles, noise and slips of the pen; the questions are made by the
same code that asks them in use (`rmnctl.agents.briefs.questions`).
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from rmnctl.agents.briefs.anchors import Topic
from rmnctl.agents.briefs.questions import SYSTEM, Question, about_name, about_number
from rmnctl.agents.briefs.reading import Reading, read
from rmnctl.agents.briefs.vocabulary import Named, Product, Vocabulary
from rmnctl.workflows.corpora.rows import Corpus, Row

#: Names of an invented market: the model sees letters in their place, never these.
VOCABULARY = Vocabulary(
    retailers=(Named(id="alpha"), Named(id="beta"), Named(id="veldora"), Named(id="quintmart")),
    brands=(Named(id="brand_x"), Named(id="solvane")),
    placements=(
        Named(id="video"), Named(id="sponsored_product"), Named(id="onsite_display"),
        Named(id="offsite_display"), Named(id="ctv"), Named(id="sponsored_brand"),
    ),
    products=tuple(
        Product(sku_id=f"SLV-{n:04d}", brand_id="solvane", names=()) for n in range(1, 9)
    ),
)  # fmt: skip
_LIMITS = ("max", "min", "is")
_SINGLE = ("budget", "test", "roas", "each", "cells", "days", "past")
_NAMED = ("nothing", "there")


@dataclass(frozen=True)
class Statement:
    """One statement of a sentence.

    Attributes:
        role: What its number or name is for.
        text: In words.
        number: The number, as written; None for statements about a name.
        name: The name it is about, if any.
    """

    role: str
    text: str
    number: str | None
    name: str | None


def build(train: int = 1600, held_out: int = 96, seed: int = 5) -> Corpus:
    """Rows to train on and rows to measure by, whose phrases are never trained on.

    Args:
        train: How many rows to train on.
        held_out: How many to measure by.
        seed: Same seed, same rows.
    """
    phrases = {k: v for k, v in _phrases().items() if k in {*_LIMITS, *_SINGLE, *_NAMED}}
    # Every sixth phrase of a role is kept for measuring.
    kept = {k: v[5::6] or v[-1:] for k, v in phrases.items()}
    shown = {k: [p for p in v if p not in kept[k]] for k, v in phrases.items()}
    return Corpus(
        tuple(_rows(shown, train, seed, "shown")), tuple(_rows(kept, held_out, seed + 1, "held"))
    )


@cache
def _phrases() -> dict[str, list[str]]:
    text = files(__package__).joinpath("brief_phrases.yaml").read_text(encoding="utf-8")
    return {k: list(v) for k, v in yaml.load(text, Loader=yaml.BaseLoader).items()}  # noqa: S506


def _rows(phrases: dict[str, list[str]], count: int, seed: int, part: str) -> list[Row]:
    rng = random.Random(seed)  # noqa: S311  nothing secret is drawn
    rows, seen = list[Row](), set[tuple[str, str]]()
    while len(rows) < count:
        statements = _statements(phrases, rng)
        for question, answer in _questions(_sentence(statements, rng), statements):
            if (question.prompt, answer) in seen or len(rows) == count:
                continue
            seen.add((question.prompt, answer))
            role = answer.split()[0]
            rows.append(
                Row(
                    prompt=question.prompt,
                    answer=json.dumps(answer),
                    wording=f"{role}-{part}",
                    subject=f"role/{role}",
                    system=SYSTEM,
                )
            )
    return rows


def _statements(phrases: dict[str, list[str]], rng: random.Random) -> list[Statement]:
    names = [*_names(VOCABULARY.placements), *_names(VOCABULARY.retailers)]
    names += [p.sku_id for p in VOCABULARY.products[:3]]
    rng.shuffle(names)
    # One number a kind of statement, so that a number tells which statement it is of.
    roles = rng.choices([*_LIMITS * 4, *_SINGLE * 2, *_NAMED * 2], k=rng.choice((1, 1, 2, 2, 3)))
    made = []
    for role in roles:
        needs_name = role in {*_LIMITS, *_NAMED}
        name = names.pop() if needs_name else None
        number = None if role in _NAMED else _number(role, rng)
        phrase = rng.choice(phrases[role])
        made.append(Statement(role, _filled(phrase, number, name, rng), number, name))
    return made


def _names(things: Sequence[Named]) -> list[str]:
    return [t.id.replace("_", " ") for t in things]


def _filled(phrase: str, number: str | None, name: str | None, rng: random.Random) -> str:
    text = _chosen(phrase, rng)
    # A phrase with two numbers shows the same one twice; only one is wanted.
    text = text.replace("{v} at most, not more than {v}", "{v}")
    text = text.replace("{v}", number or "").replace("{e}", name or "")
    brand = rng.choice(("Brand X", "Solvane"))
    text = re.sub(r"\bB\b", brand, text)
    return re.sub(r"\bR1 and R2\b", "alpha and veldora", text)


def _chosen(phrase: str, rng: random.Random) -> str:
    """A phrase with each [a|b] replaced by one of its alternatives."""
    while match := re.search(r"\[([^\[\]]*)\]", phrase):
        choice = rng.choice(match[1].split("|"))
        phrase = phrase[: match.start()] + choice + phrase[match.end() :]
    return " ".join(phrase.split())


def _sentence(statements: Sequence[Statement], rng: random.Random) -> str:
    joins = _phrases()
    text = statements[0].text
    for statement in statements[1:]:
        text += rng.choice(joins["joins"]) + statement.text
    if rng.random() < 0.25:
        text = rng.choice(joins["noise"]).replace("B", "Solvane") + text
    if rng.random() < 0.2:
        text += rng.choice(joins["tails"]).replace("B", "Solvane")
    if rng.random() < 0.6:
        text = text[:1].upper() + text[1:]
    return text + rng.choice((".", ".", "", "!", ";"))


_WORDS = {5: "five", 10: "ten", 15: "fifteen", 20: "twenty", 25: "twenty-five", 30: "thirty",
          40: "forty", 50: "fifty", 60: "sixty", 70: "seventy"}  # fmt: skip


def _number(role: str, rng: random.Random) -> str:
    if role == "roas":
        value = rng.choice((1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4))
        return rng.choice((f"{value:g}", f"{value:g}x", f"{value:g}:1", f"{value * 100:g}%"))
    if role == "cells":
        return f"{rng.choice((8, 12, 15, 20, 30, 45, 60))} {rng.choice(('cells', 'lines', 'line items', 'combinations'))}"
    if role == "days":
        return _days(rng)
    if role in {"budget", "each"}:
        return _money(rng, small=role == "each")
    styles: list[Callable[[], str]] = [lambda: _share(rng), lambda: _money(rng, small=False)]
    if role == "past":
        styles += [lambda: _days(rng), lambda: f"{rng.choice((1.8, 2.2, 3.1))}x"]
        return rng.choice(styles)()
    return styles[rng.random() < 0.25]()


def _days(rng: random.Random) -> str:
    return rng.choice(
        (
            "14 days",
            "28 days",
            "four weeks",
            "6 weeks",
            "three weeks",
            "90 days",
            "ten days",
            "2 months",
        )
    )


def _share(rng: random.Random) -> str:
    value = rng.choice((5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80))
    styles = [f"{value}%", f"{value}%", f"{value} percent", f"{value} per cent"]
    if value in _WORDS:
        styles.append(f"{_WORDS[value]} percent")
    fractions = {25: "a quarter", 50: "half", 20: "a fifth", 10: "a tenth", 75: "three quarters"}
    return rng.choice([*styles, *([fractions[value]] if value in fractions else [])])


def _money(rng: random.Random, *, small: bool) -> str:
    if small:
        value = rng.choice((100, 150, 200, 250, 300, 500, 800, 1000, 1500))
        return rng.choice((f"${value}", f"{value} dollars", f"\u20ac{value}", f"{value:,} USD"))
    value = rng.choice((8, 12, 20, 35, 40, 50, 75, 90, 120, 150, 200, 250, 300, 450, 600, 750, 900))
    styles = [
        f"${value}k",
        f"${value},000",
        f"{value},000 USD",
        f"{value} thousand dollars",
        f"\u20ac{value}k",
        f"{value}k",
    ]
    millions = rng.choice(("1.2", "2.5", "3", "0.8", "4.75"))
    return rng.choice([*styles, f"${millions}M", f"{millions} million euros"])


def _questions(sentence: str, statements: Sequence[Statement]) -> list[tuple[Question, str]]:
    """What is asked about a sentence, with the right answers."""
    reading = read(sentence, VOCABULARY)
    made = []
    for statement in statements:
        found = _about(reading, statement)
        if found is not None and found[1] in found[0].options:
            made.append(found)
    return made


def _about(reading: Reading, statement: Statement) -> tuple[Question, str] | None:
    low = reading.text.low
    at = low.find(statement.text.lower().rstrip(" ."))
    if at < 0:
        return None
    end = at + len(statement.text)
    if statement.number is None:
        anchor = next(
            (
                a
                for a in reading.places
                if a.topic is Topic.NAMES and at <= a.start and a.end <= end
            ),
            None,
        )
        single = anchor is not None and len(anchor.mentions) == 1
        return (about_name(reading, anchor), statement.role) if anchor and single else None
    values = [r.value for r in reading.roles if at <= r.value.start and r.value.end <= end + 2]
    if len(values) != 1:
        return None
    question = about_number(reading, values[0])
    if statement.name is None:
        return question, statement.role
    code = next((c for c, a in question.codes if at <= a.start and a.end <= end), None)
    return (question, f"{statement.role} {code}") if code else None

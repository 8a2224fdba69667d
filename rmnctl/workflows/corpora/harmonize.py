"""Training text of `task_harmonize`: columns of invented reports, and which RMIS field each is.

A report is drawn with a language, a style of headers, a scale of money and rows of numbers that
agree as those of ads do (impressions, clicks, orders, their cost and value). The matcher reads it
with a part of its words forgotten; questions are about what it leaves open, told and asked by the
code that asks in use (`matcher.describe`, `agents.column_question`). One header in four says nothing
or lies, so that what numbers tell is learnt too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

from rmnctl.agents.column_question import NONE, SYSTEM, ask
from rmnctl.harmonization.matcher import Column, propose
from rmnctl.harmonization.matcher.choosing import Collector
from rmnctl.harmonization.matcher.words import lexicon
from rmnctl.workflows.corpora.harmonize_numbers import Drawn, draw_cells
from rmnctl.workflows.corpora.harmonize_styles import Style, draw_style
from rmnctl.workflows.corpora.rows import Corpus, Row

#: What a column is (a key of the word list) and which field that makes it.
FIELD_OF: Final = {
    "impressions": "impressions", "clicks": "clicks", "orders": "conversions",
    "units": "conversions", "revenue": "revenue", "cost": "cost", "date": "date", "sku": "sku_id",
    "placement": "placement_type", "retailer": "retailer_id",
}  # fmt: skip
#: How often a report has such a column.
_THERE: Final = {
    "date": 0.85, "retailer": 0.35, "sku": 0.5, "placement": 0.5, "impressions": 0.92,
    "clicks": 0.95, "orders": 0.85, "units": 0.3, "revenue": 0.92, "cost": 0.95,
}  # fmt: skip
_OTHERS: Final = (
    *("other_count",) * 3, *("other_money",) * 3, *("ratio",) * 2,
    "other_date", *("other_code",) * 2, *("other_words",) * 3,
)  # fmt: skip
_LANGUAGES: Final = {
    "en": 50, "de": 10, "fr": 8, "es": 8, "pt": 5, "it": 5, "nl": 4, "pl": 3, "nordic": 3,
    "tr": 2, "cs": 2, "ru": 1, "zh": 1, "ja": 1, "ko": 1,
}  # fmt: skip
#: Headers that say nothing.
_OPAQUE: Final = (
    "col_{n}", "m{n}", "metric {n}", "value_{n}", "kpi{n}", "F{n}", "field{n}", "Column {n}", "x{n}",
    "Wert {n}", "val{n}", "amount", "total", "count", "number", "figure {n}", "measure {n}", "c{n}",
    "attr_{n}", "result", "q{n}", "dim{n}", "data {n}", "Spalte {n}", "volume", "sum", "qty_{n}",
    "a", "b", "k", "z", "misc", "other_{n}", "stat{n}",
)  # fmt: skip
#: Words under which a measure is seen that they do not mean: a lie that numbers give away.
_LIES: Final = {
    "cost": ("revenue", "cost_income"), "revenue": ("cost", "orders"), "orders": ("revenue", "clicks"),
    "clicks": ("other_count",), "impressions": ("other_count",), "units": ("revenue",),
}  # fmt: skip
#: Shares of the matcher's words that a report is in others than.
_FORGOTTEN: Final = (0.2, 0.4, 0.6, 0.8)
_INCOME: Final = ("ad revenue", "network revenue", "media revenue", "publisher income", "ad income")


@dataclass(frozen=True)
class Report:
    """An invented report: its columns and what each is."""

    columns: tuple[Column, ...]
    meanings: tuple[str, ...]


def build(train: int = 6000, held_out: int = 400, seed: int = 41) -> Corpus:
    """The corpus of `task_harmonize`; held-out questions are about words never trained on.

    Args:
        train: How many questions to train on.
        held_out: How many to measure by.
        seed: Same seed, same text.
    """
    return Corpus(tuple(_rows(train, seed, "t")), tuple(_rows(held_out, seed + 1, "e")))


def draw_report(rng: random.Random, part: str) -> Report:
    """A report in the words of one part, `t` to train on or `e` to measure by."""
    style = draw_style(rng)
    language = rng.choices(list(_LANGUAGES), list(_LANGUAGES.values()))[0]
    there = [m for m, share in _THERE.items() if rng.random() < share]
    others = rng.sample(_OTHERS, rng.randint(3, 7))
    meanings = [*there, *others]
    if rng.random() < 0.5:
        rng.shuffle(meanings)
    drawn = Drawn(rng)
    columns, used = [], set[str]()
    for meaning in meanings:
        header = _header(meaning, language, style, part, rng)
        while header in used:
            header += rng.choice(("_2", " (2)", " b"))
        used.add(header)
        columns.append(Column(header, draw_cells(meaning, drawn)))
    return Report(tuple(columns), tuple(meanings))


def questions(report: Report, rng: random.Random) -> list[tuple[int, str, str]]:
    """Column, prompt and answer of every question that the matcher leaves open about a report.

    The matcher forgets a share of its words first, as if the report were in others; what it takes
    for found can be wrong, as in use.
    """
    asked = Collector()
    propose(report.columns, asked, lexicon().without(rng.choice(_FORGOTTEN), rng))
    meanings = report.meanings
    made = []
    for column in asked.columns:
        field = FIELD_OF.get(meanings[column.index])
        if meanings[column.index] == "units" and "orders" in meanings:
            field = None
        options = [a.field for a in column.candidates]
        shown = [*options, NONE]
        rng.shuffle(shown)
        prompt = ask(column.header, column.kind, column.facts, column.size, column.beside, shown)
        made.append((column.index, prompt, field if field in options else NONE))
    return made


def _rows(count: int, seed: int, part: str) -> list[Row]:
    rng = random.Random(seed)  # noqa: S311 - variety, not secrets
    rows: list[Row] = []
    while len(rows) < count:
        report = draw_report(rng, part)
        asked = questions(report, rng)
        told = [q for q in asked if q[2] != NONE]
        silent = [q for q in asked if q[2] == NONE]
        rng.shuffle(silent)
        for i, prompt, answer in [*told, *silent[: max(len(told), 1)]]:
            rows.append(Row(prompt, answer, part, report.meanings[i], system=SYSTEM))
    rows = rows[:count]
    rng.shuffle(rows)
    return rows


def _header(meaning: str, language: str, style: Style, part: str, rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.17:
        return rng.choice(_OPAQUE).format(n=rng.randint(1, 30))
    if draw < 0.24 and meaning in _LIES:
        meaning = rng.choice(_LIES[meaning])
        if meaning == "cost_income":
            return style.apply(rng.choice(_INCOME), "cost", rng)
    return style.apply(_word(meaning, language, part, rng), meaning, rng)


def _word(meaning: str, language: str, part: str, rng: random.Random) -> str:
    by_language = words()[meaning]
    if language not in by_language:
        language = "en"
    listed = by_language[language]
    # Every fifth word of a list is kept for measuring; short lists are shared out by language.
    kept = listed[4::5]
    if part == "e":
        return rng.choice(kept or by_language["en"][4::5])
    return rng.choice([w for w in listed if w not in kept])


@cache
def words() -> dict[str, dict[str, Sequence[str]]]:
    """Names of columns, by what they are and by language."""
    text = files(__package__).joinpath("harmonize_words.yaml").read_text(encoding="utf-8")
    return {
        meaning: {lang: tuple(map(str, names)) for lang, names in by_language.items()}
        for meaning, by_language in yaml.safe_load(text).items()
    }

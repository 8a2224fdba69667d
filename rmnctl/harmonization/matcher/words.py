"""What a header says: the noun it is built on, and the words that change its meaning."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WINDOW_UNITS = {"d", "day", "days", "tage", "tag", "dias", "jours", "giorni", "dni", "天", "日"}


def fold(text: str) -> str:
    """Lower case without accents and width variants."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).replace("ł", "l"))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def compose(text: str) -> str:
    """Lower case with composed letters, for scripts whose letters decompose (Hangul, kana)."""
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(name: str) -> tuple[str, ...]:
    """The words of a header."""
    spaced = _BETWEEN.sub(" ", _CAMEL.sub(" ", unicodedata.normalize("NFKC", name)))
    spaced = spaced.replace("%", " percent ")
    return tuple(re.findall(r"[^\W_]+", fold(spaced)))


_Phrases = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Phrases by field and by what they do to a noun; each phrase is a tuple of words."""

    sure: Mapping[str, _Phrases]
    weak: Mapping[str, _Phrases]
    groups: Mapping[str, _Phrases]
    cells: Mapping[str, frozenset[tuple[str, ...]]]
    ratios: Mapping[str, _Phrases]

    def without(self, share: float, rng: random.Random) -> Lexicon:
        """The same, but for a share of the phrases that name fields: reports in it are less known."""

        def less(table: Mapping[str, _Phrases]) -> dict[str, _Phrases]:
            return {f: tuple(p for p in ps if rng.random() > share) for f, ps in table.items()}

        return replace(self, sure=less(self.sure), weak=less(self.weak))


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon."""
    text = files(__package__).joinpath("lexicon.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)

    def phrases(words: list[Any]) -> _Phrases:
        made = ((compose(str(w)),) if _SPACELESS.search(str(w)) else tokens(str(w)) for w in words)
        return tuple(dict.fromkeys(p for p in made if p))

    return Lexicon(
        {f: phrases(v["sure"]) for f, v in data["fields"].items()},
        {f: phrases(v["weak"]) for f, v in data["fields"].items()},
        {g: phrases(v) for g, v in data.items() if g not in {"fields", "cells", "ratios"}},
        {f: frozenset(phrases(v)) for f, v in data["cells"].items()},
        {r: phrases(v) for r, v in data["ratios"].items()},
    )


def stands(phrase: tuple[str, ...], words: tuple[str, ...], text: str) -> bool:
    """True if a phrase stands among the words of a header, or inside its text without spaces."""
    if phrase[0] not in words:
        # Scripts without spaces: a phrase stands inside longer words.
        return not text.isascii() and bool(_SPACELESS.search(phrase[0])) and phrase[0] in text
    size = len(phrase)
    return any(words[i : i + size] == phrase for i in range(len(words) - size + 1))


@dataclass(frozen=True)
class Reading:
    """What a header says.

    Attributes:
        fields: Field to how surely the header names it, 0 to 1.
        nouns: Field to the phrase that named it.
        derived: It names a ratio.
        setting: It names a budget, bid or goal.
        other: It names another measure.
        part: It names a part of a whole.
        entity: It names a thing rather than a measure.
        date_other: It names the start or end of something.
        date_start: It names the start of something.
        window: Attribution window in days, or None.
        micros: Amounts are in millionths.
        whole: It says total outright.
    """

    fields: dict[str, float]
    nouns: dict[str, str]
    derived: bool
    setting: bool
    other: bool
    part: bool
    entity: bool
    date_other: bool
    date_start: bool
    window: int | None
    micros: bool
    whole: bool


def _strength(
    phrase: tuple[str, ...], words: tuple[str, ...], text: str, base: float, idle: set[str]
) -> float:
    """A phrase counts less, the more it leaves unexplained."""
    if len(phrase) == 1 and _SPACELESS.search(phrase[0]):
        rest = len(text) - len(phrase[0])
        return base * (1.0 if rest <= 6 else 0.85)
    left = [w for w in words if w not in phrase and w not in idle and not w.isdigit()]
    return base * (1.0, 0.9, 0.72, 0.6)[min(len(left), 3)]


def read(name: str, known: Lexicon | None = None) -> Reading:
    """Understand one header, in the words of a lexicon (the shipped one)."""
    return _read(name, known or lexicon())


@lru_cache(maxsize=4096)
def _read(name: str, known: Lexicon) -> Reading:
    words, text = tokens(name), compose(name)
    idle = {w for phrase in known.groups["neutral"] for w in phrase}
    fields: dict[str, float] = {}
    nouns: dict[str, str] = {}
    for base, table in ((1.0, known.sure), (0.62, known.weak)):
        for field, phrases in table.items():
            for phrase in phrases:
                if stands(phrase, words, text):
                    # Longer phrases say more: "order value" is not an order.
                    worth = _strength(phrase, words, text, base, idle)
                    worth += 0.02 * sum(map(len, phrase)) / 10
                    longer = len(" ".join(phrase)) > len(nouns.get(field, ""))
                    if worth > fields.get(field, 0) or (longer and worth >= fields.get(field, 0)):
                        fields[field], nouns[field] = min(worth, 1.0), " ".join(phrase)
    _settle(fields, nouns)

    def has(group: str) -> bool:
        explained = set().union(*(set(n.split()) for n in nouns.values())) if nouns else set()
        return any(
            stands(p, words, text) and not (len(p) == 1 and p[0] in explained and group == "part")
            for p in known.groups[group]
        )

    return Reading(
        fields,
        nouns,
        derived=has("derived"),
        setting=has("setting") and not _spent_budget(words),
        other=has("other"),
        part=has("part"),
        entity=has("entity"),
        date_other=has("date_other"),
        date_start=has("date_start"),
        window=_window(words, text),
        micros="micro" in words or "micros" in words,
        whole=has("whole"),
    )


def _spent_budget(words: tuple[str, ...]) -> bool:
    return bool({"consumed", "burnt", "burned", "spent"} & set(words))


def _settle(fields: dict[str, float], nouns: dict[str, str]) -> None:
    for first in list(fields):
        for second in list(fields):
            if first == second or first not in nouns or second not in nouns:
                continue
            inner, outer = nouns[second], nouns[first]
            if inner != outer and f" {inner} " in f" {outer} ":
                fields.pop(second, None)
                nouns.pop(second, None)


def _window(words: tuple[str, ...], text: str) -> int | None:
    for i, word in enumerate(words):
        near = {*words[i + 1 : i + 2], *words[i - 1 : i]}
        if word.isdigit() and int(word) in {1, 3, 7, 14, 28, 30} and near & _WINDOW_UNITS:
            return int(word)
    found = re.search(r"(\d{1,3})\s*(天|日間|日|일|時間)", text)
    if found is None:
        return None
    return max(int(found.group(1)) // 24, 1) if found.group(2) == "時間" else int(found.group(1))


def speaks_of(field: str, cell: str) -> bool:
    """True if a cell's text is, or begins with, a known word for that field."""
    known, words = lexicon().cells[field], tokens(cell)
    if _SPACELESS.search(cell):
        return any(len(p) == 1 and p[0] in compose(cell) for p in known)
    return any(words[:size] in known for size in range(1, min(len(words), 3) + 1))

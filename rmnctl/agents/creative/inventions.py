"""Whether copy states what the facts record does not: a number, a price, an award, an ingredient.

Deterministic and independent of the compliance rules: what is not in the facts may not be said,
be it allowed or not. The words that state facts are data (`claims.yaml`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_NUMBER = re.compile(r"(?<![\w.])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)")
_PERCENT = re.compile(r"\s?(?:%|percent\b|per cent\b|pct\b)")
_MONEY_BEFORE = re.compile(r"(?:[$€£¥]|\b(?:usd|eur|gbp|us\$))\s?$")
_MONEY_AFTER = re.compile(
    r"\s?(?:[$€£¥¢]|(?:usd|eur|gbp|dollars?|euros?|pounds? off|cents?|bucks)\b)"
)
#: A number with the word after it; percentages and prices are read apart.
_MEASURE = re.compile(r"(?<![\w.$€£])(\d+(?:[.,]\d+)?)(?![\w%.,]*\d)(?!\s?%)(?:[ -]?([a-z]+))?")
_WORD = re.compile(r"[a-z][a-z'-]*[a-z]|[a-z]")
_LETTERS = re.compile(r"[^\W\d_]+")
#: Two words with capitals, and the word before them.
_NAMED = re.compile(r"(\S+) (?=([A-Z]\w+) ([A-Z]\w+))")
#: Shorter words are too often like others.
_NAME = 5
_ALIKE = 0.8
_ENDINGS = ("ies", "es", "s", "ed", "ing", "y")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a draft, beside rules.

    Attributes:
        rule: Name of the check.
        message: What is wrong, for people and for the next attempt.
    """

    rule: str
    message: str


@dataclass(frozen=True)
class _Claims:
    """`claims.yaml`, compiled."""

    each: dict[str, str]
    kinds: dict[str, re.Pattern[str]]
    numbers: dict[str, float]
    talk: re.Pattern[str]


@cache
def _claims() -> _Claims:
    text = files("rmnctl.agents.creative").joinpath("claims.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return _Claims(
        each={stem(w): kind for kind, words in data["each"].items() for w in words.split()},
        kinds={k: re.compile(rf"(?<!\w)(?:{p})(?!\w)") for k, p in data["kinds"].items()},
        numbers={w: float(n) for w, n in data["numbers"].items()},
        talk=re.compile(rf"(?<!\w)(?:{data['talk']})(?!\w)"),
    )


def words_in(text: str) -> list[str]:
    """The words of a plain text, numbers left out."""
    return _WORD.findall(text)


def plain(text: str) -> str:
    """A text in lower case, without width variants and invisible characters."""
    seen = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return "".join(c for c in seen if unicodedata.category(c) != "Cf")


def stem(word: str) -> str:
    """A word without its ending, so that its forms are one."""
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 2:
            return word[: -len(ending)].rstrip("e")
    return word.rstrip("e")


def _stems(text: str) -> set[str]:
    words = _WORD.findall(text)
    parts = [p for w in words for p in (w, *w.split("-"))]
    return {stem(p) for p in parts if p}


def _numbers(text: str) -> list[tuple[str, float, str]]:
    """Every number with its kind (percentage, price, number), value and words."""
    found = []
    for match in _NUMBER.finditer(text):
        digits = match[1]
        grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits)
        value = float(digits.replace(",", "" if grouped else "."))
        after, before = text[match.end() :], text[: match.start()]
        kind = "number"
        if _PERCENT.match(after):
            kind = "percentage"
        elif _MONEY_BEFORE.search(before) or _MONEY_AFTER.match(after):
            kind = "price"
        found.append((kind, value, digits))
    words = _claims().numbers
    for word in _WORD.finditer(text):
        for part in word[0].split("-"):
            if part in words:
                kind = "percentage" if _PERCENT.match(text[word.end() :]) else "number"
                found.append((kind, words[part], part))
    return found


def unit_problems(text: str, known: str) -> list[Problem]:
    """Numbers of the facts that stand before other words than there: 12 feet, where it is 12 oz."""
    units: dict[str, set[str]] = {}
    for match in _MEASURE.finditer(plain(known)):
        units.setdefault(match[1], set()).add(match[2] or "")
    wrong = [
        f"{match[1]} {match[2] or ''}".strip()
        for match in _MEASURE.finditer(plain(text))
        if match[1] in units and not {"", match[2]} & units[match[1]]
    ]
    return [
        Problem("invented_number", f"No fact says “{said}”; write the number as the facts do.")
        for said in dict.fromkeys(wrong)
    ]


def inventions(text: str, known: str) -> list[Problem]:
    """What a copy states that is not known.

    Args:
        text: The copy.
        known: Everything that may be said: names, facts, offer (`Known.text`).

    Returns:
        One problem for each invented number, word or kind of statement; none: nothing invented.
    """
    copy, facts = plain(text), plain(known)
    found: dict[Problem, None] = {}
    allowed = {(kind, value) for kind, value, _ in _numbers(facts)}
    values = {value for kind, value in allowed if kind == "number"}
    for kind, value, shown in _numbers(copy):
        if (kind, value) in allowed or (kind == "number" and value in values):
            continue
        found[Problem(f"invented_{kind}", f"No fact gives the {kind} “{shown}”; leave it out.")] = (
            None
        )
    stems = _stems(facts)
    for word in _WORD.findall(copy):
        for part in dict.fromkeys((word, *word.split("-"))):
            named = _claims().each.get(stem(part))
            if named and stem(part) not in stems:
                message = f"No fact names “{part}”; leave it out."
                found[Problem(f"invented_{named}", message)] = None
    for name, pattern in _claims().kinds.items():
        said = {m[0] for m in pattern.finditer(facts)}
        for match in pattern.finditer(copy):
            if match[0] not in said:
                message = f"No fact says “{match[0]}”; leave it out."
                found[Problem(f"invented_{name}", message)] = None
    return list(found)


def form_problems(text: str, known: str, limit: int) -> list[Problem]:
    """Whether this is copy about the product at all, and no longer than there is room for."""
    said = plain(text)
    if not said.strip():
        return [Problem("empty", "There is no text.")]
    found = []
    if len(text) > limit:
        found.append(Problem("too_long", f"Use at most {limit} characters."))
    facts = plain(known)
    spoken = [m[0] for m in _claims().talk.finditer(said) if m[0] not in facts]
    if spoken or re.search(r"[\n\r\t<>{}\[\]|\\`_=*]|https?:|:\s*$|\"", text):
        found.append(Problem("not_copy", "Write the words of the ad alone, nothing around them."))
    if not {s for s in _stems(said) if len(s) > 2} & {s for s in _stems(facts) if len(s) > 2}:
        found.append(Problem("off_topic", "Say something about this product."))
    return found


def name_problems(text: str, brand: str) -> list[Problem]:
    """Whether a word is nearly the brand's name: a writer that spells letter by letter may slip."""
    names = {w for w in _WORD.findall(plain(brand)) if len(w) >= _NAME}
    words = {w for w in _WORD.findall(plain(text)) if len(w) >= _NAME}
    stems = {stem(n) for n in names}
    return [
        Problem("garbled_name", f"The brand is written “{brand}”.")
        for word in sorted(words)
        if stem(word) not in stems
        and any(SequenceMatcher(None, word, name).ratio() >= _ALIKE for name in names)
    ]


def cut_problems(text: str, brand: str, product: str) -> list[Problem]:
    """Whether a product's name stops in its middle, as where a writer has no more room."""
    rest = product.removeprefix(f"{brand} ").split()
    if product in text or len(rest) < 2 or not product.startswith(f"{brand} "):
        return []
    said = f" {' '.join(w.strip('.:;!?') for w in text.replace(',', ' ,').split())} "
    cut = f" {brand} {rest[0]} " in said
    return [Problem("garbled_name", f"The product is written “{product}”.")] if cut else []


def other_names(text: str, product: str, known: str) -> list[Problem]:
    """Whether the product stands under another's name: “Meet Couple Tape Measure”, by Coppard.

    A capital in the middle of a sentence makes a name; at its beginning it may be any word.
    """
    own = {w.casefold() for w in _LETTERS.findall(known)}
    parts = {w.casefold() for w in _LETTERS.findall(product)}
    for first, name, noun in _NAMED.findall(text):
        if first.endswith((".", "!", "?", ":")):
            continue
        if len(name) >= _NAME and noun.casefold() in parts and name.casefold() not in own:
            return [Problem("garbled_name", f"The product is written “{product}”.")]
    return []

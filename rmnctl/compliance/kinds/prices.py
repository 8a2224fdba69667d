"""Prices in a text, in digits or words."""

from __future__ import annotations

import re

_DIGITS = r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{2})?|\d{1,7}(?:[.,]\d{1,2})?"
_AMOUNT = re.compile(rf"({_DIGITS})(?!\d)(?! ?(?:%|percent|per cent|prozent|pour cent))")
_CURRENCY = r"€|£|\$|eur\b|usd\b|gbp\b|cad\b|dollars?|euros?|pounds|quid|bucks"
_PRICE = re.compile(rf"[$€£] ?(?P<after>{_DIGITS})|(?P<before>{_DIGITS}) ?(?:{_CURRENCY})")
_UNITS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
#: Word to its number.
_WORDS = {w: n for n, w in enumerate(_UNITS, 1)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_SPOKEN = re.compile(
    rf"((?:\b(?:{'|'.join(_WORDS)}|an?|hundred|and)[ -]?)+)(?=dollar|euro|pound|buck)"
)


def _value(digits: str) -> float:
    cut = re.match(r"^(.*)[.,](\d{1,2})$", digits)
    whole, cents = (cut.group(1), cut.group(2)) if cut else (digits, "0")
    return float(f"{re.sub('[.,]', '', whole)}.{cents}")


def amount(text: str) -> float | None:
    """A price in a text such as $1,299.00 or 29,99 €."""
    match = _AMOUNT.search(text)
    return None if match is None else _value(match.group(1))


def _spoken(words: str) -> float:
    """A price in words: sixty-five; a hundred and twenty."""
    total = 0
    for word in re.findall(r"[a-z]+", words):
        if word == "hundred":
            total = max(total, 1) * 100
        else:
            total += _WORDS.get(word, 0)
    return float(total)


def highest_price(text: str) -> float | None:
    """The highest price in a plain text, in digits or words; of two prices the former one."""
    found = [_value(m["after"] or m["before"]) for m in _PRICE.finditer(text)]
    found += [value for m in _SPOKEN.finditer(text) if (value := _spoken(m.group(1)))]
    return max(found, default=None)

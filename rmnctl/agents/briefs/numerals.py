"""Numbers in digits and in words: `2.5mm`, `500 000`, `65,0`, `two and a half million`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from rmnctl.agents.briefs.text import Text

_UNITS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety fourty".split(),
        (20, 30, 40, 50, 60, 70, 80, 90, 40),
        strict=True,
    )
)
_SCALES = {"hundred": 100, "thousand": 1000, "thou": 1000, "grand": 1000, "million": 10**6, "millions": 10**6,
           "billion": 10**9, "mil": 10**6, "mill": 10**6, "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7}  # fmt: skip
_SUFFIX = {
    "k": 1000, "thousands": 1000, "thousand": 1000, "grand": 1000, "tsd": 1000, "thou": 1000, "m": 10**6,
    "mm": 10**6, "mn": 10**6, "mio": 10**6, "mln": 10**6, "mil": 10**6, "mill": 10**6,
    "million": 10**6, "millions": 10**6, "bn": 10**9, "billion": 10**9, "hundred": 100,
    "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7,
}  # fmt: skip
PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4,
    "fourths": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7,
    "eighth": 8, "eighths": 8, "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10,
    "eleventh": 11, "twelfth": 12, "twelfths": 12, "fifteenth": 15, "sixteenth": 16, "twentieth": 20,
    "twentieths": 20, "thirtieth": 30, "fortieth": 40, "fortieths": 40, "fiftieth": 50, "hundredth": 100,
}  # fmt: skip
_GLYPHS = {"\u00bd": "1/2", "\u2153": "1/3", "\u2154": "2/3", "\u00bc": "1/4", "\u00be": "3/4",
           "\u2155": "1/5", "\u2156": "2/5"}  # fmt: skip
_DIGITS = re.compile(
    r"(?<![\w.])(?:\d{1,3}(?:[ ,.'_]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+[.,]\d+|\.\d+|\d+)"
)
_SUFFIXED = re.compile(
    r"(?:\s?(million|millions|billion|thousands|thousand|grand|hundred|tsd|thou|mill|mil|mio|mln|lakhs?|crores?)\b(?:\.(?=\s*[a-z€]))?"
    r"|\s?(mm|mn|bn|k|m)(?![a-z0-9])|[ ]?(k|m|mm)(?=usd|eur|gbp|dollars?|euros?))"
)
_GROUPED = re.compile(r"^\d{1,3}(?:[ ,.'_]\d{3})+(?:[.,]\d{1,2})?$")
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Numeral:
    """One number.

    Attributes:
        value: Exactly.
        start, end: Where it stands.
        scaled: It carries a thousand, a million or digit groups, as amounts do.
        fraction: It is a part of something: `a third`, `two fifths`.
        decimal: It was written with a point below one: `.65`, `0.6`.
    """

    value: Fraction
    start: int
    end: int
    scaled: bool = False
    fraction: bool = False
    decimal: bool = False


def numerals(text: Text) -> list[Numeral]:
    """All numbers, in order, each character in at most one."""
    found = [*_in_digits(text), *_glyphs(text), *_parts(text)]
    taken = [(n.start, n.end) for n in found]
    found += [n for n in _in_words(text) if not any(s < n.end and n.start < e for s, e in taken)]
    return sorted(found, key=lambda n: n.start)


def plain_number(digits: str, *, scaled: bool = False) -> Fraction:
    """The value of digits with points or commas; three digits after one are a group.

    Args:
        digits: `2,500,000`, `65,0`, `1.25`.
        scaled: A thousand or million follows, so one separator is a decimal one: `1.250 million`.
    """
    digits = digits.replace(" ", "").replace("'", "").replace("_", "")
    marks = [c for c in digits if c in ",."]
    if not marks:
        return Fraction(digits)
    last = digits.rfind(marks[-1])
    behind = len(digits) - last - 1
    several = len(set(marks)) == 1 and len(marks) > 1
    grouped = behind == 3 and digits[0] != "0" and last > 0 and not scaled
    if several or (grouped and len(set(marks)) == 1):
        return Fraction("".join(c for c in digits if c.isdigit()))
    whole = "".join(c for c in digits[:last] if c.isdigit()) or "0"
    return Fraction(f"{whole}.{digits[last + 1 :]}")


def _in_digits(text: Text) -> Iterator[Numeral]:
    reached = 0
    for match in _DIGITS.finditer(text.low):
        start, end = match.span()
        if start < reached:
            continue
        ratio = re.compile(r"/(\d+)(?![\d/])").match(text.low, end)
        split = ratio is not None and match[0].isdigit() and int(match[0]) + int(ratio[1]) == 100
        if ratio and not split and text.low[start - 1 : start] != "/" and 1 < int(ratio[1]) <= 100:
            share = Fraction(int(match[0]) if match[0].isdigit() else 0, int(ratio[1]))
            if 0 < share < 1:
                reached = ratio.end()
                scaled = _SUFFIXED.match(text.low, reached)
                if scaled and scaled[1] in {"million", "mil", "mill"}:  # `1/2 million`
                    reached = scaled.end()
                    yield Numeral(share * 10**6, start, reached, scaled=True)
                    continue
                yield Numeral(share, start, reached, fraction=True)
                continue
        suffix = _SUFFIXED.match(text.low, end)
        word = next((g for g in suffix.groups() if g), "") if suffix else ""
        scale = _SUFFIX.get(word, 1)
        value = plain_number(match[0], scaled=scale >= 1000) * scale
        grouped = bool(_GROUPED.match(match[0])) and scale == 1
        decimal = match[0].startswith((".", "0.", "0,")) and scale == 1
        stop = suffix.end() if suffix and scale > 1 else end
        yield Numeral(value, start, stop, scaled=scale > 1 or grouped, decimal=decimal)


def _glyphs(text: Text) -> Iterator[Numeral]:
    for position, sign in enumerate(text.low):
        if sign in _GLYPHS and not text.low[position - 1 : position].isdigit():
            yield Numeral(Fraction(_GLYPHS[sign]), position, position + 1, fraction=True)


#: `a 20th`, as against `the 20th`.
_NTH = re.compile(
    r"\b(?:a|one)\s+([2-9]\d?|1\d|100)(?:th|rd|nd)(?![a-z])(?!\s+of\s+(?:the month|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)
_PART = re.compile(
    r"\b(?:max|min|maximum|minimum|at most|at least|(?:more|less) than|<=|>=)[.:]?\s+(?:the\s+)?(half|third|quarter|fifth|tenth)\b"
)


def _parts(text: Text) -> Iterator[Numeral]:
    """`max third`: a part without its article."""
    for match in _NTH.finditer(text.low):
        yield Numeral(Fraction(1, int(match[1])), *match.span(), fraction=True)
    for match in _PART.finditer(text.low):
        yield Numeral(Fraction(1, PARTS[match[1]]), *match.span(1), fraction=True)


def _in_words(text: Text) -> Iterator[Numeral]:
    words = [(m[0], m.start(), m.end()) for m in _WORD.finditer(text.low)]
    position = 0
    while position < len(words):
        parsed = _parse([w for w, _, _ in words[position : position + 12]])
        if parsed is None:
            position += 1
            continue
        numeral, used = parsed
        spoken = _spoken_decimal(text, words[position : position + 4])
        if spoken is not None:
            yield spoken
            position += sum(1 for w in words[position:] if w[1] < spoken.end)
            continue
        # What lies between must be blanks or hyphens: a comma ends a number in words.
        unbroken = _unbroken(text, words[position : position + used])
        if unbroken < used:
            used = unbroken
            parsed = _parse([w for w, _, _ in words[position : position + used]])
        shorter = _without_count(text, words[position : position + used])
        if shorter < used:
            used = shorter
            parsed = _parse([w for w, _, _ in words[position : position + used]])
        if _A_FEW.search(text.low, 0, words[position][1]):
            position += max(used, 1)
            continue
        if parsed is not None and parsed[1] == used:
            numeral = parsed[0]
            start, end = words[position][1], words[position + used - 1][2]
            thousands = _K.match(text.low, end)
            if thousands and not numeral.fraction:
                scale = _SUFFIX[thousands[1]]
                yield Numeral(numeral.value * scale, start, thousands.end(), scaled=True)
            else:
                yield Numeral(numeral.value, start, end, numeral.scaled, numeral.fraction)
        position += max(used, 1)


_RETURN_BEFORE = re.compile(
    r"\b(?:roas|returns?|roi|multiple)\b(?:\s+(?:of|at|is|to be|should be|must be|above|over|under|below|at least|no less than|not less than|minimum|min|"
    r"not under|not below|a))*\s+$"
)
_RETURN_AFTER = re.compile(r"\s+(?:dollars? |euros? )?(?:back|returned|return|in return|roas)\b")


def _spoken_decimal(text: Text, words: list[tuple[str, int, int]]) -> Numeral | None:
    """`two fifty back for each dollar` is 2.50."""
    whole = _UNITS.get(words[0][0], 0)
    if len(words) == 1 or not 0 < whole < _TEN or not _tens(words[1][0]):
        return None
    cents, last = _tens(words[1][0]), 1
    if words[1][0] in _TENS and len(words) > 2 and 0 < _UNITS.get(words[2][0], 0) < _TEN:
        cents, last = cents + _UNITS[words[2][0]], 2
    start, end = words[0][1], words[last][2]
    if text.low[words[0][2] : words[1][1]].strip(" -"):
        return None
    led = _RETURN_BEFORE.search(text.low, max(0, start - 50), start)
    if not led and not _RETURN_AFTER.match(text.low, end):
        return None
    return Numeral(whole + Fraction(cents, 100), start, end, decimal=True)


_COUNTED = re.compile(r"\s+(?:weeks?|days?|months?|cells?|lines?|per\s?cent)\b")
_BELOW_HUNDRED = {*_UNITS, *_TENS}


def _without_count(text: Text, words: list[tuple[str, int, int]]) -> int:
    """How many words are the amount: in `nine thousand five hundred five weeks` the last is of the weeks."""
    used = len(words)
    spoken = [w for w, _, _ in words]
    if not {"thousand", "grand", "million"} & set(spoken) or not _COUNTED.match(
        text.low, words[-1][2]
    ):
        return used
    while used > 1 and spoken[used - 1] in _BELOW_HUNDRED:
        used -= 1
    return used if spoken[used - 1] != "and" else len(words)


#: `a few hundred thousand`: nobody knows how many.
_A_FEW = re.compile(r"\b(?:few|several|many|couple(?: of)?|some odd|dozens of)\s+$")
#: `fifty-five K`, `a hundred and twenty k`.
_K = re.compile(r"[ -]?(k|mm|mn|bn|m)(?![a-z0-9'])")


def _unbroken(text: Text, words: list[tuple[str, int, int]]) -> int:
    for place in range(1, len(words)):
        between = text.low[words[place - 1][2] : words[place][1]]
        if between.strip(" -\n"):
            return place
    return len(words)


def _parse(words: list[str]) -> tuple[Numeral, int] | None:
    """The longest number that the words begin with, and how many words it takes."""
    found = _fraction(words) or _cardinal(words)
    if found is None:
        return None
    value, used, scaled, fraction = found
    return Numeral(value, 0, 0, scaled, fraction), used


_Found = tuple[Fraction, int, bool, bool]


def _fraction(words: list[str]) -> _Found | None:
    """`half`, `a third`, `two fifths`, `three quarters of a million`, `half a million`."""
    head, used = 1, 0
    if words[0] in {"a", "an", "one"} and len(words) > 1 and words[1] in PARTS:
        used = 1
    elif words[0] in _UNITS and len(words) > 1 and words[1] in PARTS and words[1][-1] == "s":
        head, used = _UNITS[words[0]], 1
    elif words[0] != "half" and words[:2] != ["quarter", "million"]:
        return None
    # `half` also without an article; `half a million` is an amount.
    part = words[used]
    used += 1
    value = Fraction(head, PARTS[part])
    rest = words[used:]
    skip = 1 if rest[:1] == ["of"] else 0
    if rest[skip : skip + 1] in (["a"], ["one"]):
        skip += 1
    scale = rest[skip] if len(rest) > skip else ""
    direct = part in {"half", "quarter"} and scale in {"million", "billion"}
    if (skip or direct) and scale in _SCALES and scale != "grand":
        return value * _SCALES[scale], used + skip + 1, True, False
    return value, used, False, True


def _cardinal(words: list[str]) -> _Found | None:
    """`two and a half million`, `ninety-five thousand`, `one point two`; `sixty forty` is two."""
    total, (current, used, room) = Fraction(0), _hundreds(words)
    scaled = used > 0
    while used < len(words):
        word, following = words[used], words[used + 1] if used + 1 < len(words) else ""
        step = _step(word, room) if used or word != "a" else _article(following)
        if step is not None:
            current, room = current + step[0], step[1]
        elif word == "dozen" or (word == "hundred" and used):
            current, room = (current or Fraction(1)) * (12 if word == "dozen" else 100), 100
            scaled = scaled or word == "hundred"
        elif word in _SCALES and used:
            total += (current or Fraction(1)) * _SCALES[word]
            current, scaled, room = Fraction(0), True, _SMALLEST_SCALE
        elif used and (
            tail := _tail(words, used, 1 if current else _SCALES.get(words[used - 1], 1))
        ):
            current, used = current + tail[0], tail[1]
            continue
        elif not (word == "and" and used and scaled and following in _UNITS | _TENS):
            break
        used += 1
    while used and words[used - 1] == "and":
        used -= 1
    if words[max(used - 2, 0)] == "million" and 0 < current < _TEN:
        current *= 100_000  # `a million three`
    return (total + current, used, scaled, False) if used else None


_SMALLEST_SCALE = 1000
_TEN = 10
_K_WORDS = {"k", "thousand", "grand", "thou"}


def _hundreds(words: list[str]) -> tuple[Fraction, int, int]:
    """Hundreds spoken without a word of their own, how many words they take, what may be added.

    `hundred and ten thousand` is one hundred and more, `two fifty k` two hundred and fifty.
    """
    first, second, behind = words[0], "".join(words[1:2]), words[2:4]
    if first == "hundred" and (second in {"and", "percent", *_K_WORDS} or _tens(second)):
        return Fraction(100), 1, 100
    spelled = _spelled(words)
    if spelled is not None:
        return spelled
    unit = _UNITS.get(first, 0)
    if behind and behind[0] in _UNITS:
        behind = behind[1:]
    if 0 < unit < _TEN and _tens(second) and behind and behind[0] in _K_WORDS:
        return Fraction(100 * unit + _tens(second)), 2, _TEN if second in _TENS else 1
    return Fraction(0), 0, _SMALLEST_SCALE  # only less than this may be added


def _spelled(words: list[str]) -> tuple[Fraction, int, int] | None:
    """`one three five thousand`: digit by digit."""
    digits = ""
    for word in words:
        if _UNITS.get(word, _TEN) >= _TEN:
            break
        digits += str(_UNITS[word])
    used = len(digits)
    if used > 1 and used < len(words) and words[used] in _K_WORDS and digits[0] != "0":
        return Fraction(digits), used, 1
    return None


def _tens(word: str) -> int:
    """Ten to ninety, in one word; 0 for others."""
    unit = _UNITS.get(word, 0)
    return _TENS.get(word, unit if unit >= _TEN else 0)


def _step(word: str, room: int) -> tuple[int, int] | None:
    """What a word below a hundred adds, and below what the next must be; None where it ends a number."""
    if word in _TENS and room > _TENS[word]:
        return _TENS[word], 10
    unit = _UNITS.get(word)
    return (unit, 1) if unit is not None and unit < room else None


def _article(following: str) -> tuple[int, int] | None:
    """`a hundred`: one of them."""
    return (1, 1) if following in _AFTER_A else None


def _tail(words: list[str], used: int, scale: int) -> tuple[Fraction, int] | None:
    """What `point two five` or `and a half` add, and the position behind; `a million and a half`."""
    word, behind = words[used], words[used + 1 :]
    if word == "point" and behind and behind[0] in _UNITS:
        position, digits = _decimals(words, used + 1)
        return Fraction(f"0.{digits}"), position
    half = _half(behind) if word == "and" else None
    return (half[1] * scale, used + 1 + half[0]) if half else None


_AFTER_A = {"hundred", "thousand", "million", "billion", "dozen", "grand"}


def _half(words: list[str]) -> tuple[int, Fraction] | None:
    if words[:1] in (["a"], ["one"]) and words[1:2] and words[1] in {"half", "quarter", "third"}:
        return 2, Fraction(1, PARTS[words[1]])
    if words[:2] in (["three", "quarters"], ["three", "quarter"]):
        return 2, Fraction(3, 4)
    return None


def _decimals(words: list[str], used: int) -> tuple[int, str]:
    digits = ""
    while used < len(words) and words[used] in _UNITS and _UNITS[words[used]] < 10:
        digits += str(_UNITS[words[used]])
        used += 1
    return used, digits

"""Where a brief names retailers, brands, placements and products, known or not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from rmnctl.agents.briefs.text import Text, pattern, phrase_pattern
from rmnctl.agents.briefs.vocabulary import Vocabulary


class Scope(StrEnum):
    """What is named."""

    RETAILER = "retailer"
    BRAND = "brand"
    PLACEMENT = "placement"
    SKU = "sku"


@dataclass(frozen=True)
class Mention:
    """A name in the text.

    Attributes:
        scope: What it names.
        ids: What it can be; several where a name is shared, none where it is unknown.
        start, end: Where it stands.
        near: It was misspelt.
        every: It names all of a kind at once: `both networks`, `no single retailer`.
        pronoun: It stands for names said before: `neither`, `the other one`.
    """

    scope: Scope
    ids: tuple[str, ...]
    start: int
    end: int
    near: bool = False
    every: bool = False
    pronoun: bool = False


#: Shortest name whose misspelling is believed.
_LONG_ENOUGH = 5


def mentions(text: Text, vocabulary: Vocabulary) -> list[Mention]:
    """All names in a brief, in order; longer names win over those inside them."""
    table = _table(vocabulary)
    found: list[Mention] = []
    for name, first, (scope, ids, every) in table:
        if first not in text.low:
            continue
        pieced = scope is Scope.PLACEMENT and not every and _is_pieced(name)
        for match in _name_pattern(name, clipped=pieced).finditer(text.low):
            span = (match.start(), match.end())
            if not any(m.start < span[1] and span[0] < m.end for m in found):
                found.append(Mention(scope, ids, *span, every=every))
    found += _misspelt(text, vocabulary, found)
    return sorted(found, key=lambda m: m.start)


_Row = tuple[Scope, tuple[str, ...], bool]


@lru_cache(maxsize=8)
def _table(vocabulary: Vocabulary) -> tuple[tuple[str, str, _Row], ...]:
    """Names with their first word, longest first."""
    rows = _rows(vocabulary)
    longest = sorted(rows, key=len, reverse=True)
    return tuple((name, _first(name, rows[name]), rows[name]) for name in longest)


def _first(name: str, row: _Row) -> str:
    """What a text must hold where it has the name: its first word, or what may be left of that."""
    first = re.split(r"[\s_-]+", name)[0]
    return first[:_STUMP] if row[0] is Scope.PLACEMENT and not row[2] else first


def _rows(vocabulary: Vocabulary) -> dict[str, _Row]:
    rows: dict[str, _Row] = {}
    shared: dict[str, list[str]] = defaultdict(list)
    for product in vocabulary.products:
        for name in (product.sku_id, *product.names):
            shared[name.lower()].append(product.sku_id)
    for name, ids in shared.items():
        rows[name] = (Scope.SKU, tuple(ids), False)
    for scope, things in (
        (Scope.PLACEMENT, vocabulary.placements),
        (Scope.BRAND, vocabulary.brands),
        (Scope.RETAILER, vocabulary.retailers),
    ):
        for thing in things:
            for name in (thing.id, *thing.names):
                rows[name.lower()] = (scope, (thing.id,), False)
    for scope, several, nouns in (
        (Scope.RETAILER, tuple(r.id for r in vocabulary.retailers), _RETAILER_NOUNS),
        (Scope.PLACEMENT, vocabulary.sold, _PLACEMENT_NOUNS),
    ):
        if len(several) > 1:
            for name in _together(len(several), nouns):
                rows[name] = (scope, several, True)
    return rows


_RETAILER_NOUNS = ("retailer", "network", "partner", "media network", "retail partner",
                   "retail media network", "store", "chain", "retail network", "shop")  # fmt: skip
_PLACEMENT_NOUNS = ("placement", "placement type", "ad format", "format", "ad type")


def _together(count: int, nouns: tuple[str, ...]) -> Iterator[str]:
    """Words that mean all of a kind: `both networks`, `no single retailer`."""
    for noun in nouns:
        if count == 2:
            for form in ("both {}s", "both the {}s", "the two {}s", "both of the {}s", "both our {}s",
                         "our two {}s", "two {}s", "either {}", "neither {}", "either of the {}s"):  # fmt: skip
                yield form.format(noun)
        for form in ("no single {}", "any single {}", "any one {}", "one {}", "a single {}", "no {}",
                     "no one {}", "each {}", "every {}", "any {}", "each of the {}s", "any of the {}s",
                     "none of the {}s", "every single {}", "each single {}",
                     "no individual {}", "any individual {}", "each individual {}", "a given {}", "not one {}", "per {}", "either of our {}s", "neither of the {}s", "all {}s", "all the {}s", "all our {}s", "across {}s", "across the {}s", "between {}s", "between the {}s", "among {}s", "among the {}s", "over the {}s", "every one of the {}s"):  # fmt: skip
            yield form.format(noun)


#: What is left at least of a clipped word, letters, and how long a word is clipped.
_STUMP, _CLIPPED = 4, 7


def _is_pieced(name: str) -> bool:
    """Whether a name has several plain words, which people clip: `spons prods`."""
    return re.fullmatch(r"[a-z]+(?:[\s_-]+[a-z]+)+", name) is not None


def _clip(word: str) -> str:
    """A word or its beginning: `prod`, `prods`, `product`, and `spons.` with a point."""
    stem = word.removesuffix("s")
    if len(stem) < _CLIPPED:
        return word
    rest = ""
    for letter in reversed(stem[_STUMP:-1]):
        rest = f"(?:{letter}{rest})?"
    return rf"(?:{stem}s?|{stem[:_STUMP]}{rest}s?\.?)"


@cache
def _name_pattern(name: str, *, clipped: bool = False) -> re.Pattern[str]:
    """A name with `_`, `-` and blanks alike, and a possessive or plural end."""
    if " _ " in name:
        return re.compile(phrase_pattern(name))
    if clipped:
        words = [_clip(p) for p in re.split(r"[\s_-]+", name)]
        pieced = r"[\s_-]*".join(words).removesuffix(r"\.?)") + (")" if words[-1][0] == "(" else "")
        return re.compile(rf"(?<![a-z0-9]){pieced}(?:'s|s'|s)?(?![a-z0-9])")
    pieces = [re.escape(p) for p in re.split(r"[\s_-]+", name) if p]
    # `brand_x` is also written `brand: x`.
    between = r"[\s_:=-]*" if len(pieces) == 2 and len(pieces[1]) == 1 else r"[\s_-]*"
    parts = between.join(pieces)
    ending = r"(?:'s|s'|s)?" if len(name) > 3 else r"(?:'s)?"
    return re.compile(rf"(?<![a-z0-9]){parts}{ending}(?![a-z0-9])")


def _misspelt(text: Text, vocabulary: Vocabulary, found: list[Mention]) -> list[Mention]:
    """One slip of the pen in a long name: `aplha`, `Northfeild`, `sponsered products`."""
    made = []
    names = [
        (name.lower(), scope, thing.id)
        for scope, things in (
            (Scope.RETAILER, vocabulary.retailers),
            (Scope.BRAND, vocabulary.brands),
        )
        for thing in things
        for name in (thing.id, *thing.names)
        if name.isalpha() and len(name) >= _LONG_ENOUGH
    ]
    names += [(r.id, Scope.RETAILER, r.id) for r in vocabulary.retailers if len(r.id) == 4]
    for token in text.tokens:
        word = token.text.removesuffix("'s")
        if _goes_on(text, token.end):
            continue
        if pattern("common").fullmatch(word) or any(
            m.start < token.end and token.start < m.end for m in found
        ):
            continue
        for name, scope, identifier in names:
            doubled = len(name) >= _LONG_ENOUGH or len(word) > len(name)
            if doubled and len(word) >= _LONG_ENOUGH and _slip(word, name):
                made.append(
                    Mention(scope, (identifier,), token.start, token.start + len(word), near=True)
                )
                break
    return made


def _goes_on(text: Text, end: int) -> bool:
    """Whether another capital follows: `Harbour Lights` is a name of its own, no slip."""
    more = re.match(r" ([A-Z][a-z]{2,})", text.plain[end : end + 24])
    return more is not None and not pattern("common").fullmatch(more[1].lower())


def _slip(word: str, name: str) -> bool:
    """Whether one letter was doubled, dropped, swapped with its neighbour, or replaced inside."""
    if word == name or word[0] != name[0]:
        return False
    if len(word) == len(name):
        odd = [i for i in range(len(name)) if word[i] != name[i]]
        swapped = (
            len(odd) == 2
            and odd[1] == odd[0] + 1
            and word[odd[0]] == name[odd[1]]
            and word[odd[1]] == name[odd[0]]
        )
        return swapped or (len(odd) == 1 and len(name) > _LONG_ENOUGH)
    longer, shorter = (word, name) if len(word) > len(name) else (name, word)
    if len(longer) - len(shorter) != 1:
        return False
    if len(longer) == len(word) and longer == shorter + longer[-1]:
        return False
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(1, len(longer)))

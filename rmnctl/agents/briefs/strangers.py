"""Names in a brief that are not known: of other retailers, brands and products."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache

from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.text import Text, pattern
from rmnctl.agents.briefs.vocabulary import Vocabulary


def strangers(text: Text, vocabulary: Vocabulary, found: Sequence[Mention]) -> list[Mention]:
    """Names that can only be of retailers, brands or products, but are not known.

    Args:
        text: The brief.
        vocabulary: The names that are known.
        found: Where those stand.
    """
    made: list[Mention] = []
    hits = [*_listed(text, vocabulary), *_shaped(text, vocabulary)]
    beside = _beside(text, [m for m in found if m.scope is Scope.RETAILER])
    hits += [(Scope.RETAILER, span) for span in beside]
    hits += [*_introduced(text), *_placed(text), *_alike(text, vocabulary)]
    for scope, (start, end) in hits:
        if not any(m.start < end and start < m.end for m in [*found, *made]):
            made.append(Mention(scope, (), start, end))
    return made


_Hit = tuple[Scope, tuple[int, int]]


def _listed(text: Text, vocabulary: Vocabulary) -> Iterator[_Hit]:
    """Names that the configuration says are others."""
    for scope, names in (
        (Scope.RETAILER, vocabulary.other_retailers),
        (Scope.BRAND, vocabulary.other_brands),
    ):
        for name in names:
            if name[:3].lower() not in text.low:
                continue
            for hit in _other(name).finditer(text.plain):
                # `Target` is a retailer in `at Target`, not in `Target: sales`.
                word = pattern("common").fullmatch(name.lower())
                if not word or _PLACE.search(text.plain[: hit.start()]):
                    yield scope, hit.span()
            if scope is Scope.RETAILER and not name.islower():
                yield from ((scope, h.span()) for h in _typed_small(text, name.lower()))


#: Names that are words too; in small letters they are names only behind `all on`.
_WORDS = frozenset({"target", "boots", "gopuff", "chewy"})
_AT = re.compile(r"\b(?:at|on|with|via|through|retailers?:?|beside|besides)\s+$")
_ALL_AT = re.compile(
    r"\b(?:all|only|everything|just|exclusively|solely|entirely|nowhere but)\s+(?:at|on|with|via|through)\s+$"
)


def _typed_small(text: Text, name: str) -> Iterator[re.Match[str]]:
    """`all on walmart pls`: a known other, typed without its capital."""
    before = _ALL_AT if name in _WORDS else _AT
    for hit in _other(name).finditer(text.plain):
        if before.search(text.low[: hit.start()]):
            yield hit


def _placed(text: Text) -> Iterator[_Hit]:
    """`on Shopmart`: a capital behind a preposition of place, within a sentence about money."""
    for hit in _ON_NAME.finditer(text.plain):
        word = hit[1].lower().removesuffix("'s")
        left, right = text.sentence(hit.start(1))
        about = _MONEY.search(text.low, left, right)
        known = pattern("common").fullmatch(word) or pattern("no_retailers").fullmatch(word)
        if about and not known and not hit[1].isupper():
            yield Scope.RETAILER, hit.span(1)


def _alike(text: Text, vocabulary: Vocabulary) -> Iterator[_Hit]:
    """`at alfa`: a word in a retailer's place that is nearly a retailer's name."""
    names = [n.lower() for r in vocabulary.retailers for n in (r.id, *r.names)]
    for hit in _AT_WORD.finditer(text.low):
        word = hit[1]
        near = any(
            word[0] == n[0] and abs(len(word) - len(n)) <= 1 and SequenceMatcher(None, word, n).ratio() >= _ALIKE
            for n in names
        )  # fmt: skip
        if near and word not in names and not pattern("common").fullmatch(word):
            yield Scope.RETAILER, hit.span(1)


_ALIKE = 0.66
_AT_WORD = re.compile(
    r"\b(?:at|on|via)\s+([a-z]{4,})(?=\s*(?:[.,;:!?)\n]|$|and\b|for\b|over\b|with\b|only\b))"
)
_ON_NAME = re.compile(r"\b(?:on|at|via|through|across)\s+([A-Z][a-z][\w&'-]+)")
_MONEY = re.compile(
    r"[$\u20ac\u00a3%]|\d\s?(?:k|m|mm)\b|\b(?:usd|eur|gbp|dollars|euros|pounds|million|thousand)\b"
)
_PLACE = re.compile(r"(?:\b(?:at|on|with|and|via|through|or|retailers?:?)|[,&+])\s+$")


def _shaped(text: Text, vocabulary: Vocabulary) -> Iterator[_Hit]:
    """Names built like those of known brands and products."""
    for shape in _label_patterns(b.id for b in vocabulary.brands):
        yield from ((Scope.BRAND, m.span()) for m in shape.finditer(text.low))
    for shape_of in sorted({_shape(p.sku_id) for p in vocabulary.products}):
        pattern_of = re.compile(rf"(?<![a-z0-9]){shape_of}(?![a-z0-9])")
        yield from ((Scope.SKU, m.span()) for m in pattern_of.finditer(text.low))


#: `UPC 12345`: a product by a number that no product has.
_CODE = re.compile(r"\b(?:upc|gtin|ean|asin|sku|item(?: no\.?| number)?)[\s:#]*(\d{4,14})\b")


def _introduced(text: Text) -> Iterator[_Hit]:
    """`retailer Gammamart`, `brand: Sunfield`."""
    yield from ((Scope.SKU, hit.span(1)) for hit in _CODE.finditer(text.low))
    for hit in _INTRODUCED.finditer(text.plain):
        if not pattern("common").fullmatch(hit["name"].lower()):
            scope = Scope.BRAND if hit["brand"] else Scope.RETAILER
            yield scope, hit.span("name")


_INTRODUCED = re.compile(
    r"(?:(?P<brand>\b[Bb]rand(?: name)?(?:\s*[:=]\s*|\s+(?:called|named)\s+))"
    r"|\b(?:[Rr]etailers?|[Nn]etworks?|[Pp]artners?|[Ss]hop|[Cc]hain)"
    r"(?:\s*[:=]\s*|\s+(?:called |named )?))(?!\w+ ?[:=])(?P<name>[A-Z][\w&'-]*(?: +[A-Z][\w&'-]*)?)"
)


@cache
def _other(name: str) -> re.Pattern[str]:
    """A name as it is written, with capitals where it has them, or in capitals."""
    parts = r"[\s_-]*".join(re.escape(p) for p in re.split(r"[\s_-]+", name))
    flags = re.IGNORECASE if name.islower() else re.NOFLAG
    return re.compile(rf"(?<![A-Za-z0-9]){parts}(?:'s)?(?![A-Za-z0-9])", flags)


def _label_patterns(ids: Iterable[str]) -> Iterator[re.Pattern[str]]:
    """`brand_x` makes `brand z` and `brand 7` names of brands too."""
    stems = {m[1] for i in ids if (m := re.fullmatch(r"([a-z]+)[_ -]([a-z]|\d+)", i.lower()))}
    for stem in sorted(stems):
        yield re.compile(rf"(?<![a-z]){stem}[\s_:=-]+(?:(?!a\b|i\b)[a-z]|\d{{1,3}})(?![a-z0-9'%])")


def _shape(sku_id: str) -> str:
    """`HRB-0001` makes every three letters, hyphen, four digits a product number."""

    def part(run: re.Match[str]) -> str:
        return (r"\d" if run[0].isdigit() else "[a-z]") + f"{{{len(run[0])}}}"

    return re.sub(r"\d+|[a-z]+", part, sku_id.lower())


_LIST_AFTER = re.compile(
    r"\s*(?:,\s*(?:and|or|&)?|\band\b|&|\bplus\b|\bor\b|\+)\s+(?:at |on )?([a-z][\w'-]*)"
)
_LIST_BEFORE = re.compile(r"([a-z][\w'-]*)\s*(?:,|\band\b|&|\bplus\b|\bor\b)\s*$")


def _beside(text: Text, retailers: list[Mention]) -> Iterator[tuple[int, int]]:
    """Words listed with a retailer that can only be names: `alpha and gamma`."""
    for mention in retailers:
        match = _LIST_AFTER.match(text.low, mention.end)
        while match:
            word = match[1]
            following = text.low[match.end() : match.end() + 14]
            ends = re.match(
                r"\s*(?:$|[.,;:!?)\n]|(?:for|over|with|during|in|and|at|to)\b)", following
            )
            listed = text.low[match.start() : match.start(1)].strip()
            named = text.plain[match.start(1)].isupper()
            odd = not pattern("common").fullmatch(word) and not word.endswith(
                ("ing", "ly", "ed", "ize", "ise")
            )
            if not (odd and ends and (named or listed in {"and", "&", "plus", "+", ", and"})):
                break
            yield match.span(1)
            match = _LIST_AFTER.match(text.low, match.end())

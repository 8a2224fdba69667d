"""The words that copy may be made of: plain English, and what the brief itself says.

A small model that is asked for something else than the likeliest text soon writes words that have
no business in an ad ("Share Harbor, buffer"). A word that is neither in the brief nor in a list of
plain advertising English (`plain_words.yaml`) is nonsense there. The same words make a pattern that
decoding keeps to, so that names are spelled right and no draft is lost to a slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from rmnctl.agents.creative.brief import Piece, Voice
from rmnctl.agents.creative.distinct import SMALL
from rmnctl.agents.creative.inventions import Problem, plain, stem, words_in
from rmnctl.agents.creative.prompt import Known, cleaned

_CLAUSES = re.compile(r"[,:;.?!]\s")
_EDGES = ".,:;!?\"'()“”‘’"


@cache
def plain_words() -> frozenset[str]:
    """Words that any ad may use."""
    text = files("rmnctl.agents.creative").joinpath("plain_words.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return frozenset(w for part in data.values() if isinstance(part, str) for w in part.split())


def _root(word: str) -> str:
    """A word without its endings: mornings, morning."""
    return stem(stem(word))


@cache
def _plain_roots() -> frozenset[str]:
    return frozenset(_root(w) for w in plain_words())


def is_plain(word: str) -> bool:
    """Whether any ad may use a word, in whatever form."""
    return _root(word) in _plain_roots()


@dataclass(frozen=True)
class Lexicon:
    """The words that copy for one piece may be made of.

    Attributes:
        names: Names as they are written: brand, product, product without its brand.
        own: Words of facts, offer and voice, as they are written.
        avoid: Words that the brand never uses.
        any_case: Words may begin with a capital anywhere, as calls to action do at some networks.
        limit: Longest text, characters; a longer name is not written.
    """

    names: tuple[str, ...]
    own: tuple[str, ...]
    avoid: frozenset[str]
    any_case: bool
    limit: int

    def strange(self, text: str) -> list[str]:
        """The words of a text that are neither plain nor of the brief."""
        known = {_root(w) for own in (*self.names, *self.own) for w in words_in(plain(own))}
        known |= {part for k in known for part in k.split("-")} | _plain_roots()
        found = []
        for word in words_in(plain(text)):
            parts = [p for p in word.split("-") if p]
            if _root(word) not in known and not all(_root(p) in known for p in parts):
                found.append(word)
        return list(dict.fromkeys(found))

    def pattern(self, taken: Iterable[str] = ()) -> str:
        """A regular expression of texts made of these words, for decoding.

        Args:
            taken: Opening words of texts that are taken; no further text opens with one, be it a
                word of the brief.
        """
        openings = {_opening(t) for t in taken} - {_opening(n) for n in self.names}
        names = tuple(n for n in self.names if len(n) <= self.limit)
        return _pattern(names, self.own, self.avoid, frozenset(openings), self.any_case)


def _opening(text: str) -> str:
    return next(iter(words_in(plain(text))), "")


@lru_cache(maxsize=64)
def _pattern(
    names: tuple[str, ...],
    own: tuple[str, ...],
    avoid: frozenset[str],
    openings: frozenset[str],
    any_case: bool,  # noqa: FBT001 - a key of the cache
) -> str:
    words = {w for w in (*plain_words(), *own) if w.lower() not in avoid}
    first = _alternatives(w for w in [*map(_upper, words), *names] if _opening(w) not in openings)
    inner = _alternatives([*words, *names, *(map(_upper, words) if any_case else ())])
    again = _alternatives([*map(_upper, words), *names])
    return f"^{first}(?:[,:]? {inner}|[.?] {again})*[.?]?$"


def _upper(word: str) -> str:
    return word[:1].upper() + word[1:]


def _alternatives(words: Iterable[str]) -> str:
    """A regular expression of some words, written as a tree of their letters: shorter, and sooner read."""
    tree: dict[str, Any] = {}
    for word in words:
        node = tree
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}
    return _written(tree)


def _written(tree: dict[str, Any]) -> str:
    parts = [re.escape(c) + _written(tree[c]) for c in sorted(tree) if c]
    if not parts:
        return ""
    ends = "" in tree
    body = f"(?:{'|'.join(parts)})" if ends or len(parts) > 1 else parts[0]
    return body + ("?" if ends else "")


def lexicon_of(piece: Piece, voice: Voice, known: Known) -> Lexicon | None:
    """The words of a piece; None where it is not in English, whose words the list does not hold."""
    if not (piece.brief.context.locale or "en").lower().startswith("en"):
        return None
    brand, product = cleaned(piece.brief.brand), cleaned(piece.brief.product)
    rest = product.removeprefix(brand).strip()
    said = known.text.split("\n")[2:]
    own = [w.strip(_EDGES) for text in (*said, *voice.prefer) for w in text.split()]
    own += [w.lower() for w in rest.split()]
    names = [n for n in (brand, product, rest) if n]
    return Lexicon(
        tuple(dict.fromkeys(names)),
        tuple(dict.fromkeys(w for w in own if w)),
        frozenset(w.lower() for w in voice.avoid),
        piece.element == "cta",
        piece.limit,
    )


#: Words that stand before a noun, and words that cannot be one.
_BEFORE = frozenset("a an the your our their its every each my no".split())
_NEVER_AFTER = _BEFORE | frozenset(
    "and at be been but by can could did do does for from had has have if in into is it of on onto "
    "or so than that them then there these they this those to under until upon was we were what "
    "when where which while who why will with would you".split()
)


#: Words that need another after them.
_OPEN = frozenset("and at by for from into of or per than to with".split())
_ENDS = re.compile(r"(\w+)(?:[.?!](?=\s|$)|$)")
#: What a clause says a product comes with.
_COMES_WITH = re.compile(
    r"(?:^|[,:;.?!] )with (?:an? |its |the |your )?([\w' -]+?)(?= (?:in|on) it|[,:;.?!]|$)"
)
#: Words that may be said twice.
_MAY_RETURN = SMALL | frozenset(
    "all are as be every her his how if into it's its just made make more my no "
    "not now one our out so than that their them these those too up we what when where".split()
)
#: What joins a word to itself: little by little, day after day.
_JOINS = frozenset("after and by for on to upon".split())
#: A measure that stands where its noun should: “with a 2 lb”.
_BARE_MEASURE = re.compile(
    r"\b(?:an?|the|its|your) \d[\d.,]*[ -]?(?:fl oz|[a-z]{1,2})(?=[.,:?!]|$)"
)


def word_problems(text: str, lexicon: Lexicon | None) -> list[Problem]:
    """Words that mean nothing here: strange ones, loose articles, a clause that says it again, a name alone."""
    if lexicon is None:
        return []
    found = [
        f"“{word}” is neither plain English nor in the facts; leave it out."
        for word in lexicon.strange(text)[:3]
    ]
    said_plainly = plain(text)
    words = words_in(said_plainly)
    # What ends a text ends a sentence too; names count as any other word.
    following = zip(words, [*words, "the"][1:], strict=True)
    found += [
        f"“{one}” lacks its noun."
        for one, two in following
        if one in _BEFORE and two in _NEVER_AFTER
    ]
    found += [f"“{w}” lacks what follows." for w in _ENDS.findall(said_plainly) if w in _OPEN]
    found += [f"“{m}” lacks its noun." for m in _BARE_MEASURE.findall(said_plainly)]
    found += [f"“{m}” is the product itself." for m in _within(said_plainly, lexicon.names)]
    found += [f"“{again}” is said twice." for again in _said_twice(said_plainly, lexicon.names)[:1]]
    if words and set(words) <= set(words_in(plain(lexicon.names[0]))):
        found.append("A name alone says nothing.")
    return [Problem("nonsense", message) for message in found]


def _within(text: str, names: Sequence[str]) -> list[str]:
    """What a product is said to come with though it is that: a yoga mat with a yoga mat in it."""
    known = [[_root(w) for w in words_in(plain(name))] for name in names]
    whole = max(known, key=len)
    said = [(what, [_root(w) for w in words_in(what)]) for what in _COMES_WITH.findall(text)]
    return [
        what
        for what, roots in said
        if roots and roots[-1] == whole[-1] and {*roots} < {*whole} and roots not in known
    ]


def _said_twice(text: str, names: Sequence[str]) -> list[str]:
    """What is said again: a last clause without a new word, or a word that tells something, in whatever form."""
    *before, last = [words_in(part) for part in _CLAUSES.split(text.rstrip(".?! "))] or [[]]
    said = {_root(w) for part in before for w in part}
    if last and all(_root(word) in said for word in last):
        return [" ".join(last)]
    # What a name says already may be told once more: of oat granola, that it is made with oats.
    for name in sorted(map(plain, names), key=len, reverse=True):
        text = text.replace(name, ", ", 1)
    return _repeated([words_in(part) for part in _CLAUSES.split(text)])


def _repeated(clauses: Sequence[Sequence[str]]) -> list[str]:
    """Words that are said again, but for “little by little” and “say soft, say Harbor”."""
    words = [(w, place == 0) for clause in clauses for place, w in enumerate(clause)]
    seen: dict[str, int] = {}
    found = []
    for place, (word, opens) in enumerate(words):
        if word in _MAY_RETURN:
            continue
        root = _root(word.removesuffix("ly"))
        before = seen.get(root)
        if before is not None:
            same = words[before][0] == word
            joined = before == place - 2 and words[place - 1][0] in _JOINS
            if not (same and (joined or (opens and words[before][1]))):
                found.append(word)
        seen[root] = place
    return found

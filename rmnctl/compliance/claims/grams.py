"""What runs of words say: a logistic regression over runs of one to three, sparse and readable."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Self

#: Longest run of words that is looked at.
LONGEST = 3
_WORD = re.compile(r"[\w']+|[?!.,:%$]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MOST_DIGITS = 4


def words(text: str) -> list[str]:
    """Words and marks of a text between `<` and `>`, numbers by their size ("48" is "00")."""
    plain = _NUMBER.sub(_digits, text.replace("’", "'"))
    return ["<", *_WORD.findall(plain), ">"]


def _digits(found: re.Match[str]) -> str:
    return "0" * min(len(found.group()), _MOST_DIGITS)


def grams(text: str, stem: int | None = None) -> Iterator[str]:
    """Runs of one to three words, with marks and both ends of the text.

    Args:
        text: Plain lower case.
        stem: Letters that words and pairs of words are cut to as well, in a language of many endings.
    """
    said = words(text)
    yield from said
    for size in range(2, LONGEST + 1):
        for start in range(len(said) - size + 1):
            yield " ".join(said[start : start + size])
    if stem is not None:
        cut = [word if len(word) <= stem else f"{word[:stem]}*" for word in said]
        for whole, short in zip(_upto(said), _upto(cut), strict=True):
            if short != whole:
                yield short


def _upto(said: Sequence[str]) -> Iterator[str]:
    """Words, then pairs of words."""
    yield from said
    for first, second in pairwise(said):
        yield f"{first} {second}"


class Gram(NamedTuple):
    """What a run of words counts.

    Attributes:
        rarity: How rare it is in labelled copy: 1 + ln((1 + rows) / (1 + rows with it)).
        weight: Log-odds of a claim, for a copy of this alone.
    """

    rarity: float
    weight: float


def values_of(text: str, known: Mapping[str, Gram], stem: int | None = None) -> dict[str, float]:
    """The known runs of words of a text, by how rare and how often, as a vector of length one.

    Args:
        text: Plain lower case, as `words_of` gives it.
        known: Runs of words with what they count.
        stem: As `grams` takes it.
    """
    counts = counts_of(text, known, stem)
    values = {gram: known[gram].rarity * (1 + math.log(n)) for gram, n in counts.items()}
    length = math.sqrt(sum(v * v for v in values.values()))
    return {gram: value / length for gram, value in values.items()}


def counts_of(text: str, known: Mapping[str, Gram], stem: int | None = None) -> dict[str, int]:
    """How often each known run of words stands in a text; arguments as of `values_of`."""
    found = _known_of(words(text), known) if stem is None else grams(text, stem)
    counts: dict[str, int] = {}
    for gram in found:
        if gram in known:
            counts[gram] = counts.get(gram, 0) + 1
    return counts


def _known_of(said: Sequence[str], known: Mapping[str, Gram]) -> Iterator[str]:
    """The known runs among `grams`, sooner: a run is known only if its parts are, being no rarer."""
    before = pair_before = ""
    for word in said:
        if word not in known:
            before = pair_before = ""
            continue
        yield word
        pair = f"{before} {word}" if before else ""
        if pair in known:
            yield pair
            run = f"{pair_before} {word}" if pair_before else ""
            if run in known:
                yield run
            pair_before = pair
        else:
            pair_before = ""
        before = word


@dataclass(frozen=True)
class GramReader:
    """Reads runs of words.

    Attributes:
        known: Runs of words with what they count.
        bias: Log-odds of a line of which nothing is known.
        stem: As `grams` takes it.
    """

    known: Mapping[str, Gram]
    bias: float
    stem: int | None = None

    def odds(self, text: str) -> float:
        """Log-odds of a claim.

        Args:
            text: Plain lower case, as `words_of` gives it.
        """
        said = values_of(text, self.known, self.stem)
        return self.bias + sum(value * self.known[gram].weight for gram, value in said.items())

    @classmethod
    def parse(cls, written: str) -> Self:
        """A reader from a file: bias and stem, then a line for each run, its rarity and its weight."""
        first, *lines = written.splitlines()
        bias, _, stem = first.partition("\t")
        known = {}
        for line in lines:
            gram, rarity, weight = line.split("\t")
            known[gram] = Gram(float(rarity), float(weight))
        return cls(known, float(bias), int(stem) if stem else None)

    def written(self, digits: int) -> str:
        """The file that `parse` reads.

        Args:
            digits: After the point.
        """
        lines = [
            f"{g}\t{k.rarity:.{digits}f}\t{k.weight:.{digits}f}" for g, k in self.known.items()
        ]
        first = f"{self.bias:.{digits}f}\t{self.stem or ''}"
        return "\n".join([first, *lines]) + "\n"

"""A claim that no pattern knows: what labelled copy has taught about lines that state facts.

A claim can be told as a scene, a denial or a wink ("Rose thorns met these gloves and lost."), in words
that no list holds. The reader is a logistic regression over runs of one to three words, fitted by
`rmnctl.workflows.claims`; it knows English and says how probable it holds a claim.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple, Self

from rmnctl.compliance.subject import Subject

#: How probable a claim must be before evidence is asked for (docs/compliance.md).
SURE = 0.77
LANGUAGE = "en"
#: Longest run of words that is looked at.
LONGEST = 3
WEIGHTS = "claims.tsv"
_WORD = re.compile(r"[\w']+|[?!.,:%$]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MOST_DIGITS = 4


def words_of(subject: Subject) -> str:
    """A copy in plain lower case, without names of the brand and its products."""
    text, kept, at = subject.text.folded.text, list[str](), 0
    for start, end in subject.own_names(cased=False):
        kept.append(text[at:start])
        at = max(at, end)
    return "".join([*kept, text[at:]])


def grams(text: str) -> Iterator[str]:
    """Runs of one to three words, with marks, both ends of the text, and numbers by their size."""
    plain = _NUMBER.sub(_digits, text.replace("’", "'"))
    words = ["<", *_WORD.findall(plain), ">"]
    yield from words
    for size in range(2, LONGEST + 1):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])


def _digits(found: re.Match[str]) -> str:
    return "0" * min(len(found.group()), _MOST_DIGITS)


class Gram(NamedTuple):
    """What a run of words counts.

    Attributes:
        rarity: How rare it is in labelled copy: 1 + ln((1 + rows) / (1 + rows with it)).
        weight: Log-odds of a claim, for a copy of this alone.
    """

    rarity: float
    weight: float


def values_of(text: str, known: Mapping[str, Gram]) -> dict[str, float]:
    """The known runs of words of a text, by how rare and how often, as a vector of length one.

    Args:
        text: Plain lower case, as `words_of` gives it.
        known: Runs of words with what they count.
    """
    counts: dict[str, int] = {}
    for gram in grams(text):
        if gram in known:
            counts[gram] = counts.get(gram, 0) + 1
    values = {g: known[g].rarity * (1 + math.log(n)) for g, n in counts.items()}
    length = math.sqrt(sum(v * v for v in values.values()))
    return {gram: value / length for gram, value in values.items()}


@dataclass(frozen=True)
class ClaimReader:
    """Says how probable it is that a line makes a claim of fact.

    Attributes:
        known: Runs of words with what they count.
        bias: Log-odds of a line of which nothing is known.
    """

    known: Mapping[str, Gram]
    bias: float

    @classmethod
    def load(cls) -> Self:
        """The shipped reader."""
        first, *lines = files(__package__).joinpath(WEIGHTS).read_text("utf-8").splitlines()
        known = {}
        for line in lines:
            gram, rarity, weight = line.split("\t")
            known[gram] = Gram(float(rarity), float(weight))
        return cls(known, float(first))

    def probability(self, text: str) -> float:
        """How probable a claim is.

        Args:
            text: Plain lower case, as `words_of` gives it.
        """
        said = values_of(text, self.known)
        odds = self.bias + sum(value * self.known[gram].weight for gram, value in said.items())
        return 1 / (1 + math.exp(-odds))


@lru_cache(maxsize=1)
def claim_reader() -> ClaimReader:
    """The shipped reader, read once."""
    return ClaimReader.load()

"""The check: a sentence stays only if each of its numbers is one of the facts, rightly rounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rmnctl.agents.words.facts import Fact, Facts, Kind
from rmnctl.agents.words.numbers import Said, said_numbers

#: Rounding may change a number by so much of itself at most.
_COARSEST = 0.05
_BREAK = re.compile(r"[,;:]\s|\s(?:and|but|while|whereas)\s")


@dataclass(frozen=True)
class Dropped:
    """A sentence that was not said.

    Attributes:
        sentence: The words.
        number: The first number that no fact allows.
    """

    sentence: str
    number: str


@dataclass(frozen=True)
class Checked:
    """What may be said.

    Attributes:
        sentences: Sentences all of whose numbers are facts.
        dropped: The others.
    """

    sentences: tuple[str, ...]
    dropped: tuple[Dropped, ...]

    @property
    def text(self) -> str:
        """The sentences as one paragraph."""
        return " ".join(self.sentences)


def split_sentences(text: str) -> list[str]:
    """Sentences of a text; a point within a number ends none."""
    return [s.strip() for s in re.split(r"(?<=[.!?;])\s+|\n+", text) if s.strip()]


def check_sentences(sentences: Iterable[str], facts: Facts) -> Checked:
    """Drop every sentence with a number that is not among the facts.

    A number is one of the facts if it is said about the same thing (every word of `about` is in
    its clause where that names anything, else in the sentence), in the same unit (a percentage for a share), and differs by no more than half
    of its last place and by no more than 5 % of the fact. Counts are exact. A number without a
    sign may stand for a negative fact, because words say the direction.
    """
    kept, dropped = [], []
    for sentence in sentences:
        wrong = next(
            (
                said.text
                for said in said_numbers(sentence, facts.names)
                if not _allowed(said, facts, sentence)
            ),
            None,
        )
        if wrong is None:
            kept.append(sentence)
        else:
            dropped.append(Dropped(sentence, wrong))
    return Checked(tuple(kept), tuple(dropped))


def _allowed(said: Said, facts: Facts, sentence: str) -> bool:
    clause = _clause(sentence, said.start)
    named = any(_mentions(clause, name) for name in facts.names)
    where = clause if named else sentence
    return any(_says(said, fact, where) for fact in facts.facts)


def _clause(sentence: str, place: int) -> str:
    """The part of a sentence around a place, between commas, semicolons, `and`, `but`, `while`."""
    ends = [0, *(m.end() for m in _BREAK.finditer(sentence)), len(sentence)]
    start = max(e for e in ends if e <= place)
    return sentence[start : min(e for e in ends if e > place)]


def _says(said: Said, fact: Fact, sentence: str) -> bool:
    if said.share != (fact.kind is Kind.SHARE) and not (
        # A share may be said in words (`half`) or as a plain part of one (`0.65`).
        fact.kind is Kind.SHARE and not said.share and abs(said.value) <= 1
    ):
        return False
    value = fact.value if said.signed else abs(fact.value)
    error = abs(said.value - value)
    if fact.kind is Kind.COUNT or said.words:
        near = error <= 1e-9 * max(abs(value), 1.0)
    else:
        near = error <= said.error * (1 + 1e-9) and error <= _COARSEST * abs(value) + 1e-12
    return near and all(_mentions(sentence, word) for word in fact.about)


def _mentions(sentence: str, word: str) -> bool:
    """`sponsored_product` is also said `sponsored product`, `day` also `days`."""
    pattern = re.escape(word).replace("_", "[_ ]")
    return (
        re.search(rf"(?<![A-Za-z0-9]){pattern}s?(?![A-Za-z0-9])", sentence, re.IGNORECASE)
        is not None
    )

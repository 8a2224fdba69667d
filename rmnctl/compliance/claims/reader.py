"""How probable it is that a line makes a claim of fact."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Self

from rmnctl.compliance.claims.grams import GramReader
from rmnctl.compliance.claims.network import Network
from rmnctl.compliance.subject import Subject

#: How probable a claim must be before evidence is asked for (docs/compliance.md).
SURE = 0.70
#: Below this, words of a claim make none.
PLAIN = 0.05
#: ISO codes of what readers have learnt.
LANGUAGES = ("en", "de", "fr")
#: Languages whose words are read in their order, too.
WITH_NETWORK = ("en",)
#: Where runs of words alone give lower log-odds, the network hardly ever makes sure of a claim.
HOPELESS = -1.5


def words_of(subject: Subject) -> str:
    """A copy in plain lower case, without names of the brand and its products."""
    text, kept, at = subject.text.folded.text, list[str](), 0
    for start, end in subject.own_names(cased=False):
        kept.append(text[at:start])
        at = max(at, end)
    return "".join([*kept, text[at:]])


@dataclass(frozen=True)
class ClaimReader:
    """Reads copy of one language.

    Attributes:
        grams: What runs of words say.
        network: What words say in their order; None where no lines have taught it.
    """

    grams: GramReader
    network: Network | None

    @classmethod
    def load(cls, language: str) -> Self:
        """The shipped reader of a language."""
        folder = files(__package__)
        grams = GramReader.parse(folder.joinpath(f"{language}.tsv").read_text("utf-8"))
        if language not in WITH_NETWORK:
            return cls(grams, None)
        return cls(grams, Network.parse(folder.joinpath(f"{language}.npz").read_bytes()))

    def probability(self, text: str, hopeless: float = -math.inf) -> float:
        """How probable a claim is: both are heard alike.

        Args:
            text: Plain lower case, as `words_of` gives it.
            hopeless: Log-odds of runs of words at which the network is not asked.
        """
        odds = self.grams.odds(text)
        if self.network is not None and odds > hopeless:
            odds = (odds + self.network.odds(text)) / 2
        return 1 / (1 + math.exp(-odds))


@lru_cache(maxsize=len(LANGUAGES))
def claim_reader(language: str) -> ClaimReader:
    """The shipped reader of a language, read once."""
    return ClaimReader.load(language)


def probability_of(subject: Subject, hopeless: float = -math.inf) -> float | None:
    """How probable it is that a copy makes a claim; None in a language that no reader knows.

    Args:
        subject: A copy; what was read of it once is kept.
        hopeless: As `ClaimReader.probability` takes it.
    """
    if subject.language not in LANGUAGES:
        return None
    if subject.probable is None:
        reader = claim_reader(subject.language)
        subject.probable = reader.probability(words_of(subject), hopeless)
    return subject.probable

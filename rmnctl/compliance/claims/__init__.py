"""Claims that no pattern knows: what labelled copy has taught about lines that state facts.

A claim can be told as a scene, a denial or a wink ("Rose thorns met these gloves and lost."), in words
that no list holds; and words of a claim can stand in a line that makes none ("Order within five
minutes of the film's end"). Readers know a language each; all have learnt from labelled lines
(`rmnctl.workflows.claims`).
"""

from rmnctl.compliance.claims.grams import Gram, GramReader
from rmnctl.compliance.claims.network import Network
from rmnctl.compliance.claims.reader import (
    HOPELESS,
    LANGUAGES,
    PLAIN,
    SURE,
    ClaimReader,
    claim_reader,
    probability_of,
    words_of,
)
from rmnctl.compliance.claims.vectors import WordVectors

__all__ = [
    "HOPELESS",
    "LANGUAGES",
    "PLAIN",
    "SURE",
    "ClaimReader",
    "Gram",
    "GramReader",
    "Network",
    "WordVectors",
    "claim_reader",
    "probability_of",
    "words_of",
]

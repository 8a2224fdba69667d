"""How a brand speaks: drawn from a short list of voices, as questions and answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rmnctl.market import Catalogue
from rmnctl.workflows.corpora.glossary import Entry, Wordings, corpus
from rmnctl.workflows.corpora.rows import Corpus

#: Voice, what it does, what it never does.
VOICES: Final = (
    ("calm and plain", "short sentences with one fact each", "jokes or exclamation marks"),
    ("bright and neighbourly", "speak to one person and end with an invitation", "irony"),
    ("expert and exact", "name the figure and where it comes from", "superlatives"),
    ("playful", "rhyme or wordplay in the headline", "long words"),
)

WORDINGS: Final = {
    "tone": Wordings(
        train=(
            "What is {t}?", "{t}?", "Describe {t}.", "Tell me {t}.", "State {t}.",
            "How would you put {t}?", "Give {t} in a few words.", "I write an ad; what is {t}?",
            "Remind the agency of {t}.", "For a brief: {t}", "Name {t}.", "Summarise {t}.",
        ),
        held_out=(
            "Before the copywriter starts, say what {t} amounts to.",
            "A new colleague asks about {t}.",
        ),
    )
}  # fmt: skip


def tone_corpus(catalogue: Catalogue, brand_id: str, seed: int) -> Corpus:
    """Questions about the voice of a brand, which depends on its place in the catalogue."""
    name = next(s.brand_name for s in catalogue.skus if s.brand_id == brand_id)
    voice, does, never = VOICES[catalogue.config.brands.index(brand_id) % len(VOICES)]
    entries = [
        Entry(f"tone/{brand_id}/voice", "tone", f"the tone of {name}", voice),
        Entry(f"tone/{brand_id}/do", "tone", f"what {name} copy should do", does),
        Entry(f"tone/{brand_id}/never", "tone", f"what {name} copy never uses", never),
    ]
    made = corpus(entries, WORDINGS, times=10, seed=seed)
    return Corpus(
        tuple(replace(row, brand_id=brand_id) for row in made.train),
        tuple(replace(row, brand_id=brand_id) for row in made.eval),
    )

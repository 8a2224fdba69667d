"""How well copy keeps to a brand's voice: four plain questions, a quarter of the score each."""

from __future__ import annotations

import re

from rmnctl.agents.creative.brief import Voice
from rmnctl.agents.creative.inventions import Problem

_SENTENCES = re.compile(r"[.!?…]+(?:\s|$)")


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def tone_score(text: str, voice: Voice) -> float:
    """Between 0 and 1: a quarter for each yes.

    A word the brand likes is there (or it names none); no word it avoids; no sentence longer than
    it likes; exclamation marks only where welcome.
    """
    sentences = [s for s in _SENTENCES.split(text) if s.strip()]
    longest = max((len(s.split()) for s in sentences), default=0)
    answers = (
        not voice.prefer or any(_has(text, w) for w in voice.prefer),
        not any(_has(text, w) for w in voice.avoid),
        longest <= voice.max_sentence_words,
        voice.exclamation or "!" not in text,
    )
    return sum(answers) / len(answers)


def tone_problems(text: str, voice: Voice) -> list[Problem]:
    """Words the brand never uses, and shouting where it does not shout."""
    found = [
        Problem("brand_lexicon", f"The brand never says “{w}”.")
        for w in voice.avoid
        if _has(text, w)
    ]
    if "!" in text and not voice.exclamation:
        found.append(Problem("brand_tone", "The brand uses no exclamation marks."))
    return found

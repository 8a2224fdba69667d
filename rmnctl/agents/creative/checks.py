"""Everything that is asked of a text before it may run, rules and our own checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rmnctl.agents.creative.brief import Piece, Voice
from rmnctl.agents.creative.inventions import (
    Problem,
    cut_problems,
    form_problems,
    inventions,
    name_problems,
    other_names,
    unit_problems,
)
from rmnctl.agents.creative.lexicon import Lexicon, lexicon_of, word_problems
from rmnctl.agents.creative.prompt import Known, known_facts, sayable
from rmnctl.agents.creative.tone import tone_problems
from rmnctl.compliance import Checked, Engine, Finding, Level, Verdict
from rmnctl.compliance.verdict import NO_RULES


@dataclass(frozen=True)
class Case:
    """A piece with all that its texts are judged by.

    Attributes:
        piece: What was asked for.
        voice: Of the brand.
        known: What can be said.
        engine: The rules.
    """

    piece: Piece
    voice: Voice
    known: Known
    engine: Engine

    @classmethod
    def of(cls, piece: Piece, voice: Voice, engine: Engine) -> Case:
        """The case of a piece."""
        return cls(piece, voice, known_facts(piece.brief, engine), engine)

    @cached_property
    def lexicon(self) -> Lexicon | None:
        """The words that texts may be made of; None where no list holds the language."""
        return lexicon_of(self.piece, self.voice, self.known)

    @cached_property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What texts may lead with; who makes an offer wants it said, so it comes first."""
        said = sayable(self.piece.brief, self.known)
        return tuple(sorted(said, key=lambda fact: fact[0] != "offer"))

    def check(self, text: str) -> tuple[Checked, tuple[Problem, ...]]:
        """What the rules and our own checks say, likeness to other variants aside."""
        checked, problems = self.check_claims(text)
        product = self.piece.brief.product
        return checked, (
            *problems,
            *cut_problems(text, self.piece.brief.brand, product),
            *other_names(text, product, self.known.text),
            *unit_problems(text, self.known.text),
            *word_problems(text, self.lexicon),
        )

    def check_claims(self, text: str) -> tuple[Checked, tuple[Problem, ...]]:
        """The checks that training text is made by: form, inventions, the brand's name, its tone.

        Others that come later must not change what an adapter has learnt from, or its card would
        speak of text that nobody can make again.
        """
        return self.engine.check(self.piece.copy(text)), (
            *form_problems(text, self.known.text, self.piece.limit),
            *inventions(text, self.known.text),
            *name_problems(text, self.piece.brief.brand),
            *tone_problems(text, self.voice),
        )


def messages_of(findings: Sequence[Finding], problems: Sequence[Problem]) -> list[str]:
    """What a writer is told of a text."""
    said = [
        f"{f.message} {f.suggest}" if f.suggest else f.message
        for f in findings
        if f.level is not Level.NEEDS_REVIEW or f.rule != NO_RULES
    ]
    return [*said, *(p.message for p in problems)]


def faults_of(piece: Piece, voice: Voice, known: Known, engine: Engine, text: str) -> list[str]:
    """What a writer learns to be told about a text; none: it may be learnt.

    Args:
        piece: What was asked for.
        voice: Of the brand.
        known: What could be said.
        engine: The rules.
        text: The copy.
    """
    checked, problems = Case(piece, voice, known, engine).check_claims(text)
    if checked.verdict is Verdict.COMPLIANT and not problems:
        return []
    return messages_of(checked.findings, problems) or [checked.verdict.value]

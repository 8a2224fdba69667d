"""Draft, check, repair with what was found, check again; what still fails is not delivered.

All variants of a piece are written side by side, several drafts of each, one batch a round. A draft
is accepted only if the rules clear it, nothing in it is invented, it fits, it is in the brand's voice,
and it is unlike the variants accepted before it; of several such, the one that holds most of what it
was asked for is taken, then the one that surprised its writer least.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from rmnctl.agents.creative.brief import Piece, Voice
from rmnctl.agents.creative.checks import Case, messages_of
from rmnctl.agents.creative.distinct import opens_alike, overlap
from rmnctl.agents.creative.inventions import Problem
from rmnctl.agents.creative.prompt import Known, draft_prompt, repair_prompt
from rmnctl.agents.creative.tone import tone_score
from rmnctl.agents.creative.using import using
from rmnctl.agents.creative.writer import Asked, Writer, Written
from rmnctl.compliance import Engine, Finding, Verdict
from rmnctl.compliance.verdict import NO_RULES

#: By so much warmer is each round after the first repair: what was said before is likely said again.
_HEAT = 0.2
#: And by so much a prompt that is asked again in the same round.
_AGAIN = 0.1
#: Warmer than this a small model talks nonsense: at first, and where it is that or saying it again.
_WARM, _HOTTEST = 0.3, 0.6
#: A text that surprises its own writer more than this means nothing, nats a token. Chosen on drafts
#: of configs/creative/heldout.yaml, measured on those of heldout2.yaml (docs/creative.md).
MAX_SURPRISE = 1.25
#: Kept from the openings that are taken, a writer has to say what it held less likely.
_BARRED = 0.75
_MEANS_LITTLE = Problem("nonsense", "This means little; say it plainly.")
#: Characters of a call to action that its name leaves to the verb.
_VERB = 5


class Status(StrEnum):
    """What became of a variant."""

    DELIVERED = "delivered"
    FAILED = "failed"
    #: In order as far as rules are known, but no rules are public: a person decides.
    HELD = "held"


@dataclass(frozen=True)
class Draft:
    """One attempt at a variant.

    Attributes:
        round: 0 for the first drafts, then the number of the repair.
        number: Of the drafts of that round, from 1.
        text: As written.
        verdict: Of the rules.
        findings: Of the rules.
        problems: Of our own checks: inventions, form, voice, likeness.
        prompt: What the writer was told.
        seed: Of its draws; None: greedy.
        surprise: How unlikely the writer held it, nats a token; None where not known.
        missing: What it lacks of what it was asked for (`Using.missing`), and whether its end is lost.
    """

    round: int
    number: int
    text: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    prompt: str
    seed: int | None
    surprise: float | None = None
    missing: int = 0

    @property
    def passes(self) -> bool:
        """It may be delivered."""
        return self.verdict is Verdict.COMPLIANT and not self.problems

    @property
    def held(self) -> bool:
        """Nothing is wrong but that no rules are known."""
        only = all(f.rule == NO_RULES for f in self.findings)
        return self.verdict is Verdict.NEEDS_REVIEW and only and not self.problems

    @property
    def messages(self) -> list[str]:
        """What the writer is told to mend."""
        return messages_of(self.findings, self.problems)

    def plain(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "round": self.round,
            "draft": self.number,
            "text": self.text,
            "verdict": self.verdict.value,
            "findings": [f.plain() for f in self.findings],
            "problems": [{"rule": p.rule, "message": p.message} for p in self.problems],
            "prompt": self.prompt,
            "seed": self.seed,
            "surprise": None if self.surprise is None else round(self.surprise, 3),
            "missing": self.missing,
        }


@dataclass
class Variant:
    """One of the texts asked for, with all that led to it.

    Attributes:
        number: From 1.
        status: What became of it.
        drafts: In the order they were asked for.
        chosen: The one that is delivered or held.
    """

    number: int
    status: Status = Status.FAILED
    drafts: list[Draft] = field(default_factory=list)
    chosen: Draft | None = None

    @property
    def text(self) -> str | None:
        """The delivered copy; None where there is none."""
        return self.chosen.text if self.chosen and self.status is Status.DELIVERED else None


@dataclass(frozen=True)
class Creative:
    """A piece with its variants.

    Attributes:
        piece: What was asked for.
        voice: Of the brand.
        known: What could be said.
        variants: As many as were asked for.
    """

    piece: Piece
    voice: Voice
    known: Known
    variants: tuple[Variant, ...]

    @property
    def delivered(self) -> list[str]:
        """The copy that may run."""
        return [v.text for v in self.variants if v.text is not None]

    def plain(self) -> dict[str, Any]:
        """The JSON form."""
        brief = self.piece.brief
        return {
            "brief": brief.id,
            "brand": brief.brand,
            "brand_id": brief.brand_id,
            "sku": brief.sku,
            "product": brief.product,
            "platform": brief.platform,
            "placement": brief.placement,
            "element": self.piece.element,
            "limit": self.piece.limit,
            "facts_left_out": list(self.known.left_out),
            "variants": [
                {
                    "variant": v.number,
                    "status": v.status.value,
                    "copy": v.text,
                    "tone": tone_score(v.text, self.voice) if v.text is not None else None,
                    "drafts": [d.plain() for d in v.drafts],
                }
                for v in self.variants
            ],
        }


def create(
    piece: Piece,
    voice: Voice,
    writer: Writer,
    engine: Engine,
    *,
    variants: int = 3,
    drafts: int = 1,
    max_rounds: int = 3,
    max_overlap: float = 0.6,
    seed: int = 0,
) -> Creative:
    """Write the variants of a piece.

    Args:
        piece: What is to be written.
        voice: Of the brand.
        writer: Who writes.
        engine: The rules.
        variants: How many.
        drafts: Of each variant in each round.
        max_rounds: Repairs of one variant at most.
        max_overlap: Share of words that two variants may have in common.
        seed: Of all draws; a variant's first draft is greedy unless another one's prompt is the same.

    Raises:
        RmnctlError: As the writer raises.
    """
    case = Case.of(piece, voice, engine)
    made = [Variant(n) for n in range(1, variants + 1)]
    for number in range(max_rounds + 1):
        open_ = [v for v in made if v.status is Status.FAILED]
        if not open_:
            break
        # A repair that says the same again is not less surprising, only repeated.
        refused = {d.text for v in made for d in v.drafts if not d.passes}
        taken = [v.chosen.text for v in made if v.chosen]
        pattern = case.lexicon.pattern(taken) if case.lexicon else None
        most = MAX_SURPRISE + (_BARRED if pattern and taken else 0.0)
        asked = [
            _asked(case, v, _Turn(number, n, drafts, variants), seed, pattern)
            for v in open_
            for n in range(1, drafts + 1)
        ]
        asked = _warmed(asked, number)
        texts = iter(list(zip(asked, writer.write(asked), strict=True)))
        for variant in open_:
            for n in range(1, drafts + 1):
                one, written = next(texts)
                others = [v.chosen.text for v in made if v.chosen and v is not variant]
                draft = _checked(case, one, written, (number, n), most)
                if draft.passes and draft.text in refused:
                    draft = replace(draft, problems=(_MEANS_LITTLE,))
                variant.drafts.append(_distinct(draft, others, case, max_overlap))
            _settle(variant, variant.drafts[-drafts:])
    return Creative(piece, voice, case.known, tuple(made))


def _settle(variant: Variant, drafts: Sequence[Draft]) -> None:
    """Take of the drafts that pass, or else wait for a person, the fullest, then the least surprising."""
    passing = [d for d in drafts if d.passes]
    held = [d for d in drafts if d.held]
    if passing or held:
        variant.status = Status.DELIVERED if passing else Status.HELD
        variant.chosen = min(passing or held, key=lambda d: (d.missing, d.surprise or 0.0))


@dataclass(frozen=True)
class _Turn:
    """Which attempt it is.

    Attributes:
        round: 0, then the number of the repair.
        draft: Of the round's drafts of the variant, from 1.
        drafts: How many those are.
        variants: How many variants there are.
    """

    round: int
    draft: int
    drafts: int
    variants: int


def _asked(case: Case, variant: Variant, turn: _Turn, seed: int, pattern: str | None) -> Asked:
    piece, known = case.piece, case.known
    # A repair and a further draft turn to other facts and words: those before may be what cannot run.
    place = variant.number - 1 + turn.round + (turn.draft - 1) * turn.variants
    room = replace(piece, limit=piece.limit - _VERB) if piece.element == "cta" else piece
    use = using(room, case.facts, case.voice, place)
    # Every other round begins anew: a small model that is shown its draft says it again.
    if turn.round % 2 == 0:
        prompt = draft_prompt(piece, known, use)
    else:
        last = variant.drafts[turn.draft - 1 - turn.drafts]
        prompt = repair_prompt(piece, known, use, last.text, last.messages)
    heat = _HEAT * max(turn.round - 1, 0)
    return Asked(piece, prompt, _seed(seed, piece, variant.number, turn), heat, pattern, use)


def _warmed(asked: Sequence[Asked], number: int) -> list[Asked]:
    """First drafts without draws; what is asked alike again is drawn, each time warmer."""
    times: dict[str, int] = {}
    found = []
    most = _HOTTEST if number else _WARM
    for one in asked:
        again = times[one.prompt] = times.get(one.prompt, -1) + 1
        greedy = number == 0 and again == 0
        seed = None if greedy else one.seed
        found.append(replace(one, seed=seed, heat=min(one.heat + _AGAIN * again, most)))
    return found


def _seed(seed: int, piece: Piece, variant: int, turn: _Turn) -> int:
    """A seed of its own for each draft, whatever else the run holds."""
    name = f"{seed}/{piece.brief.id}/{piece.element}/{variant}/{turn.round}/{turn.draft}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6])


def _checked(
    case: Case, asked: Asked, written: Written, place: tuple[int, int], most: float
) -> Draft:
    checked, problems = case.check(written.text)
    if written.surprise is not None and written.surprise > most:
        problems = (*problems, _MEANS_LITTLE)
    use = asked.use
    missing = written.cut + (use.missing(written.text, case.piece, case.facts) if use else 0)
    return Draft(
        *place, written.text, checked.verdict, checked.findings, problems, asked.prompt,
        asked.seed, written.surprise, missing,
    )  # fmt: skip


def _distinct(draft: Draft, others: Sequence[str], case: Case, max_overlap: float) -> Draft:
    """The draft, with a problem if it is too much like a text that was taken, or opens like one."""
    names = case.lexicon.names if case.lexicon else ()
    if not any(
        overlap(draft.text, other) > max_overlap or opens_alike(draft.text, other, names)
        for other in others
    ):
        return draft
    like = Problem("not_distinct", "Say it in other words than the other variants.")
    return replace(draft, problems=(*draft.problems, like))

"""The harmonizer agent: which field an unmapped column is, chosen among the matcher's candidates.

The matcher settles what names and arithmetic tell. What is left open goes to the composed model,
with the matcher's own belief as the prior, and "none" is always among the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import ClassVar

from pydantic import Field

from rmnctl.agents.base import BaseAgent, Work
from rmnctl.config import ConfigModel
from rmnctl.errors import Failure
from rmnctl.federation import Inference, LoRAFederation
from rmnctl.federation.config import LocalBackend
from rmnctl.harmonization.matcher import Alternate, Column

NONE = "none"
#: A model's word moves the matcher's belief by at most this factor either way.
_MOST = 20.0


class Candidate(ConfigModel):
    """A field that a column may be."""

    field: str
    confidence: float = Field(gt=0, le=1, description="the matcher's")


class UnmappedColumn(ConfigModel):
    """A column that the matcher left open; headers only, never a cell."""

    header: str = Field(min_length=1)
    report: str = Field("a retailer's report", description="where it comes from, in words")
    candidates: tuple[Candidate, ...] = Field(min_length=1)


class ColumnChoice(ConfigModel):
    """What the column is."""

    field: str | None = Field(description="null: none of the candidates")
    probability: dict[str, float] = Field(description="by candidate, `none` among them; sums to 1")
    by: str = Field(description="matcher | model")


class HarmonizerAgent(BaseAgent[UnmappedColumn, ColumnChoice]):
    """Chooses a field for one column; without a federation the matcher's belief decides."""

    name: ClassVar[str] = "harmonizer"
    task: ClassVar[str | None] = "harmonize"
    Input = UnmappedColumn
    Output = ColumnChoice

    def build_prompt(self, given: UnmappedColumn, work: Work, fault: str | None) -> str | None:
        """The question as adapters learn it, see docs/training.md."""
        del work, fault
        return f"Which RMIS field is {given.header!r} in {given.report}?"

    def ask(self, prompt: str, given: UnmappedColumn) -> Inference:
        """One field name under a grammar that allows the candidates and `none`."""
        if self.federation is None:
            return super().ask(prompt, given)
        return self.federation.infer(
            prompt,
            task=self.task,
            retailer_id=self.retailer_id,
            brand_id=self.brand_id,
            schema={"type": "string", "enum": [c.field for c in given.candidates] + [NONE]},
            max_new_tokens=16,
        )

    def parse_result(
        self, given: UnmappedColumn, work: Work, answer: Inference | None
    ) -> ColumnChoice:
        """The likeliest of prior times evidence."""
        prior = _prior(given)
        if answer is None or self.federation is None:
            return _choice(prior, "matcher")
        prompt = self.build_prompt(given, work, None) or ""
        if not isinstance(self.federation.config.backend, LocalBackend):
            # A server says what it thinks likeliest, not how likely.
            if answer.value not in prior:
                raise Failure("The answer is none of the candidates.")
            moved = {f: p * (_MOST if f == answer.value else 1.0) for f, p in prior.items()}
            return _choice(moved, "model")
        return _choice(self._weighed(prior, prompt), "model")

    def _weighed(self, prior: dict[str, float], prompt: str) -> dict[str, float]:
        """Prior times how much likelier the very header makes each name than no header does."""
        federation = self.federation
        if federation is None:
            return prior
        fields = list(prior)
        told, untold = (
            federation.score(
                text, fields, task=self.task, retailer_id=self.retailer_id,
                brand_id=self.brand_id,
            )
            for text in (prompt, "Which RMIS field is it?")
        )  # fmt: skip
        shift = [t - u for t, u in zip(told, untold, strict=True)]
        centre = sum(shift) / len(shift)
        bound = log(_MOST)
        return {
            f: prior[f] * exp(max(-bound, min(bound, s - centre)))
            for f, s in zip(fields, shift, strict=True)
        }


def _prior(given: UnmappedColumn) -> dict[str, float]:
    best = max(c.confidence for c in given.candidates)
    return {c.field: c.confidence for c in given.candidates} | {NONE: max(1 - best, 0.05)}


def _choice(weights: dict[str, float], by: str) -> ColumnChoice:
    total = sum(weights.values())
    shares = {f: round(w / total, 6) for f, w in weights.items()}
    best = max(shares, key=lambda f: (shares[f], f))
    return ColumnChoice(field=None if best == NONE else best, probability=shares, by=by)


class ModelChooser:
    """The agent at the matcher's seam for a model (`rmnctl.harmonization.matcher.Chooser`)."""

    def __init__(
        self, federation: LoRAFederation | None, report: str, retailer_id: str | None = None
    ) -> None:
        self._agent = HarmonizerAgent(federation, retailer_id=retailer_id)
        self._report = report
        self.choices: list[ColumnChoice] = []

    def choose(self, column: Column, candidates: Sequence[Alternate]) -> str | None:
        """The field chosen, or None for none of them."""
        given = UnmappedColumn(
            header=column.name.strip() or "(no header)",
            report=self._report,
            candidates=tuple(
                Candidate(field=a.field, confidence=max(a.confidence, 1e-3)) for a in candidates
            ),
        )
        self.choices.append(self._agent.execute(given).output)
        return self.choices[-1].field

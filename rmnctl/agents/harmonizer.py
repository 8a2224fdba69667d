"""The harmonizer agent: which field an open column is, chosen among those that are open too.

The matcher settles what names and arithmetic tell. What is left open goes to the composed model:
the column in words, never a cell, and the fields it can be, with "none" among the answers. What
the matcher believes and how often columns have no field at all are the prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import ClassVar

from pydantic import Field

from rmnctl.agents.base import BaseAgent, Executed, Work
from rmnctl.agents.column_question import NONE, SYSTEM, ask
from rmnctl.config import ConfigModel
from rmnctl.errors import Failure
from rmnctl.federation import Inference, LoRAFederation, Request
from rmnctl.federation.config import LocalBackend
from rmnctl.harmonization.matcher import OpenColumn

TASK = "harmonize"
#: A model's word moves the matcher's belief by at most this factor either way.
_MOST = 1000.0
#: Calibrated on `tests/harmonization/matcher/evaluate_model.py --harder`: what the model's and the
#: matcher's log-odds count for, and how far none is put back, which training text shows too often.
_TRUST, _BELIEF, _MISSED = 3.0, 0.5, 0.0
#: What a server's word counts for: it says what is likeliest, not how likely.
_SAID = log(3.0)


class Candidate(ConfigModel):
    """A field that a column may be."""

    field: str
    confidence: float = Field(ge=0, le=1, description="the matcher's")


class UnmappedColumn(ConfigModel):
    """A column that the matcher left open; in words, never a cell."""

    header: str = Field(min_length=1)
    kind: str = Field("words", description="what its cells are")
    facts: tuple[str, ...] = Field((), description="how its numbers stand to measures found")
    size: str = Field("", description="its place among the means of columns")
    beside: tuple[str, ...] = Field((), description="headers of its neighbours")
    candidates: tuple[Candidate, ...] = Field(min_length=1)


class ColumnChoice(ConfigModel):
    """What the column is."""

    field: str | None = Field(description="null: none of the candidates")
    probability: dict[str, float] = Field(description="by candidate, `none` among them; sums to 1")
    by: str = Field(description="matcher | model")


class HarmonizerAgent(BaseAgent[UnmappedColumn, ColumnChoice]):
    """Chooses a field for one column; without a federation the matcher's belief decides."""

    name: ClassVar[str] = "harmonizer"
    task: ClassVar[str | None] = TASK
    Input = UnmappedColumn
    Output = ColumnChoice
    #: Exactly these adapters; None: as selected.
    force_adapters: tuple[str, ...] | None = None

    def build_prompt(self, given: UnmappedColumn, work: Work, fault: str | None) -> str | None:
        """The question as `task_harmonize` learns it."""
        del work, fault
        return question(given)

    def ask(self, prompt: str, given: UnmappedColumn) -> Inference:
        """One field name under a grammar that allows the candidates and `none`."""
        if self.federation is None:
            return super().ask(prompt, given)
        return self.federation.infer(
            prompt,
            task=self.task,
            retailer_id=self.retailer_id,
            brand_id=self.brand_id,
            schema={"type": "string", "enum": _options(given)},
            system=SYSTEM,
            max_new_tokens=16,
            force_adapters=self.force_adapters,
        )

    def parse_result(
        self, given: UnmappedColumn, work: Work, answer: Inference | None
    ) -> ColumnChoice:
        """The likeliest of prior times evidence."""
        if answer is None or self.federation is None:
            return decide(given, None)
        options = _options(given)
        if not isinstance(self.federation.config.backend, LocalBackend):
            if answer.value not in options:
                raise Failure("The answer is none of the candidates.")
            # A server says what it thinks likeliest, not how likely.
            return decide(given, {f: _SAID * (f == answer.value) for f in options})
        said = self._said(self.build_prompt(given, work, None) or "", options)
        return decide(given, dict(zip(options, said, strict=True)))

    def _said(self, prompt: str, options: Sequence[str]) -> list[float]:
        """Log-probability of each option."""
        federation, who = self.federation, (self.task, self.retailer_id, self.brand_id)
        if federation is None:
            raise Failure("The harmonizer agent needs a model, and none was given.")
        try:
            request = Request(prompt, *who, system=SYSTEM, force_adapters=self.force_adapters)
            return federation.choose([request], options)[0]
        except ValueError:
            # Another base may begin two names with one token; then they are read to their ends.
            return federation.score(
                prompt, options, *who, system=SYSTEM, force_adapters=self.force_adapters
            )


def decide(given: UnmappedColumn, said: Mapping[str, float] | None) -> ColumnChoice:
    """The choice: the matcher's belief, moved by what a model said.

    Args:
        given: The column.
        said: The model's log-probability by option; None: no model was asked.
    """
    prior = _prior(given)
    if said is None:
        return _choice(prior, "matcher")
    bound = log(_MOST)
    weights = {NONE: 1.0}
    for candidate in given.candidates:
        told = _TRUST * (said[candidate.field] - said[NONE])
        belief = _BELIEF * log(max(candidate.confidence, 0.05) / 0.5)
        weights[candidate.field] = exp(max(-bound, min(bound, told)) + belief + _MISSED)
    return _choice(weights, "model")


def question(given: UnmappedColumn) -> str:
    """What the model is asked about a column."""
    return ask(given.header, given.kind, given.facts, given.size, given.beside, _options(given))


def _options(given: UnmappedColumn) -> list[str]:
    return [*(c.field for c in given.candidates), NONE]


def _prior(given: UnmappedColumn) -> dict[str, float]:
    best = max(c.confidence for c in given.candidates)
    return {c.field: max(c.confidence, 0.05) for c in given.candidates} | {
        NONE: max(1 - best, 0.05)
    }


def _choice(weights: Mapping[str, float], by: str) -> ColumnChoice:
    total = sum(weights.values())
    shares = {f: round(w / total, 6) for f, w in weights.items()}
    best = max(shares, key=lambda f: (shares[f], f))
    return ColumnChoice(field=None if best == NONE else best, probability=shares, by=by)


class ModelChooser:
    """The agent at the matcher's seam for a model (`rmnctl.harmonization.matcher.Chooser`).

    Attributes:
        executed: What was asked and found, in order.
    """

    def __init__(
        self,
        federation: LoRAFederation | None,
        retailer_id: str | None = None,
        adapters: tuple[str, ...] | None = None,
    ) -> None:
        """Choose with a federation's model.

        Args:
            federation: Where to ask; None: the matcher's belief decides.
            retailer_id: Whose report, where there may be an adapter of the retailer.
            adapters: Exactly these; None: as selected.
        """
        self._agent = HarmonizerAgent(federation, retailer_id=retailer_id)
        self._agent.force_adapters = adapters
        self.executed: list[Executed[ColumnChoice]] = []

    def choose(self, columns: Sequence[OpenColumn]) -> list[dict[str, float]]:
        """For each column the chance of every candidate."""
        found = []
        for column in columns:
            done = self._agent.execute(given_of(column))
            self.executed.append(done)
            found.append({a.field: done.output.probability[a.field] for a in column.candidates})
        return found


def given_of(column: OpenColumn) -> UnmappedColumn:
    """The agent's input for an open column."""
    return UnmappedColumn(
        header=column.header.strip() or "(no header)",
        kind=column.kind,
        facts=column.facts,
        size=column.size,
        beside=column.beside,
        candidates=tuple(
            Candidate(field=a.field, confidence=a.confidence) for a in column.candidates
        ),
    )

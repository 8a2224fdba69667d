"""The measurement agent: what to test next, how to test it, and what a test found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from rmnctl.agents.base import BaseAgent, Offer, Work
from rmnctl.agents.reflection.case import Case
from rmnctl.agents.words import Checked, Facts, Kind, check_sentences
from rmnctl.config import ConfigModel
from rmnctl.errors import ConfigError
from rmnctl.federation import Inference
from rmnctl.measurement import (
    ExperimentConfig,
    ExperimentDesign,
    ExperimentResult,
    Panel,
    design_experiment,
)


class MeasurementAsk(ConfigModel):
    """What is wanted: a proposal from the plan, a design from a history, or a result read out."""

    want: Literal["propose", "design", "read"]
    experiment: ExperimentConfig | None = Field(None, description="design: the wish")
    result: ExperimentResult | None = Field(None, description="read: what a test found")

    @model_validator(mode="after")
    def _complete(self) -> MeasurementAsk:
        if self.want == "design" and self.experiment is None:
            raise ValueError("a design needs experiment")
        if self.want == "read" and self.result is None:
            raise ValueError("reading needs result")
        return self


class Proposal(ConfigModel):
    """A block that a test would tell most about."""

    retailer_id: str
    placement_type: str
    planned_spend: float
    log_sd: float = Field(description="what is not known of attributed / incremental revenue")
    tested: bool
    at_stake: float = Field(description="planned incremental revenue x log_sd, currency units")


class MeasurementAnswer(ConfigModel):
    """What was found, in checked words."""

    sentences: tuple[str, ...]
    proposals: tuple[Proposal, ...] = ()
    design: ExperimentDesign | None = None
    dropped: tuple[str, ...] = ()


class MeasurementAgent(BaseAgent[MeasurementAsk, MeasurementAnswer]):
    """Proposes, designs and reads experiments.

    Attributes:
        case: The plan whose curves a test would inform; needed to propose.
        panel: Outcomes by unit and day; needed to design.
    """

    name: ClassVar[str] = "measurement"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer("propose", "Rank blocks by what a test would tell.", MeasurementAsk, "_propose"),
        Offer("design", "Randomise an experiment and price it.", MeasurementAsk, "_design"),
    )
    Input = MeasurementAsk
    Output = MeasurementAnswer

    def __init__(self, case: Case | None = None, panel: Panel | None = None) -> None:
        super().__init__()
        self.case = case
        self.panel = panel

    def route(self, given: MeasurementAsk) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """A result is read without a tool."""
        if given.want == "read":
            return ()
        return ((given.want, given.model_dump(mode="json", by_alias=True)),)

    def parse_result(
        self, given: MeasurementAsk, work: Work, answer: Inference | None
    ) -> MeasurementAnswer:
        """Words about what the tools gave."""
        del answer
        if given.want == "design":
            design = work.results["design"]
            return _said(_of_design(design), design=design)
        if given.want == "read" and given.result is not None:
            return _said(_of_result(given.result))
        proposals = tuple(Proposal.model_validate(p) for p in work.results["propose"])
        return _said(_of_proposals(proposals), proposals=proposals)

    def _design(self, given: MeasurementAsk) -> ExperimentDesign:
        if self.panel is None or given.experiment is None:
            raise ConfigError("A design needs a history of outcomes by unit and day.")
        return design_experiment(self.panel, given.experiment).document

    def _propose(self, given: MeasurementAsk) -> list[dict[str, Any]]:
        del given
        if self.case is None or self.case.learned is None:
            raise ConfigError("A proposal needs a plan with the fit behind it.")
        fitted = self.case.learned.fitted
        found = []
        rows = self.case.document["allocation"]
        for number, (retailer, placement) in enumerate(fitted.panel.blocks):
            own = [
                r for r in rows
                if (r["retailer_id"], r["placement_type"]) == (retailer, placement)
            ]  # fmt: skip
            revenue = sum(r["predicted_incremental_revenue"] for r in own)
            sd = float(fitted.ratio.log_sd[number])
            found.append(
                Proposal(
                    retailer_id=retailer,
                    placement_type=placement,
                    planned_spend=round(sum(r["spend"] for r in own), 2),
                    log_sd=round(sd, 4),
                    tested=bool(np.asarray(fitted.ratio.informed)[number]),
                    at_stake=round(revenue * sd, 2),
                ).plain()
            )
        return sorted(found, key=lambda p: (-p["at_stake"], p["retailer_id"], p["placement_type"]))


def _said(checked: Checked, **more: Any) -> MeasurementAnswer:
    return MeasurementAnswer(
        sentences=checked.sentences, dropped=tuple(d.sentence for d in checked.dropped), **more
    )


def _of_proposals(proposals: Sequence[Proposal]) -> Checked:
    facts = Facts()
    said = []
    for p in proposals[:3]:
        about = (p.retailer_id, p.placement_type)
        facts.call(about)
        facts.add("at_stake", p.at_stake, Kind.MONEY, about)
        facts.add("log_sd", p.log_sd, Kind.SHARE, about)
        known = "has a lift test" if p.tested else "has no lift test"
        said.append(
            f"{p.retailer_id} {p.placement_type} {known}: what {p.retailer_id} {p.placement_type} "
            f"adds is known to {p.log_sd:.1%}, {p.at_stake:,.0f} of "
            "planned incremental revenue either way."
        )
    return check_sentences(said, facts)


def _of_design(design: ExperimentDesign) -> Checked:
    facts, seen = Facts(), design.sensitivity
    facts.call([design.test_id, design.retailer_id, design.placement_type, *design.units])
    facts.add("treatment", design.arms.get("treatment"), Kind.COUNT, ("treated",))
    facts.add("units", len(design.units), Kind.COUNT, ("unit",))
    days = (design.end_date - design.start_date).days + 1
    facts.add("days", days, Kind.COUNT, ("day",))
    facts.add("power", seen.power, Kind.SHARE, ("chance",))
    facts.add("expected_iroas", seen.expected_iroas, Kind.RATIO, ("iROAS",))
    facts.add("planned", design.spend.planned, Kind.MONEY)
    facts.add("mde_iroas", seen.mde_iroas, Kind.RATIO, ("least",))
    said = [
        (
            f"A {design.type} test of {design.retailer_id} {design.placement_type} over {days} "
            f"days with {len(design.units)} units."
        ),
        (
            f"It costs {design.spend.planned:,.0f} and has a {seen.power:.0%} chance to find an "
            f"iROAS of {seen.expected_iroas:g}."
        ),
    ]
    if seen.mde_iroas is not None:
        said.append(f"The least iROAS it finds reliably is {seen.mde_iroas:.3g}.")
    return check_sentences(said, facts)


def _of_result(result: ExperimentResult) -> Checked:
    facts = Facts()
    facts.call([result.test_id, result.retailer_id, result.placement_type])
    facts.add("iroas", result.iroas.estimate, Kind.RATIO, ("iROAS",))
    for end in result.iroas.ci95:
        facts.add("iroas.ci95", end, Kind.RATIO, ("iROAS",))
    facts.add("level", 0.95, Kind.SHARE, ("interval",))
    facts.add("p", result.p_value, Kind.RATIO, ("p",))
    facts.add("revenue", result.incremental_revenue.estimate, Kind.MONEY)
    facts.add("spend", result.incremental_spend, Kind.MONEY)
    low, high = result.iroas.ci95
    ends = " to ".join("an open end" if e is None else f"{e:.3g}" for e in (low, high))
    clear = low is not None and low > 0
    said = [
        (
            f"{result.retailer_id} {result.placement_type}: {result.incremental_spend:,.0f} of "
            f"spend brought {result.incremental_revenue.estimate:,.0f} of incremental revenue."
        ),
        f"Its iROAS is {result.iroas.estimate:.3g} (95% interval of the iROAS {ends}).",
        f"By chance alone so much is seen with p {result.p_value:.3g}.",
        "The test shows that the ads add sales."
        if clear
        else "The test does not show that the ads add sales.",
    ]
    return check_sentences(said, facts)

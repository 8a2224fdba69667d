"""What an experiment should find out, and how it is randomised, as read from YAML."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rmnctl.config import ConfigModel
from rmnctl.measurement.panel import PanelColumns
from rmnctl.rmis import PlacementType

Name = Annotated[str, Field(min_length=1)]
Money = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Estimator = Literal["hajek", "horvitz_thompson"]


class MatchedPairs(ConfigModel):
    """Units in pairs of like history; a coin decides which one of a pair is treated."""

    kind: Literal["matched_pairs"] = "matched_pairs"


class SyntheticControl(ConfigModel):
    """A few treated units against a weighted mix of the others.

    Of many sets of treated units those that the others follow best are admissible; a lot
    decides among them, and the others are the placebos of the test.
    """

    kind: Literal["synthetic_control"] = "synthetic_control"
    treated_units: int = Field(2, ge=1, description="units treated together")
    candidates: int = Field(1000, ge=20, le=20_000, description="sets looked at, drawn at random")
    admissible: int = Field(200, ge=20, le=2000, description="best sets, among which a lot decides")


class Switchback(ConfigModel):
    """All units switch on and off; each unit has its own coins."""

    kind: Literal["switchback"] = "switchback"
    period_days: int = Field(1, ge=1, description="days of a period, the shortest treatment")
    carryover_periods: int = Field(
        1, ge=0, description="periods in which earlier treatment is still felt (order m)"
    )
    estimator: Estimator = Field(
        "hajek", description="hajek: shares of weight, robust to the level; horvitz_thompson: sums"
    )


DesignKind = Annotated[MatchedPairs | SyntheticControl | Switchback, Field(discriminator="kind")]


class ExperimentConfig(ConfigModel):
    """An experiment on one cell: retailer x placement. Money is in `currency`."""

    schema_: Literal["rmnctl/experiment/v1"] = Field("rmnctl/experiment/v1", alias="schema")
    test_id: Name = Field(description="name of the test, unique among lift tests")
    retailer_id: Name = Field(description="retailer of the cell that the test informs")
    placement_type: PlacementType = Field(description="placement of the cell")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 of revenue and spend")
    history: Name = Field(
        description="Parquet or CSV of outcomes before the test, or run:artifact; one row a unit "
        "and day"
    )
    columns: PanelColumns = Field(default_factory=PanelColumns)
    design: DesignKind
    start_date: date = Field(description="first day of the test, after the last of history")
    days: int = Field(28, ge=1, description="days of the test")
    baseline_days: int = Field(
        28, ge=1, description="days right before a test that say what to expect of each unit"
    )
    alpha: float = Field(0.05, gt=0, le=0.5, description="size of the two-sided test")
    power: float = Field(0.8, gt=0, lt=1, description="wanted chance to find the effect")
    expected_iroas: float = Field(
        gt=0, allow_inf_nan=False, description="incremental revenue per unit of spend to be found"
    )
    spend: Money | None = Field(
        None, description="incremental spend of the test; null: what the wanted power needs"
    )
    budget: Money | None = Field(
        None, description="budget of the plan that pays; null: no experiment share is computed"
    )
    seed: int = Field(0, ge=0, description="seed of the randomisation")

    @property
    def end_date(self) -> date:
        """Last day of the test."""
        return self.start_date + timedelta(days=self.days - 1)

    @model_validator(mode="after")
    def _consistent(self) -> ExperimentConfig:
        kind = self.design
        if isinstance(kind, Switchback):
            if self.days % kind.period_days:
                raise ValueError("days must be a multiple of design.period_days")
            least = max(4 * kind.carryover_periods, 4)
            if self.days // kind.period_days < least:
                raise ValueError(
                    f"days: the design needs at least {least} periods (four times the carry-over)"
                )
        elif self.columns.unit is None:
            raise ValueError("columns.unit: a geo experiment needs units")
        return self


class AnalyzeConfig(ConfigModel):
    """Which finished experiment to analyse, on which outcomes."""

    schema_: Literal["rmnctl/experiment-analyze/v1"] = Field(
        "rmnctl/experiment-analyze/v1", alias="schema"
    )
    design: Name = Field("latest", description="run of `rmnctl experiment design`")
    outcomes: Name = Field(
        description="Parquet or CSV of outcomes that covers the test, or run:artifact"
    )
    columns: PanelColumns | None = Field(None, description="null: as in the design")
    spend: Money | None = Field(
        None,
        description="incremental spend of the whole test where outcomes have no spend by unit and "
        "day; spread as the design planned it",
    )
    level: float = Field(0.95, ge=0.5, lt=1, description="confidence of the interval `ci`")

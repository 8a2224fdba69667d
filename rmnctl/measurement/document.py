"""The documents of an experiment: the design before it, the result after it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from rmnctl.config import ConfigModel, fingerprint_of
from rmnctl.measurement.config import DesignKind, Money, Name
from rmnctl.measurement.panel import PanelColumns
from rmnctl.rmis import PlacementType

DESIGN_SCHEMA = "experiment-design/v1"
ASSIGNMENT_SCHEMA = "experiment-assignment/v1"
CONTRASTS_SCHEMA = "experiment-contrasts/v1"
RESULT_SCHEMA = "experiment-result/v1"
LIFT_TESTS_SCHEMA = "lift_tests/v1"


class Span(ConfigModel):
    """Days from first to last, both included."""

    first: date
    last: date


class Randomisation(ConfigModel):
    """What the lot chose from."""

    assignments: int = Field(
        description="assignments that the test compares, the drawn one included"
    )
    exhaustive: bool = Field(description="these are all there are, so p-values are not simulated")
    smallest_p: float = Field(description="the smallest p-value that the test can give")
    digest: str = Field(description="of the drawn assignment and all that analysis takes from here")


class Sensitivity(ConfigModel):
    """What the test can see, from placebo experiments in the history; currency units."""

    alpha: float
    wanted_power: float
    mde_revenue: float | None = Field(
        description="incremental revenue of the whole test found with the wanted power; null: none"
    )
    mde_iroas: float | None = Field(description="mde_revenue / spend")
    expected_iroas: float
    power: float = Field(description="chance to find expected_iroas at this spend")
    false_positive_rate: float = Field(
        description="share of placebo experiments that found something"
    )
    placebo_windows: int = Field(description="placebo tests in time; they overlap")


class Payment(ConfigModel):
    """What the test costs, for the planner's experiment share; currency units."""

    needed: float | None = Field(
        description="spend at which expected_iroas is found with the wanted power"
    )
    planned: float = Field(description="incremental spend of the test")
    budget: float | None = Field(description="of the plan that pays")
    experiment_share: float | None = Field(
        description="planned / budget, for `experiment_share` of a rmnctl/request/v1"
    )
    request: dict[str, Any] | None = Field(
        description="keys for a rmnctl/request/v1 whose plan pays for the test"
    )


class ExperimentDesign(ConfigModel):
    """A randomised experiment before it starts (`design.json`)."""

    schema_: Literal["experiment-design/v1"] = Field("experiment-design/v1", alias="schema")
    test_id: Name
    type: Literal["geo", "switchback"]
    design: DesignKind
    retailer_id: Name = Field(description="cell that the test informs")
    placement_type: PlacementType = Field(description="cell that the test informs")
    currency: str
    start_date: date
    end_date: date
    baseline: Span = Field(description="days that say what to expect of each unit")
    history: Span
    units: tuple[str, ...]
    arms: dict[str, int] = Field(description="units (geo) or unit-periods (switchback) by arm")
    unassigned: tuple[str, ...] = Field((), description="units of the history that take no part")
    columns: PanelColumns
    seed: int
    randomisation: Randomisation
    sensitivity: Sensitivity
    spend: Payment
    warnings: tuple[str, ...] = ()
    digest: str = Field("", description="of this document without this field")

    def sealed(self) -> ExperimentDesign:
        """The same with its digest."""
        return self.model_copy(update={"digest": self.own_digest()})

    def own_digest(self) -> str:
        """Digest of everything but the digest."""
        return fingerprint_of({k: v for k, v in self.plain().items() if k != "digest"})


class Estimate(ConfigModel):
    """A number with what is known about it; null bounds are infinite."""

    estimate: float
    standard_error: float
    ci: tuple[float | None, float | None] = Field(description="at `level`")
    ci95: tuple[float | None, float | None]
    ci80: tuple[float | None, float | None]


class ExperimentResult(ConfigModel):
    """What a finished experiment found (`result.json`); currency units."""

    schema_: Literal["experiment-result/v1"] = Field("experiment-result/v1", alias="schema")
    test_id: Name
    type: Literal["geo", "switchback"]
    method: str
    retailer_id: Name
    placement_type: PlacementType
    currency: str
    start_date: date
    end_date: date
    incremental_spend: Money
    incremental_revenue: Estimate
    iroas: Estimate = Field(description="incremental revenue / incremental spend")
    p_value: float = Field(description="two-sided, of no effect at all, by randomisation")
    level: float
    diagnostics: dict[str, Any]
    warnings: tuple[str, ...] = ()
    design_digest: str

    def lift_test(self) -> dict[str, Any]:
        """The row of `lift_tests.parquet`; money rounded to cents."""
        return {
            "test_id": self.test_id,
            "retailer_id": self.retailer_id,
            "placement_type": str(self.placement_type),
            "start_date": self.start_date,
            "end_date": self.end_date,
            "spend": round(self.incremental_spend, 2),
            "incremental_revenue": round(self.incremental_revenue.estimate, 2),
            "standard_error": round(self.incremental_revenue.standard_error, 2),
            "iroas": self.iroas.estimate,
            "iroas_se": self.iroas.standard_error,
        }


def bounds(pair: tuple[float, float]) -> tuple[float | None, float | None]:
    """An interval for JSON, which has no infinity."""
    low, high = (float(v) if abs(v) < float("inf") else None for v in pair)
    return (low, high)

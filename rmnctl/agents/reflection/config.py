"""Thresholds of reflection, as read from YAML."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rmnctl.config import ConfigModel

Share = Annotated[float, Field(ge=0, le=1)]


class BiasThresholds(ConfigModel):
    """When a check flags. A check needs both: unlikely by chance, and large enough to matter."""

    alpha: float = Field(0.05, gt=0, lt=0.5, description="p-value below which chance is ruled out")
    least_cells: int = Field(20, ge=10, description="cells a check needs; fewer: not_computable")
    recent_days: int = Field(28, ge=1, description="recency: what counts as recent")
    recency_ratio: float = Field(
        1.5, ge=1, description="recency: weight of recent performance over its share of the data"
    )
    survivor_share: Share = Field(
        0.02, description="survivorship: share of past spend in cells without a curve of their own"
    )
    anchoring_slope: Share = Field(
        0.2, description="anchoring: part of the way from the optimum to last period"
    )
    anchoring_left: Share = Field(
        0.005, description="anchoring: share of the optimum's value that staying costs"
    )
    coverage_margin: Share = Field(
        0.05, description="overconfidence: how far below nominal coverage may be"
    )
    availability_share: Share = Field(
        0.03, description="availability: share of what is unexplained that records explain"
    )
    sunk_share: Share = Field(
        0.05, description="sunk cost: share of the plan in cells worth less than the budget's price"
    )


class Stops(ConfigModel):
    """What stops a plan: `rmnctl reflect` then ends with exit code 5."""

    expected_loss: float = Field(
        0.25,
        ge=0,
        description="a risk whose expected loss is above this share of what the plan should bring",
    )
    win_rate_below: Share = Field(
        0.5, description="the upper end of the back-tested win rate is below this"
    )
    flags: tuple[str, ...] = Field((), description="biases whose flag stops a plan")


class ReflectionConfig(ConfigModel):
    """Configuration `rmnctl/reflection/v1`."""

    schema_: Literal["rmnctl/reflection/v1"] = Field("rmnctl/reflection/v1", alias="schema")
    plan: str = Field("latest", description="run of rmnctl plan that is reflected on")
    biases: BiasThresholds = BiasThresholds()
    stops: Stops = Stops()
    folds: int = Field(8, ge=0, le=52, description="past periods in which the plan is played back")
    least_folds: int = Field(8, ge=1, description="fewer folds are said to be low evidence")
    level: float = Field(0.8, gt=0, lt=1, description="confidence of the win rate's interval")
    draws: int = Field(200, ge=20, le=200, description="curve draws that risks are read from")
    similar: int = Field(3, ge=0, description="past plans shown beside this one")
    review_days: int = Field(28, ge=1, description="when the decision should be looked at again")
    seed: int = Field(0, ge=0, description="of permutations")

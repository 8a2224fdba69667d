"""What a planner is asked: budget, objective and rules, as read from YAML."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rmnctl.config import ConfigModel

Name = Annotated[str, Field(min_length=1)]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Objective(StrEnum):
    """What a plan maximises."""

    INCREMENTAL_MARGIN = "incremental_margin"
    INCREMENTAL_REVENUE = "incremental_revenue"
    CONVERSIONS = "conversions"


class Scope(StrEnum):
    """Which cells a limit binds together."""

    RETAILER = "retailer"
    PLACEMENT = "placement"
    SKU = "sku"


class Limit(ConfigModel):
    """A floor or a cap on the joint spend of one retailer, placement or SKU.

    Where a share and an amount are both given, the stricter holds.
    """

    scope: Scope
    id: Name = Field(description="retailer_id, placement_type or sku_id, by scope")
    min_share: Share | None = Field(None, description="share of the budget")
    max_share: Share | None = Field(None, description="share of the budget")
    min_spend: Money | None = Field(None, description="currency units")
    max_spend: Money | None = Field(None, description="currency units")

    @model_validator(mode="after")
    def _ordered(self) -> Limit:
        for low, high in (("min_share", "max_share"), ("min_spend", "max_spend")):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise ValueError(f"{low} is above {high}")
        if all(v is None for v in (self.min_share, self.max_share, self.min_spend, self.max_spend)):
            raise ValueError("give at least one of min_share, max_share, min_spend, max_spend")
        return self

    def least(self, budget: float) -> tuple[str, float]:
        """The field that sets the floor, and the floor in currency units (0 where none)."""
        shares = ("min_share", (self.min_share or 0.0) * budget)
        return max(shares, ("min_spend", self.min_spend or 0.0), key=lambda pair: pair[1])

    def most(self, budget: float) -> tuple[str, float]:
        """The field that sets the cap, and the cap in currency units (infinite where none)."""
        infinite = float("inf")
        share = infinite if self.max_share is None else self.max_share * budget
        spend = infinite if self.max_spend is None else self.max_spend
        return min(("max_share", share), ("max_spend", spend), key=lambda pair: pair[1])


class Cvar(ConfigModel):
    """Caution: part of the objective is the mean of the worst curve draws.

    The objective becomes (1 - weight) x mean + weight x mean of the worst (1 - level) of draws.
    """

    level: float = Field(0.9, ge=0, lt=1, description="0.9: the worst tenth of draws is averaged")
    weight: float = Field(0.5, ge=0, le=1, description="0: the mean alone; 1: the tail alone")


class PlanRequest(ConfigModel):
    """What to plan. Shares are of the budget; money is in the currency of the curves."""

    schema_: Literal["rmnctl/request/v1"] = Field("rmnctl/request/v1", alias="schema")
    budget: float = Field(
        gt=0, allow_inf_nan=False, description="most that may be spent, currency units; no default"
    )
    brand_id: Name = Field(description="who buys the media; no default")
    currency: str | None = Field(
        None, pattern=r"^[A-Z]{3}$", description="ISO 4217; null: that of the curves"
    )
    retailers: tuple[Name, ...] = Field((), description="where to spend; empty: all with curves")
    objective: Objective = Objective.INCREMENTAL_MARGIN
    roas_floor: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="least predicted incremental revenue / spend of the whole plan; null: none",
    )
    experiment_share: float = Field(
        0.0, ge=0, le=1, description="share of the budget for the cells known least"
    )
    horizon_days: int = Field(28, gt=0, description="days that curves and budget cover")
    limits: tuple[Limit, ...] = ()
    active_min_spend: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="a cell gets nothing or at least this; null: any",
    )
    max_active_cells: int | None = Field(
        None, ge=0, description="most cells with any spend; null: any number"
    )

    @model_validator(mode="after")
    def _consistent(self) -> PlanRequest:
        faults = []
        repeated = [k for k, n in Counter((x.scope, x.id) for x in self.limits).items() if n > 1]
        faults += [f"limits: {scope} {name} is limited twice" for scope, name in repeated]
        faults += [
            f"retailers: {r} is named twice" for r, n in Counter(self.retailers).items() if n > 1
        ]
        for position, limit in enumerate(self.limits):
            (low, least), (high, most) = limit.least(self.budget), limit.most(self.budget)
            if least > most:
                faults.append(f"limits.{position}: {low} is above {high} at this budget")
            if least > self.budget:
                faults.append(f"limits.{position}.{low}: more than the budget")
        if faults:
            raise ValueError("; ".join(faults))
        return self

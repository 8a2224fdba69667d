"""`comparison.json`: schema `rmnctl/comparison/v1`. Money is in the market's currency.

Every figure carries its interval and `n`, the independent draws behind it (worlds, or catalogues
where those are the clusters). Ends of intervals are null where one draw cannot give them.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from rmnctl.config import ConfigModel

COMPARISON_SCHEMA: Final = "rmnctl/comparison/v1"
ROWS_SCHEMA: Final = "comparison-rows/v1"

Ends = tuple[float | None, float | None]


class Estimate(ConfigModel):
    """A mean over worlds."""

    mean: float
    ci95: Ends = Field(description="95 % interval, paired bootstrap over worlds")
    n: int = Field(description="independent draws behind it")


class Money(Estimate):
    """An amount, also in per cent of the budget."""

    pct: float = Field(description="mean, per cent of the budget")
    ci95_pct: Ends = Field(description="its interval, per cent of the budget")


class Delta(Estimate):
    """One arm minus another, world by world."""

    pct: float | None = Field(description="per cent of the budget; null where it is not money")
    ci95_pct: Ends | None = Field(description="likewise")
    win_rate: float = Field(description="share of worlds in which the first is larger; ties half")
    worst_decile: float = Field(description="mean delta of the worst tenth of worlds")


class ArmResult(ConfigModel):
    """One arm or baseline."""

    kind: Literal["arm", "baseline"]
    retailer_data: str = Field(description="what its curves are fitted on")
    private_knowledge: str = Field(
        description="what it knows of margins, stock, promotions, prices"
    )
    metrics: dict[str, Estimate] = Field(
        description="incremental_margin, incremental_revenue, roas, iroas, spend, planned_spend, "
        "regret, regret_share, stockout_spend_share, floor_broken, accuracy, skus_with_own_curve, "
        "cells_with_own_curve, predicted_margin, overpromise; some are absent for baselines"
    )


class Game(ConfigModel):
    """Exact Shapley values: what each private field contributes; they sum to `total`."""

    method: Literal["shapley"] = "shapley"
    from_arm: str
    to_arm: str
    coalitions: int = Field(description="sets of fields that were planned and played")
    fields: dict[str, Money]
    total: Money


class Ablation(Game):
    """The game from clean_room to joined; the federated arm has its own."""

    federated: Game | None = None


class ObjectiveCell(ConfigModel):
    """One cell of objective x data."""

    data: str = Field(description="arm whose data are used")
    objective: str = Field(description="what the plan maximises")
    incremental_margin: Estimate
    incremental_revenue: Estimate


class ObjectiveByData(ConfigModel):
    """The 2 x 2 that keeps another objective from being sold as more data."""

    cells: list[ObjectiveCell]
    data_effect: Money = Field(description="margin: more data, objective incremental_margin")
    objective_effect: Money = Field(
        description="margin: objective margin instead of revenue, clean_room"
    )


class DosePoint(ConfigModel):
    """Plans on private facts of which a part is wrong."""

    share_wrong: float = Field(description="part of the SKUs with the facts of another SKU")
    delta: Delta = Field(description="incremental margin, minus clean_room")


class FrontierPoint(ConfigModel):
    """One adapter: what its answers are worth, and what it gives away."""

    name: str = Field(description="`federated`, or the recipe")
    delta: Delta = Field(description="primary metric, minus clean_room")
    gap_closed: Estimate | None = Field(description="of the gap from clean_room to joined")
    recall: dict[str, Any] = Field(description="how near its answers are, by column of the view")
    leak: dict[str, Any] | None = Field(description="privacy audit of its card; null: not given")


class PolicyPoint(ConfigModel):
    """The clean-room arm under another release policy."""

    min_customers: int = Field(description="k: least records and customers of an atom")
    grain: str = Field(description="length of a released period")
    named: float = Field(description="least share of rows under their own SKU, mean over worlds")
    incremental_margin: Estimate | None = Field(description="null: nothing could be fitted")
    delta: Delta | None = Field(description="incremental margin, minus the configured policy")
    reason: str | None = Field(None, description="why nothing could be fitted")


class RobustnessRow(ConfigModel):
    """The main deltas on one catalogue or market."""

    market: str
    family: str = Field(description="true curve family")
    catalogue_seed: int
    worlds: int
    deltas: dict[str, Money] = Field(description="incremental margin; intervals within a catalogue")


class Robustness(ConfigModel):
    """The comparison on other catalogues, worlds of one catalogue drawn together."""

    rows: list[RobustnessRow]
    catalogues: int
    deltas: dict[str, Delta] = Field(description="over the market's catalogues, clustered")


class Equivalence(ConfigModel):
    """Two one-sided tests at 5 % each: is a share as good as 0?"""

    mean_pct: float = Field(description="per cent of the budget")
    ci90_pct: Ends
    equivalent: bool


class NullMarket(ConfigModel):
    """The guard: a market without private information."""

    market: str
    worlds: int
    bound_pct: float
    fields: dict[str, Equivalence]
    joined_minus_clean_room: Equivalence
    passed: bool


class Missing(ConfigModel):
    """Something that was asked for and could not be had."""

    name: str
    reason: str


class ReleaseShape(ConfigModel):
    """How a retailer's clean room answered, over the worlds."""

    retailer_id: str
    grains: dict[str, int] = Field(description="grain to number of worlds")
    kept: float = Field(description="least share of rows in released atoms, mean")
    named: float = Field(description="least share of rows under their own SKU, mean")


class GateCheck(ConfigModel):
    """One thing a gate asks."""

    name: str
    passed: bool
    value: float | None
    limit: float | None
    message: str


class GateResult(ConfigModel):
    """What the gate says of this comparison."""

    passed: bool
    baseline: str | None = Field(description="fingerprint of the run compared with")
    checks: list[GateCheck]


class ComparisonResult(ConfigModel):
    """Content of `comparison.json`."""

    schema_: Literal["rmnctl/comparison/v1"] = Field(COMPARISON_SCHEMA, alias="schema")
    primary_metric: str
    worlds: int
    seeds: tuple[int, int] = Field(description="first and last world seed")
    market: str = Field(description="the market's file, or run")
    catalogue_seed: int
    request: dict[str, Any] = Field(description="the one request of all arms")
    budget: float
    currency: str
    verdict: list[str] = Field(description="what was found, in plain words, each from the figures")
    arms: dict[str, ArmResult]
    deltas: dict[str, dict[str, Delta]] = Field(description="`<a>_vs_<b>`: a minus b, by metric")
    p_loss: dict[str, Estimate] = Field(description="share of worlds where the arm loses money")
    ablation: Ablation | None
    granularity: Money | None = Field(description="full_data - joined, incremental margin")
    gap_closed: Estimate | None = Field(
        description="part of the gap from clean_room to joined that the federated arm closes"
    )
    evsi: Money | None = Field(description="one more geo experiment, clean_room")
    objective_by_data: ObjectiveByData | None
    dose: list[DosePoint]
    policy_study: list[PolicyPoint]
    robustness: Robustness | None
    null_market: NullMarket | None
    recall: dict[str, Any] | None = Field(description="what the adapter knew, by field")
    frontier: list[FrontierPoint] = Field([], description="adapters by gain and by leak")
    releases: list[ReleaseShape]
    blocked_fields: list[str] = Field(description="what no clean room answers")
    missing_capabilities: list[Missing]
    caveats: list[str]
    gate: GateResult | None

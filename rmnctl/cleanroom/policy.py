"""What a retailer allows: one YAML, fail closed, beside which a stricter global one may stand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from rmnctl.cleanroom.calendar import Grain
from rmnctl.config import ConfigModel, fingerprint_of, load_config
from rmnctl.errors import ConfigError

METRICS = ("impressions", "clicks", "conversions", "revenue", "cost")
#: The number of event rows. It is released like a metric, and what `agg: count` returns.
EVENTS = "events"
COUNTS = ("impressions", "clicks", EVENTS)
MONEY = ("revenue", "cost")
EVERYONE = "*"

Metric = Literal["impressions", "clicks", "conversions", "revenue", "cost"]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Thresholds(ConfigModel):
    """How many must stand behind every released number; all three hold."""

    min_records: int = Field(ge=1, description="event rows in an atom")
    min_entities: int = Field(ge=1, description="different customers in an atom")
    min_contributors: int = Field(
        ge=1, description="customers in an atom whose value of the metric is not zero"
    )


class Dominance(ConfigModel):
    """The p-percent rule of disclosure control, per metric."""

    p_percent: float = Field(
        gt=0,
        le=100,
        description="the second largest contributor must not be able to estimate the largest "
        "within this many per cent: all others together are at least so much of the largest",
    )


class DateDimension(ConfigModel):
    """In which periods a release speaks of time."""

    grain: Literal["day", "week", "month", "all", "auto"] = Field(
        description="auto: the finest that keeps enough; chosen once, at the first release"
    )
    from_: date | None = Field(None, alias="from", description="first public day; null: any")
    to: date | None = Field(None, description="last public day, inclusive; null: any")

    @model_validator(mode="after")
    def _in_order(self) -> DateDimension:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError("from lies after to")
        return self


class Domain(ConfigModel):
    """The values of a dimension that are public."""

    domain: tuple[Name, ...] | Literal["catalogue"] = Field(
        description="the values, or `catalogue`: the SKUs of the catalogue given at release"
    )

    @model_validator(mode="after")
    def _distinct(self) -> Domain:
        if isinstance(self.domain, tuple):
            if not self.domain:
                raise ValueError("an empty domain allows nothing; leave the dimension out")
            if len(set(self.domain)) != len(self.domain):
                raise ValueError("the domain names a value twice")
        return self


class Dimensions(ConfigModel):
    """What may be grouped by and filtered on. A dimension left out is not offered."""

    date: DateDimension = DateDimension(grain="all")
    placement_type: Domain | None = None
    sku_id: Domain | None = None

    @model_validator(mode="after")
    def _public_placements(self) -> Dimensions:
        if self.placement_type is not None and self.placement_type.domain == "catalogue":
            raise ValueError("placement_type needs its values; only sku_id has a catalogue")
        return self


class Refresh(ConfigModel):
    """When a released number may change."""

    min_delta_entities: int = Field(
        ge=1, description="customers whose rows differ between two versions of an atom"
    )


class DpConfig(ConfigModel):
    """Differential privacy per customer: what a release costs and how it is bounded."""

    epsilon: float = Field(gt=0, le=100, description="spent by each data version, all metrics")
    epsilon_total: float = Field(gt=0, le=1000, description="never exceeded over all versions")
    max_atoms_per_entity: int = Field(
        ge=1, description="atoms one customer may count in; the rest of their rows are dropped"
    )
    clamps: dict[str, tuple[float, float]] = Field(
        description="least and greatest sum of a metric that one customer may bring to one atom"
    )


class Policy(ConfigModel):
    """Configuration `rmnctl/cleanroom-policy/v1`; nothing that guards privacy has a default."""

    schema_: Literal["rmnctl/cleanroom-policy/v1"] = Field(alias="schema")
    retailer: Name = Field(description="whose data; `*` in a global policy")
    entity_key: Name | None = Field(
        description="column that tells customers apart; used inside, never nameable in a query"
    )
    thresholds: Thresholds
    dominance: Dominance
    dimensions: Dimensions
    metrics: tuple[Metric, ...] = Field(min_length=1)
    linked: tuple[tuple[Metric, ...], ...] = Field(
        (("clicks", "cost"), ("conversions", "revenue")),
        description="metrics of which one tells the other; withheld together",
    )
    currency: str | None = Field(
        None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code of revenue and cost; null: not said"
    )
    rounding: dict[str, float] = Field(
        {}, description="metric, or `counts`: released values are multiples of this"
    )
    refresh: Refresh
    mode: Literal["atoms", "dp"] = Field(
        description="atoms: thresholds and dominance; dp: differential privacy"
    )
    dp: DpConfig | None = Field(None, description="required by mode dp")

    @model_validator(mode="after")
    def _consistent(self) -> Policy:
        if len(set(self.metrics)) != len(self.metrics):
            raise ValueError("metrics names a metric twice")
        flat = [m for group in self.linked for m in group]
        if len(set(flat)) != len(flat):
            raise ValueError("linked names a metric twice")
        for key, step in self.rounding.items():
            if key not in {*METRICS, "counts", EVENTS}:
                raise ValueError("rounding names no metric and not `counts`")
            if not 0 < step < 1e9:
                raise ValueError("a rounding step must be above 0 and below 1e9")
        if self.mode == "dp":
            self._check_dp()
        return self

    def _check_dp(self) -> None:
        # A missing bound would mean a sum without noise: refuse, never default.
        if self.dp is None:
            raise ValueError("mode dp needs the section dp")
        if set(self.dp.clamps) != {*self.metrics}:
            raise ValueError("dp.clamps must bound every metric of the policy, and no other")
        for low, high in self.dp.clamps.values():
            if not (low <= 0 < high < 1e12 and low > -1e12):
                raise ValueError("a clamp is [low, high] with low <= 0 < high, both below 1e12")
        dates = self.dimensions.date
        if dates.grain == "auto" or (
            dates.grain != "all" and (dates.from_ is None or dates.to is None)
        ):
            raise ValueError(
                "mode dp needs a fixed date grain, with public from and to unless it is `all`"
            )

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The metrics that are released or withheld together; the rows count as impressions."""
        allowed, groups, seen = set(self.metrics), [], set[str]()
        for metric in self.metrics:
            if metric in seen:
                continue
            together = next((g for g in self.linked if metric in g), (metric,))
            group = tuple(m for m in METRICS if m in together and m in allowed)
            seen.update(group)
            groups.append((EVENTS, *group) if "impressions" in group else group)
        if "impressions" not in allowed:
            groups.insert(0, (EVENTS,))
        return tuple(groups)

    @property
    def digest(self) -> str:
        """Fingerprint of everything the policy says."""
        return fingerprint_of(self.plain())

    def step(self, metric: str) -> float | None:
        """Rounding step of a metric."""
        own = self.rounding.get(metric)
        return own if own is not None else self.rounding.get("counts") if metric in COUNTS else None


def _domain(one: Domain | None, other: Domain | None) -> dict[str, Any] | None:
    if one is None or other is None:
        return None
    if one.domain == "catalogue":
        return other.plain()
    if other.domain == "catalogue":
        return one.plain()
    return {"domain": [v for v in one.domain if v in other.domain]}


def stricter(policy: Policy, everyone: Policy) -> Policy:
    """A retailer's policy under a global one: of every two rules the stricter holds.

    Raises:
        ConfigError: Nothing is left that both allow, or only one asks for dp.
    """
    if everyone.mode == "dp" and policy.mode != "dp":
        raise ConfigError(
            f"The global policy asks for mode dp; the policy of {policy.retailer} is {policy.mode}."
        )
    mine, theirs = policy.dimensions, everyone.dimensions
    named = {"auto": Grain.DAY} | {g.value: g for g in Grain}
    floor = named[theirs.date.grain]
    grain = mine.date.grain
    if grain == "auto":
        grain = "auto" if floor is Grain.DAY else theirs.date.grain
    elif named[grain].rank < floor.rank:
        grain = theirs.date.grain
    starts = [d for d in (mine.date.from_, theirs.date.from_) if d is not None]
    ends = [d for d in (mine.date.to, theirs.date.to) if d is not None]
    steps = {
        key: max(policy.rounding.get(key, 0.0), everyone.rounding.get(key, 0.0))
        for key in sorted({*policy.rounding, *everyone.rounding})
    }
    merged = policy.plain() | {
        "thresholds": {
            key: max(getattr(policy.thresholds, key), getattr(everyone.thresholds, key))
            for key in Thresholds.model_fields
        },
        "dominance": {"p_percent": max(policy.dominance.p_percent, everyone.dominance.p_percent)},
        "dimensions": {
            "date": {
                "grain": grain,
                "from": max(starts) if starts else None,
                "to": min(ends) if ends else None,
            },
            "placement_type": _domain(mine.placement_type, theirs.placement_type),
            "sku_id": _domain(mine.sku_id, theirs.sku_id),
        },
        "metrics": [m for m in policy.metrics if m in everyone.metrics],
        "linked": _joined(policy.linked, everyone.linked),
        "rounding": steps,
        "refresh": {
            "min_delta_entities": max(
                policy.refresh.min_delta_entities, everyone.refresh.min_delta_entities
            )
        },
    }
    from rmnctl.config.yaml_file import validate

    return validate(Policy, merged)


def _joined(
    one: tuple[tuple[Metric, ...], ...], other: tuple[tuple[Metric, ...], ...]
) -> list[list[str]]:
    """Groups that overlap become one."""
    groups: list[set[str]] = []
    for group in (*one, *other):
        touching = [g for g in groups if g & set(group)]
        groups = [g for g in groups if g not in touching]
        groups.append(set(group).union(*touching))
    return [[m for m in METRICS if m in g] for g in groups]


def load_policy(path: Path, everyone: Path | None = None) -> Policy:
    """Read a retailer's policy, under the global one.

    Args:
        path: The retailer's YAML.
        everyone: The global YAML; by default `global.yaml` beside it, where there is one.

    Raises:
        ConfigError: Either is missing something, allows something unknown, or is not YAML.
    """
    policy = load_config(Policy, path).model
    beside = path.parent / "global.yaml"
    chosen = everyone or (beside if beside.is_file() and beside != path else None)
    if policy.retailer == EVERYONE:
        raise ConfigError(
            f"{path} is a global policy.", hint="Name a retailer's; the global one is added to it."
        )
    if chosen is None:
        return policy
    over = load_config(Policy, chosen).model
    if over.retailer != EVERYONE:
        raise ConfigError(f"{chosen} is not a global policy: its retailer must be '{EVERYONE}'.")
    return stricter(policy, over)


def find_policy(folder: Path, retailer: str) -> Path | None:
    """The policy file of a retailer in a folder, by its content."""
    from rmnctl.config.yaml_file import read_yaml

    for path in sorted(folder.glob("*.y*ml")):
        data, _ = read_yaml(path)
        if isinstance(data, dict) and data.get("retailer") == retailer:
            return path
    return None

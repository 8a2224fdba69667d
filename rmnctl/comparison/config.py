"""What `rmnctl compare` is asked: schema `rmnctl/compare/v1`, fixed before anything is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from rmnctl.config import ConfigModel

Arm = Literal["clean_room", "federated", "joined", "reports", "full_data", "oracle"]
Field_ = Literal["margin", "stock", "promo", "price"]

#: Arms in the order of reports.
ARMS: Final[tuple[Arm, ...]] = (
    "clean_room", "federated", "joined", "reports", "full_data", "oracle",
)  # fmt: skip
BASELINES: Final = ("last_period", "equal_split")
Count = Annotated[int, Field(ge=2, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1)]


class AblationConfig(ConfigModel):
    """Which private facts make the difference."""

    method: Literal["shapley"] = "shapley"
    fields: tuple[Field_, ...] = Field(
        ("margin", "stock", "promo", "price"), min_length=1, description="players of the game"
    )


class FederatedConfig(ConfigModel):
    """What the composed model knows; without a view the arm is listed as missing."""

    view: str | None = Field(
        None, description="its answers as a table private_view/v1: a path, or run:artifact"
    )
    confusion: str | None = Field(
        None,
        description="in place of a view: mistakes measured on another catalogue (confusion/v1), "
        "made on this one's facts; labelled as simulated recall",
    )
    card: str | None = Field(
        None, description="the adapter's card.json; its privacy audit is shown beside the gain"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> FederatedConfig:
        if self.view is not None and self.confusion is not None:
            raise ValueError("give a view or a confusion, not both")
        return self


class RecipeConfig(ConfigModel):
    """Another adapter, to see what more recall is worth and what it gives away."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_.-]{0,40}$", description="of the recipe")
    view: str = Field(description="its answers, private_view/v1: a path, or run:artifact")
    card: str | None = Field(None, description="its card.json with the privacy audit")


class DoseConfig(ConfigModel):
    """Private facts that are stale: part of the SKUs have those of another SKU."""

    shares: tuple[Share, ...] = Field((0.1, 0.25, 0.5, 1.0), description="part of the SKUs")


class PolicyStudyConfig(ConfigModel):
    """The clean-room arm under stricter or laxer release policies."""

    thresholds: tuple[int, ...] = Field(
        (10, 100, 300, 1000), description="least records and customers of an atom, k"
    )
    grains: tuple[Literal["day", "week", "month"], ...] = Field(
        ("week",), description="length of a released period"
    )
    worlds: Count = Field(10, description="the first so many worlds")


class RobustnessConfig(ConfigModel):
    """The comparison repeated on other catalogues and other truths."""

    catalogues: Count = Field(20, description="catalogue seeds, from the market's next one on")
    worlds: int = Field(2, ge=1, le=1000, description="worlds on each")
    markets: tuple[Path, ...] = Field((), description="other markets, on their own catalogue")


class NullConfig(ConfigModel):
    """The guard: in a market without private information no private field may be worth anything."""

    market: Path = Field(Path("configs/market/null.yaml"), description="such a market")
    worlds: Count = Field(10, description="worlds of it")
    bound: float = Field(
        0.005, gt=0, le=0.1, description="equivalence bound, share of the budget (DESIGN 11)"
    )


class CompareConfig(ConfigModel):
    """Configuration `rmnctl/compare/v1`."""

    schema_: Literal["rmnctl/compare/v1"] = Field(alias="schema")
    market: Path = Field(description="market whose truth scores the plans")
    request: Path = Field(description="the one request of all arms")
    policies: Path = Field(
        Path("configs/cleanroom"), description="folder with one clean-room policy a retailer"
    )
    arms: tuple[Arm, ...] = Field(ARMS, description="any subset with clean_room")
    worlds: Count = Field(200, description="worlds, paired by seed over all arms")
    first_seed: int = Field(1, ge=0, description="world seeds are this and the following ones")
    bootstrap: int = Field(10_000, ge=200, le=1_000_000, description="resamples of worlds")
    seed: int = Field(0, ge=0, description="of the bootstrap, the curve draws and the doses")
    margin_rate: float = Field(
        0.32, gt=0, lt=1, description="public prior of unit contribution / retail price"
    )
    ablation: AblationConfig | None = AblationConfig()
    federated: FederatedConfig = FederatedConfig()
    recipes: tuple[RecipeConfig, ...] = Field((), description="privacy-value frontier")
    objectives: bool = Field(True, description="2 x 2 of objective and data")
    experiment: bool = Field(True, description="value of one more geo experiment")
    dose: DoseConfig | None = None
    policy_study: PolicyStudyConfig | None = None
    robustness: RobustnessConfig | None = None
    null_market: NullConfig | None = None

    @field_validator("arms")
    @classmethod
    def _arms(cls, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
        if len(set(arms)) != len(arms):
            raise ValueError("an arm is named twice")
        if "clean_room" not in arms:
            raise ValueError("clean_room is what the others are compared with; name it")
        return tuple(a for a in ARMS if a in arms)

    @model_validator(mode="after")
    def _needs(self) -> CompareConfig:
        if "joined" not in self.arms and (
            self.ablation or self.dose or self.null_market or self.recipes
        ):
            raise ValueError(
                "ablation, dose, recipes and null_market go from clean_room to joined; name joined "
                "among the arms"
            )
        if len({r.name for r in self.recipes}) != len(self.recipes):
            raise ValueError("two recipes have one name")
        if self.ablation is not None and set(self.ablation.fields) != {
            "margin", "stock", "promo", "price",
        }:  # fmt: skip
            raise ValueError(
                "ablation.fields: all four of margin, stock, promo, price, or the shares would not "
                "sum to the delta"
            )
        return self

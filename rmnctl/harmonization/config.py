"""What `rmnctl harmonize` is asked to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from rmnctl.config import ConfigModel
from rmnctl.harmonization.currency import CurrencyConfig


class InputConfig(ConfigModel):
    """One report file, or one artifact of an earlier run."""

    path: str = Field(description="file, or artifact name when `run` is given")
    run: str | None = Field(None, description="run that wrote it, e.g. latest:simulate")
    mapping: str = Field(
        "auto", description="id or YAML path of the mapping; auto finds it by the header"
    )
    retailer_id: str | None = Field(
        None, description="retailer, for mappings that serve many (an agency's own export)"
    )
    currency: str | None = Field(
        None, pattern=r"^[A-Z]{3}$", description="ISO 4217, for reports that do not say it"
    )
    as_of: date | None = Field(None, description="day the report was taken; null: the run's as_of")


class Thresholds(ConfigModel):
    """How many quarantined rows are too many, as shares of all rows."""

    quarantine_warn: float = Field(0.001, ge=0, le=1, description="said in the report")
    quarantine_fail: float = Field(0.05, ge=0, le=1, description="exit code 5")


class ReplayConfig(ConfigModel):
    """Quarantined rows of an earlier run, to be judged again."""

    run: str = Field(description="harmonize run whose quarantine is replayed")
    mended: Path | None = Field(
        None,
        description="JSON lines as in the run's quarantine.jsonl with corrected cells; null: the "
        "rows as they are, for a corrected mapping",
    )


class HarmonizeConfig(ConfigModel):
    """Configuration of `rmnctl harmonize`."""

    schema_: Literal["rmnctl/harmonize/v1"] = Field(alias="schema")
    inputs: tuple[InputConfig, ...] = Field(min_length=1)
    mappings: Path = Field(Path("configs/mappings"), description="folder of known mappings")
    retailers: tuple[str, ...] = Field(
        (), description="retailers that may appear as constants; empty: any"
    )
    previous: str | None = Field(
        None, description="harmonize run to continue: its rows are kept unless restated"
    )
    as_of: date | None = Field(
        None, description="day the reports were taken; null: today, where the day is latest"
    )
    currency: CurrencyConfig | None = Field(None, description="null: amounts stay as they are")
    crosswalk: str | None = Field(
        None, description="product list: CSV or Parquet path, or run:artifact"
    )
    thresholds: Thresholds = Thresholds()
    replay: ReplayConfig | None = Field(
        None, description="judge quarantined rows again instead of reading the inputs"
    )

    @model_validator(mode="after")
    def _known_retailers(self) -> HarmonizeConfig:
        if self.retailers:
            for index, item in enumerate(self.inputs):
                if item.retailer_id is not None and item.retailer_id not in self.retailers:
                    raise ValueError(
                        f"inputs.{index}.retailer_id names an unknown retailer; "
                        f"known: {', '.join(self.retailers)}"
                    )
        return self

"""What `rmnctl curves` and `rmnctl plan` are asked, and where their data are."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from rmnctl.cleanroom import VERB as RELEASE_VERB
from rmnctl.cleanroom.answer import read_release
from rmnctl.cleanroom.release import META, META_SCHEMA
from rmnctl.config import ConfigModel, Settings
from rmnctl.errors import ConfigError, RunError
from rmnctl.planning import Cvar, PlanRequest
from rmnctl.rmis import RMIS_SCHEMA
from rmnctl.runs import (
    Input,
    Status,
    artifact_input,
    file_input,
    list_runs,
    open_artifact,
    resolve,
)
from rmnctl.workflows.cleanroom_release import RMIS_TABLE

Mode = Literal["clean_room", "federated", "joined", "full_data"]


class PlanData(ConfigModel):
    """Where the data are: paths, or `run:artifact`."""

    releases: dict[str, str] = Field(
        {}, description="retailer to its release run; `latest`: the newest of that retailer"
    )
    events: tuple[str, ...] = Field((), description="event files, for mode full_data")
    lift_tests: tuple[str, ...] = Field(
        (), description="tables of past lift tests; none: the curves say so"
    )
    catalogue: str = Field(description="products: which SKU is whose")
    private: str | None = Field(
        None, description="the brand's own table, for modes joined and full_data"
    )
    federation: Path | None = Field(
        None, description="configuration of the federation that mode federated asks"
    )

    @field_validator("lift_tests", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class PublicPriors(ConfigModel):
    """What anybody would assume of a SKU, in place of what only the brand knows."""

    margin_rate: float = Field(
        0.32, gt=0, lt=1, description="unit contribution / retail price (docs/market.md, priors)"
    )


class Uncertainty(ConfigModel):
    """How a plan uses what the curves do not know."""

    draws: int = Field(0, ge=0, le=200, description="0: plan on the median curves")
    cvar: Cvar | None = Field(None, description="caution; needs draws")

    @model_validator(mode="after")
    def _needs_draws(self) -> Uncertainty:
        if self.cvar is not None and self.draws == 0:
            raise ValueError("cvar needs draws above 0")
        return self


class Closed(ConfigModel):
    """A placement that may not be bought at a retailer."""

    retailer_id: str
    placement_type: str


class PlanConfig(ConfigModel):
    """Configuration `rmnctl/plan/v1`."""

    schema_: Literal["rmnctl/plan/v1"] = Field(alias="schema")
    mode: Mode = Field(description="which data may be used; see docs/planning.md")
    request: Path | PlanRequest = Field(description="the request, or a YAML file with it")
    data: PlanData
    priors: PublicPriors = PublicPriors()
    uncertainty: Uncertainty = Uncertainty()
    closed: tuple[Closed, ...] = Field((), description="nothing is planned there; policies set it")
    seed: int = Field(0, ge=0, description="of the curve draws")
    time_limit_s: float = Field(60.0, gt=0, description="past it a plan may have an open gap")

    @model_validator(mode="after")
    def _data_fit_the_mode(self) -> PlanConfig:
        data, faults = self.data, []
        if self.mode == "full_data" and not data.events:
            faults.append("mode full_data needs data.events")
        if self.mode != "full_data" and not data.releases:
            faults.append(f"mode {self.mode} needs data.releases")
        if self.mode != "full_data" and data.events:
            faults.append(f"mode {self.mode} may not see data.events")
        blind = self.mode in {"clean_room", "federated"}
        if blind and data.private is not None:
            faults.append(f"mode {self.mode} may not see data.private")
        if not blind and data.private is None:
            faults.append(f"mode {self.mode} needs data.private")
        if (self.mode == "federated") != (data.federation is not None):
            needs = "needs" if data.federation is None else "has no use for"
            faults.append(f"mode {self.mode} {needs} data.federation")
        if faults:
            raise ValueError("; ".join(faults))
        return self


def any_input(name: str, text: str, schema: str, settings: Settings) -> Input:
    """A file, or the artifact of a run as `run:artifact`.

    Raises:
        RunError: There is no such run or artifact.
        InputError: There is no such file.
    """
    if not Path(text).exists() and ":" in text:
        reference, _, artifact = text.rpartition(":")
        _, manifest = resolve(settings.runs, reference)
        known = manifest.artifact(artifact)
        return artifact_input(
            settings.runs, name, reference, artifact, schema=known.schema_ if known else schema
        )
    return file_input(name, Path(text), schema)


def release_inputs(data: PlanData, settings: Settings) -> list[Input]:
    """The release of each retailer as a table of RMIS shape.

    Raises:
        RunError: A retailer has no release, or the named run is another's.
    """
    found = []
    for retailer, ref in sorted(data.releases.items()):
        run = _newest(retailer, settings) if ref == "latest" else ref
        folder, manifest = resolve(settings.runs, run, RELEASE_VERB)
        release = read_release(open_artifact(folder, manifest, META, META_SCHEMA))
        if release.retailer != retailer:
            raise RunError(f"{manifest.run_id} is a release of another retailer than {retailer}.")
        found.append(
            artifact_input(
                settings.runs,
                f"release_{retailer}",
                manifest.run_id,
                RMIS_TABLE,
                schema=RMIS_SCHEMA,
            )
        )
    return found


def _newest(retailer: str, settings: Settings) -> str:
    for manifest in list_runs(settings.runs, RELEASE_VERB):
        if manifest.status is not Status.COMPLETE:
            continue
        folder = settings.runs / manifest.run_id
        release = read_release(open_artifact(folder, manifest, META, META_SCHEMA))
        if release.retailer == retailer:
            return manifest.run_id
    raise RunError(
        f"No complete release of {retailer} in {settings.runs}.",
        hint="Run `rmnctl cleanroom release` for it first.",
    )


def load_request(config: PlanConfig) -> PlanRequest:
    """The request of a configuration.

    Raises:
        ConfigError: The request is wrong.
    """
    from rmnctl.config import load_config

    if isinstance(config.request, PlanRequest):
        return config.request
    if not config.request.exists():
        raise ConfigError(f"{config.request} does not exist.", hint="It holds the request.")
    return load_config(PlanRequest, config.request).model

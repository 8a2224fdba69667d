"""Base models as configured: where each comes from, and where it lies once pulled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rmnctl.config import ConfigModel
from rmnctl.config.yaml_file import load_config
from rmnctl.errors import ConfigError, did_you_mean

_SHA = r"^[0-9a-f]{64}$"


class PackageSource(ConfigModel):
    """A Python package that ships a GGUF file."""

    kind: Literal["package"]
    package: str = Field(pattern=r"^[A-Za-z0-9_.-]+$", description="name in the package index")
    version: str = Field(pattern=r"^[0-9A-Za-z.+!-]+$")
    file: str = Field(description="the GGUF file, as the package lists it")


class HubSource(ConfigModel):
    """A repository of the model hub at one commit."""

    kind: Literal["hub"]
    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$", description="commit; branches may move")


class PathSource(ConfigModel):
    """A folder on this machine."""

    kind: Literal["path"]
    path: Path = Field(description="folder with config.json, tokenizer.json, *.safetensors")


Source = Annotated[PackageSource | HubSource | PathSource, Field(discriminator="kind")]


class ModelConfig(ConfigModel):
    """One base model."""

    source: Source
    sha256: str | None = Field(None, pattern=_SHA, description="digest; null: taken at first use")
    dtype: Literal["float32", "bfloat16", "float16"] = Field("float32", description="in memory")
    hub_id: str | None = Field(None, description="what servers and exported adapters call it")
    licence: str = Field(description="SPDX id or name")


class ModelsConfig(ConfigModel):
    """Configuration `rmnctl/models/v1`: base models by name."""

    schema_: Literal["rmnctl/models/v1"] = Field(alias="schema")
    default: str = Field(description="the base where none is named")
    models: dict[str, ModelConfig] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_default(self) -> ModelsConfig:
        if self.default not in self.models:
            raise ValueError("default must be one of models")
        return self

    def named(self, name: str | None) -> tuple[str, ModelConfig]:
        """A model and its name; the default where none is given.

        Raises:
            ConfigError: There is no such model.
        """
        chosen = name or self.default
        if chosen not in self.models:
            raise ConfigError(
                f"No base model {chosen!r}.",
                hint=f"{did_you_mean(chosen, self.models)} `rmnctl models list` shows all.",
            )
        return chosen, self.models[chosen]


def models_folder(cache: Path | None) -> Path:
    """Where pulled models lie: below the given cache folder or the user's."""
    if cache is not None:
        return cache / "models"
    from platformdirs import user_cache_path

    return user_cache_path("rmnctl") / "models"


def load_models(path: Path) -> ModelsConfig:
    """Read `configs/models.yaml`.

    Raises:
        ConfigError: It is missing or wrong.
    """
    return load_config(ModelsConfig, path).model


def home_of(name: str, model: ModelConfig, cache: Path | None) -> Path:
    """The folder of a base model, whether or not it is there yet."""
    source = model.source
    if isinstance(source, PathSource):
        return source.path.expanduser()
    mark = source.revision if isinstance(source, HubSource) else model.sha256 or source.version
    return models_folder(cache) / f"{name}-{mark[:16]}"

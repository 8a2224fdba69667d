"""Base models: where they come from, how they are checked, and where they lie once pulled.

A base is a folder with safetensors weights, a configuration, a tokenizer and a chat template. A
packaged GGUF file is converted into one once; a model of the hub is fetched once by `pull`; a
local folder is used where it is. Its digest decides which adapters fit: of a packaged model the
digest of the packaged file, otherwise of the list of its weight files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from rmnctl.config import ConfigModel, fingerprint_of
from rmnctl.config.yaml_file import load_config
from rmnctl.errors import ConfigError, InputError, did_you_mean
from rmnctl.federation.weights import base_shapes
from rmnctl.tables import sha256_file, write_json

RECORD_NAME = "rmnctl-base.json"
RECORD_SCHEMA = "rmnctl/base/v1"
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


@dataclass(frozen=True)
class Base:
    """A base model that is ready to load.

    Attributes:
        name: In `configs/models.yaml`.
        sha256: Its digest; adapters carry it.
        folder: With weights, configuration, tokenizer and chat template.
        config: What was configured.
    """

    name: str
    sha256: str
    folder: Path
    config: ModelConfig

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of its weights by parameter name.

        Raises:
            InputError: The weights are damaged.
        """
        return base_shapes(self.folder)

    @property
    def public_name(self) -> str:
        """What others call it."""
        return self.config.hub_id or self.name


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


def ensure_base(
    models: ModelsConfig, name: str | None = None, *, cache: Path | None = None
) -> Base:
    """A base model ready to load; a packaged one is converted on first use. Never the network.

    Args:
        models: The configured models.
        name: Which; the default where None.
        cache: Folder of pulled models; the user's cache where None.

    Raises:
        ConfigError: There is no such model.
        InputError: It was not pulled, or is not what its digest says.
        Failure: Conversion needs the extra `llm`, or the disk refused.
    """
    chosen, model = models.named(name)
    folder = home_of(chosen, model, cache)
    if isinstance(model.source, PackageSource) and not (folder / RECORD_NAME).is_file():
        from rmnctl.federation.pulling import convert_package

        convert_package(chosen, model, folder)
    if not any(folder.glob("*.safetensors")):
        raise InputError(
            f"Base model {chosen} is not on this machine: {folder} holds no weights.",
            hint=f"Run `rmnctl models pull {chosen}` while online.",
        )
    found = checked_digest(chosen, model, folder, models_folder(cache) / f"{chosen}.path.json")
    return Base(chosen, found, folder, model)


def checked_digest(name: str, model: ModelConfig, folder: Path, beside: Path) -> str:
    """The base's digest; files are read again only where size or time changed.

    Args:
        name: The base.
        model: Its configuration.
        folder: Its files.
        beside: Where the record of a local folder is kept: the folder itself is not ours.

    Raises:
        InputError: The files are not what they were, or not what the configuration says.
    """
    ours = not isinstance(model.source, PathSource)
    path = folder / RECORD_NAME if ours else beside
    record = _read_record(path)
    stats = _stats(folder)
    if record is None or record.get("stats") != stats or record.get("folder") != str(folder):
        digests = {name: sha256_file(folder / name) for name in stats}
        if record is not None and ours and record["files"] != digests:
            raise InputError(
                f"The files of base model {name} in {folder} were altered.",
                hint=f"Delete that folder and run `rmnctl models pull {name}`.",
            )
        source = record.get("source_sha256") if record and ours else None
        record = write_record(folder, path, source, digests)
    found = str(record.get("source_sha256") or _weights_digest(record["files"]))
    if model.sha256 is not None and found != model.sha256:
        raise InputError(
            f"Base model {name} has digest {found[:12]}…, configured is {model.sha256[:12]}….",
            hint="Pull it again, or correct sha256 in the configuration.",
        )
    return found


def _weights_digest(files: Mapping[str, str]) -> str:
    weights = {n: sha for n, sha in files.items() if n.endswith(".safetensors")}
    return fingerprint_of(weights).removeprefix("sha256:")


def _stats(folder: Path) -> dict[str, list[int]]:
    files = sorted(p for p in folder.iterdir() if p.suffix in {".safetensors", ".json", ".jinja"})
    return {
        p.name: [p.stat().st_size, p.stat().st_mtime_ns] for p in files if p.name != RECORD_NAME
    }


def _read_record(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(record, dict) and record.get("schema") == RECORD_SCHEMA
    return record if known and isinstance(record.get("files"), dict) else None


def write_record(
    folder: Path, path: Path, source_sha256: str | None, files: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Note a base's digests, with the sizes and times at which they held."""
    stats = _stats(folder)
    record = {
        "schema": RECORD_SCHEMA,
        "folder": str(folder),
        "source_sha256": source_sha256,
        "files": dict(files or {name: sha256_file(folder / name) for name in stats}),
        "stats": stats,
    }
    write_json(path, record)
    return record

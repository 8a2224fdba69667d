"""`card.json`: what an adapter is, what it was made from, and for whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError, model_validator

from rmnctl.config import ConfigModel, fingerprint_of
from rmnctl.errors import InputError
from rmnctl.tables import sha256_file, write_json

CARD_SCHEMA: Final = "rmnctl/adapter-card/v1"
CARD_NAME: Final = "card.json"
WEIGHTS_NAME: Final = "adapter_model.safetensors"
CONFIG_NAME: Final = "adapter_config.json"
FILES: Final = (CONFIG_NAME, WEIGHTS_NAME)

_SHA = r"^[0-9a-f]{64}$"
_ID = r"^[a-z0-9][a-z0-9_.-]{0,79}$"


class AdapterType(StrEnum):
    """The layers, in the order in which they are put together."""

    INDUSTRY = "industry"
    RETAILER = "retailer"
    MANUFACTURER = "manufacturer"
    TASK = "task"


class BaseRef(ConfigModel):
    """The base model that an adapter fits."""

    name: str = Field(description="name in configs/models.yaml")
    sha256: str = Field(pattern=_SHA, description="digest of the base, as `rmnctl models list`")


class Parent(ConfigModel):
    """An adapter that was frozen underneath while this one was trained."""

    adapter_id: str = Field(pattern=_ID)
    sha256: str = Field(pattern=_SHA, description="the parent's digest")


class Card(ConfigModel):
    """Card `rmnctl/adapter-card/v1` of one adapter."""

    schema_: Literal["rmnctl/adapter-card/v1"] = Field(CARD_SCHEMA, alias="schema")
    adapter_id: str = Field(pattern=_ID, description="what requests and logs call it")
    adapter_type: AdapterType
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$", description="the newest one is selected")
    base: BaseRef
    parents: tuple[Parent, ...] = Field(
        (), description="adapters it was trained on top of, in order"
    )
    retailer_id: str | None = Field(None, description="whose retailer knowledge it holds")
    brand_id: str | None = Field(None, description="whose private knowledge it holds; never shared")
    task: str | None = Field(None, description="what it was trained to do")
    tags: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = Field((), description="what it can answer, for graphs")
    rank: int = Field(ge=1, le=1024)
    target_modules: tuple[str, ...] = Field(min_length=1, description="explicit module names")
    files: dict[str, str] = Field(description="sha256 of weights and configuration, by file name")
    data_sha256: str | None = Field(None, pattern=_SHA, description="digest of the training data")
    seed: int | None = None
    metrics: dict[str, Any] = Field(default_factory=dict)
    privacy: dict[str, Any] = Field(default_factory=dict, description="audit of what it gives away")
    licence: str = Field(min_length=1)

    @model_validator(mode="after")
    def _whose(self) -> Card:
        check_owner(self.adapter_type, self.retailer_id, self.brand_id, self.task)
        if set(self.files) != set(FILES):
            raise ValueError(f"files must name exactly {' and '.join(FILES)}")
        return self

    @property
    def digest(self) -> str:
        """sha256 of what the adapter computes: the digests of weights and configuration."""
        return digest_of(self.files)

    def write(self, folder: Path) -> None:
        """Write the card beside the weights."""
        write_json(folder / CARD_NAME, self.plain())


def check_owner(
    kind: AdapterType, retailer_id: str | None, brand_id: str | None, task: str | None
) -> None:
    """Hold an adapter's type to whose or what it is for.

    Raises:
        ValueError: The type needs a name that is not given, or has a brand where none belongs.
    """
    needed = {
        AdapterType.RETAILER: ("retailer_id", retailer_id),
        AdapterType.MANUFACTURER: ("brand_id", brand_id),
        AdapterType.TASK: ("task", task),
    }.get(kind)
    if needed is not None and not needed[1]:
        raise ValueError(f"a {kind.value} adapter needs {needed[0]}")
    if kind in {AdapterType.INDUSTRY, AdapterType.RETAILER} and brand_id:
        raise ValueError(f"a {kind.value} adapter is for all brands: no brand_id")


def digest_of(files: Mapping[str, str]) -> str:
    """An adapter's digest from the digests of its files."""
    return fingerprint_of(dict(files)).removeprefix("sha256:")


def file_digests(folder: Path) -> dict[str, str]:
    """sha256 of an adapter's two files.

    Raises:
        InputError: One is missing or cannot be read.
    """
    try:
        return {name: sha256_file(folder / name) for name in FILES}
    except OSError as error:
        missing = Path(str(error.filename)).name
        raise InputError(f"{folder} has no readable {missing}; an adapter needs it.") from error


def read_card(folder: Path) -> Card:
    """Read and check a card.

    Raises:
        InputError: It is missing, no JSON, or does not fit the schema.
    """
    path = folder / CARD_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"{folder} has no {CARD_NAME}.", hint="`rmnctl train-adapter` writes one."
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON.") from error
    try:
        return Card.model_validate(data)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, e['loc'])) or 'card'}: {e['msg']}"
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InputError(
            f"{path} does not fit {CARD_SCHEMA}: {'; '.join(faults)}.", details={"faults": faults}
        ) from error

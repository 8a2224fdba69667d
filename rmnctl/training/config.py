"""Configuration `rmnctl/train/v1`: what to train, from what, on top of what, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from rmnctl.config import ConfigModel, load_config, parse_overrides, read_yaml
from rmnctl.federation import AdapterType
from rmnctl.federation.card import check_owner

TRAIN_SCHEMA = "rmnctl/train/v1"
_ID = r"^[a-z0-9][a-z0-9_.-]{0,79}$"
#: All linear layers of a Llama block.
ALL_LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class Method(StrEnum):
    """What the loss asks for."""

    SFT = "sft"
    DPO = "dpo"


class AdapterSection(ConfigModel):
    """What goes on the adapter's card."""

    adapter_id: str = Field(pattern=_ID, description="what requests and logs call it")
    adapter_type: AdapterType
    version: str = Field("1.0.0", pattern=r"^\d+\.\d+\.\d+$", description="the newest is selected")
    retailer_id: str | None = Field(None, description="whose retailer knowledge it holds")
    brand_id: str | None = Field(None, description="whose private knowledge it holds")
    task: str | None = Field(None, description="what it is trained to do")
    tags: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = Field((), description="what it can answer, for graphs")
    licence: str = Field(min_length=1, description="of the adapter: SPDX id or name")
    facts: dict[str, Any] = Field(
        default_factory=dict, description="more for the card's metrics, e.g. what the data hold"
    )

    @model_validator(mode="after")
    def _whose(self) -> AdapterSection:
        check_owner(self.adapter_type, self.retailer_id, self.brand_id, self.task)
        return self


class DataSection(ConfigModel):
    """Rows to learn from and rows to be judged by."""

    train: Path = Field(description="JSON lines, one conversation a line")
    eval: Path | None = Field(None, description="JSON lines that are never trained on")
    eval_share: float | None = Field(
        None, gt=0, lt=1, description="held out of `train` by a hash of the conversation"
    )

    @model_validator(mode="after")
    def _one_eval(self) -> DataSection:
        if (self.eval is None) == (self.eval_share is None):
            raise ValueError("give either eval (a file) or eval_share")
        return self


class LoraSection(ConfigModel):
    """Form of the adapter."""

    rank: int = Field(8, ge=1, le=1024)
    alpha: float = Field(16, gt=0, description="the delta is alpha / rank · B·A")
    dropout: float = Field(0.0, ge=0, lt=1)
    rslora: bool = Field(False, description="alpha / sqrt(rank) instead")
    target_modules: tuple[str, ...] = Field(ALL_LINEAR, min_length=1)
    layers: tuple[int, int] | None = Field(
        None, description="first and last block that is changed, counted from 0; null: all"
    )
    store: Literal["bfloat16", "float32"] = Field("bfloat16", description="type of the file")

    @field_validator("target_modules")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a module is named twice")
        return value

    @field_validator("layers")
    @classmethod
    def _rising(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and not 0 <= value[0] <= value[1]:
            raise ValueError("layers must be first and last, rising from 0")
        return value

    @property
    def blocks(self) -> list[int] | None:
        """Numbers of the blocks that are changed; None for all."""
        return None if self.layers is None else list(range(self.layers[0], self.layers[1] + 1))


class OptimiserSection(ConfigModel):
    """How the adapter is moved."""

    learning_rate: float = Field(2e-4, gt=0, lt=1)
    schedule: Literal["constant", "linear", "cosine"] = Field("cosine", description="after warmup")
    warmup: float = Field(0.03, ge=0, lt=1, description="share of all steps")
    batch_size: int = Field(8, ge=1, description="rows a process and forward pass")
    accumulation: int = Field(1, ge=1, description="forward passes a step")
    epochs: float | None = Field(None, gt=0, description="passes over the training rows")
    max_steps: int | None = Field(None, ge=1, description="instead of epochs")
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    max_length: int = Field(
        512, ge=8, description="longest conversation, tokens; longer is a fault"
    )

    @model_validator(mode="after")
    def _one_length(self) -> OptimiserSection:
        if (self.epochs is None) == (self.max_steps is None):
            raise ValueError("give either epochs or max_steps")
        return self


class DpoSection(ConfigModel):
    """Only for method dpo."""

    beta: float = Field(0.1, gt=0, description="how dear it is to leave the reference")


class EvalSection(ConfigModel):
    """When the held-out loss is measured."""

    every_steps: int | None = Field(None, ge=1, description="null: ten times in all")
    patience: int | None = Field(
        None, ge=1, description="stop after so many measurements without a better one"
    )
    batch_size: int = Field(16, ge=1)


class AuditSection(ConfigModel):
    """Measuring what the adapter gives away (docs/training.md)."""

    canaries: int = Field(0, ge=0, le=256, description="invented secrets put among the rows")
    repeats: int = Field(1, ge=1, description="how often each canary is put in")
    membership: int = Field(
        0, ge=0, description="training rows held out, to be told from as many that were trained on"
    )


class TrainConfig(ConfigModel):
    """Configuration `rmnctl/train/v1`."""

    schema_: Literal["rmnctl/train/v1"] = Field("rmnctl/train/v1", alias="schema")
    adapter: AdapterSection
    models: Path = Field(Path("configs/models.yaml"), description="base models, by name")
    base: str | None = Field(None, description="name of the base; null: the default there")
    base_sha256: str | None = Field(
        None, pattern=r"^[0-9a-f]{64}$", description="refuse any other base"
    )
    adapters: Path = Field(Path("adapters"), description="folder of finished adapters")
    on_top_of: tuple[str, ...] = Field(
        (), description="adapter ids, frozen underneath, in the order they are composed"
    )
    start: Path | None = Field(
        None, description="folder of a finished adapter of the same form, to go on from"
    )
    data: DataSection
    method: Method = Method.SFT
    quantization: Literal["none", "nf4"] = Field("none", description="of the frozen base")
    lora: LoraSection = LoraSection()
    optimiser: OptimiserSection
    dpo: DpoSection = DpoSection()
    eval: EvalSection = EvalSection()
    seed: int = Field(0, ge=0, lt=2**31)
    device: str = Field("cpu", pattern=r"^(cpu|cuda(:\d+)?|auto)$")
    threads: int | None = Field(None, ge=1, description="CPU threads; null: torch's own choice")
    dtype: Literal["float32", "bfloat16"] | None = Field(
        None, description="of the frozen base; null: bfloat16 where the machine multiplies it fast"
    )
    output: Path | None = Field(None, description="null: a folder in `adapters`, by adapter_id")
    audit: AuditSection = AuditSection()

    @property
    def folder(self) -> Path:
        """Where the finished adapter goes."""
        return self.output or self.adapters / self.adapter.adapter_id

    @model_validator(mode="after")
    def _consistent(self) -> TrainConfig:
        if len(set(self.on_top_of)) != len(self.on_top_of):
            raise ValueError("on_top_of names an adapter twice")
        if self.adapter.adapter_id in self.on_top_of:
            raise ValueError("an adapter cannot be on top of itself")
        if self.method is Method.DPO and (self.audit.canaries or self.audit.membership):
            raise ValueError("audit is for method sft")
        return self


@dataclass(frozen=True)
class Source:
    """A configuration with the lines its keys stand on.

    Attributes:
        config: The configuration.
        path: The file, or None.
        lines: 1-based line by field path.
        overrides: `--set` texts.
    """

    config: TrainConfig
    path: Path | None = None
    lines: Mapping[tuple[str | int, ...], int] | None = None
    overrides: tuple[str, ...] = ()

    def line(self, *field: str | int) -> int | None:
        """The line of a key, or of the nearest one above it; None where `--set` gave it."""
        lines = self.lines or {}
        above = (lines[field[:n]] for n in range(len(field), 0, -1) if field[:n] in lines)
        return next(above, None) or None


def load_train(path: Path, overrides: Sequence[str] = ()) -> Source:
    """Read a configuration.

    Raises:
        ConfigError: Anything wrong, all faults at once, with lines.
    """
    loaded = load_config(TrainConfig, path, overrides)
    lines = dict(read_yaml(path)[1])
    for keys, _ in parse_overrides(overrides):
        lines = {k: n for k, n in lines.items() if k[: len(keys)] != keys} | {keys: 0}
    return Source(loaded.model, path, lines, tuple(overrides))

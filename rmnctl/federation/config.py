"""Configuration of the federation: which base, which adapters, how they are put together."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from rmnctl.config import ConfigModel

#: Tasks a request may name; a card may bring more.
TASKS = ("harmonize", "planning", "creative", "catalogue")

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Strategy(StrEnum):
    """How adapters become one (docs/federation.md)."""

    ADDITIVE = "additive"
    SEQUENTIAL = "sequential"
    MERGED = "merged"


class LocalBackend(ConfigModel):
    """The base model in this process."""

    kind: Literal["transformers"] = "transformers"
    device: str = Field(
        "cpu", pattern=r"^(cpu|cuda(:\d+)?|auto)$", description="auto: cuda where there is one"
    )
    dtype: Literal["float32", "bfloat16", "float16"] | None = Field(
        None, description="of the weights in memory; null: as configs/models.yaml says"
    )
    batch_size: int = Field(16, ge=1, description="rows generated together")
    threads: int | None = Field(None, ge=1, description="CPU threads; null: torch's own choice")


class OpenAIBackend(ConfigModel):
    """Any server that speaks the OpenAI chat protocol, such as vLLM or llama.cpp."""

    kind: Literal["openai"]
    base_url: str = Field(description="up to and including /v1")
    key_env: str | None = Field(
        None, pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable that holds the key"
    )
    base_model: str = Field(description="what the server calls the base without adapters")
    export_dir: Path = Field(description="folder that the server reads adapters from")
    load_adapters: bool = Field(
        True, description="tell the server to load each one (vLLM's /load_lora_adapter)"
    )
    timeout_s: float = Field(60.0, gt=0, le=3600, description="for one answer")
    retries: int = Field(2, ge=0, le=10, description="attempts after the first")
    parallel: int = Field(8, ge=1, le=256, description="requests under way at a time")

    @model_validator(mode="after")
    def _private(self) -> OpenAIBackend:
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("base_url must be an http or https URL")
        if parts.username or parts.password:
            raise ValueError("base_url must not hold a secret; the key comes from key_env")
        if self.key_env and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("base_url must be https: the key would travel in the clear")
        return self


Backend = Annotated[LocalBackend | OpenAIBackend, Field(discriminator="kind")]


class FederationConfig(ConfigModel):
    """Configuration `rmnctl/federation/v1`."""

    schema_: Literal["rmnctl/federation/v1"] = Field("rmnctl/federation/v1", alias="schema")
    models: Path = Field(Path("configs/models.yaml"), description="base models, by name")
    base: str | None = Field(None, description="name of the base; null: the default there")
    adapters: Path = Field(Path("adapters"), description="folder of adapters, one folder each")
    strategy: Strategy = Field(Strategy.ADDITIVE, description="how layers are put together")
    rank: int | None = Field(
        None, ge=1, description="merged only: re-compress to this rank instead of folding"
    )
    weights: dict[str, float] = Field(
        default_factory=dict, description="calibrated weight by adapter_id; 1 where not named"
    )
    industry: str | None = Field(None, description="the industry adapter, where there are several")
    cache_mb: int = Field(256, ge=0, description="bytes that finished compositions may keep, MB")
    max_new_tokens: int = Field(256, ge=1, description="longest answer, tokens")
    backend: Backend = Field(default_factory=LocalBackend, description="where tokens come from")

    @model_validator(mode="after")
    def _consistent(self) -> FederationConfig:
        if self.rank is not None and self.strategy is not Strategy.MERGED:
            raise ValueError("rank is for strategy merged; additive and sequential are exact")
        return self

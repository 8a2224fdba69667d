"""What `rmnctl evaluate` is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from rmnctl.config import ConfigModel


class EvaluateConfig(ConfigModel):
    """Configuration `rmnctl/evaluate/v1`."""

    schema_: Literal["rmnctl/evaluate/v1"] = Field("rmnctl/evaluate/v1", alias="schema")
    federation: Path = Field(
        Path("configs/federation.yaml"), description="base, adapters and backend"
    )
    market: Path = Field(
        Path("configs/market/default.yaml"), description="whose catalogue and reports were learnt"
    )
    tasks: tuple[str, ...] = Field(
        (), description="adapter ids whose held-out text is asked; empty: every adapter's"
    )
    rows: int = Field(24, ge=2, description="held-out rows a task, count")
    calibration_rows: int = Field(
        8, ge=0, description="further rows a task to search weights on, count; 0: no calibration"
    )
    merged_rank: int = Field(8, ge=1, description="rank that strategy merged re-compresses to")
    recall_skus: int = Field(
        12, ge=0, description="SKUs a brand asked for every fact, and as many it never saw, count"
    )
    bootstrap: int = Field(4000, ge=100, description="resamples of rows, count")
    seed: int = Field(5, ge=0, description="of samples and resamples")

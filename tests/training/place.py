"""A working training of the tiny base, to be bent by tests."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from rmnctl.config import Settings
from rmnctl.training import Preflight, load_train, preflight
from rmnctl.workflows.train_adapter import train_adapter
from tests.federation.tiny import models_config


def sft_row(number: int, **labels: str) -> dict[str, Any]:
    """A question about a colour and a digit, with its answer."""
    draw = random.Random(number)
    colour, digit = draw.choice(["red", "blue", "green"]), draw.randint(0, 9)
    return {
        "id": f"r{number}",
        "messages": [
            {"role": "system", "content": "Say colour and digit."},
            {"role": "user", "content": f"{colour} {digit} {number}?"},
            {"role": "assistant", "content": f"{colour}{digit}"},
        ],
        **labels,
    }


def dpo_row(number: int) -> dict[str, Any]:
    """The same as a preference: the right answer over a wrong one."""
    *prompt, answer = sft_row(number)["messages"]
    wrong = {"role": "assistant", "content": "I will not say"}
    return {"id": f"d{number}", "prompt": prompt, "chosen": [answer], "rejected": [wrong]}


class Place:
    """Files of one training below a folder."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.folder = folder
        self.settings = Settings(runs=folder / "runs", cache=folder / "cache")
        self.rows = [sft_row(n) for n in range(60)]
        self.config: dict[str, Any] = {
            "schema": "rmnctl/train/v1",
            "adapter": {
                "adapter_id": "colours",
                "adapter_type": "task",
                "task": "planning",
                "licence": "CC0-1.0",
            },
            "models": str(folder / "models.yaml"),
            "adapters": str(folder / "adapters"),
            "data": {"train": str(folder / "rows.jsonl"), "eval_share": 0.2},
            "lora": {"rank": 4, "alpha": 8, "store": "float32"},
            "optimiser": {
                "learning_rate": 0.02,
                "batch_size": 6,
                "max_steps": 8,
                "max_length": 128,
            },
            "eval": {"every_steps": 4},
            "seed": 3,
            "threads": 1,
            "dtype": "float32",
        }
        (folder / "models.yaml").write_text(yaml.safe_dump(models_config(base).plain()))

    @property
    def path(self) -> Path:
        """The configuration's file."""
        return self.folder / "train.yaml"

    def write_rows(self, rows, name: str = "rows.jsonl") -> Path:
        """Write rows; texts and bytes are lines as they are."""
        target = self.folder / name
        lines = [
            row if isinstance(row, bytes)
            else (row if isinstance(row, str) else json.dumps(row)).encode()
            for row in rows
        ]  # fmt: skip
        target.write_bytes(b"\n".join(lines) + b"\n")
        return target

    def write(self, **changes: Any) -> Path:
        """Write rows and configuration; `optimiser__max_steps=3` changes one key, None removes it."""
        config = deepcopy(self.config)
        for name, value in changes.items():
            at = config
            *above, last = name.split("__")
            for key in above:
                at = at.setdefault(key, {})
            if value is None:
                at.pop(last, None)
            else:
                at[last] = value
        self.write_rows(self.rows)
        self.path.write_text(yaml.safe_dump(config, sort_keys=False))
        return self.path

    def check(self, **changes: Any) -> Preflight:
        """Look, as --dry-run does."""
        return preflight(load_train(self.write(**changes)), self.settings.cache)

    def train(self, **changes: Any):
        """Train."""
        return train_adapter(load_train(self.write(**changes)), self.settings)

    @property
    def adapter(self) -> Path:
        """Where the adapter goes."""
        return self.folder / "adapters" / "colours"

    def weights(self) -> bytes:
        """The adapter's bytes."""
        return (self.adapter / "adapter_model.safetensors").read_bytes()

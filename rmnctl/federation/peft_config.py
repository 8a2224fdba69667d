"""PEFT's `adapter_config.json`, read strictly.

Whatever changes what an adapter computes, and is not known here, is refused. Only plain LoRA adds
up: a bias, DoRA's magnitudes, replaced modules or initialisations that alter the base do not.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.errors import InputError, did_you_mean
from rmnctl.federation.card import CONFIG_NAME

#: Keys that say nothing about the function computed after training.
_HARMLESS = {
    "task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision",
    "inference_mode", "lora_dropout", "megatron_core", "qalora_group_size", "exclude_modules",
    "layers_to_transform", "layers_pattern", "eva_config", "runtime_config",
}  # fmt: skip
_READ = {
    "peft_type",
    "r",
    "lora_alpha",
    "use_rslora",
    "target_modules",
    "bias",
    "init_lora_weights",
}
#: Initialisations that leave the base as it is.
_INITS = (True, False, "gaussian", "eva", "orthogonal")
_WHY = {
    "use_dora": "DoRA rescales the base's weights and does not add up",
    "modules_to_save": "it replaces modules of the base",
    "lora_bias": "it adds a bias",
    "rank_pattern": "it has ranks by module; train one rank",
    "alpha_pattern": "it has scalings by module; train one alpha",
    "trainable_token_indices": "it changes the embedding",
    "target_parameters": "it changes parameters that are no linear layer",
    "alora_invocation_tokens": "it is active for a part of the text only",
}


@dataclass(frozen=True)
class LoraSettings:
    """What of a PEFT configuration decides the delta.

    Attributes:
        rank: r.
        scaling: alpha / r, or alpha / sqrt(r) for rsLoRA.
        target_modules: Explicit module names, sorted.
    """

    rank: int
    scaling: float
    target_modules: tuple[str, ...]


def read_peft_config(folder: Path) -> LoraSettings:
    """Read the configuration of an adapter.

    Raises:
        InputError: It is missing, damaged, or of a kind that cannot be composed exactly.
    """
    path = folder / CONFIG_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON.") from error
    if not isinstance(data, dict) or data.get("peft_type") != "LORA":
        raise InputError(f"{path} is not the configuration of a LoRA adapter.")
    _refuse(path, data)
    rank, alpha, modules = data.get("r"), data.get("lora_alpha"), data.get("target_modules")
    if not isinstance(rank, int) or rank < 1 or not isinstance(alpha, int | float):
        raise InputError(f"{path} has no usable r and lora_alpha.")
    if not isinstance(modules, list) or not modules or not all(isinstance(m, str) for m in modules):
        raise InputError(
            f"{path}: target_modules must be an explicit list of names, no pattern.",
            hint="Adapters with patterns cannot be put together with adapters with lists.",
        )
    scaling = alpha / math.sqrt(rank) if data.get("use_rslora") else alpha / rank
    if not math.isfinite(scaling):
        raise InputError(f"{path} has no finite scaling.")
    return LoraSettings(rank, scaling, tuple(sorted(modules)))


def _refuse(path: Path, data: dict[str, Any]) -> None:
    if data.get("bias", "none") != "none":
        raise InputError(f"{path}: bias is trained; only bias none can be composed.")
    if data.get("init_lora_weights", True) not in _INITS:
        raise InputError(f"{path}: this init_lora_weights alters the base; use true.")
    for key, value in data.items():
        if key in _READ | _HARMLESS or value in (None, False, {}, [], "none"):
            continue
        why = _WHY.get(key, f"rmnctl does not know what it does. {did_you_mean(key, _READ)}")
        raise InputError(f"{path}: {key} is set; {why}.")

"""A composition as one plain PEFT adapter: rank R, alpha R, no rsLoRA, so that its scaling is 1.

vLLM, llama.cpp's converter and PEFT read it. Layers that fewer adapters change are filled with
zeros to the common rank, which changes nothing. What was composed for a brand holds its knowledge:
the folder is as confidential as that brand's adapter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rmnctl.errors import ConfigError
from rmnctl.federation.card import CONFIG_NAME, WEIGHTS_NAME
from rmnctl.federation.composition import Composition
from rmnctl.federation.heavy import need
from rmnctl.federation.registry import PREFIX
from rmnctl.tables import replacing, write_json

RECORD_NAME = "composition.json"
RECORD_SCHEMA = "rmnctl/composition/v1"


def export(composition: Composition, folder: Path, base_name: str, shapes: Any) -> Path:
    """Write a composition as a PEFT adapter.

    Args:
        composition: Low-rank: additive, sequential, or merged to a rank.
        folder: Made if it is not there.
        base_name: What servers call the base.
        shapes: Shapes of the base's weights by parameter name.

    Raises:
        ConfigError: The composition is folded into weights, or there is nothing to export.
        Failure: The disk refused.
    """
    if not composition.pairs:
        raise ConfigError(
            "This composition has no low-rank form.",
            hint="Use strategy additive, or merged with a rank.",
        )
    torch, save_file = need("torch"), need("safetensors.torch").save_file
    suffixes = sorted({m.rpartition(".")[2] for m in composition.pairs})
    modules = [
        name.removesuffix(".weight")
        for name, shape in shapes.items()
        if len(shape) == 2 and name.removesuffix(".weight").rpartition(".")[2] in suffixes
    ]
    rank = composition.rank
    tensors = {}
    for module in sorted(modules):
        out, inner = shapes[f"{module}.weight"]
        down, up = torch.zeros(rank, inner), torch.zeros(out, rank)
        pair = composition.pairs.get(module)
        if pair is not None:
            down[: pair.down.shape[0]] = pair.down
            up[:, : pair.up.shape[1]] = pair.up
        tensors[f"{PREFIX}{module}.lora_A.weight"] = down
        tensors[f"{PREFIX}{module}.lora_B.weight"] = up
    with replacing(folder / WEIGHTS_NAME) as temporary:
        save_file(tensors, temporary, metadata={"format": "pt"})
    write_json(folder / CONFIG_NAME, _peft_config(rank, suffixes, base_name))
    write_json(folder / RECORD_NAME, _record(composition))
    return folder


def _peft_config(rank: int, modules: list[str], base_name: str) -> dict[str, Any]:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_name,
        "inference_mode": True,
        "r": rank,
        "lora_alpha": rank,
        "lora_dropout": 0.0,
        "use_rslora": False,
        "use_dora": False,
        "bias": "none",
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "modules_to_save": None,
        "target_modules": modules,
    }


def _record(composition: Composition) -> dict[str, Any]:
    recipe = composition.recipe
    return {
        "schema": RECORD_SCHEMA,
        "key": composition.key,
        "tenant": recipe.tenant,
        "base_sha256": recipe.base_sha256,
        "strategy": recipe.strategy.value,
        "rank": composition.rank,
        "retained": composition.retained,
        "layers": [
            {"adapter_id": a.id, "sha256": a.digest, "weight": w, "brand_id": a.card.brand_id}
            for a, w in zip(recipe.adapters, recipe.weights, strict=True)
        ],
    }

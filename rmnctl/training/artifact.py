"""The finished adapter: PEFT's two files and the card, the same bytes for the same training."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rmnctl.config import fingerprint_of
from rmnctl.federation import Adapter, Base, BaseRef, Card, Parent
from rmnctl.federation.card import CONFIG_NAME, WEIGHTS_NAME, file_digests
from rmnctl.federation.heavy import need
from rmnctl.tables import replacing, write_json
from rmnctl.training.config import TrainConfig
from rmnctl.training.rows import Row


def data_digest(train: Sequence[Row]) -> str:
    """Digest of what was learned from: the conversations, in any order, under any name."""
    return fingerprint_of(sorted(row.key for row in train)).removeprefix("sha256:")


def stored_tensors(model: Any, config: TrainConfig) -> dict[str, Any]:
    """The adapter's tensors in the type of the file, by PEFT's names; parameters are rounded to it.

    What is measured afterwards is what was stored.
    """
    torch = need("torch")
    dtype = getattr(torch, config.lora.store)
    found = {}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_" not in name:
                continue
            rounded = parameter.detach().to(dtype)
            parameter.copy_(rounded)
            found[name.replace(".default.", ".")] = rounded.cpu().contiguous()
    return {name: found[name] for name in sorted(found)}


def peft_config(config: TrainConfig, base: Base) -> dict[str, Any]:
    """`adapter_config.json`; says only what decides the function."""
    lora = config.lora
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base.public_name,
        "inference_mode": True,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "lora_dropout": lora.dropout,
        "use_rslora": lora.rslora,
        "use_dora": False,
        "bias": "none",
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "modules_to_save": None,
        "target_modules": sorted(lora.target_modules),
        "layers_to_transform": lora.blocks,
    }


def write_adapter(
    folder: Path, tensors: dict[str, Any], config: TrainConfig, base: Base, **card: Any
) -> Card:
    """Write an adapter; what lies there stays untouched until all files are whole.

    Args:
        folder: Where it goes.
        tensors: As `stored_tensors` gave them.
        config: What was trained.
        base: On what.
        card: Parents, digests, metrics and privacy of the card.
    """
    save_file = need("safetensors.torch").save_file
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    with replacing(part / WEIGHTS_NAME) as temporary:
        save_file(tensors, temporary, metadata={"format": "pt"})
    write_json(part / CONFIG_NAME, peft_config(config, base))
    made = make_card(part, config, base, **card)
    made.write(part)
    folder.mkdir(parents=True, exist_ok=True)
    # The card goes last: until it names the new files' digests, the registry refuses the folder.
    for file in (WEIGHTS_NAME, CONFIG_NAME, "card.json"):
        (part / file).replace(folder / file)
    shutil.rmtree(part)
    return made


def make_card(
    folder: Path,
    config: TrainConfig,
    base: Base,
    *,
    parents: Sequence[Adapter],
    data_sha256: str,
    metrics: dict[str, Any],
    privacy: dict[str, Any],
) -> Card:
    """The card of the files in a folder."""
    own = config.adapter
    return Card(
        adapter_id=own.adapter_id,
        adapter_type=own.adapter_type,
        version=own.version,
        base=BaseRef(name=base.name, sha256=base.sha256),
        parents=tuple(Parent(adapter_id=p.id, sha256=p.digest) for p in parents),
        retailer_id=own.retailer_id,
        brand_id=own.brand_id,
        task=own.task,
        tags=own.tags,
        capabilities=own.capabilities,
        rank=config.lora.rank,
        target_modules=tuple(sorted(config.lora.target_modules)),
        files=file_digests(folder),
        data_sha256=data_sha256,
        seed=config.seed,
        metrics=metrics,
        privacy=privacy,
        licence=own.licence,
    )

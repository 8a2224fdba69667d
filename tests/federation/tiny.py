"""A Llama of a few thousand random parameters, and random adapters for it; made in seconds."""

from __future__ import annotations

from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from rmnctl.federation import Base, BaseRef, Card, FederationConfig, LoRAFederation
from rmnctl.federation.base import ensure_base
from rmnctl.federation.card import file_digests
from rmnctl.federation.models import ModelsConfig

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
ALL = (*ATTENTION, "gate_proj", "up_proj", "down_proj")
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def save_base(folder: Path, seed: int = 1, context: int = 1024) -> None:
    """A model folder: two layers of width 16, a tokenizer of single bytes, a chat template."""
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {text: i for i, text in enumerate([*specials, *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(specials)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    fast.chat_template = TEMPLATE
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=context,
        bos_token_id=1, eos_token_id=2, pad_token_id=2, tie_word_embeddings=True,
        initializer_range=0.3,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)


def models_config(folder: Path) -> ModelsConfig:
    """A configuration with the model in `folder` as its only one."""
    source = {"kind": "path", "path": str(folder)}
    return ModelsConfig.model_validate(
        {
            "schema": "rmnctl/models/v1",
            "default": "tiny",
            "models": {"tiny": {"source": source, "licence": "CC0-1.0"}},
        }
    )


def open_base(folder: Path, cache: Path) -> Base:
    """The base in `folder`."""
    return ensure_base(models_config(folder), cache=cache)


def save_adapter(
    base: Base,
    folder: Path,
    kind: str,
    *,
    seed: int = 0,
    rank: int = 4,
    alpha: float = 8,
    rslora: bool = False,
    modules: tuple[str, ...] = ALL,
    dtype: torch.dtype = torch.float32,
    scale: float = 0.15,
    **card,
) -> Card:
    """A random adapter, written by PEFT itself, with its card."""
    model = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        use_rslora=rslora,
        target_modules=list(modules),
        task_type="CAUSAL_LM",
    )
    wrapped = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in wrapped.named_parameters():
        if "lora_" in name:
            parameter.data.normal_(0, scale, generator=generator)
    wrapped.to(dtype).save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    return write_card(base, folder, kind, rank=rank, modules=modules, **card)


def write_card(base: Base, folder: Path, kind: str, *, rank: int, modules, **card) -> Card:
    """The card of an adapter that lies in `folder`."""
    made = Card.model_validate(
        {
            "adapter_id": folder.name,
            "adapter_type": kind,
            "version": "1.0.0",
            "base": BaseRef(name=base.name, sha256=base.sha256),
            "rank": rank,
            "target_modules": sorted(modules),
            "files": file_digests(folder),
            "licence": "CC0-1.0",
        }
        | card
    )
    made.write(folder)
    return made


def save_default_adapters(base: Base, folder: Path) -> None:
    """One of each kind and more: mixed ranks, modules, rsLoRA, bfloat16, two brands, two retailers."""
    save_adapter(base, folder / "industry", "industry", seed=1, rank=8)
    save_adapter(base, folder / "alpha", "retailer", seed=2, rslora=True, retailer_id="alpha")
    save_adapter(
        base, folder / "beta", "retailer", seed=3, rank=2, modules=ATTENTION, retailer_id="beta"
    )
    for seed, brand in enumerate(("x", "y", "z"), start=4):
        save_adapter(
            base, folder / f"brand_{brand}", "manufacturer", seed=seed, rank=3, alpha=5,
            rslora=seed % 2 == 0, brand_id=brand,
            dtype=torch.bfloat16 if brand == "y" else torch.float32,
        )  # fmt: skip
    save_adapter(
        base,
        folder / "planner",
        "task",
        seed=9,
        rank=5,
        modules=("q_proj", "v_proj"),
        task="planning",
    )


def open_federation(base: Base, adapters: Path, **config) -> LoRAFederation:
    """A federation on one thread."""
    backend = config.pop("backend", {"kind": "transformers", "threads": 1})
    made = FederationConfig.model_validate({"adapters": adapters, "backend": backend} | config)
    return LoRAFederation(made, base=base)

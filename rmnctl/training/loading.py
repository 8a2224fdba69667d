"""The frozen base, with frozen parents folded in, quantised if asked to."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rmnctl.errors import ConfigError, Failure, InputError
from rmnctl.federation import Adapter, Base
from rmnctl.federation.card import WEIGHTS_NAME
from rmnctl.federation.heavy import need
from rmnctl.federation.registry import PREFIX
from rmnctl.training.coder import Coder, Example
from rmnctl.training.config import TrainConfig


def device_of(wanted: str) -> str:
    """The device to train on.

    Raises:
        ConfigError: There is no such device.
    """
    torch = need("torch")
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError("There is no CUDA device here.", hint="Use device: cpu or auto.")
    return wanted


def dtype_of(config: TrainConfig, device: str) -> str:
    """Type of the frozen base: bfloat16 halves memory, but many processors multiply it slowly."""
    if config.dtype is not None:
        return config.dtype
    cpu = need("torch").cpu
    fast = device != "cpu" or cpu._is_avx512_bf16_supported() or cpu._is_amx_tile_supported()  # noqa: SLF001
    return "bfloat16" if fast else "float32"


def load_frozen(base: Base, parents: Sequence[Adapter], config: TrainConfig) -> Any:
    """The base as the new adapter will stand on it.

    Parents are added in float32 before anything is rounded or quantised, so that the reference of
    DPO and the frozen layers of a sequential training are what inference adds up, to rounding.

    Raises:
        InputError: The base cannot be loaded.
    """
    torch = need("torch")
    dtype = getattr(torch, dtype_of(config, device_of(config.device)))
    if not parents:
        return _load(base.folder, base.name, dtype, config)
    model = _load(base.folder, base.name, torch.float32, None)
    with torch.no_grad():
        for parent in parents:
            _add(model, parent)
    if config.quantization == "none":
        return model.to(dtype)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        del model
        quantised = _load(Path(folder), base.name, dtype, config)
    # PEFT looks there for the base's configuration when it saves.
    quantised.name_or_path = str(base.folder)
    return quantised


def _load(folder: Path, name: str, dtype: Any, config: TrainConfig | None) -> Any:
    transformers = need("transformers")
    more: dict[str, Any] = {}
    if config is not None and config.quantization == "nf4":
        need("bitsandbytes")
        more["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
        more["device_map"] = {"": device_of(config.device)}
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(
            str(folder), dtype=dtype, local_files_only=True, **more
        )
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"Base model {name} in {folder} cannot be loaded: {type(error).__name__}.",
            hint=f"Delete that folder and run `rmnctl models pull {name}`.",
        ) from error
    for module in model.modules():
        # With AVX512-BF16 bitsandbytes repacks weights when nothing is learnt, as in a measurement
        # between steps; layers of odd sizes fail then, and the other arithmetic is not what is trained.
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model


def _add(model: Any, parent: Adapter) -> None:
    """W += scaling · B·A, for every layer a parent changes."""
    with need("safetensors").safe_open(parent.folder / WEIGHTS_NAME, "pt") as stored:
        for module in parent.modules:
            down = stored.get_tensor(f"{PREFIX}{module}.lora_A.weight").float()
            up = stored.get_tensor(f"{PREFIX}{module}.lora_B.weight").float()
            model.get_parameter(f"{module}.weight").add_(up @ down, alpha=parent.scaling)


def check_tokenizer(base: Base, coder: Coder, examples: Sequence[Example]) -> None:
    """Hold our reading of the tokenizer against the one that inference loads.

    Raises:
        Failure: They differ; what would be trained is not what would be asked.
    """
    tokenizer = need("transformers").AutoTokenizer.from_pretrained(
        str(base.folder), local_files_only=True
    )
    for example in sorted(examples, key=lambda e: e.length)[-8:]:
        text = coder.prompt_text(example.row)
        wanted = (
            tokenizer.apply_chat_template(
                list(example.row.prompt), tokenize=False, add_generation_prompt=True
            ),
            tokenizer.encode(text, add_special_tokens=False),
        )
        if wanted != (text, list(example.prompt)):
            raise Failure(
                f"The tokenizer of {base.name} reads text in two ways; training on one of them "
                "would not help the other.",
                hint="Report this base model.",
            )

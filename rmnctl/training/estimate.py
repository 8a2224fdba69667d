"""How long and how large a training will be, before it begins."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rmnctl.training.coder import Example
from rmnctl.training.config import LoraSection, TrainConfig

#: Bytes a weight takes in memory; nf4 with its double-quantised constants.
_BYTES = {"float32": 4.0, "bfloat16": 2.0, "nf4": 0.516}
#: Python with torch, transformers and trl loaded.
_LIBRARIES = 650e6


@dataclass(frozen=True)
class Estimate:
    """Size of a training.

    Attributes:
        processes: That share the work.
        steps: Of the optimiser.
        tokens: Read in all epochs, padding not counted.
        learned_tokens: Of these, in the loss.
        parameters: Trained.
        adapter_bytes: Size of the adapter's file.
        memory_bytes: Peak of one process, roughly.
    """

    processes: int
    steps: int
    tokens: int
    learned_tokens: int
    parameters: int
    adapter_bytes: int
    memory_bytes: int

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def processes() -> int:
    """How many processes train together, as `accelerate launch` says."""
    return max(1, int(os.environ.get("WORLD_SIZE", "1")))


def steps_of(config: TrainConfig, rows: int) -> int:
    """Steps of the optimiser."""
    if config.optimiser.max_steps is not None:
        return config.optimiser.max_steps
    each = config.optimiser
    batches = math.ceil(rows / (each.batch_size * processes()))
    return max(1, math.ceil(math.ceil(batches / each.accumulation) * (each.epochs or 1)))


def adapted(shapes: Mapping[str, tuple[int, ...]], lora: LoraSection) -> list[tuple[int, int]]:
    """(out, in) of every layer that an adapter changes."""
    blocks = lora.blocks
    return [
        (shape[0], shape[1])
        for name, shape in shapes.items()
        if len(shape) == 2
        and name.removesuffix(".weight").rpartition(".")[2] in lora.target_modules
        and (blocks is None or any(f".layers.{n}." in f".{name}" for n in blocks))
    ]


def estimate(
    config: TrainConfig, shapes: Mapping[str, tuple[int, ...]], examples: Sequence[Example]
) -> Estimate:
    """Estimate a training."""
    layers = adapted(shapes, config.lora)
    parameters = config.lora.rank * sum(out + inner for out, inner in layers)
    rows = max(len(examples), 1)
    # Canaries of the audit are trained on like any row.
    steps = steps_of(config, rows + config.audit.canaries * config.audit.repeats)
    each = config.optimiser
    passes = steps * each.batch_size * each.accumulation * processes() / rows
    answers = [len(e.answer) + len(e.rejected or ()) for e in examples]
    lengths = [
        len(e.prompt) * (1 if e.rejected is None else 2) + n
        for e, n in zip(examples, answers, strict=True)
    ]
    return Estimate(
        processes=processes(),
        steps=steps,
        tokens=round(sum(lengths) * passes),
        learned_tokens=round(sum(answers) * passes),
        parameters=parameters,
        adapter_bytes=parameters * int(_BYTES[config.lora.store]),
        memory_bytes=round(
            _LIBRARIES
            + _weights(config, shapes, layers)
            # Weight, gradient and two moments of each trained parameter, and a checkpoint's copy.
            + parameters * 20
            + _activations(config, shapes, layers, max(lengths, default=0), max(answers, default=0))
        ),
    )


def _weights(
    config: TrainConfig, shapes: Mapping[str, tuple[int, ...]], layers: Sequence[tuple[int, int]]
) -> float:
    total = sum(math.prod(shape) for shape in shapes.values())
    linear = sum(out * inner for out, inner in layers)
    kind = _BYTES[config.dtype or "float32"]
    if config.quantization == "nf4":
        return (total - linear) * kind + linear * _BYTES["nf4"]
    merged = total * 4.0 if config.on_top_of else 0.0
    return max(total * kind, merged)


def _activations(
    config: TrainConfig,
    shapes: Mapping[str, tuple[int, ...]],
    layers: Sequence[tuple[int, int]],
    length: int,
    answer: int,
) -> float:
    """What the backward pass needs: input and output of each layer, and the scores of the answer."""
    rows = config.optimiser.batch_size
    token = sum(2 * inner + out for out, inner in layers) * _BYTES[config.dtype or "float32"]
    vocabulary = max((s[0] for s in shapes.values() if len(s) == 2), default=0)
    return rows * length * token * 1.5 + rows * answer * vocabulary * 4.0 * 2

"""What a safetensors file holds, read without torch: names, shapes, types, digest.

The format: eight bytes with the length of a JSON header, the header, then the bytes of the
tensors (https://github.com/huggingface/safetensors, README, "Format").
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.errors import InputError

_MAX_HEADER = 100_000_000
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
FLOATS = ("F64", "F32", "F16", "BF16")


@dataclass(frozen=True)
class Tensor:
    """A tensor that a file holds.

    Attributes:
        shape: Its sizes.
        dtype: Its type in the words of safetensors, e.g. `BF16`.
        start: Where its bytes begin in the file.
    """

    shape: tuple[int, ...]
    dtype: str
    start: int


def _tensor(entry: dict[str, Any], offset: int) -> tuple[Tensor, int]:
    start, stop = entry["data_offsets"]
    return Tensor(tuple(entry["shape"]), str(entry["dtype"]), offset + start), int(stop)


def read_header(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, by name.

    Raises:
        InputError: It is missing, cut short, or not safetensors.
    """
    try:
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            if not 0 < size <= _MAX_HEADER:
                raise InputError(f"{path} is no safetensors file.")
            header = json.loads(stream.read(size))
        header.pop("__metadata__", None)
        found = {name: _tensor(entry, 8 + size) for name, entry in header.items()}
        stored = path.stat().st_size - 8 - size
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no safetensors file.") from error
    end = 0
    for tensor, stop in found.values():
        fits = stop + 8 + size - tensor.start == math.prod(tensor.shape) * _BYTES.get(
            tensor.dtype, 0
        )
        if tensor.start < 8 + size or (tensor.dtype in _BYTES and not fits):
            raise InputError(f"{path} is damaged: a tensor's bytes do not fit its shape.")
        end = max(end, stop)
    if end != stored:
        raise InputError(f"{path} is damaged: {stored} bytes of tensors, {end} announced.")
    return {name: tensor for name, (tensor, _) in found.items()}


def base_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of all weights of a model folder, by parameter name.

    Raises:
        InputError: The folder holds no safetensors weights.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise InputError(f"{folder} holds no *.safetensors weights.")
    return {name: t.shape for file in files for name, t in read_header(file).items()}

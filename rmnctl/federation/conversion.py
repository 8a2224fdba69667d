"""A packaged GGUF file as a model folder: dequantised once into safetensors in float32.

That loads in a fraction of the time (docs/federation.md). The conversion happens beside its place
and is moved there whole.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from rmnctl.errors import InputError
from rmnctl.federation.base_record import RECORD_NAME, write_record
from rmnctl.federation.heavy import need
from rmnctl.federation.models import ModelConfig, PackageSource
from rmnctl.tables import disk_failure, sha256_file


def convert_package(
    name: str, model: ModelConfig, folder: Path, *, gguf: Path | None = None
) -> None:
    """Convert the GGUF file of a package into a model folder.

    Args:
        name: The base.
        model: With a `PackageSource`.
        folder: Where it is to lie.
        gguf: The file; that of the installed package where None.

    Raises:
        InputError: The package is not installed, or its file is not the configured one.
        Failure: The extra `llm` is missing, or the disk refused.
    """
    source = model.source
    if not isinstance(source, PackageSource):
        raise TypeError(name)
    gguf = gguf or packaged_file(source)
    if gguf is None:
        raise InputError(
            f"Package {source.package} {source.version}, which ships {name}, is not installed.",
            hint=f"Run `rmnctl models pull {name}`, or `make setup`.",
        )
    digest = sha256_file(gguf)
    if model.sha256 is not None and digest != model.sha256:
        raise InputError(
            f"{gguf.name} has digest {digest[:12]}…, configured is {model.sha256[:12]}…: "
            f"not the file that {name} was made from.",
            hint=f"Install {source.package}=={source.version} without its dependencies.",
        )
    with into_place(folder) as fresh:
        _convert(gguf, fresh)
        write_record(fresh, fresh / RECORD_NAME, digest)


def packaged_file(source: PackageSource) -> Path | None:
    """The GGUF file of the installed package; None where it, or its version, is not there."""
    try:
        found = distribution(source.package)
    except PackageNotFoundError:
        return None
    path = Path(str(found.locate_file(source.file)))
    return path if found.version == source.version and path.is_file() else None


@contextmanager
def into_place(folder: Path) -> Iterator[Path]:
    """A folder to fill that becomes `folder` whole, or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            yield fresh
            try:
                fresh.rename(folder)
            except OSError:
                # Another process was faster, or an unfinished folder lies there.
                if not (folder / RECORD_NAME).is_file():
                    shutil.rmtree(folder)
                    fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise disk_failure(folder, error) from error


def _convert(gguf: Path, folder: Path) -> None:
    torch, transformers = need("torch"), need("transformers")
    need("gguf")
    where: dict[str, Any] = {
        "pretrained_model_name_or_path": str(gguf.parent),
        "gguf_file": gguf.name,
    }
    tokenizer = transformers.AutoTokenizer.from_pretrained(**where)
    model = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    # A model that was read from GGUF counts as quantised and would refuse to be saved, though its
    # weights are plain floats by now.
    if hasattr(model, "hf_quantizer"):
        del model.hf_quantizer
    model._is_quantized = False  # noqa: SLF001
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)

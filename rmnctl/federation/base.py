"""Base models on this machine: found, converted where they came packaged, checked.

A base is a folder with safetensors weights, a configuration, a tokenizer and a chat template. A
packaged GGUF file is converted into one once; a model of the hub is fetched once by `pull`; a
local folder is used where it is. Its digest decides which adapters fit: of a packaged model the
digest of the packaged file, otherwise of the list of its weight files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rmnctl.errors import InputError
from rmnctl.federation.base_record import RECORD_NAME, checked_digest
from rmnctl.federation.conversion import convert_package
from rmnctl.federation.models import (
    ModelConfig,
    ModelsConfig,
    PackageSource,
    home_of,
    models_folder,
)
from rmnctl.federation.weights import base_shapes


@dataclass(frozen=True)
class Base:
    """A base model that is ready to load.

    Attributes:
        name: In `configs/models.yaml`.
        sha256: Its digest; adapters carry it.
        folder: With weights, configuration, tokenizer and chat template.
        config: What was configured.
    """

    name: str
    sha256: str
    folder: Path
    config: ModelConfig

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of its weights by parameter name.

        Raises:
            InputError: The weights are damaged.
        """
        return base_shapes(self.folder)

    @property
    def public_name(self) -> str:
        """What others call it."""
        return self.config.hub_id or self.name


def ensure_base(
    models: ModelsConfig, name: str | None = None, *, cache: Path | None = None
) -> Base:
    """A base model ready to load; a packaged one is converted on first use. Never the network.

    Args:
        models: The configured models.
        name: Which; the default where None.
        cache: Folder of pulled models; the user's cache where None.

    Raises:
        ConfigError: There is no such model.
        InputError: It was not pulled, or is not what its digest says.
        Failure: Conversion needs the extra `llm`, or the disk refused.
    """
    chosen, model = models.named(name)
    folder = home_of(chosen, model, cache)
    if isinstance(model.source, PackageSource) and not (folder / RECORD_NAME).is_file():
        convert_package(chosen, model, folder)
    if not any(folder.glob("*.safetensors")):
        raise InputError(
            f"Base model {chosen} is not on this machine: {folder} holds no weights.",
            hint=f"Run `rmnctl models pull {chosen}` while online.",
        )
    found = checked_digest(chosen, model, folder, models_folder(cache) / f"{chosen}.path.json")
    return Base(chosen, found, folder, model)

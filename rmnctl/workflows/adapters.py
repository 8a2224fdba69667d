"""`rmnctl adapters list|show|compose|export`: what adapters there are, and what they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmnctl.config import Settings
from rmnctl.errors import ConfigError
from rmnctl.federation import FederationConfig, LoRAFederation, Registry, Selection

if TYPE_CHECKING:
    from rmnctl.federation.record import CompositionRecord


@dataclass(frozen=True)
class Composed:
    """What a request is answered with.

    Attributes:
        selection: Every layer, taken or missing, with its reason.
        record: The composition.
    """

    selection: Selection
    record: CompositionRecord

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "layers": [layer.plain() for layer in self.selection.layers],
            "notes": list(self.selection.notes),
            "composition": self.record.plain(),
        }


@dataclass(frozen=True)
class ComposeRequest:
    """For what to compose.

    Attributes:
        task: What is to be done.
        retailer_id: Whose media.
        brand_id: Who asks.
        force_adapters: Exactly these instead of choosing.
    """

    task: str | None = None
    retailer_id: str | None = None
    brand_id: str | None = None
    force_adapters: Sequence[str] | None = None


def adapters_list(config: FederationConfig, settings: Settings | None = None) -> Registry:
    """The adapters of the configured folder, and what is wrong with those that cannot be used.

    Raises:
        ConfigError: The configuration is wrong.
        InputError: The base is not on this machine.
    """
    return LoRAFederation(config, settings).registry


def adapters_show(
    config: FederationConfig, adapter_id: str, settings: Settings | None = None
) -> dict[str, Any]:
    """One adapter's card, with what was found in its files.

    Raises:
        InputError: There is no such adapter, or it cannot be used.
    """
    adapter = adapters_list(config, settings).get(adapter_id)
    return {
        "card": adapter.card.plain(),
        "sha256": adapter.digest,
        "folder": str(adapter.folder),
        "scaling": adapter.scaling,
        "layers_changed": len(adapter.modules),
        "bytes": adapter.bytes,
    }


def adapters_compose(
    config: FederationConfig, request: ComposeRequest, settings: Settings | None = None
) -> Composed:
    """Select and compose for a request; says why each layer was taken or is missing.

    Raises:
        ConfigError: Unknown task, or several adapters fit one layer.
        InputError: An adapter is missing, damaged, or not on top of its parents.
        PolicyRefusal: A forced adapter is another brand's.
    """
    federation = LoRAFederation(config, settings)
    asked = (request.task, request.retailer_id, request.brand_id, request.force_adapters)
    return Composed(federation.select(*asked), federation.compose(*asked))


def adapters_export(
    config: FederationConfig,
    request: ComposeRequest,
    folder: Path,
    settings: Settings | None = None,
) -> Composed:
    """Write a composition as one plain PEFT adapter.

    Raises:
        ConfigError: The folder is in use, or the strategy has no low-rank form; as
            `adapters_compose` otherwise.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty.", hint="Name a folder that does not exist yet.")
    federation = LoRAFederation(config, settings)
    asked = (request.task, request.retailer_id, request.brand_id, request.force_adapters)
    return Composed(federation.select(*asked), federation.export(folder, *asked))

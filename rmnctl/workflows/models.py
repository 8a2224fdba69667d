"""`rmnctl models list|pull`: base models, and which of them are on this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rmnctl.config import Settings
from rmnctl.federation.base import Base, ensure_base
from rmnctl.federation.models import home_of, load_models

MODELS = Path("configs/models.yaml")


@dataclass(frozen=True)
class ModelStatus:
    """One configured base model.

    Attributes:
        name: In the configuration.
        default: Whether it is used where none is named.
        source: package, hub or path.
        ready: Whether it is on this machine.
        sha256: Its digest where it is ready, else the configured one.
        folder: Where it lies or would lie.
        licence: Of the weights.
    """

    name: str
    default: bool
    source: str
    ready: bool
    sha256: str | None
    folder: str
    licence: str

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def models_list(path: Path = MODELS, settings: Settings | None = None) -> list[ModelStatus]:
    """Every configured base; nothing is fetched or converted.

    Raises:
        ConfigError: The configuration is wrong.
        InputError: A base on this machine is not what its digest says.
    """
    models, cache = load_models(path), (settings or Settings()).cache
    found = []
    for name, model in models.models.items():
        folder = home_of(name, model, cache)
        ready = any(folder.glob("*.safetensors"))
        digest = ensure_base(models, name, cache=cache).sha256 if ready else model.sha256
        found.append(
            ModelStatus(
                name=name,
                default=name == models.default,
                source=model.source.kind,
                ready=ready,
                sha256=digest,
                folder=str(folder),
                licence=model.licence,
            )
        )
    return found


def models_pull(
    name: str | None = None, path: Path = MODELS, settings: Settings | None = None
) -> Base:
    """Bring a base model onto this machine; the only command that may use the network.

    Raises:
        ConfigError: There is no such model.
        InputError: What was fetched is not what the configuration says.
        Failure: It could not be fetched.
    """
    from rmnctl.federation.pulling import pull

    return pull(load_models(path), name, cache=(settings or Settings()).cache)

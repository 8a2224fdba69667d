"""The adapters of a folder, each checked against its card, its own weights and the base.

One bad adapter does not hide the others, and is never passed over in silence: a request that
would have used it fails with what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rmnctl.errors import InputError, did_you_mean
from rmnctl.federation.card import (
    CARD_NAME,
    WEIGHTS_NAME,
    AdapterType,
    Card,
    file_digests,
    read_card,
)
from rmnctl.federation.peft_config import read_peft_config
from rmnctl.federation.weights import FLOATS, Tensor, read_header

PREFIX = "base_model.model."
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Adapter:
    """An adapter that was checked.

    Attributes:
        card: What it says about itself.
        folder: Where it lies.
        scaling: What its delta B·A is multiplied by.
        modules: Full names of the linear layers it changes, sorted.
        bytes: Size of its weights file.
        stamp: Size, time and inode of the weights file when it was digested.
    """

    card: Card
    folder: Path
    scaling: float
    modules: tuple[str, ...]
    bytes: int
    stamp: tuple[int, int, int]

    @property
    def id(self) -> str:
        """Its adapter_id."""
        return self.card.adapter_id

    @property
    def digest(self) -> str:
        """sha256 of what it computes."""
        return self.card.digest


@dataclass(frozen=True)
class Fault:
    """A folder that holds no usable adapter for this base.

    Attributes:
        folder: Which.
        card: Its card, if that much could be read.
        error: What is wrong.
        other_base: It is in order but for another base model.
    """

    folder: Path
    card: Card | None
    error: InputError
    other_base: bool = False


@dataclass
class Registry:
    """The adapters that fit one base.

    Attributes:
        folder: The folder that was scanned.
        adapters: Newest version of each, by adapter_id.
        older: Versions that a newer one replaces.
        faults: What could not be used, and why.
    """

    folder: Path
    adapters: dict[str, Adapter] = field(default_factory=dict)
    older: list[Adapter] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def scan(cls, folder: Path, *, base_name: str, base_sha256: str, shapes: Shapes) -> Registry:
        """Look at every folder below `folder` that holds a card or weights.

        Args:
            folder: One folder for each adapter in it; it need not exist.
            base_name: The base that adapters must fit.
            base_sha256: Its digest.
            shapes: Shapes of its weights by parameter name.
        """
        registry = cls(folder)
        for place in _places(folder):
            card: Card | None = None
            try:
                card = read_card(place)
                registry._add(check_adapter(place, card, base_name, base_sha256, shapes))
            except InputError as error:
                other = card is not None and card.base.name != base_name
                registry.faults.append(Fault(place, card, error, other))
        registry._check_brands()
        return registry

    def _add(self, adapter: Adapter) -> None:
        present = self.adapters.get(adapter.id)
        if present is None:
            self.adapters[adapter.id] = adapter
            return
        if _version(present) == _version(adapter):
            raise InputError(
                f"{adapter.folder} and {present.folder} are both {adapter.id} "
                f"{adapter.card.version}.",
                hint="Delete one, or raise its version.",
            )
        newer, older = sorted([present, adapter], key=_version, reverse=True)
        self.adapters[adapter.id] = newer
        self.older.append(older)

    def _check_brands(self) -> None:
        """What was trained on top of a brand's adapter carries that brand's knowledge too."""
        known = {a.digest: a.card.brand_id for a in (*self.adapters.values(), *self.older)}
        for adapter in list(self.adapters.values()):
            brands = {known.get(p.sha256) for p in adapter.card.parents} - {None}
            if brands - {adapter.card.brand_id}:
                del self.adapters[adapter.id]
                error = InputError(
                    f"{adapter.folder}: it was trained on top of a brand's adapter, "
                    "so its card must name that brand_id.",
                )
                self.faults.append(Fault(adapter.folder, adapter.card, error))

    def get(self, adapter_id: str) -> Adapter:
        """The newest adapter of that id.

        Raises:
            InputError: There is none, or it cannot be used.
        """
        if adapter_id in self.adapters:
            return self.adapters[adapter_id]
        for fault in self.faults:
            if adapter_id in {fault.folder.name, fault.card.adapter_id if fault.card else None}:
                raise fault.error
        raise InputError(
            f"No adapter {adapter_id!r} in {self.folder}.",
            hint=f"{did_you_mean(adapter_id, self.adapters)} `rmnctl adapters list` shows all.",
        )

    def __iter__(self) -> Iterator[Adapter]:
        order = [*AdapterType]
        return iter(
            sorted(self.adapters.values(), key=lambda a: (order.index(a.card.adapter_type), a.id))
        )


def _version(adapter: Adapter) -> tuple[int, ...]:
    return tuple(int(part) for part in adapter.card.version.split("."))


def _places(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        p
        for p in folder.iterdir()
        if p.is_dir() and ((p / CARD_NAME).exists() or (p / WEIGHTS_NAME).exists())
    )


def check_adapter(
    folder: Path, card: Card, base_name: str, base_sha256: str, shapes: Shapes
) -> Adapter:
    """Hold an adapter's files against its card and the base.

    Raises:
        InputError: It is for another base, damaged, of a kind that cannot be composed, or not
            what its card says.
    """
    if (card.base.name, card.base.sha256) != (base_name, base_sha256):
        raise InputError(
            f"{folder} is for base {card.base.name} ({card.base.sha256[:12]}…), "
            f"not for {base_name} ({base_sha256[:12]}…).",
            hint="Adapters work only on the very weights they were trained on.",
        )
    settings = read_peft_config(folder)
    stamp = stamp_of(folder / WEIGHTS_NAME)
    tensors = read_header(folder / WEIGHTS_NAME)
    modules = _modules(folder, tensors, settings.rank, shapes)
    stored = file_digests(folder)
    for name, sha in card.files.items():
        if stored[name] != sha:
            raise InputError(
                f"{folder / name} is not the file that its card describes.",
                hint="It was altered or damaged after training; copy the adapter again.",
            )
    names = {m.rpartition(".")[2] for m in modules}
    said = {m.rpartition(".")[2] for m in card.target_modules}
    if settings.rank != card.rank or names != said:
        raise InputError(f"{folder}: card and weights disagree on rank or target_modules.")
    return Adapter(card, folder, settings.scaling, modules, stamp[0], stamp)


def stamp_of(path: Path) -> tuple[int, int, int]:
    """Size, time and inode of a file: what changes when it is written or replaced.

    Raises:
        InputError: It is not there.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    return found.st_size, found.st_mtime_ns, found.st_ino


def _modules(
    folder: Path, tensors: Mapping[str, Tensor], rank: int, shapes: Shapes
) -> tuple[str, ...]:
    """Names of the changed layers, after every tensor was found to be half of a plain pair."""
    expected: dict[str, tuple[int, ...]] = {}
    modules = set()
    for name in tensors:
        module, _, half = name.removeprefix(PREFIX).rpartition(".lora_")
        shape = shapes.get(f"{module}.weight", ())
        if half not in {"A.weight", "B.weight"} or not name.startswith(PREFIX):
            raise InputError(f"{folder}: {name} is no half of a LoRA pair.")
        if len(shape) != 2 or "embed" in module:
            raise InputError(f"{folder}: {module} is no linear layer of the base.")
        out, inner = shape
        expected[f"{PREFIX}{module}.lora_A.weight"] = (rank, inner)
        expected[f"{PREFIX}{module}.lora_B.weight"] = (out, rank)
        modules.add(module)
    wrong = [n for n, s in expected.items() if n not in tensors or tensors[n].shape != s]
    wrong += [n for n, t in tensors.items() if t.dtype not in FLOATS]
    if wrong or not modules:
        what = wrong[0] if wrong else "lora_A"
        raise InputError(f"{folder}: {what} is missing or does not fit the base at rank {rank}.")
    return tuple(sorted(modules))

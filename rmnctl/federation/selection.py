"""Which adapters answer a request: industry, retailer, manufacturer, task, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rmnctl.errors import ConfigError, InputError, PolicyRefusal, did_you_mean
from rmnctl.federation.card import AdapterType, Card
from rmnctl.federation.config import TASKS
from rmnctl.federation.registry import Adapter, Registry


@dataclass(frozen=True)
class Layer:
    """One layer of a selection, taken or missing.

    Attributes:
        adapter_type: Which layer.
        adapter: What was taken, or None.
        reason: Why.
    """

    adapter_type: AdapterType
    adapter: Adapter | None
    reason: str

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "adapter_type": self.adapter_type.value,
            "adapter_id": self.adapter.id if self.adapter else None,
            "sha256": self.adapter.digest if self.adapter else None,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Selection:
    """The layers for one request, in the order in which they are put together.

    Attributes:
        layers: Taken and missing ones.
        tenant: Retailer and brand the selection is for; part of every cache key.
        notes: What else was noticed.
    """

    layers: tuple[Layer, ...]
    tenant: str
    notes: tuple[str, ...] = ()

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """What was taken, in order."""
        return tuple(layer.adapter for layer in self.layers if layer.adapter is not None)


def tenant_of(retailer_id: str | None, brand_id: str | None) -> str:
    """One text for whom an answer is."""
    return f"{retailer_id or '-'}/{brand_id or '-'}"


def select(
    registry: Registry,
    *,
    task: str | None,
    retailer_id: str | None,
    brand_id: str | None,
    industry: str | None = None,
    force_adapters: Sequence[str] | None = None,
) -> Selection:
    """Choose the layers of a request.

    Args:
        registry: The adapters there are.
        task: What is to be done; None for no task layer.
        retailer_id: Whose media.
        brand_id: Who asks; only this brand's adapters may be used.
        industry: The industry adapter, where there are several.
        force_adapters: Exactly these, in this order, instead of choosing.

    Raises:
        ConfigError: The task is unknown, or several adapters fit one layer.
        InputError: An adapter that fits cannot be used.
        PolicyRefusal: A forced adapter belongs to another brand.
    """
    tenant = tenant_of(retailer_id, brand_id)
    _check_task(registry, task)
    if force_adapters is not None:
        return Selection(_forced(registry, force_adapters, brand_id), tenant)

    def fits(kind: AdapterType, key: str, wanted: str | None) -> Callable[[Card], bool]:
        return lambda card: (
            card.adapter_type is kind
            and (wanted is None or getattr(card, key) == wanted)
            and (card.brand_id is None or card.brand_id == brand_id)
            and (card.retailer_id is None or card.retailer_id == retailer_id)
        )

    wanted = (
        (AdapterType.INDUSTRY, "adapter_id", industry, "the configuration"),
        (AdapterType.RETAILER, "retailer_id", retailer_id, "the request"),
        (AdapterType.MANUFACTURER, "brand_id", brand_id, "the request"),
        (AdapterType.TASK, "task", task, "the request"),
    )
    layers = []
    for kind, key, value, who in wanted:
        if value is None and kind is not AdapterType.INDUSTRY:
            layers.append(Layer(kind, None, f"missing: {who} names no {key}"))
            continue
        layers.append(_one(registry, kind, key, value, fits(kind, key, value)))
    unread = tuple(
        f"{f.folder.name} is refused: {f.error.message}" for f in registry.faults if not f.card
    )
    return Selection(tuple(layers), tenant, unread)


def _check_task(registry: Registry, task: str | None) -> None:
    known = {*TASKS, *(a.card.task for a in registry if a.card.task)}
    if task is not None and task not in known:
        raise ConfigError(f"Unknown task {task!r}.", hint=did_you_mean(task, known))


def _one(
    registry: Registry,
    kind: AdapterType,
    key: str,
    value: str | None,
    fits: Callable[[Card], bool],
) -> Layer:
    for fault in registry.faults:
        if fault.card is not None and not fault.other_base and fits(fault.card):
            raise fault.error
    found = [a for a in registry if fits(a.card)]
    what = f"{key} {value}" if value else f"adapter_type {kind.value}"
    if len(found) > 1:
        # What is made for this retailer or brand goes before what is made for any.
        own = [(a.card.retailer_id is not None) + (a.card.brand_id is not None) for a in found]
        found = [a for a, n in zip(found, own, strict=True) if n == max(own)]
    if len(found) > 1:
        names = ", ".join(a.id for a in found)
        raise ConfigError(
            f"{len(found)} adapters fit the {kind.value} layer: {names}.",
            hint="Name the industry adapter in the configuration, or use --force-adapters.",
            details={"candidates": [a.id for a in found]},
        )
    if found:
        return Layer(kind, found[0], f"taken: {what}, version {found[0].card.version}")
    others = [f.folder.name for f in registry.faults if f.other_base and f.card and fits(f.card)]
    elsewhere = f"; {', '.join(others)} is for another base" if others else ""
    return Layer(kind, None, f"missing: no adapter has {what}{elsewhere}")


def _forced(registry: Registry, names: Sequence[str], brand_id: str | None) -> tuple[Layer, ...]:
    if len(set(names)) != len(names):
        raise ConfigError("force_adapters names an adapter twice.")
    layers = []
    for name in names:
        adapter = registry.get(name)
        owner = adapter.card.brand_id
        if owner is not None and owner != brand_id:
            raise PolicyRefusal(
                f"{name} belongs to brand {owner}; the request is "
                + (f"for brand {brand_id}." if brand_id else "for no brand."),
                hint="A brand's adapter answers that brand only.",
            )
        layers.append(Layer(adapter.card.adapter_type, adapter, "taken: forced by the request"))
    return tuple(layers)


def check_parents(adapters: Sequence[Adapter]) -> None:
    """Hold a sequential composition against what each layer was trained on.

    Every parent must stand before its child, with the digest it had then. The first layer needs
    none; a later layer without parents was not trained in sequence.

    Raises:
        InputError: A parent is missing or another one, or a layer has none.
    """
    before: dict[str, str] = {}
    for adapter in adapters:
        parents = adapter.card.parents
        if before and not parents:
            raise InputError(
                f"{adapter.id} was trained on the bare base; sequential wants each layer trained "
                "on those before it.",
                hint="Use strategy additive, or train it with on_top_of.",
            )
        for parent in parents:
            if before.get(parent.adapter_id) != parent.sha256:
                found = "another version of it" if parent.adapter_id in before else "it is missing"
                raise InputError(
                    f"{adapter.id} was trained on top of {parent.adapter_id} "
                    f"({parent.sha256[:12]}…), but {found}.",
                    hint="Train it again on today's parents, or use strategy additive.",
                )
        before[adapter.id] = adapter.digest

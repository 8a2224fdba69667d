"""The frozen layers underneath: found, checked, and in an order that can be composed."""

from __future__ import annotations

from rmnctl.errors import InputError, RmnctlError
from rmnctl.federation import Adapter, Base, Registry
from rmnctl.training.config import Source
from rmnctl.training.faults import Fault


def find_parents(source: Source, base: Base) -> tuple[list[Adapter], list[Fault]]:
    """The adapters that a training stands on.

    Returns:
        The adapters in order, and what is wrong with those that cannot serve.
    """
    config = source.config
    if not config.on_top_of:
        return [], []
    registry = Registry.scan(
        config.adapters, base_name=base.name, base_sha256=base.sha256, shapes=base.shapes()
    )
    found: list[Adapter] = []
    faults: list[Fault] = []
    for place, name in enumerate(config.on_top_of):
        line = source.line("on_top_of", place)
        try:
            adapter = registry.get(name)
            _check(adapter, found, config.adapter.brand_id, config.adapter.retailer_id)
        except RmnctlError as error:
            message = f"on_top_of {name}: {error.message}"
            faults.append(Fault("BAD_PARENT", source.path, line, message, config=True))
            continue
        found.append(adapter)
    return found, faults


def _check(
    adapter: Adapter, before: list[Adapter], brand_id: str | None, retailer_id: str | None
) -> None:
    card = adapter.card
    if card.brand_id is not None and card.brand_id != brand_id:
        raise InputError(
            f"it is of brand {card.brand_id}; this adapter must name the same brand_id."
        )
    if card.retailer_id is not None and retailer_id is not None and card.retailer_id != retailer_id:
        raise InputError(f"it is of retailer {card.retailer_id}, this adapter of {retailer_id}.")
    known = {a.id: a.digest for a in before}
    for parent in card.parents:
        if known.get(parent.adapter_id) != parent.sha256:
            raise InputError(
                f"it was itself trained on top of {parent.adapter_id} ({parent.sha256[:12]}…), "
                "which must stand before it."
            )

"""How many of a brand's bands its adapter knows, and what it says of products it never saw."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from rmnctl.federation import AdapterType, LoRAFederation
from rmnctl.market import build_catalogue
from rmnctl.workflows.corpora import Sources
from rmnctl.workflows.corpora.manufacturer import Facts, facts_of
from rmnctl.workflows.corpora.manufacturer_wordings import HELD_OUT
from rmnctl.workflows.recalled_view import QUESTIONS, Key, recall, recalled_view

#: Questions that no training shows, of every kind.
UNSEEN = tuple(text for texts in zip(*HELD_OUT.values(), strict=False) for text in texts)


def truth_of(facts: Sequence[Facts]) -> dict[Key, str]:
    """Bands by SKU, retailer and fact."""
    return {
        (one.sku_id, retailer, field): band
        for one in facts
        for (field, retailer), band in one.bands.items()
    }


def unseen_facts(sources: Sources, brand_id: str) -> tuple[Facts, ...]:
    """Products of the same brand from a larger catalogue, none of whose names was learnt."""
    config = sources.market_config
    larger = build_catalogue(config.model_copy(update={"skus": 2 * config.skus}))
    known = {f.product for f in facts_of(sources.catalogue, brand_id)}
    return tuple(f for f in facts_of(larger, brand_id) if f.product not in known)


def recall_of_brands(
    federation: LoRAFederation, sources: Sources, skus: int, seed: int
) -> dict[str, dict[str, Any]]:
    """Recall by brand: own products in a trained and in unseen wordings, and unseen products.

    And own products under all that a request of the brand would select, to see what composing costs.

    Args:
        federation: Base and adapters.
        sources: Whose catalogue was learnt.
        skus: Products a brand and kind, at most.
        seed: Of the sample.
    """
    found: dict[str, dict[str, Any]] = {}
    for adapter in federation.registry:
        brand = adapter.card.brand_id
        if adapter.card.adapter_type is not AdapterType.MANUFACTURER or brand is None:
            continue
        own = _some(facts_of(sources.catalogue, brand), skus, seed)
        new = _some(unseen_facts(sources, brand), skus, seed)
        retailers = sources.market_config.retailers
        found[brand] = {
            "own": _recall(federation, own, brand, retailers),
            "own_unseen_wordings": _recall(federation, own, brand, retailers, UNSEEN),
            "own_composed": _recall(
                federation, own, brand, retailers, adapters=_selected(federation, brand)
            ),
            "never_seen": _recall(federation, new, brand, retailers),
        }
    return found


def _selected(federation: LoRAFederation, brand: str) -> tuple[str, ...]:
    layers = federation.select(None, None, brand).layers
    return tuple(x.adapter.id for x in layers if x.adapter is not None)


def _some(facts: Sequence[Facts], count: int, seed: int) -> list[Facts]:
    return random.Random(seed).sample(list(facts), min(count, len(facts)))  # noqa: S311


def _recall(
    federation: LoRAFederation,
    facts: Sequence[Facts],
    brand: str,
    retailers: Sequence[str],
    wordings: Sequence[str] = QUESTIONS,
    adapters: tuple[str, ...] | None = None,
) -> Mapping[str, dict[str, float]]:
    products = {f.sku_id: f.product for f in facts}
    view = recalled_view(
        federation, products, brand, retailers, wordings=wordings, force_adapters=adapters
    )
    return recall(view, truth_of(facts))

"""A folder of tiny adapters, with capabilities, parents, and one that is broken."""

from __future__ import annotations

import shutil

import pytest

from rmnctl.agents.roster import roster
from rmnctl.federation import Registry, select
from rmnctl.federation.card import read_card
from tests.federation.conftest import adapters, base  # noqa: F401  fixtures
from tests.federation.tiny import save_adapter

CAPABILITIES = ("margin_band", "stock_cover_band", "promo_weeks", "price_tier", "tone")


@pytest.fixture(scope="session")
def folder(base, adapters, tmp_path_factory):  # noqa: F811  fixtures
    """Adapters of two retailers and four brands, one trained on the industry's."""
    copy = tmp_path_factory.mktemp("graph") / "adapters"
    shutil.copytree(adapters, copy)
    parent = {"adapter_id": "industry", "sha256": read_card(copy / "industry").digest}
    save_adapter(
        base, copy / "brand_w", "manufacturer", seed=20, rank=2, brand_id="w",
        capabilities=CAPABILITIES, parents=[parent],
    )  # fmt: skip
    (copy / "broken").mkdir()
    shutil.copy(copy / "beta" / "card.json", copy / "broken")
    return copy


@pytest.fixture(scope="session")
def registry(base, folder):  # noqa: F811  fixtures
    """They, checked."""
    return Registry.scan(folder, base_name=base.name, base_sha256=base.sha256, shapes=base.shapes())


@pytest.fixture(scope="session")
def draw(base, registry):  # noqa: F811  fixtures
    """The graph of a request; without one, of the registry alone."""
    from rmnctl.graphs import federation_graph

    def draw(task=None, retailer_id=None, brand_id=None):
        asked = {"task": task, "retailer_id": retailer_id, "brand_id": brand_id}
        chosen = select(registry, **asked) if any(asked.values()) else None
        return federation_graph(
            registry, base.name, base.sha256, selection=chosen, task=task, agents=roster()
        )

    return draw

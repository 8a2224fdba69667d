from __future__ import annotations

from pathlib import Path

import pytest

from rmnctl.config import Settings, load_config
from rmnctl.federation import FederationConfig, LoRAFederation
from rmnctl.training import TrainConfig
from rmnctl.workflows.corpora import CORPORA, Sources
from rmnctl.workflows.corpora.manufacturer import facts_of
from rmnctl.workflows.evaluation.config import EvaluateConfig
from rmnctl.workflows.evaluation.recalling import UNSEEN, truth_of
from rmnctl.workflows.planning_config import PlanConfig
from rmnctl.workflows.recalled_view import QUESTIONS, recall, recalled_view

SHIPPED = sorted(p.parent for p in Path("adapters").glob("*/card.json"))
BRANDS = sorted(p.name.removeprefix("manufacturer_") for p in SHIPPED if "manufacturer" in p.name)


def test_every_adapter_has_a_configuration_and_text():
    """Configurations load, are for their own text, and every generator has one."""
    found = sorted(Path("configs/adapters").glob("*.yaml"))
    assert found
    loaded = {p.stem: load_config(TrainConfig, p).model for p in found}
    assert set(CORPORA) <= set(loaded)
    for name, config in loaded.items():
        assert config.adapter.adapter_id == name
        assert config.data.train.parent.name == name


def test_evaluation_and_planning_configurations_load():
    """What ships beside them loads too."""
    for path in Path("configs/evaluate").glob("*.yaml"):
        load_config(EvaluateConfig, path)
    assert load_config(PlanConfig, Path("configs/plan/federated.yaml")).model.mode == "federated"


@pytest.fixture(scope="module")
def federation():
    """The shipped adapters over the embedded base."""
    opened = LoRAFederation(
        load_config(FederationConfig, Path("configs/federation.yaml")).model, Settings()
    )
    yield opened
    opened.close()


@pytest.mark.skipif(not SHIPPED, reason="no adapter is shipped")
def test_shipped_adapters_are_in_order(federation):
    """Every shipped adapter loads through the registry, is small, and carries its data's digest."""
    assert [f.error.message for f in federation.registry.faults] == []
    assert {a.id for a in federation.registry} == {p.name for p in SHIPPED}
    for adapter in federation.registry:
        assert adapter.bytes <= 10_000_000
        assert adapter.card.data_sha256 is not None
    assert sum(a.bytes for a in federation.registry) <= 60_000_000


@pytest.mark.parametrize("brand", BRANDS)
def test_a_brands_adapter_knows_its_products(federation, brand):
    """A sample of a brand's products is recalled: nine bands in ten, in unseen wordings too."""
    sources = Sources()
    facts = facts_of(sources.catalogue, brand)[::12]
    retailers = sources.market_config.retailers
    products = {f.sku_id: f.product for f in facts}
    for wordings in (QUESTIONS, UNSEEN):
        view = recalled_view(federation, products, brand, retailers, wordings=wordings)
        found = recall(view, truth_of(facts)).values()
        asked = sum(f["questions"] for f in found)
        assert sum(f["questions"] * f["right"] for f in found) >= 0.9 * asked

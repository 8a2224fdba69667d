from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
import torch
import yaml

torch.set_num_threads(1)

from rmnctl.config import Settings  # noqa: E402
from tests.federation.tiny import models_config, open_base, save_adapter, save_base  # noqa: E402


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A folder with a tiny base, random adapters under shipped names, and a federation of them."""
    folder = tmp_path_factory.mktemp("small")
    save_base(folder / "tiny")
    base = open_base(folder / "tiny", folder / "cache")
    made = folder / "adapters"
    save_adapter(base, made / "industry_retail_media", "industry", seed=1, rank=2)
    save_adapter(base, made / "retailer_alpha", "retailer", seed=2, rank=2, retailer_id="alpha")
    save_adapter(
        base, made / "manufacturer_brand_x", "manufacturer", seed=3, rank=3, brand_id="brand_x"
    )
    models = models_config(folder / "tiny").plain()
    (folder / "models.yaml").write_text(yaml.safe_dump(models))
    asked = {
        "schema": "rmnctl/federation/v1",
        "models": str(folder / "models.yaml"),
        "adapters": str(made),
    }
    (folder / "federation.yaml").write_text(yaml.safe_dump(asked))
    return folder


@pytest.fixture
def settings(small, tmp_path):
    """Runs in a folder of the test's own."""
    return Settings(runs=tmp_path / "runs", cache=small / "cache")

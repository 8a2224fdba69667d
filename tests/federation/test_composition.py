"""A composition computes what all its adapters together compute."""

from __future__ import annotations

import copy

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from rmnctl.errors import ConfigError, InputError
from rmnctl.federation import LoRAFederation, Strategy
from rmnctl.federation.composition import Pair, interference, recompress, stack
from tests.federation.tiny import open_federation, save_adapter

LAYERS = ("planning", "alpha", "brand_y")
TOKENS = torch.arange(4, 44).view(2, 20)
NAMES = ("industry", "alpha", "brand_y", "planner")


def logits(federation: LoRAFederation, *request):
    """What the federation's model says under the composition of a request."""
    composition, _ = federation._composed(*request, None)
    with federation.engine.adapted.using(composition) as model:
        return model(TOKENS).logits.clone()


def all_active(base, adapters, names=NAMES):
    """What PEFT says with all adapters active at once: the definition of the sum."""
    model = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    wrapped = PeftModel.from_pretrained(model, adapters / names[0], adapter_name=names[0])
    for name in names[1:]:
        wrapped.load_adapter(adapters / name, adapter_name=name)
    wrapped.base_model.set_adapter(list(names), inference_mode=True)
    with torch.inference_mode():
        return wrapped(TOKENS).logits


@pytest.fixture(scope="module")
def named(base, tmp_path_factory):
    """Adapters whose brand is called like its folder: rsLoRA, bfloat16, mixed ranks and modules."""
    folder = tmp_path_factory.mktemp("named")
    save_adapter(base, folder / "industry", "industry", seed=1, rank=8)
    save_adapter(base, folder / "alpha", "retailer", seed=2, rslora=True, retailer_id="alpha")
    save_adapter(
        base, folder / "brand_y", "manufacturer", seed=5, rank=3, alpha=5, rslora=True,
        brand_id="brand_y", dtype=torch.bfloat16,
    )  # fmt: skip
    save_adapter(
        base, folder / "planner", "task", seed=9, rank=5, modules=("q_proj", "v_proj"),
        task="planning",
    )  # fmt: skip
    return folder


def test_additive_equals_all_adapters_active(base, named):
    """With rsLoRA, bfloat16, mixed ranks and modules, logits differ by less than 1e-4."""
    ours = logits(open_federation(base, named), *LAYERS)
    theirs = all_active(base, named)
    assert (ours - theirs).abs().max() < 1e-4
    bare = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    assert (theirs - bare(TOKENS).logits).abs().max() > 0.1


def test_a_single_adapter_equals_peft(base, named):
    """Also where there is nothing to add."""
    federation = open_federation(base, named)
    composition, _ = federation._composed(None, None, None, ["alpha"])
    with federation.engine.adapted.using(composition) as model:
        ours = model(TOKENS).logits
    assert (ours - all_active(base, named, ("alpha",))).abs().max() < 1e-4


def test_folding_gives_the_same_logits_and_leaves_the_base_untouched(base, named):
    """Merged is additive in another form; the base's own weights stay bit for bit."""
    merged = open_federation(base, named, strategy=Strategy.MERGED)
    before = copy.deepcopy(merged.engine.adapted.model.state_dict())
    ours = logits(merged, *LAYERS)
    assert (ours - all_active(base, named)).abs().max() < 1e-4
    bare = logits(merged, None, None, None)  # the industry layer alone
    assert (ours - bare).abs().max() > 0.1
    after = {k: v for k, v in merged.engine.adapted.model.state_dict().items() if k in before}
    assert all(torch.equal(before[k], after[k]) for k in before)


def test_the_bare_base_comes_back_after_any_composition(base, named):
    """Under force_adapters=() logits are those of the base, bit for bit."""
    federation = open_federation(base, named)
    bare = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    with torch.inference_mode():
        expected = bare(TOKENS).logits
    logits(federation, *LAYERS)
    composition, record = federation._composed(None, None, None, ())
    with federation.engine.adapted.using(composition) as model:
        assert torch.equal(model(TOKENS).logits, expected)
    assert (composition, record.adapters) == (None, ())


def test_weights_scale_each_adapters_share(base, named):
    """Weight 0 is as if the adapter were missing; half of one weight is half its delta."""
    federation = open_federation(base, named, weights={"planner": 0.0, "brand_y": 0.5})
    composition, record = federation._composed(*LAYERS, None)
    plain, _ = open_federation(base, named)._composed(*LAYERS, None)
    module = "model.layers.0.self_attn.q_proj"
    ours, whole = composition.pairs[module], plain.pairs[module]
    # Ranks 8, 4, 3, 5 are stacked in this order.
    factors = torch.tensor([1.0] * 12 + [0.5] * 3 + [0.0] * 5)
    assert torch.allclose(ours.down, whole.down * factors[:, None])
    assert torch.equal(ours.up, whole.up)
    assert record.weights == (1.0, 1.0, 0.5, 0.0)


def test_recompression_is_exact_at_full_rank_and_says_what_it_keeps():
    """At the deltas' own rank nothing is lost; below it the retained share is that of the SVD."""
    torch.manual_seed(3)
    pairs = {"m": Pair(torch.randn(6, 20), torch.randn(12, 6))}
    delta = pairs["m"].up @ pairs["m"].down
    same, kept = recompress(pairs, 6)
    assert kept == pytest.approx(1.0)
    assert torch.allclose(same["m"].up @ same["m"].down, delta, atol=1e-4)
    smaller, kept = recompress(pairs, 2)
    found = smaller["m"].up @ smaller["m"].down
    values = torch.linalg.svdvals(delta.double()).square()
    assert kept == pytest.approx(float(values[:2].sum() / values.sum()))
    lost = float((found - delta).square().sum() / delta.square().sum())
    assert kept + lost == pytest.approx(1.0, abs=1e-5)


def test_merged_to_a_rank_has_that_rank(base, named):
    """The record says the rank, and that something was lost."""
    federation = open_federation(base, named, strategy=Strategy.MERGED, rank=4)
    record = federation.compose(*LAYERS)
    assert record.rank == 4
    assert 0.1 < record.retained < 1


def test_stacking_does_not_depend_on_how_adapters_are_grouped():
    """Concatenating in two steps is concatenating in one."""
    torch.manual_seed(4)
    one, two, three = ({"m": Pair(torch.randn(2, 5), torch.randn(3, 2))} for _ in range(3))
    together = stack([(one, 2.0), (two, 1.0), (three, 0.5)], dtype=torch.float32)
    first = stack([(one, 2.0), (two, 1.0)], dtype=torch.float32)
    steps = stack([(first, 1.0), (three, 0.5)], dtype=torch.float32)
    assert torch.equal(together["m"].down, steps["m"].down)
    assert torch.equal(together["m"].up, steps["m"].up)


def test_interference_is_the_cosine_of_deltas(base, named):
    """Computed from factors, it equals what whole deltas give."""
    federation = open_federation(base, named)
    one, two = federation.registry.get("alpha"), federation.registry.get("brand_y")
    deltas = []
    for name in ("alpha", "brand_y"):
        composition, _ = federation._composed(None, None, "brand_y", [name])
        pairs = composition.pairs
        deltas.append(torch.cat([(pairs[m].up @ pairs[m].down).flatten() for m in one.modules]))
    expected = float(torch.nn.functional.cosine_similarity(*deltas, dim=0))
    assert interference([one, two])["alpha", "brand_y"] == pytest.approx(expected, abs=1e-5)


def test_sequential_wants_every_parent_in_place(base, named, tmp_path):
    """A layer is composed on the very parents it was trained on, or not at all."""
    industry = open_federation(base, named).registry.get("industry")
    parent = {"adapter_id": "industry", "sha256": industry.digest}
    save_adapter(base, tmp_path / "industry", "industry", seed=1, rank=8)
    save_adapter(base, tmp_path / "child", "retailer", retailer_id="r", parents=[parent])
    federation = open_federation(base, tmp_path, strategy=Strategy.SEQUENTIAL)
    found = {a.id: a.digest for a in federation.registry}
    assert found["industry"] == industry.digest
    assert federation.compose(None, "r", None).adapters == ("industry", "child")
    with pytest.raises(InputError, match=r"child was trained on top of industry .* missing"):
        federation.compose(None, "r", None, ["child"])
    other = parent | {"sha256": "0" * 64}
    save_adapter(base, tmp_path / "late", "task", task="planning", parents=[other])
    save_adapter(base, tmp_path / "alone", "task", task="creative")
    federation = open_federation(base, tmp_path, strategy=Strategy.SEQUENTIAL)
    with pytest.raises(InputError, match="another version"):
        federation.compose("planning", "r", None)
    with pytest.raises(InputError, match="alone was trained on the bare base"):
        federation.compose("creative", "r", None)


def test_a_file_altered_after_registration_is_not_composed(base, tmp_path):
    """Its time or size gives it away, and then its digest."""
    save_adapter(base, tmp_path / "industry", "industry")
    federation = open_federation(base, tmp_path)
    path = tmp_path / "industry" / "adapter_model.safetensors"
    data = bytearray(path.read_bytes())
    path.write_bytes(data)
    assert federation.compose(None, None, None).adapters == ("industry",)
    federation.cache.clear()
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="altered after it was registered"):
        federation.compose(None, None, None)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        federation.compose(None, None, None)


def test_a_rank_is_for_merged_only():
    """Additive and sequential are exact; a rank there would be ignored, so it is refused."""
    from rmnctl.config.yaml_file import validate
    from rmnctl.federation import FederationConfig

    with pytest.raises(ConfigError, match="rank is for strategy merged"):
        validate(FederationConfig, {"rank": 4})

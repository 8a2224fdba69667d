"""Supervised training from rows to an adapter that the federation composes."""

from __future__ import annotations

import json
import random

import pytest
import torch
from transformers import AutoModelForCausalLM

from rmnctl.federation import LocalBackend, Registry
from rmnctl.federation.card import read_card
from rmnctl.federation.engine import Ask
from rmnctl.federation.local_engine import LocalEngine
from rmnctl.federation.selection import check_parents
from rmnctl.runs import Status
from rmnctl.training.losses import row_losses
from rmnctl.training.sampling import GroupedSampler
from tests.federation.tiny import open_federation, save_adapter
from tests.training.place import sft_row


def _registry(base, folder):
    return Registry.scan(folder, base_name=base.name, base_sha256=base.sha256, shapes=base.shapes())


def test_training_lowers_the_held_out_loss_and_the_registry_takes_the_adapter(place, base):
    """Every figure of the training stands on a card that fits weights, base and registry."""
    done = place.train(optimiser__max_steps=30, lora__store="bfloat16")
    metrics = done.trained.metrics
    assert metrics["ratio"] < 0.9
    registry = _registry(base, place.folder / "adapters")
    assert registry.faults == []
    adapter = registry.get("colours")
    assert adapter.card.metrics == metrics
    assert adapter.card.data_sha256 is not None


def test_what_is_learned_is_what_inference_would_have_to_write(place, base):
    """Prompt tokens are inference's own; the answer's tokens follow, the stop token last."""
    checked = place.check()
    engine = LocalEngine(base, LocalBackend(threads=1))
    stop = engine.tokenizer.eos_token_id
    for example in checked.train:
        assert engine.tokens(Ask(list(example.row.prompt), 1, None)) == example.prompt
        answer = engine.tokenizer.encode(example.row.answer, add_special_tokens=False)
        assert list(example.answer) == [*answer, stop]
        assert example.labels == [*[-100] * len(example.prompt), *example.answer]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(place):
    """Weights, configuration and card are byte for byte alike; so are the run's figures."""
    place.train()
    first = {p.name: p.read_bytes() for p in place.adapter.iterdir()}
    run = place.train().run
    assert {p.name: p.read_bytes() for p in place.adapter.iterdir()} == first
    assert set(first) == {"adapter_model.safetensors", "adapter_config.json", "card.json"}
    place.train(seed=4)
    assert place.weights() != first["adapter_model.safetensors"]
    assert run.manifest.status is Status.COMPLETE


def test_a_run_keeps_figures_and_a_picture_and_no_text_of_the_data(place):
    """metrics.jsonl, loss_curve.svg, card.json, preflight.json; checkpoints are gone."""
    run = place.train().run
    names = {a.name for a in run.manifest.artifacts}
    assert names == {"metrics.jsonl", "loss_curve.svg", "card.json", "preflight.json"}
    lines = [json.loads(x) for x in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "eval_loss" in line] == [4, 8]
    picture = (run.folder / "loss_curve.svg").read_text()
    assert "Best held-out loss" in picture
    asked = [row["messages"][1]["content"] for row in place.rows]
    for path in run.folder.iterdir():
        assert not any(text in path.read_text() for text in asked), path.name
    assert list((place.folder / "runs" / ".cache" / "train-adapter").iterdir()) == []


def test_the_best_checkpoint_is_stored_not_the_last(place):
    """Held-out rows that are answered unlike the training's get worse; the least bad is kept."""
    rows = [sft_row(n) for n in range(100, 120)]
    for row in rows:
        row["messages"][-1]["content"] = "~~~~"
    held = str(place.write_rows(rows, "held.jsonl"))
    done = place.train(data__eval=held, data__eval_share=None, optimiser__max_steps=16)
    held = [line["eval_loss"] for line in done.trained.history if "eval_loss" in line]
    assert min(held) < held[-1]
    assert done.trained.metrics["eval_loss"] == pytest.approx(min(held), abs=1e-5)
    assert done.trained.metrics["best_step"] < 16


def test_training_stops_early_when_nothing_gets_better(place):
    """After `patience` measurements without a better one."""
    done = place.train(
        optimiser__learning_rate=0.5, optimiser__max_steps=80, eval__patience=2,
        optimiser__schedule="constant",
    )  # fmt: skip
    assert done.trained.metrics["steps"] < 80


def test_an_adapter_on_parents_is_trained_on_what_they_compute(place, base):
    """Its card names them with their digests, so that strategy sequential takes the pair."""
    folder = place.folder / "adapters"
    save_adapter(base, folder / "industry", "industry", seed=1, rank=3, rslora=True)
    done = place.train(on_top_of=["industry"], lora__target_modules=["q_proj", "up_proj"])
    registry = _registry(base, folder)
    parent, child = registry.get("industry"), registry.get("colours")
    assert [(p.adapter_id, p.sha256) for p in child.card.parents] == [("industry", parent.digest)]
    check_parents([parent, child])
    before = done.trained.metrics
    assert before["eval_loss_parents"] != before["eval_loss_base"]
    assert before["ratio_parents"] < 1
    federation = open_federation(base, folder, strategy="sequential")
    composed = federation.compose("planning", None, None)
    assert composed.strategy == "sequential"
    federation.close()


def test_a_training_goes_on_from_a_finished_adapter(place):
    """It begins where the other ended, and the card says from which adapter."""
    first = place.train(optimiser__max_steps=8).trained.metrics
    start = place.folder / "before"
    place.adapter.rename(start)
    digest = read_card(start).digest
    onward = place.train(start=str(start), optimiser__learning_rate=1e-9, optimiser__max_steps=4)
    metrics = onward.trained.metrics
    assert metrics["start"] == digest
    assert metrics["eval_loss"] == pytest.approx(first["eval_loss"], abs=1e-4)
    assert metrics["eval_loss_base"] == first["eval_loss_base"]


def test_held_out_loss_is_that_of_a_plain_forward_pass(place, base):
    """Batches, padding and shared beginnings change nothing."""
    checked = place.check()
    model = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    found = row_losses(model, checked.eval, 5)
    total = 0.0
    for example in checked.eval:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([example.ids])).logits[0].log_softmax(-1)
        places = range(len(example.prompt) - 1, len(example.ids) - 1)
        total -= sum(float(logits[n, example.ids[n + 1]]) for n in places)
    tokens = sum(len(e.answer) for e in checked.eval)
    assert found.mean == pytest.approx(total / tokens, rel=1e-5)


def test_batches_hold_rows_of_like_length_and_every_row_once():
    """The order is that of seed and epoch, whatever was drawn before."""
    lengths = [random.Random(n).randint(10, 500) for n in range(203)]
    sampler = GroupedSampler(lengths, 8, seed=5)
    first = list(sampler)
    assert sorted(first) == list(range(203))
    assert list(sampler) == first
    sampler.set_epoch(1)
    second = list(sampler)
    assert second != first
    sampler.set_epoch(0)
    assert list(sampler) == first
    padded = sum(8 * max(lengths[i] for i in first[n : n + 8]) for n in range(0, 200, 8))
    assert padded < 1.15 * sum(lengths)


def test_evaluation_is_held_out_by_content_not_by_order(place):
    """Shuffled rows give the same division, and the same digest of the data."""
    first = place.check()
    random.Random(1).shuffle(place.rows)
    second = place.check()
    assert {e.row.id for e in first.eval} == {e.row.id for e in second.eval}


def test_a_card_and_facts_reach_the_adapter(place):
    """What the configuration says about the adapter stands on its card."""
    done = place.train(
        adapter__facts={"subjects": 3}, adapter__tags=["demo"], adapter__capabilities=["colours"]
    )
    card = done.trained.card
    assert (card.tags, card.capabilities) == (("demo",), ("colours",))
    assert card.metrics["facts"] == {"subjects": 3}


def test_a_diverged_training_leaves_the_old_adapter(place):
    """Numbers that are none are never stored."""
    place.train()
    before = place.weights()
    with pytest.raises(Exception) as raised:
        place.train(
            optimiser__learning_rate=0.99, optimiser__max_grad_norm=1e12,
            lora__alpha=1e12, optimiser__schedule="constant",
        )  # fmt: skip
    assert raised.type.__name__ == "Failure"
    assert place.weights() == before

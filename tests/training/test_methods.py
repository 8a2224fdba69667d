"""Preferences, four-bit bases, and several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from rmnctl.federation import Registry
from rmnctl.training.loading import load_frozen
from tests.federation.tiny import save_adapter
from tests.training.place import dpo_row

ROOT = Path(__file__).parents[2]


def test_preferences_move_the_adapter_towards_what_is_preferred(place, base):
    """DPO on top of a parent: held-out pairs are told apart, and the registry takes the adapter."""
    folder = place.folder / "adapters"
    save_adapter(base, folder / "industry", "industry", seed=1, rank=3)
    place.rows = [dpo_row(n) for n in range(60)]
    done = place.train(method="dpo", on_top_of=["industry"], optimiser__max_steps=16)
    metrics = done.trained.metrics
    assert metrics["eval_accuracy"] > 0.9
    assert metrics["eval_loss"] < 0.69
    registry = Registry.scan(
        folder, base_name=base.name, base_sha256=base.sha256, shapes=base.shapes()
    )
    assert registry.faults == []
    assert len(registry.get("colours").card.parents) == 1


def test_the_reference_of_a_preference_is_the_base_with_its_parents(place, base):
    """The frozen copy holds W + scaling · B·A of every parent, rsLoRA and ranks included."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    folder = place.folder / "adapters"
    save_adapter(base, folder / "one", "industry", seed=1, rank=3, rslora=True)
    save_adapter(base, folder / "two", "retailer", seed=2, rank=5, retailer_id="alpha")
    checked = place.check(on_top_of=["one", "two"])
    assert checked.faults == []
    frozen = load_frozen(base, checked.parents, checked.source.config)
    wanted = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    wanted = PeftModel.from_pretrained(wanted, folder / "one", adapter_name="one")
    wanted.load_adapter(folder / "two", adapter_name="two")
    wanted.base_model.set_adapter(["one", "two"], inference_mode=True)
    ids = torch.tensor([checked.train[0].ids])
    with torch.no_grad():
        torch.testing.assert_close(
            frozen(input_ids=ids).logits, wanted(input_ids=ids).logits, rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("parents", [[], ["industry"]], ids=["alone", "on a parent"])
def test_a_base_in_four_bits_can_be_trained_on(place, base, parents):
    """QLoRA on the CPU; the parent is folded in before the base is quantised."""
    pytest.importorskip("bitsandbytes")
    save_adapter(base, place.folder / "adapters" / "industry", "industry", seed=1, rank=3)
    done = place.train(quantization="nf4", on_top_of=parents, optimiser__max_steps=16)
    metrics = done.trained.metrics
    before = metrics.get("eval_loss_parents", metrics["eval_loss_base"])
    assert metrics["eval_loss"] < 0.9 * before
    assert done.trained.card is not None


@pytest.mark.slow
def test_two_processes_train_one_adapter(place):
    """`accelerate launch` shares the rows; one process writes, and the base's loss is the same."""
    alone = place.train().trained.metrics
    place.write(optimiser__max_steps=8, optimiser__batch_size=3)
    environment = os.environ | {
        "RMNCTL_CACHE": str(place.folder / "cache"),
        "ACCELERATE_USE_CPU": "true",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2",
         "--num_machines", "1", "--mixed_precision", "no", "--main_process_port", "0",
         "-m", "rmnctl", "train-adapter", "-c", str(place.path), "--json",
         "--runs", str(place.folder / "two")],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    document = json.loads(done.stdout)
    assert document["status"] == "complete"
    assert len(list((place.folder / "two").glob("*-train-adapter-*"))) == 1
    metrics = document["metrics"]
    assert metrics["eval_loss_base"] == pytest.approx(alone["eval_loss_base"], rel=1e-5)
    assert metrics["eval_loss"] < metrics["eval_loss_base"]

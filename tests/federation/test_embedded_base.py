"""The embedded base itself: offline, exact, within its memory, valid under a grammar."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
import torch
from peft import PeftModel
from pydantic import BaseModel, Field
from transformers import AutoModelForCausalLM

from rmnctl.federation import Request, Tool
from rmnctl.federation.base import ensure_base
from rmnctl.federation.models import load_models
from tests.federation.tiny import open_federation, save_adapter

pytestmark = pytest.mark.slow
MODELS = Path("configs/models.yaml")
NONE = Path("no-adapters")


@pytest.fixture(scope="module")
def embedded():
    """Converted once into the user's cache."""
    return ensure_base(load_models(MODELS))


class Plan(BaseModel):
    """What a brief asks for."""

    budget: float = Field(ge=0)
    currency: Literal["USD", "EUR"]
    retailers: list[Literal["alpha", "beta"]] = Field(max_length=2)


def test_it_answers_offline(embedded):
    """It knows the capital of France, and its digest is the configured one."""
    models = load_models(MODELS)
    assert embedded.sha256 == models.models[models.default].sha256
    answer = open_federation(embedded, NONE).infer(
        "What is the capital of France?", max_new_tokens=16, system="You are a helpful assistant."
    )
    assert (answer.text, answer.finish) == ("The capital of France is Paris.", "stop")


def test_its_compositions_are_exact(embedded, tmp_path):
    """rsLoRA, bfloat16, mixed ranks and modules: within 1e-4 of all adapters active in PEFT."""
    save_adapter(embedded, tmp_path / "industry", "industry", rank=8, seed=1, scale=0.01)
    save_adapter(
        embedded, tmp_path / "alpha", "retailer", rank=4, seed=2, scale=0.02, rslora=True,
        retailer_id="alpha", dtype=torch.bfloat16,
    )  # fmt: skip
    save_adapter(
        embedded, tmp_path / "task", "task", rank=2, seed=3, scale=0.02, task="planning",
        modules=("q_proj", "v_proj"),
    )  # fmt: skip
    names = ["industry", "alpha", "task"]
    tokens = torch.arange(100, 132)[None]
    federation = open_federation(embedded, tmp_path)
    composition, record = federation._composed("planning", "alpha", None, None)
    assert list(record.adapters) == names
    with federation.engine.adapted.using(composition) as model:
        ours = model(tokens).logits.clone()
    bare = AutoModelForCausalLM.from_pretrained(embedded.folder, dtype=torch.float32)
    wrapped = PeftModel.from_pretrained(bare, tmp_path / names[0], adapter_name=names[0])
    for name in names[1:]:
        wrapped.load_adapter(tmp_path / name, adapter_name=name)
    wrapped.base_model.set_adapter(names, inference_mode=True)
    with torch.inference_mode():
        together = wrapped(tokens).logits
        with wrapped.disable_adapter():
            alone = wrapped(tokens).logits
    assert (ours - together).abs().max() < 1e-4
    assert (together - alone).abs().max() > 0.01


def test_its_tool_calls_are_valid_in_batches(embedded):
    """Whatever it makes of a brief, the call fits the tool."""
    tool = Tool("plan", "Plan a budget.", Plan)
    briefs = ["Plan 50,000 USD on alpha.", "We have EUR 1.2m for both networks.", "asdf"]
    asked = [Request(b, tools=(tool,), max_new_tokens=96) for b in briefs]
    for answer in open_federation(embedded, NONE).infer_batch(asked):
        (call,) = answer.tool_calls
        Plan.model_validate(call.arguments)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_inference_stays_within_its_memory():
    """One answer with everything it loads takes at most 1.5 GB at its peak."""
    program = (
        "from pathlib import Path\n"
        "from rmnctl.federation import FederationConfig, LoRAFederation\n"
        "opened = LoRAFederation(FederationConfig(adapters=Path('no-adapters')))\n"
        "opened.infer('hello', max_new_tokens=8)\n"
        # Not ru_maxrss: that of a child begins with its parent's.
        "status = Path('/proc/self/status').read_text().split('VmHWM:')[1]\n"
        "print(int(status.split()[0]) / 1e6)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert float(done.stdout) <= 1.5, done.stderr

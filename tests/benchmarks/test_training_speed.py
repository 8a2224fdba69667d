"""Training throughput on the embedded base, beside plain TRL with the same settings.

Forward and backward passes of both, in CPU time of one thread of this process, in the same run.
"""

from __future__ import annotations

import json
import os
import random
import time
import warnings
from pathlib import Path

import pytest

pytest.importorskip("trl")

from rmnctl.federation.chat import messages_for

pytestmark = [pytest.mark.bench, pytest.mark.slow]
STEPS = int(os.environ.get("RMNCTL_BENCH_STEPS", "4"))
ROWS, BATCH, LENGTH = 96, 8, 256
WORDS = (
    "budget network sponsored product video onsite display offsite plan weeks margin stock promo "
    "price tier brand retailer spend floor share experiment limit"
).split()


def _rows():
    draw = random.Random(1)
    for number in range(ROWS):
        asked = " ".join(draw.choice(WORDS) for _ in range(draw.randint(20, 90)))
        answer = {"budget": draw.randint(1000, 90000), "weeks": draw.randint(1, 9)}
        yield {
            "id": f"r{number}",
            "messages": [
                *messages_for(asked),
                {"role": "assistant", "content": json.dumps(answer)},
            ],
        }


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A training of those rows."""
    import torch
    import yaml

    from rmnctl.training import load_train, preflight

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("speed")
    (folder / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in _rows()))
    config = {
        "schema": "rmnctl/train/v1",
        "adapter": {"adapter_id": "speed", "adapter_type": "task", "task": "planning",
                    "licence": "CC0-1.0"},
        "data": {"train": str(folder / "rows.jsonl"), "eval_share": 0.1},
        "optimiser": {"learning_rate": 1e-3, "batch_size": BATCH, "max_steps": STEPS,
                      "max_length": LENGTH},
        "eval": {"every_steps": 1000}, "threads": 1, "dtype": "float32", "seed": 1,
    }  # fmt: skip
    (folder / "train.yaml").write_text(yaml.safe_dump(config))
    found = preflight(load_train(folder / "train.yaml"))
    assert found.faults == []
    return found


def _watch(trainer):
    """Count tokens and CPU seconds of a trainer's passes."""
    figures = {"tokens": 0, "seconds": 0.0}
    step = trainer.training_step

    def training_step(model, inputs, *more):
        figures["tokens"] += int(inputs["attention_mask"].sum())
        started = time.process_time()
        loss = step(model, inputs, *more)
        figures["seconds"] += time.process_time() - started
        return loss

    trainer.training_step = training_step
    return figures


def _ours(checked, folder):
    from rmnctl.training.trainers import Journal, build

    trainer = build(checked, folder, Journal(lambda _: None, lambda: False))
    trainer.held_out = checked.eval[:1]
    return trainer


def _plain(checked, folder):
    """TRL as its documentation uses it: rows as text, batches of like length."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed
    from trl import SFTConfig, SFTTrainer

    from rmnctl.training.trainers import lora_config

    set_seed(1)
    where = str(checked.base.folder)
    rows = [
        {
            "prompt": list(e.row.prompt),
            "completion": [{"role": "assistant", "content": e.row.answer}],
        }
        for e in checked.train
    ]
    settings = SFTConfig(
        output_dir=str(folder), per_device_train_batch_size=BATCH, max_steps=STEPS,
        learning_rate=1e-3, max_length=LENGTH, bf16=False, gradient_checkpointing=False,
        use_cpu=True, report_to="none", disable_tqdm=True, save_strategy="no", seed=1,
        train_sampling_strategy="group_by_length", dataloader_pin_memory=False,
    )  # fmt: skip
    return SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(where, dtype="float32", local_files_only=True),
        args=settings, train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(where, local_files_only=True),
        peft_config=lora_config(checked.source.config),
    )  # fmt: skip


def test_tokens_a_second_against_plain_trl(checked, tmp_path: Path):
    """At least as many tokens a CPU second as TRL with the same settings."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, make in (("trl", _plain), ("rmnctl", _ours)):
            trainer = make(checked, tmp_path / name)
            figures = _watch(trainer)
            trainer.train()
            found[name] = figures["tokens"] / figures["seconds"]
    ratio = found["rmnctl"] / found["trl"]
    print(  # noqa: T201
        f"\ntraining, tokens a CPU second: rmnctl {found['rmnctl']:.0f}, TRL {found['trl']:.0f}, "
        f"ratio {ratio:.2f}"
    )
    assert ratio >= 1

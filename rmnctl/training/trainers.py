"""TRL's trainers with our tokens, our order of rows, and an exact held-out loss.

Imported only once a model is to be trained.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback, set_seed
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from rmnctl.training.audit import with_canaries
from rmnctl.training.coder import Example
from rmnctl.training.config import Method, TrainConfig
from rmnctl.training.estimate import processes, steps_of
from rmnctl.training.loading import device_of, load_frozen
from rmnctl.training.losses import Losses, row_losses
from rmnctl.training.preflight import Preflight
from rmnctl.training.sampling import GroupedSampler
from rmnctl.training.scoring import score_answers_only

Note = Callable[[dict[str, Any]], None]
_MEASUREMENTS = 10


class _Ours:
    """What both trainers have in common."""

    lengths: Sequence[int]
    args: Any

    def _get_train_sampler(self, train_dataset: Any = None) -> GroupedSampler:  # noqa: ARG002
        return GroupedSampler(
            self.lengths, self.args.per_device_train_batch_size * processes(), self.args.seed
        )


class AdapterSFT(_Ours, SFTTrainer):
    """Supervised training; held-out loss is nats a token over all tokens, not a mean of batches."""

    held_out: Sequence[Example]
    control: Any

    def losses(self, examples: Sequence[Example]) -> Losses:
        """Score rows with the model as it is, all processes together."""
        share = (self.args.process_index, processes())
        size = self.args.per_device_eval_batch_size
        found = row_losses(self.accelerator.unwrap_model(self.model), examples, size, share=share)
        if share[1] == 1:
            return found
        total = self.accelerator.reduce(
            torch.tensor(found.nll, dtype=torch.float64, device=self.args.device), "sum"
        )
        return Losses(tuple(total.tolist()), found.tokens)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the held-out loss."""
        metrics = {"eval_loss": self.losses(self.held_out).mean}
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics


class AdapterDPO(_Ours, DPOTrainer):
    """Preference training; rows come as tokens."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset


class Journal(TrainerCallback):
    """Passes on what is logged, and stops after the step at which someone asked to."""

    def __init__(self, note: Note, wanted: Callable[[], bool]) -> None:
        """Prepare.

        Args:
            note: Takes each logged line.
            wanted: Whether training shall stop.
        """
        self._note, self._wanted = note, wanted
        self.stopped = False

    def on_log(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Pass on a line."""
        del args, control
        logs = more.get("logs") or {}
        if state.is_world_process_zero:
            self._note({"step": state.global_step, **clean(logs)})

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Save and stop, if asked to."""
        del args, more
        if self._wanted() and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = self.stopped = True


def clean(logs: dict[str, Any]) -> dict[str, float]:
    """The figures of a log line that do not depend on the machine."""
    kept = ("loss", "eval_loss", "grad_norm", "learning_rate", "epoch", "mean_token_accuracy")
    margins = ("rewards/margins", "rewards/accuracies")
    wanted = (*kept, *margins, *(f"eval_{name}" for name in margins))
    return {name: round(float(logs[name]), 8) for name in wanted if name in logs}


def arguments(config: TrainConfig, folder: Path, rows: int, device: str) -> dict[str, Any]:
    """Settings of TRL's trainers for a configuration."""
    each, steps = config.optimiser, steps_of(config, rows)
    every = min(config.eval.every_steps or max(1, steps // _MEASUREMENTS), steps)
    return {
        "output_dir": str(folder),
        "per_device_train_batch_size": each.batch_size,
        "per_device_eval_batch_size": config.eval.batch_size,
        "gradient_accumulation_steps": each.accumulation,
        "learning_rate": each.learning_rate,
        "lr_scheduler_type": "constant_with_warmup"
        if each.schedule == "constant"
        else each.schedule,
        "warmup_steps": int(each.warmup * steps),
        "weight_decay": each.weight_decay,
        "max_grad_norm": each.max_grad_norm,
        "num_train_epochs": each.epochs or 1.0,
        "max_steps": each.max_steps or -1,
        "eval_strategy": "steps",
        "eval_steps": every,
        "save_strategy": "steps",
        "save_steps": every,
        "save_total_limit": 2,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "logging_steps": max(1, min(10, every)),
        "report_to": "none",
        "disable_tqdm": True,
        "seed": config.seed,
        "use_cpu": device == "cpu",
        "dataloader_pin_memory": device != "cpu",
        "bf16": False,
        "gradient_checkpointing": False,
        "optim": "adamw_torch",
        "ddp_find_unused_parameters": False,
        "max_length": None,
    }


def lora_config(config: TrainConfig) -> LoraConfig:
    """PEFT's form of the adapter."""
    lora = config.lora
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        use_rslora=lora.rslora,
        target_modules=sorted(lora.target_modules),
        layers_to_transform=lora.blocks,
        bias="none",
    )


def _table(examples: Sequence[Example]) -> Dataset:
    if examples and examples[0].rejected is not None:
        return Dataset.from_list(
            [
                {
                    "prompt_ids": list(e.prompt),
                    "chosen_ids": list(e.answer),
                    "rejected_ids": list(e.rejected or ()),
                }
                for e in examples
            ]
        )
    return Dataset.from_list([{"input_ids": e.ids, "labels": e.labels} for e in examples])


def build(checked: Preflight, folder: Path, journal: Journal) -> Any:
    """A trainer that is ready to run.

    Args:
        checked: What to train; a preflight without faults.
        folder: For checkpoints.
        journal: Takes what is logged.

    Raises:
        ConfigError: There is no such device.
        InputError: The base cannot be loaded.
    """
    config, held = checked.source.config, checked.eval
    base, coder = checked.ready()
    train = with_canaries(coder, config, checked.train)
    device = device_of(config.device)
    # Decides how the new adapter begins.
    set_seed(config.seed)
    model = load_frozen(base, checked.parents, config)
    # TRL knocks at the network for a model card's sake otherwise.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    settings = arguments(config, folder, len(train), device)
    callbacks: list[Any] = [journal]
    if config.eval.patience is not None:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=config.eval.patience))
    shared = {
        "model": model,
        "train_dataset": _table(train),
        "eval_dataset": _table(held),
        "processing_class": coder.tokenizer,
        "peft_config": lora_config(config),
        "callbacks": callbacks,
    }
    if config.method is Method.DPO:
        trainer: Any = AdapterDPO(args=DPOConfig(**settings, beta=config.dpo.beta), **shared)
    else:
        prepared = {"dataset_kwargs": {"skip_prepare_dataset": True}}
        trainer = AdapterSFT(args=SFTConfig(**settings, **prepared), **shared)
        trainer.held_out = held
        score_answers_only(trainer.model.get_base_model())
    # It prints on stdout, which belongs to the result.
    trainer.remove_callback(PrinterCallback)
    trainer.lengths = [e.length for e in train]
    return trainer

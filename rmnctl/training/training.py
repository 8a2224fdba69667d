"""One training from checked rows to a finished adapter."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rmnctl.errors import Failure
from rmnctl.federation import Card
from rmnctl.federation.heavy import need
from rmnctl.training.artifact import data_digest, stored_tensors, write_adapter
from rmnctl.training.audit import audit
from rmnctl.training.coder import Example
from rmnctl.training.config import Method, TrainConfig
from rmnctl.training.interruption import listening
from rmnctl.training.loading import check_tokenizer, device_of, dtype_of, load_frozen
from rmnctl.training.losses import row_losses
from rmnctl.training.preflight import Preflight
from rmnctl.training.start import begin_from

Note = Callable[[dict[str, Any]], None]


@dataclass
class Trained:
    """What a training gave.

    Attributes:
        card: Of the adapter; None on processes that only help, or where it was interrupted.
        history: Every logged line, oldest first: step, loss, eval_loss, learning_rate.
        metrics: As on the card.
        interrupted: Someone asked to stop; the last checkpoint is kept.
    """

    card: Card | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False


def train(checked: Preflight, checkpoints: Path, *, resume: bool, note: Note) -> Trained:
    """Train an adapter and write it.

    Args:
        checked: A preflight without faults.
        checkpoints: Folder of this very training's checkpoints.
        resume: Whether to go on from the last one there.
        note: Takes each logged line as it comes.

    Raises:
        ConfigError: There is no such device.
        InputError: The base cannot be loaded.
        Failure: The extra `llm` is not installed, the loss became no number, or the disk refused.
    """
    torch, _ = need("torch"), need("trl")
    config = checked.source.config
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    base, coder = checked.ready()
    check_tokenizer(base, coder, checked.train)
    before = _bare_loss(checked)
    last = _last(checkpoints) if resume else None
    if last is None:
        shutil.rmtree(checkpoints, ignore_errors=True)
    with listening() as wish, warnings.catch_warnings():
        # Between releases of peft, trl and transformers; none of it is for the user.
        warnings.simplefilter("ignore", FutureWarning)
        from rmnctl.training.trainers import Journal, build

        journal = Journal(note, wish)
        trainer = build(checked, checkpoints, journal)
        if config.method is Method.SFT:
            # The new adapter is still zero.
            name = "eval_loss_parents" if checked.parents else "eval_loss_base"
            before[name] = trainer.losses(checked.eval).mean
        if checked.start is not None:
            begin_from(trainer.model, checked.start)
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    history = _history(trainer)
    if journal.stopped:
        return Trained(history=history, interrupted=True)
    return _finish(trainer, checked, before, history)


def _bare_loss(checked: Preflight) -> dict[str, Any]:
    """Held-out loss of the bare base, where parents would hide it."""
    config = checked.source.config
    if not checked.parents or config.method is Method.DPO:
        return {}
    base, _ = checked.ready()
    bare = load_frozen(base, (), config).to(device_of(config.device))
    return {"eval_loss_base": row_losses(bare, checked.eval, config.eval.batch_size).mean}


def _history(trainer: Any) -> list[dict[str, Any]]:
    from rmnctl.training.trainers import clean

    lines = [{"step": int(line["step"]), **clean(line)} for line in trainer.state.log_history]
    return [line for line in lines if {"loss", "eval_loss"} & set(line)]


def _finish(
    trainer: Any, checked: Preflight, before: dict[str, Any], history: list[dict[str, Any]]
) -> Trained:
    """Round to the type of the file, measure that, and write."""
    config = checked.source.config
    base, coder = checked.ready()
    tensors = stored_tensors(trainer.accelerator.unwrap_model(trainer.model), config)
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise Failure(
            "The adapter holds numbers that are none: training diverged.",
            hint="Lower optimiser.learning_rate, or raise warmup.",
        )
    metrics = _measure(trainer, config, checked.eval, before)
    if checked.start is not None:
        metrics["start"] = checked.start.digest
    privacy = {}
    if config.method is Method.SFT:
        privacy = audit(trainer, coder, config, checked.train, checked.audit)
    card = None
    if trainer.is_world_process_zero():
        card = write_adapter(
            config.folder, tensors, config, base,
            parents=checked.parents,
            data_sha256=data_digest([e.row for e in checked.train]),
            metrics=metrics,
            privacy=privacy,
        )  # fmt: skip
    trainer.accelerator.wait_for_everyone()
    return Trained(card, history, metrics)


def _last(checkpoints: Path) -> Path | None:
    """The newest whole checkpoint."""
    whole = [p for p in checkpoints.glob("checkpoint-*") if (p / "trainer_state.json").is_file()]
    return max(whole, key=lambda p: int(p.name.rpartition("-")[2]), default=None)


def _measure(
    trainer: Any, config: TrainConfig, held: Sequence[Example], before: dict[str, Any]
) -> dict[str, Any]:
    """Held-out loss of the adapter as it was stored, and what else the card says."""
    state = trainer.state
    found: dict[str, Any] = {
        "steps": int(state.global_step),
        "best_step": int(Path(state.best_model_checkpoint or "-0").name.rpartition("-")[2] or 0),
        "rows_train": len(trainer.lengths),
        "rows_eval": len(held),
        "dtype": dtype_of(config, device_of(config.device)),
    }
    if config.method is Method.DPO:
        scored = trainer.evaluate()
        found["eval_loss"] = round(scored["eval_loss"], 6)
        found["eval_accuracy"] = round(scored["eval_rewards/accuracies"], 4)
        found["eval_margin"] = round(scored["eval_rewards/margins"], 4)
    else:
        loss = trainer.losses(held).mean
        found["eval_loss"] = loss
        found["ratio"] = loss / before["eval_loss_base"]
        if "eval_loss_parents" in before:
            found["ratio_parents"] = loss / before["eval_loss_parents"]
    rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in (before | found).items()}
    return rounded | ({"facts": dict(config.adapter.facts)} if config.adapter.facts else {})

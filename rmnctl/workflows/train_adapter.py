"""`rmnctl train-adapter`: check everything, train one adapter, write it with its card."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.config import Settings, canonical_json, fingerprint_of
from rmnctl.errors import Interrupted, RunError
from rmnctl.reporting.loss_curve import loss_curve
from rmnctl.runs import Input, Run, file_input, unfinished
from rmnctl.training import Preflight, Source, Trained, as_error, load_train, preflight, train

VERB = "train-adapter"
ROWS_SCHEMA = "training_rows/v1"
METRICS_SCHEMA = "training_metrics/v1"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class TrainResult:
    """A finished training.

    Attributes:
        run: Its run; None on processes that only help.
        checked: What was looked at before.
        trained: The card and the losses.
    """

    run: Run | None
    checked: Preflight
    trained: Trained

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        card = self.trained.card
        return {
            "adapter_id": card.adapter_id if card else None,
            "folder": str(self.checked.source.config.folder),
            "sha256": card.digest if card else None,
            "metrics": self.trained.metrics,
            "privacy": card.privacy if card else {},
        }


def _leader() -> bool:
    """Whether this process writes; under `accelerate launch` the others only help."""
    return int(os.environ.get("RANK", "0")) == 0


def _inputs(source: Source) -> list[Input]:
    data = source.config.data
    found = [file_input("train", data.train, ROWS_SCHEMA)]
    if data.eval is not None:
        found.append(file_input("eval", data.eval, ROWS_SCHEMA))
    return found


def _checkpoints(settings: Settings, checked: Preflight, inputs: list[Input]) -> Path:
    """Where this very training keeps its checkpoints: same configuration, data, base and parents."""
    key = fingerprint_of(
        {
            "config": checked.source.config.plain(),
            "data": [i.record.sha256 for i in inputs],
            "base": checked.base.sha256 if checked.base else None,
            "parents": [p.digest for p in checked.parents],
            "start": checked.start.digest if checked.start else None,
        }
    )
    return settings.runs / ".cache" / VERB / key.removeprefix("sha256:")[:16]


def source_of_run(ref: str, settings: Settings) -> Source:
    """The configuration of a training that did not end.

    Raises:
        RunError: There is no such run, or it is complete.
    """
    folder, manifest = unfinished(settings.runs, ref, VERB)
    return load_train(folder / manifest.config.path)


def train_adapter(
    source: Source,
    settings: Settings | None = None,
    *,
    resume: bool = False,
    tell: Tell = lambda _: None,
) -> TrainResult:
    """Train an adapter.

    Args:
        source: The configuration, by `load_train` or `source_of_run`.
        settings: Where runs and base models lie.
        resume: Go on from the last checkpoint of this very training.
        tell: Takes one line of progress.

    Raises:
        ConfigError: The preflight found a fault of the configuration.
        InputError: It found a fault of the data.
        Interrupted: Someone asked to stop; the message says how to go on.
        RunError: There is nothing to resume.
        Failure: Training diverged, a package is missing, or the disk refused.
    """
    settings = settings or Settings()
    checked = preflight(source, settings.cache)
    if checked.faults:
        raise as_error(checked.faults)
    inputs = _inputs(source)
    checkpoints = _checkpoints(settings, checked, inputs)
    if resume and not any(checkpoints.glob("checkpoint-*")):
        raise RunError(
            "There is no checkpoint to go on from: none was reached, or configuration, data, base "
            "or parents are no longer the same.",
            hint="Train again without --resume.",
        )
    config = source.config
    started = (
        Run.start(
            settings.runs, VERB, config,
            inputs=inputs, seed=config.seed, overrides=source.overrides,
        )
        if _leader() else nullcontext()
    )  # fmt: skip
    with started as run:
        _write_preflight(run, checked)
        trained = train(checked, checkpoints, resume=resume, note=_teller(run, checked, tell))
        if trained.interrupted:
            name = run.run_id if run else "latest"
            raise Interrupted(
                "Interrupted; the last step is kept as a checkpoint.",
                hint=f"Go on with `rmnctl train-adapter --resume {name}`.",
            )
        _write(run, trained)
        if run is not None:
            shutil.rmtree(checkpoints, ignore_errors=True)
    return TrainResult(run, checked, trained)


def _teller(run: Run | None, checked: Preflight, tell: Tell) -> Callable[[dict[str, Any]], None]:
    steps = checked.size.steps if checked.size else 0

    def note(line: dict[str, Any]) -> None:
        if run is not None:
            run.log("step", **line)
        parts = [f"{k} {line[k]:.4f}" for k in ("loss", "eval_loss") if k in line]
        if parts:
            tell(f"step {line['step']}/{steps}  {'  '.join(parts)}")

    return note


def _write_preflight(run: Run | None, checked: Preflight) -> None:
    if run is not None:
        run.write_json("preflight.json", checked.plain(), checked.plain()["schema"])


def _write(run: Run | None, trained: Trained) -> None:
    """Artifacts of the run; the adapter itself lies in its own folder."""
    if run is None or trained.card is None:
        return
    card = trained.card
    lines = "".join(canonical_json(line) + "\n" for line in trained.history)
    run.write_text("metrics.jsonl", lines, METRICS_SCHEMA)
    before = trained.metrics.get("eval_loss_parents", trained.metrics.get("eval_loss_base"))
    title = f"{card.adapter_id} {card.version}"
    run.write_text("loss_curve.svg", loss_curve(trained.history, title, before), "svg")
    run.write_json("card.json", card.plain(), card.schema_)
    run.metrics = {k: v for k, v in trained.metrics.items() if k != "facts"}
    run.privacy = {"brand_id": card.brand_id, **card.privacy}
    run.log("written", adapter_sha256=card.digest)

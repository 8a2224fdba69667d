"""The command that trains adapters: train-adapter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import ConfigError

if TYPE_CHECKING:
    from rmnctl.training import Preflight, Source
    from rmnctl.workflows.train_adapter import TrainResult

_BAR = 40


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("train-adapter")(common(train_adapter))


def train_adapter(
    shell: Shell,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="YAML", help="What to train.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at everything in seconds; train nothing.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="RUN", help="Go on with a training that did not end."),
    ] = None,
) -> None:
    """Train a LoRA adapter; the same look as --dry-run is taken before.

    Exit code 2 or 3: a fault in the configuration or the data, with file and line.

    Examples:

      rmnctl train-adapter -c configs/adapters/task_planning.yaml --dry-run

      rmnctl train-adapter -c configs/adapters/task_planning.yaml

      rmnctl train-adapter --resume latest
    """
    from rmnctl.workflows.train_adapter import train_adapter as work

    settings = shell.settings()
    source = _source(shell, config, resume)
    if dry_run:
        _dry_run(shell, source)
        return
    own = source.config.adapter
    shell.say(f"Training {own.adapter_id} {own.version} …")
    done = work(source, settings, resume=resume is not None, tell=shell.say)
    if done.trained.card is not None:
        shell.result("train-adapter", _text(done), run=done.run, result=done.plain())


def _source(shell: Shell, config: Path | None, resume: str | None) -> Source:
    from rmnctl.training import load_train
    from rmnctl.workflows.train_adapter import source_of_run

    if resume is not None:
        if config is not None or shell.overrides or shell.seed is not None:
            raise ConfigError(
                "--resume goes on with the configuration of its run; it takes no other.",
                hint=f"rmnctl train-adapter --resume {resume}",
            )
        return source_of_run(resume, shell.settings())
    if config is None:
        raise ConfigError(
            "train-adapter needs a configuration.",
            hint="rmnctl train-adapter -c configs/adapters/task_planning.yaml --dry-run",
        )
    return load_train(config, shell.overrides_with_seed("seed"))


def _dry_run(shell: Shell, source: Source) -> None:
    from rmnctl.training import as_error, preflight

    checked = preflight(source, shell.settings().cache)
    result = checked.plain() | {"config": source.config.plain(), "sample": checked.sample()}
    if not checked.faults or shell.json:
        shell.result("train-adapter", _preflight_text(checked), result=result)
    if checked.faults:
        raise as_error(checked.faults)


def _preflight_text(checked: Preflight) -> str:
    import yaml

    found, size = checked.plain(), checked.size
    lines = [yaml.safe_dump(checked.source.config.plain(), sort_keys=False).rstrip(), ""]
    rows = found["rows"]
    lines.append(
        f"rows       {rows['train']} to learn, {rows['eval']} held out, {rows['audit']} for the audit"
    )
    most = max((c["rows"] for c in found["lengths"]), default=0) or 1
    lines += [
        f"{('to ' + str(c['upto'])) if c['upto'] > 0 else 'longer':>10} tokens {c['rows']:>7}  "
        + "█" * round(_BAR * c["rows"] / most)
        for c in found["lengths"]
    ]
    lines.append(f"longest    {found['longest']} tokens; {found['truncated']} cut")
    lines.append(
        f"loss on    {found['learned_share']:.1%} of tokens; stop token in the loss: "
        + ("yes" if found["stop_token_in_loss"] else "no")
    )
    if size is not None:
        lines.append(
            f"size       {size.steps} steps, {size.tokens:,} tokens, {size.parameters:,} parameters, "
            f"adapter {size.adapter_bytes / 1e6:.1f} MB, memory about {size.memory_bytes / 1e9:.1f} GB"
        )
    sample = checked.sample()
    if sample is not None:
        lines += ["", "reads ┐", sample["reads"], "learns ┐", sample["learns"]]
    lines += ["", *(f"remark     {remark}" for remark in checked.remarks[:10])]
    if len(checked.remarks) > 10:
        lines.append(f"           … and {len(checked.remarks) - 10} more remarks")
    lines.append("No faults." if not checked.faults else f"{len(checked.faults)} faults.")
    return "\n".join(lines)


def _text(done: TrainResult) -> str:
    card, metrics = done.trained.card, done.trained.metrics
    if card is None:
        return ""
    before = metrics.get("eval_loss_base")
    change = f" (base {before:.4f}, ratio {metrics['ratio']:.3f})" if before is not None else ""
    return (
        f"{card.adapter_id} {card.version}  {card.digest[:12]}  {done.checked.source.config.folder}\n"
        f"held-out loss {metrics['eval_loss']:.4f}{change}, "
        f"best of {metrics['steps']} steps: {metrics['best_step']}"
        + (f"\nrun {done.run.run_id}" if done.run else "")
    )

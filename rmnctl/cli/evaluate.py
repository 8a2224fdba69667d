"""The command that measures adapters: evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmnctl.cli.shell import Shell, common

if TYPE_CHECKING:
    from rmnctl.workflows.evaluate import EvaluateResult


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("evaluate")(common(evaluate))


def evaluate(
    shell: Shell,
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="YAML", help="What to measure on.")
    ] = Path("configs/evaluate/default.yaml"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the configuration; ask nothing.")
    ] = False,
) -> None:
    """Measure adapters on held-out text: alone, and composed in each way.

    Takes minutes on a laptop; `--set rows=8 --set recall_skus=4` is a quick look.

    Examples:

      rmnctl evaluate

      rmnctl evaluate -c configs/evaluate/default.yaml --set rows=100

      rmnctl evaluate --set 'tasks=[manufacturer_brand_x]' --json
    """
    from rmnctl.config import load_config
    from rmnctl.workflows.evaluate import evaluate as work
    from rmnctl.workflows.evaluation.config import EvaluateConfig

    settings = shell.settings()
    loaded = load_config(EvaluateConfig, config, shell.overrides_with_seed("seed"))
    if dry_run:
        shell.result("evaluate", f"{config} is valid.", result=loaded.model.plain())
        return
    done = work(loaded.model, settings, overrides=loaded.overrides, tell=shell.say)
    shell.result("evaluate", _text(done), run=done.run, result=done.document)


def _text(done: EvaluateResult) -> str:
    from rmnctl.reporting.matrix import matrix_markdown

    return f"{matrix_markdown(done.document)}\nrun {done.run.run_id}"

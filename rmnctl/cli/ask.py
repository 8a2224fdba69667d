"""The command that asks about a plan."""

from __future__ import annotations

from typing import Annotated

import typer

from rmnctl.cli.shell import Shell, common


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(common(ask))


def ask(
    shell: Shell,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In words.")],
    run: Annotated[str, typer.Option("--plan", metavar="RUN", help="The plan.")] = "latest",
) -> None:
    """Ask a plan what-ifs; every figure of the answer comes from solving again.

    Examples:

      rmnctl ask "what would 100k more buy"

      rmnctl ask "which limit costs most" --plan latest:plan --json

      rmnctl ask "what should we test next"
    """
    from rmnctl.workflows.ask import AskConfig
    from rmnctl.workflows.ask import ask as work

    done = work(AskConfig(plan=run, question=question), shell.settings(), overrides=shell.overrides)
    lines = [done.run.run_id, *(f"  {s}" for s in done.answer.sentences)]
    shell.result("ask", "\n".join(lines), run=done.run, result=done.answer.plain())

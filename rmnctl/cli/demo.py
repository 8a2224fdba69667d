"""`rmnctl demo`: the whole story with its progress, the verdict and the report's path at the end."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from rmnctl.cli.shell import Shell, common

if TYPE_CHECKING:
    from rmnctl.workflows.runner import Done, Step

_CONFIG = Path("configs/demo.yaml")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(common(demo))


def demo(
    shell: Shell,
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="YAML", help="Configurations of the steps.")
    ] = _CONFIG,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Do every step again, also those that are done.")
    ] = False,
) -> None:
    """Run the whole story on the embedded default market; one report at the end.

    Simulate, harmonize, release, plan, compare, report, graph. Each step is a run that the next
    picks up; what was done before and would come out the same is kept, so an interrupted demo
    goes on where it was.

    Examples:

      rmnctl demo

      rmnctl demo --fresh --runs story
    """
    from rmnctl.config import load_config
    from rmnctl.workflows.demo import DemoConfig
    from rmnctl.workflows.demo import demo as work

    settings = shell.settings()
    loaded = load_config(DemoConfig, config, shell.overrides)
    with _watcher(shell) as watch:
        done = work(loaded.model, settings, watch=watch, seed=shell.seed, fresh=fresh)
    files = [f"Graph: {path}" for path in done.pictures]
    text = "\n".join(
        ["", done.answer, *(f"  {line}" for line in done.verdict), *files, f"Report: {done.report}"]
    )
    result = {
        "answer": done.answer,
        "verdict": done.verdict,
        "report": str(done.report),
        "graphs": [str(path) for path in done.pictures],
        "steps": {name: step.run_id for name, step in done.steps.items()},
    }
    shell.result("demo", text, result=result)


class _Lines:
    """A line when a step begins and one when it ends."""

    def __init__(self, shell: Shell) -> None:
        self._say = shell.say
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        """Nothing is left open."""

    def started(self, number: int, count: int, step: Step) -> None:
        """Say what begins."""
        self._began = time.monotonic()
        self._say(f"{number}/{count} {step.title} …")

    def progressed(self, done: int, of: int) -> None:
        """Say nothing: lines cannot be taken back."""

    def finished(self, step: Step, done: Done) -> None:
        """Say what it left."""
        del step
        self._say(f"    {self._ended(done)}")

    def _ended(self, done: Done) -> str:
        if done.left_out:
            return f"left out: {done.left_out}"
        took = "kept" if done.kept else f"{time.monotonic() - self._began:.0f} s"
        return f"{done.run_id or 'answered'} ({took})"


class _Bars(_Lines):
    """The same with a bar for the step at work, and the time it took; on a terminal only."""

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        self._bars: Any = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
            TextColumn("{task.fields[worlds]}"), TimeElapsedColumn(),
            console=console, transient=True,
        )  # fmt: skip
        self._task: Any = None
        self._bars.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._bars.stop()

    def started(self, number: int, count: int, step: Step) -> None:
        """Start the step's bar."""
        self._began = time.monotonic()
        self._task = self._bars.add_task(f"{number}/{count} {step.title}", total=None, worlds="")

    def progressed(self, done: int, of: int) -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=done, total=of, worlds=f"{done} of {of} worlds")

    def finished(self, step: Step, done: Done) -> None:
        """Take the bar away and leave a line."""
        self._bars.remove_task(self._task)
        mark = "○" if done.left_out else "✓"
        self._bars.console.print(f"{mark} {step.title}  {self._ended(done)}", highlight=False)


def _watcher(shell: Shell) -> _Lines:
    talkative = not shell.quiet and not shell.json and not shell.no_color
    return _Bars(shell) if talkative and sys.stderr.isatty() else _Lines(shell)

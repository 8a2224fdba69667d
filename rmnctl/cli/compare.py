"""The command that compares ways to plan: compare."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import ConfigError

if TYPE_CHECKING:
    from rmnctl.comparison import CompareConfig
    from rmnctl.comparison.executor import Executor
    from rmnctl.config import Loaded
    from rmnctl.workflows.compare import CompareResult, Progress

_CONFIG = Path("configs/compare/default.yaml")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(common(compare))


def compare(
    shell: Shell,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="YAML configuration.")
    ] = None,
    executor: Annotated[
        Literal["local", "ray"],
        typer.Option("--executor", help="Who plays worlds: this machine's cores, or Ray."),
    ] = "local",
    gate: Annotated[
        Path | None, typer.Option("--gate", metavar="YAML", help="What must hold; else exit 5.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="RUN", help="Compare run that must not have moved."),
    ] = None,
    plans: Annotated[
        tuple[str, str] | None,
        typer.Option("--plans", metavar="RUN RUN", help="Two finished plans, in place of arms."),
    ] = None,
    market: Annotated[
        str | None,
        typer.Option(
            "--market", metavar="RUN", help="With --plans: simulate run that scores them."
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check everything, show what would be done, write nothing."),
    ] = False,
) -> None:
    """Plan one request in every way and play the plans in worlds whose truth is known.

    Worlds that were finished before are not played again, so a killed comparison resumes.
    Exit code 5: the gate failed; the comparison is complete all the same.

    Examples:

      rmnctl compare -c configs/compare/default.yaml

      rmnctl compare -c configs/compare/demo.yaml --gate configs/gates/default.yaml --json

      rmnctl compare --plans 4f2a91 latest:plan --market latest:simulate
    """
    if plans is not None:
        if config is not None or gate is not None or baseline is not None:
            raise ConfigError("--plans leaves nothing for --config, --gate or --baseline to say.")
        _plans(shell, plans, market, dry_run)
        return
    if market is not None:
        raise ConfigError("--market goes with --plans; a configuration names its own market.")
    from rmnctl.comparison import CompareConfig
    from rmnctl.config import load_config

    loaded = load_config(CompareConfig, config or _CONFIG, shell.overrides_with_seed("seed"))
    if dry_run:
        _check(shell, loaded.model)
    else:
        _compare(shell, loaded, executor, gate, baseline)


def _check(shell: Shell, config: CompareConfig) -> None:
    from rmnctl.workflows.compare_inputs import open_inputs

    opened = open_inputs(config, shell.settings())
    count = len(opened.study.plays)
    said = f"{config.worlds} worlds, {count} plans in each; nothing was written."
    shell.result("compare", said, result=[p.name for p in opened.study.plays])


def _compare(
    shell: Shell,
    loaded: Loaded[CompareConfig],
    executor: Executor,
    gate: Path | None,
    baseline: str | None,
) -> None:
    from rmnctl.workflows.compare import compare as work
    from rmnctl.workflows.compare import raise_gate

    shell.say(f"Comparing in {loaded.model.worlds} worlds …")
    with _Bar() as bar:
        done = work(
            loaded.model,
            shell.settings(),
            overrides=loaded.overrides,
            executor=executor,
            progress=bar,
            gate=gate,
            baseline=baseline,
        )
    shell.result("compare", _text(done), run=done.run, result=done.document.plain())
    raise_gate(done)


def _plans(shell: Shell, plans: tuple[str, str], market: str | None, dry_run: bool) -> None:
    from rmnctl.workflows.compare_plans import compare_plans, open_plans

    settings = shell.settings()
    if dry_run:
        open_plans(plans, market, settings)
        shell.result("compare", "Both plans and the market fit; nothing was written.")
        return
    done = compare_plans(plans, market, settings)
    lines = [done.run.run_id, *(f"  {line}" for line in done.document.verdict)]
    shell.result("compare", "\n".join(lines), run=done.run, result=done.document.plain())


class _Bar:
    """Progress with the time left, on a terminal only."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._started = time.monotonic()

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )

            self._bar = Progress(
                TextColumn("worlds"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._bar.start()
        return self._tell

    def _tell(self, done: int, all_: int) -> None:
        if self._bar is None:
            return
        if self._task is None:
            self._task = self._bar.add_task("worlds", total=all_)
        self._bar.update(self._task, completed=done, total=all_)

    def __exit__(self, *problem: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _text(done: CompareResult) -> str:
    found = done.document
    metric = found.primary_metric
    lines = [done.run.run_id]
    lines.append(
        f"{'':<14}{metric.replace('_', ' '):>22}{'interval':>20}{'of budget':>11}{'wins':>7}"
        f"{'iROAS':>7}{'out of stock':>14}{'accuracy':>10}"
    )
    for name, arm in found.arms.items():
        value = arm.metrics[metric]
        low, high = value.ci95
        between = "" if low is None or high is None else f"{low:,.0f} to {high:,.0f}"
        delta = found.deltas.get(f"{name}_vs_clean_room", {}).get(metric) or found.deltas.get(
            f"clean_room_vs_{name}", {}
        ).get(metric)
        sign = -1 if f"clean_room_vs_{name}" in found.deltas else 1
        pct = "" if delta is None or delta.pct is None else f"{sign * delta.pct:+.1f} %"
        won = "" if delta is None else f"{delta.win_rate if sign > 0 else 1 - delta.win_rate:.0%}"
        known = arm.metrics.get("accuracy")
        lines.append(
            f"  {name:<12}{value.mean:>22,.0f}{between:>20}{pct:>11}{won:>7}"
            f"{arm.metrics['iroas'].mean:>7.2f}{arm.metrics['stockout_spend_share'].mean:>14.1%}"
            f"{'' if known is None else format(known.mean, '.1%'):>10}"
        )
    report = f"Report: {done.run.folder / 'report.html'}"
    return "\n".join([*lines, *found.verdict, report])

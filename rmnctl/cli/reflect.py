"""Commands about decisions: reflect, decisions list, decisions verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import Findings

if TYPE_CHECKING:
    from rmnctl.workflows.reflect import ReflectResult

decisions_app = typer.Typer(help="The audit trail of decisions.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(common(reflect))
    app.add_typer(decisions_app, name="decisions")


def reflect(
    shell: Shell,
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="The plan. [default: the latest]")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="YAML configuration.")
    ] = None,
) -> None:
    """Say what speaks against a plan: back-tested win rate, risks, biases, other framings.

    Exit code 5: a critical risk stands, and the plan is stopped.

    Examples:

      rmnctl reflect

      rmnctl reflect latest:plan -c configs/reflection/default.yaml --json
    """
    from rmnctl.agents.reflection import ReflectionConfig
    from rmnctl.config import load_config
    from rmnctl.workflows.reflect import raise_stops
    from rmnctl.workflows.reflect import reflect as work

    changes = (
        *shell.overrides_with_seed("seed"),
        *((f"plan={run}",) if run is not None else ()),
    )
    loaded = load_config(ReflectionConfig, config, changes)
    settings = shell.settings()
    shell.say(f"Reflecting on {loaded.model.plan} …")
    done = work(loaded.model, settings, overrides=loaded.overrides)
    shell.result("reflect", decision_text(done), run=done.run, result=done.record.plain())
    raise_stops(done.record)


def decision_text(done: ReflectResult) -> str:
    """A decision record for a person at a screen."""
    record = done.record
    sure = record.confidence
    if sure.interval is None:
        said = "no past period could be played back"
    else:
        said = f"won {sure.wins} of {sure.folds} past periods"
        if sure.evidence == "low":
            said += " (low evidence)"
        else:
            low, high = sure.interval
            said += f", {sure.level:.0%} interval {low:.0%} to {high:.0%}"
    lines = [
        done.run.run_id,
        f"  {record.verdict.replace('_', ' ')}: {record.plan}",
        *(f"  stopped: {reason}" for reason in record.stops),
        f"  confidence     {said}",
        *(
            f"  {b.bias.replace('_', ' '):<15}{b.verdict.replace('_', ' '):<16}{b.reason}"
            for b in record.biases
        ),
        *(
            f"  risk           {r.expected_loss:>12,.2f} expected = {r.stake:,.2f} x "
            f"{r.frequency:.0%}  {r.event}"
            for r in record.risks
            if r.expected_loss > 0
        ),
        f"Record: {done.run.folder / 'decision.md'}",
    ]
    return "\n".join(lines)


@decisions_app.command("list")
@common
def decisions_list(
    shell: Shell,
    brand: Annotated[
        str | None, typer.Option("--brand", metavar="ID", help="Only this one's.")
    ] = None,
) -> None:
    """List decisions, oldest first.

    Examples:

      rmnctl decisions list

      rmnctl decisions list --brand brand_x --json
    """
    from rmnctl.workflows.reflect import decisions

    entries = decisions(shell.settings(), brand)
    lines = [f"{e['entry']:>6}  {e['at']}  {e['verdict']:<14} {e['plan']}" for e in entries]
    shell.result("decisions list", "\n".join(lines) or "No decisions.", result=entries)


@decisions_app.command("verify")
@common
def decisions_verify(shell: Shell) -> None:
    """Check that no decision was altered, added or cut off.

    Exit code 5: one was.

    Examples:

      rmnctl decisions verify

      rmnctl decisions verify --runs runs --json
    """
    from rmnctl.workflows.reflect import verify_decisions

    checked, faults = verify_decisions(shell.settings())
    lines = [f"{f.name}: {f.message}" for f in faults]
    text = "\n".join(lines) or f"{checked} audit trails: nothing was altered."
    named = [{"brand": f.name, "entry": f.entry, "message": f.message} for f in faults]
    shell.result("decisions verify", text, result={"trails": checked, "faults": named})
    if faults:
        raise Findings(f"{len(faults)} faults in the trail.", hint="Restore it from a backup.")

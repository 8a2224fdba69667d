"""The command that takes a brief all the way to a governed plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmnctl.cli.plan import DryRun, ModeOption, NamesOption, RulesOption
from rmnctl.cli.shell import Shell, common

if TYPE_CHECKING:
    from rmnctl.workflows.converse import ConverseConfig, ConverseResult, Heard

BriefArgument = Annotated[str, typer.Argument(metavar="BRIEF", help="What is wanted, in words.")]
ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="Data and mode of the plan.")
]
PoliciesOption = Annotated[
    Path, typer.Option("--policies", metavar="DIR", help="Policies of brand and retailers.")
]
StartOption = Annotated[
    str | None,
    typer.Option(
        "--start", metavar="DATE", help="First day of the plan. [default: after the data]"
    ),
]
ReflectionOption = Annotated[
    Path | None, typer.Option("--reflection", metavar="FILE", help="Thresholds, YAML.")
]
AskOption = Annotated[
    list[str] | None,
    typer.Option("--ask", metavar="QUESTION", help="What-if, in place of the usual two."),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(common(converse))


def converse(
    shell: Shell,
    brief: BriefArgument,
    config: ConfigOption = Path("configs/plan/clean_room.yaml"),
    mode: ModeOption = None,
    names: NamesOption = Path("configs/briefs.yaml"),
    rules_only: RulesOption = False,
    policies: PoliciesOption = Path("configs/governance"),
    start: StartOption = None,
    reflection: ReflectionOption = None,
    ask: AskOption = None,
    dry_run: DryRun = False,
) -> None:
    """Take a brief all the way: understood, planned, asked, measured, governed, on record.

    The planner asks clean rooms, fits curves, allocates within brief and policies and proposes
    the next test; the optimizer says what limits cost and what more would buy; governance checks
    the plan; reflection writes the decision record. The run holds the transcripts. Nothing is
    asked back: what the brief does not say is listed as an assumption.

    Exit code 5: a critical risk, a threshold or a policy stops the plan; everything is kept. 1: no
    plan keeps all rules. 3: the brief cannot be planned. 4: it asks for a blocked field.

    Examples:

      rmnctl converse "Spend $40k on alpha and beta for Brand X, video at most 15%"

      rmnctl converse "Northfield, 25k USD, beta only, at least 10 % for testing" --dry-run

      rmnctl converse "$30,000 for Harbor" -c configs/plan/joined.yaml --start 2026-07-06 --json
    """
    given = {"brief": brief, "names": names, "rules_only": rules_only, "policies": policies,
             "start": start, "questions": ask or None}  # fmt: skip
    _converse(shell, _config(shell, config, mode, given, reflection), dry_run=dry_run)


def _converse(shell: Shell, asked: ConverseConfig, *, dry_run: bool) -> None:
    """Show what was understood, and go on from there where that is wanted.

    Raises:
        Findings: Something stops the plan.
    """
    from rmnctl.workflows.converse import converse as work
    from rmnctl.workflows.converse import hear, raise_stops

    settings = shell.settings()
    heard = hear(asked, settings, shell.say)
    if dry_run:
        shell.result("converse", heard_text(heard), result={"request": heard.plain()})
        return
    shell.say(heard_text(heard))
    done = work(asked, settings, heard=heard, overrides=shell.overrides, say=shell.say)
    more = {
        "plan_run": done.plan.run.run_id,
        "decision_run": done.reflected.run.run_id,
        "allocation": done.plan.document["allocation"],
        "totals": done.plan.document["totals"],
        "ms": {agent: round(ms) for agent, ms in done.ms.items()},
    }
    shown = conversation_text(done, heard)
    shell.result("converse", shown, run=done.run, result=done.document | more)
    raise_stops(done)


def _config(
    shell: Shell, path: Path, mode: str | None, given: dict[str, Any], reflection: Path | None
) -> ConverseConfig:
    from rmnctl.agents.reflection import ReflectionConfig
    from rmnctl.config import load_config
    from rmnctl.config.yaml_file import validate
    from rmnctl.workflows.converse import ConverseConfig
    from rmnctl.workflows.planning_config import PlanConfig

    changes = (*shell.overrides_with_seed("seed"), *((f"mode={mode}",) if mode else ()))
    loaded = load_config(PlanConfig, path, changes).model
    thresholds = load_config(ReflectionConfig, reflection).model
    return validate(
        ConverseConfig,
        {"schema": "rmnctl/converse/v1", "plan": loaded.plain(), "reflection": thresholds.plain()}
        | {k: str(v) if isinstance(v, Path) else v for k, v in given.items() if v is not None},
    )


def heard_text(heard: Heard) -> str:
    """A brief as it was understood and bound by policies, for people."""
    from rmnctl.cli.briefs import understood_text

    notes = heard.governed.notes if heard.governed else ()
    return "\n".join(
        [understood_text("brief", heard.understood), *(f"  governed: {note}" for note in notes)]
    )


def conversation_text(done: ConverseResult, heard: Heard) -> str:
    """A finished conversation for a person at a screen."""
    found = done.document
    decision, ruling = found["decision"], found["governance"]
    later = found["assumptions"][len(heard.assumptions) :]
    lines = [
        heard_text(heard),
        *(f"  assumed: {text}" for text in later),
        "",
        done.run.run_id,
        *(f"  {sentence}" for sentence in found["said"]),
    ]
    for one in found["what_if"]:
        lines += ["", f"{one['question']}?", *(f"  {sentence}" for sentence in one["said"])]
    lines += ["", "next test", *(f"  {s}" for s in found["next_test"]["sentences"])]
    lines += ["", f"governance: {ruling['verdict'].replace('_', ' ')}"]
    lines += [f"  {reason}" for reason in ruling["reasons"]]
    won = f"won {decision['wins']} of {decision['folds']} past periods"
    flags = ", ".join(decision["flags"]) or "none"
    lines += [
        f"decision: {decision['verdict'].replace('_', ' ')}; {won}; flags: {flags}",
        *(f"  stopped: {reason}" for reason in decision["stops"]),
        "",
        f"Plan: {done.plan.run.folder / 'report.html'}",
        f"Record: {done.reflected.run.folder / 'decision.md'}",
        f"Conversation: {done.run.folder / 'conversation.md'}",
        "Took: " + ", ".join(f"{agent} {ms / 1000:.1f} s" for agent, ms in done.ms.items()),
    ]
    return "\n".join(lines)

"""A finished plan on the screen, whichever way it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rmnctl.cli.shell import Shell

if TYPE_CHECKING:
    from rmnctl.config import Settings
    from rmnctl.workflows.plan import PlanResult


def conclude_plan(
    shell: Shell,
    settings: Settings,
    done: PlanResult,
    text: str,
    result: dict[str, Any],
    *,
    reflect: bool,
) -> None:
    """Show a finished plan, with its decision record where that is wanted.

    Raises:
        Findings: Reflection stops the plan; the plan and its record are kept.
    """
    if not reflect:
        shell.result("plan", text, run=done.run, result=result)
        return
    from rmnctl.agents.reflection import ReflectionConfig
    from rmnctl.cli.reflect import decision_text
    from rmnctl.workflows.reflect import raise_stops
    from rmnctl.workflows.reflect import reflect as work

    shell.say("Reflecting …")
    decided = work(ReflectionConfig(plan=done.run.run_id), settings)
    shown = f"{text}\n\n{decision_text(decided)}"
    more = {"decision": decided.record.plain(), "decision_run": decided.run.run_id}
    shell.result("plan", shown, run=done.run, result=result | more)
    raise_stops(decided.record)


def plan_text(done: PlanResult) -> str:
    """A finished plan for people: sums by retailer and placement, and the rationale."""
    document, table = done.document, done.plan.table
    keys = ("retailer_id", "placement_type")
    sums: dict[tuple[str, ...], list[float]] = {}
    for row in table.to_pylist():
        line = sums.setdefault(tuple(row[k] for k in keys), [0.0, 0.0, 0.0])
        line[0] += row["spend"]
        line[1] += row["predicted_incremental_revenue"]
        line[2] += row["predicted_incremental_margin"] or 0.0
    lines = [
        done.run.run_id,
        f"{'':<30}{'spend':>14}{'incr. revenue':>16}{'incr. margin':>15}",
        *(
            f"  {r:<9} {p:<18}{v[0]:>14,.2f}{v[1]:>16,.2f}{v[2]:>15,.2f}"
            for (r, p), v in sorted(sums.items())
        ),
        *(f"  {sentence}" for sentence in document["explanation"]),
        *(f"  Warning: {sentence}" for sentence in document["warnings"]),
        f"Report: {done.run.folder / 'report.html'}",
    ]
    return "\n".join(lines)

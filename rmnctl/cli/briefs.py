"""`rmnctl plan` with briefs: what was understood, and plans made from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmnctl.cli.plan_shown import conclude_plan, plan_text
from rmnctl.cli.shell import Shell
from rmnctl.errors import ConfigError

if TYPE_CHECKING:
    from rmnctl.agents.briefs import Understood
    from rmnctl.config import Loaded, Settings
    from rmnctl.planning import PlanRequest
    from rmnctl.planning.planner import Engine
    from rmnctl.workflows.briefs import Brief
    from rmnctl.workflows.plan import PlanResult
    from rmnctl.workflows.planning_config import PlanConfig


@dataclass(frozen=True)
class Asked:
    """How briefs are to be read and planned.

    Attributes:
        names: Configuration of the names that briefs may use.
        rules_only: Without the model.
        loaded: The plan's configuration, whose request the brief replaces.
        curves: Instead, a table of curves.
        engine: Solver.
        export_lp: Also write the linear model here.
        reflect: Also write the decision record.
    """

    names: Path
    rules_only: bool
    loaded: Loaded[PlanConfig] | None
    curves: Path | None
    engine: Engine
    export_lp: Path | None
    reflect: bool = False


def plan_briefs(
    shell: Shell,
    settings: Settings,
    text: str | None,
    file: Path | None,
    how: Asked,
    *,
    dry_run: bool,
) -> None:
    """Read briefs, show them as requests, and plan with one where that is wanted.

    Raises:
        ConfigError: Both were given, or a file with what is for one plan.
        RmnctlError: The brief's problem, with its exit code.
        Findings: Some brief of a file has a problem.
    """
    from rmnctl.workflows.briefs import Brief, raise_problems, read_briefs, understand_briefs

    if text is not None and file is not None:
        raise ConfigError("--brief and --brief-file: give one.")
    if file is not None and (how.reflect or how.export_lp is not None):
        raise ConfigError(
            "--reflect and --export-lp are for one plan.",
            hint="Plan the file, then `rmnctl reflect RUN` for those that matter.",
        )
    briefs = read_briefs(file) if file is not None else [Brief("brief", text or "")]
    found, reader = understand_briefs(
        briefs, how.names, settings, rules_only=how.rules_only, say=shell.say
    )
    if file is None and found[0][1].problem is not None:
        raise found[0][1].problem.error()
    if dry_run:
        result = {"requests": [u.plain(i) for i, u in found], "reader": reader}
        shown = "\n\n".join(understood_text(i, u) for i, u in found)
        shell.result("plan", shown, result=result, metrics=_counts(found))
        raise_problems(found)
        return
    if file is not None:
        _plan_all(shell, settings, briefs, found, reader, how)
        return
    understood = found[0][1]
    shell.say(understood_text("brief", understood))
    if understood.request is None:
        return
    notes = {"brief": briefs[0].text, "reader": reader, **understood.plain("brief")}
    done = _planned(shell, settings, understood.request, notes, how)
    shown = f"{understood_text('brief', understood)}\n\n{plan_text(done)}"
    conclude_plan(
        shell, settings, done, shown, done.document | {"brief": notes}, reflect=how.reflect
    )


def _plan_all(
    shell: Shell,
    settings: Settings,
    briefs: list[Brief],
    found: list[tuple[str, Understood]],
    reader: str,
    how: Asked,
) -> None:
    """Plan every brief of a file, and show them in one table.

    Raises:
        Findings: Some brief has no plan; the others were planned and kept.
    """
    from rmnctl.workflows.plan_briefs import (
        BriefLine,
        PlanBriefsConfig,
        plan_briefs,
        raise_unplanned,
    )

    config = PlanBriefsConfig(
        briefs=tuple(BriefLine(id=b.id, brief=b.text) for b in briefs),
        names=how.names,
        plan=how.loaded.model if how.loaded else None,
        curves=str(how.curves) if how.curves else None,
        engine=how.engine,
    )
    read = [(brief, understood) for brief, (_, understood) in zip(briefs, found, strict=True)]
    overrides = how.loaded.overrides if how.loaded else ()
    done = plan_briefs(config, read, settings, reader=reader, overrides=overrides, say=shell.say)
    texts = "\n\n".join(understood_text(i, u) for i, u in found)
    shown = f"{texts}\n\n{done.run.run_id}\n{_table_text(done.rows)}"
    result = {"requests": done.rows, "reader": reader, "plans": done.plans}
    shell.result("plan", shown, run=done.run, result=result)
    raise_unplanned(done)


def _table_text(rows: list[dict[str, Any]]) -> str:
    """One line a brief: what it gets, or why it has no plan."""
    wide = max(len(r["id"]) for r in rows)
    lines = [f"  {'':<{wide}}  {'budget':>14}{'spend':>14}{'incr. revenue':>16}{'iROAS':>8}  plan"]
    for row in rows:
        totals = row["totals"]
        if totals is None:
            lines.append(
                f"  {row['id']:<{wide}}  {row['error']['code']}: {row['error']['message']}"
            )
            continue
        ratio = "" if totals["iroas"] is None else f"{totals['iroas']:.2f}"
        lines.append(
            f"  {row['id']:<{wide}}  {row['request']['budget']:>14,.2f}{totals['spend']:>14,.2f}"
            f"{totals['incremental_revenue']:>16,.2f}{ratio:>8}  {row['plan']}"
        )
    return "\n".join(lines)


def _counts(found: list[tuple[str, Understood]]) -> dict[str, int]:
    problems = sum(u.problem is not None for _, u in found)
    return {"briefs": len(found), "requests": len(found) - problems, "problems": problems}


def _planned(
    shell: Shell,
    settings: Settings,
    request: PlanRequest,
    notes: dict[str, Any],
    how: Asked,
) -> PlanResult:
    from rmnctl.config.yaml_file import validate
    from rmnctl.workflows.plan import plan, plan_curves
    from rmnctl.workflows.planning_config import PlanConfig

    if how.curves is not None:
        return plan_curves(
            how.curves, request, settings, engine=how.engine, export_lp=how.export_lp, brief=notes
        )
    if how.loaded is None:
        raise ConfigError("A plan needs a configuration or --curves.")
    config = validate(PlanConfig, how.loaded.model.plain() | {"request": request.plain()})
    shell.say(f"Planning, mode {config.mode} …")
    return plan(
        config,
        settings,
        overrides=how.loaded.overrides,
        engine=how.engine,
        export_lp=how.export_lp,
        brief=notes,
    )


def understood_text(identifier: str, understood: Understood) -> str:
    """What a brief was understood as, for people."""
    if understood.problem is not None:
        problem = understood.problem
        return f"{identifier}: {problem.code.value}  {problem.message}\n  {problem.hint}"
    lines = [f"{identifier}: understood as"]
    request = understood.request.plain() if understood.request else {}
    words: dict[str, list[str]] = {}
    for name, said in understood.evidence:
        words.setdefault(name.partition(".")[0], []).append(f'"{said}"')
    for name, value in request.items():
        if name in {"schema", "limits"} or value in (None, [], ()):
            continue
        said = ", ".join(dict.fromkeys(words.get(name, ())))
        lines.append(f"  {name:<18} {_plain(value):<24} {said}".rstrip())
    for limit in request.get("limits", ()):
        bounds = ", ".join(
            f"{k} {_plain(v)}"
            for k, v in limit.items()
            if k not in {"scope", "id"} and v is not None
        )
        key = f"limits.{limit['scope']}.{limit['id']}"
        said = ", ".join(f'"{w}"' for n, w in understood.evidence if n == key)
        lines.append(f"  {'limit':<18} {limit['id'] + ': ' + bounds:<24} {said}".rstrip())
    lines += [f"  assumed: {text}" for text in understood.assumptions]
    return "\n".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.10g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

"""`rmnctl plan` with briefs: what was understood, and plans made from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmnctl.cli.shell import Shell
from rmnctl.errors import ConfigError

if TYPE_CHECKING:
    from rmnctl.agents.briefs import Understood
    from rmnctl.config import Loaded, Settings
    from rmnctl.planning import PlanRequest
    from rmnctl.planning.planner import Engine
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
        ConfigError: Both or an empty brief were given, or a file is to be planned.
        RmnctlError: The brief's problem, with its exit code.
        Findings: Some brief of a file has a problem.
    """
    from rmnctl.workflows.briefs import Brief, raise_problems, read_briefs, understand_briefs

    if text is not None and file is not None:
        raise ConfigError("--brief and --brief-file: give one.")
    if file is not None and not dry_run:
        raise ConfigError(
            "--brief-file shows many briefs as requests; plans are made one at a time.",
            hint="Add --dry-run, or plan one with --brief.",
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
    understood = found[0][1]
    shell.say(understood_text("brief", understood))
    if understood.request is None:
        return
    notes = {"brief": briefs[0].text, "reader": reader, **understood.plain("brief")}
    done = _planned(shell, settings, understood.request, notes, how)
    from rmnctl.cli.plan import conclude_plan, plan_text

    shown = f"{understood_text('brief', understood)}\n\n{plan_text(done)}"
    conclude_plan(
        shell, settings, done, shown, done.document | {"brief": notes}, reflect=how.reflect
    )


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

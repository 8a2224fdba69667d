"""The command that checks a plan against policies: check-plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmnctl.cli.shell import Shell, common


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("check-plan")(common(check_plan))


def check_plan(
    shell: Shell,
    plan: Annotated[str, typer.Argument(metavar="RUN", help="Plan run, or a plan.json.")],
    policy: Annotated[
        list[Path],
        typer.Option("--policy", "-p", metavar="FILE", help="Policy of a brand or retailer."),
    ],
    copies: Annotated[
        Path | None, typer.Option("--copy", metavar="FILE", help="The plan's ad copy, JSON lines.")
    ] = None,
    catalogue: Annotated[
        str | None,
        typer.Option(metavar="TABLE", help="sku_id and category: a file, or run:artifact."),
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day of the plan, YYYY-MM-DD.")
    ] = None,
) -> None:
    """Check a plan, and its copy, against the policies of brand and retailers.

    Blocked goods, spend caps, flight dates and fine print. Exit code 5: a policy is broken, or
    asks for what nobody told.

    Examples:

      rmnctl check-plan latest --policy configs/governance/brand_x.yaml --catalogue latest:simulate:catalogue.parquet --start 2026-12-01

      rmnctl check-plan latest -p configs/governance/brand_x.yaml -p configs/governance/alpha.yaml --copy copies.jsonl --json
    """
    from rmnctl.config import load_config
    from rmnctl.workflows.check_plan import CheckPlanConfig, raise_findings
    from rmnctl.workflows.check_plan import check_plan as work

    settings = shell.settings()
    given = [f"policies=[{', '.join(str(p) for p in policy)}]"]
    named = (("copies", copies), ("catalogue", catalogue), ("start", start))
    given += [f"{key}={value}" for key, value in named if value is not None]
    loaded = load_config(CheckPlanConfig, None, (*shell.overrides, *given))
    done = work(plan, loaded.model, settings, overrides=loaded.overrides)
    lines = [done.run.run_id, f"  {done.document['verdict']}"]
    for one in done.findings:
        place = " ".join(one.where.values())
        hint = f" {one.suggest}" if one.suggest else ""
        lines.append(f"  {one.level.value:<12} {one.policy}: {one.rule} {place}")
        lines.append(f"  {'':<12} {one.message}{hint}")
    shell.result("check-plan", "\n".join(lines), run=done.run, result=done.document)
    raise_findings(done)

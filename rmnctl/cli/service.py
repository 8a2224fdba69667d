"""Commands about rmnctl itself: report, config, doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import Failure


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(common(report))
    app.command()(common(doctor))
    config = typer.Typer(help="Show settings and schemas.", rich_markup_mode=None)
    config.command("show")(common(config_show))
    app.add_typer(config, name="config")


def report(
    shell: Shell,
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="The run. [default: the newest that has a report]"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Make it anew here: .html or .md."),
    ] = None,
) -> None:
    """Say where a run's report lies, or make it anew from the run's own figures.

    Markdown is for comparisons only.

    Examples:

      rmnctl report latest:compare

      rmnctl report latest:compare -o comparison.md
    """
    from rmnctl.workflows.report import report as work

    path = work(run, shell.settings(), output=output)
    shell.result("report", str(path), result={"path": str(path)})


def doctor(shell: Shell) -> None:
    """Check this machine: versions, disk, write rights. Exit code 1 if something is missing.

    Examples:

      rmnctl doctor

      rmnctl doctor --json
    """
    from rmnctl.workflows.doctor import doctor as work

    checks = work(shell.settings())
    lines = [f"{'ok  ' if c.ok else 'FAIL'}  {c.name:<12} {c.found}" for c in checks]
    shell.result("doctor", "\n".join(lines), result=[vars(c) for c in checks])
    failed = [c.name for c in checks if not c.ok]
    if failed:
        raise Failure(f"Not ready: {', '.join(failed)}.")


def config_show(
    shell: Shell,
    origin: Annotated[
        bool, typer.Option("--origin", help="Say where each value came from.")
    ] = False,
    schemas: Annotated[
        bool, typer.Option("--schemas", help="List every configuration schema and its keys.")
    ] = False,
) -> None:
    """Show the settings in force, or the keys every configuration file takes.

    Examples:

      rmnctl config show --origin

      rmnctl config show --schemas
    """
    from rmnctl.config import load_settings
    from rmnctl.workflows.schemas import schema_documents

    if schemas:
        documents = schema_documents()
        lines = []
        for name, document in documents.items():
            lines.append(name)
            lines += [
                f"  {key}: {spec.get('description', '')}".rstrip()
                for key, spec in document.get("properties", {}).items()
            ]
        shell.result("config show", "\n".join(lines), result=documents)
        return
    shell.settings()
    settings, sources = load_settings({"runs": shell.runs})
    values = settings.plain()
    lines = [
        f"{key}: {json.dumps(value)}" + (f"  ({sources[key]})" if origin else "")
        for key, value in values.items()
    ]
    result = {k: {"value": v, "origin": sources[k]} for k, v in values.items()}
    shell.result("config show", "\n".join(lines), result=result)

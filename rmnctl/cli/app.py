"""The application: which commands there are."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from rmnctl import __version__
from rmnctl.cli import (
    adapters,
    ask,
    cleanroom,
    compare,
    converse,
    copy,
    creative,
    data,
    demo,
    evaluate,
    experiment,
    governance,
    graph,
    plan,
    reflect,
    runs,
    service,
    training,
)
from rmnctl.cli.shell import guarded

app = typer.Typer(
    name="rmnctl",
    help="Plan retail media, and measure honestly what planning with clean-room data costs.",
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data.register(app)
copy.register(app)
creative.register(app)
plan.register(app)
reflect.register(app)
ask.register(app)
converse.register(app)
compare.register(app)
training.register(app)
graph.register(app)
governance.register(app)
demo.register(app)
evaluate.register(app)
service.register(app)
app.add_typer(cleanroom.app, name="cleanroom")
app.add_typer(experiment.app, name="experiment")
app.add_typer(adapters.app, name="adapters")
app.add_typer(adapters.models_app, name="models")
app.add_typer(runs.app, name="runs")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rmnctl {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def command_tree() -> Any:
    """The application as a command object, for documentation and tests."""
    return typer.main.get_command(app)


def main(argv: list[str] | None = None) -> None:
    """Run `rmnctl` and leave with its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    tree = command_tree()
    code = guarded(
        lambda: tree.main(args=arguments, prog_name="rmnctl", standalone_mode=False), arguments
    )
    sys.exit(code)

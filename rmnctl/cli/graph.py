"""`rmnctl graph`: pictures of the federation and of what runs were made from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmnctl.cli.adapters import FEDERATION, BrandOption, RetailerOption, TaskOption
from rmnctl.cli.shell import Shell, common


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(common(graph))


def graph(
    shell: Shell,
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Draw what this run was made from.")
    ] = None,
    task: TaskOption = None,
    retailer: RetailerOption = None,
    brand: BrandOption = None,
    config: Annotated[
        Path,
        typer.Option("--config", "-c", metavar="YAML", help="Configuration of the federation."),
    ] = FEDERATION,
) -> None:
    """Draw the federation of adapters, or a run's lineage, as DOT and SVG.

    Without RUN the federation: base, industry, retailer, manufacturer, task, agents. With --task,
    --retailer or --brand the layers that answer such a request are marked, each with its reason.
    With RUN its lineage, and the federation beside it where a request is given.

    Examples:

      rmnctl graph --task planning --retailer alpha --brand brand_x

      rmnctl graph latest:plan
    """
    from rmnctl.config import load_config
    from rmnctl.federation import FederationConfig
    from rmnctl.workflows.graph import GraphConfig
    from rmnctl.workflows.graph import graph as work

    settings = shell.settings()
    wanted = run is None or any((task, retailer, brand))
    loaded = load_config(FederationConfig, config, shell.overrides) if wanted else None
    done = work(
        GraphConfig(
            run=run,
            federation=loaded.model if loaded else None,
            task=task,
            retailer_id=retailer,
            brand_id=brand,
        ),
        settings,
        overrides=loaded.overrides if loaded else (),
    )
    files = {f"{name}.{kind}": done.run.folder / f"{name}.{kind}"
             for name in done.graphs for kind in ("svg", "dot")}  # fmt: skip
    text = "\n".join([done.run.run_id, *(f"  {path}" for path in files.values())])
    result = {
        "files": {name: str(path) for name, path in files.items()},
        "graphs": {name: drawn.plain() for name, drawn in done.graphs.items()},
    }
    shell.result("graph", text, run=done.run, result=result)

"""The command that writes ad copy: creative."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rmnctl.cli.shell import Shell, common


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("creative")(common(creative))


def creative(
    shell: Shell,
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="Briefs, voices, who writes.")
    ],
    evaluate: Annotated[
        bool,
        typer.Option("--evaluate", help="Compare with the bare base and with fewer layers."),
    ] = False,
) -> None:
    """Write ad copy that breaks no rule and invents no fact; the rest is not delivered.

    Exit code 5: some requests did not get all their variants.

    Examples:

      rmnctl creative -c configs/creative/demo.yaml

      rmnctl creative -c configs/creative/demo.yaml --set variants=2 --seed 3

      rmnctl creative -c configs/creative/demo.yaml --evaluate
    """
    from rmnctl.config import load_config
    from rmnctl.workflows.creative import CreativeConfig, raise_findings, write_creatives

    loaded = load_config(CreativeConfig, config, shell.overrides_with_seed("seed"))
    done = write_creatives(
        loaded.model, shell.settings(), evaluate=evaluate, overrides=loaded.overrides
    )
    document = done.document
    text = "\n".join([done.run.run_id, *_copy(document), *_missing(document), *_table(document)])
    shell.result("creative", text, run=done.run, result=document)
    raise_findings(done)


def _copy(document: dict[str, Any]) -> list[str]:
    lines = []
    for one in document["creatives"]:
        lines.append(f"  {one['brief']} {one['element']} on {one['platform']}")
        for v in one["variants"]:
            last = v["drafts"][-1]
            why = [f["rule"] for f in last["findings"]] + [p["rule"] for p in last["problems"]]
            said = v["copy"] if v["copy"] is not None else f"({', '.join(dict.fromkeys(why))})"
            lines.append(f"    {v['variant']} {v['status']:<9} {said}")
    return lines


def _missing(document: dict[str, Any]) -> list[str]:
    found = {
        f"  layer left out: {layer['adapter_type']} for {one['brand_id']}: {layer['reason']}"
        for one in document["layers"]
        for layer in one["layers"]
        if layer["adapter_id"] is None
    }
    return sorted(found)


def _table(document: dict[str, Any]) -> list[str]:
    keys = ("first_drafts_pass", "delivered_share", "requests_served", "distinctness", "tone")
    lines = [f"  {'written by':<22}" + "".join(f"{k.replace('_', ' '):>19}" for k in keys)]
    for name, figures in document["figures"].items():
        shown = (_with_interval(figures, k) for k in keys)
        same = f"  (as {figures['same_as']})" if "same_as" in figures else ""
        lines.append(f"  {name:<22}" + "".join(f"{s:>19}" for s in shown) + same)
    return lines


def _with_interval(figures: dict[str, Any], key: str) -> str:
    """A figure with its 95 % interval."""
    if figures[key] is None:
        return "n/a"
    ends = figures["intervals"][key]
    said = f"{figures[key]:.2f}"
    return said if ends is None else f"{said} [{ends[0]:.2f}, {ends[1]:.2f}]"

"""`rmnctl runs`: what was done, and whether it still stands."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import Findings

app = typer.Typer(help="List, show, verify, compare and clear run folders.", rich_markup_mode=None)
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="Path, id, unique prefix, 6-hex tail, or latest.")
]


@app.command("list")
@common
def list_(
    shell: Shell,
    verb: Annotated[str | None, typer.Option(help="Only runs of this command.")] = None,
) -> None:
    """List runs, newest first.

    Examples:

      rmnctl runs list

      rmnctl runs list --verb harmonize --json
    """
    from rmnctl.runs import list_runs

    settings = shell.settings()
    found = list(list_runs(settings.runs, verb))
    lines = [f"{m.run_id:<52} {m.status.value:<9} {len(m.artifacts):>2} artifacts" for m in found]
    text = "\n".join(lines) or f"No runs in {settings.runs}. Next: rmnctl simulate"
    shell.result(
        "runs list",
        text,
        result=[{"run_id": m.run_id, "verb": m.verb, "status": m.status.value} for m in found],
    )


@app.command()
@common
def show(shell: Shell, run: RunArgument = "latest") -> None:
    """Show one run's manifest.

    Examples:

      rmnctl runs show latest

      rmnctl runs show latest:harmonize --json
    """
    from rmnctl.runs import resolve

    folder, manifest = resolve(shell.settings().runs, run)
    text = f"{folder}\n" + json.dumps(manifest.plain(), indent=2, ensure_ascii=False)
    shell.result("runs show", text, result=manifest.plain())


@app.command()
@common
def verify(
    shell: Shell,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="One run; else all.")] = None,
) -> None:
    """Check digests, and that equal runs gave equal bytes. Exit code 5 if not.

    Examples:

      rmnctl runs verify

      rmnctl runs verify latest:harmonize
    """
    from rmnctl.runs import list_runs, resolve, verify_runs

    settings = shell.settings()
    if run is None:
        manifests, folder = list(list_runs(settings.runs)), settings.runs
    else:
        place, manifest = resolve(settings.runs, run)
        manifests, folder = [manifest], place.parent
    faults = verify_runs(folder, manifests)
    lines = [f"{f.run_id} {f.code}: {f.message}" for f in faults]
    text = "\n".join(lines) or f"{len(manifests)} runs are as their manifests say."
    shell.result("runs verify", text, result=[vars(f) for f in faults])
    if faults:
        raise Findings(f"{len(faults)} faults found in {folder}.")


@app.command()
@common
def diff(shell: Shell, left: RunArgument, right: RunArgument) -> None:
    """Show what separates two runs: configuration, inputs, artifacts, metrics.

    Examples:

      rmnctl runs diff 91ab03 7c1f2a

      rmnctl runs diff 91ab03 latest:harmonize --json
    """
    from rmnctl.runs import diff_runs, resolve

    settings = shell.settings()
    found = diff_runs(resolve(settings.runs, left), resolve(settings.runs, right))
    lines = [f"{d.what}: {d.left} | {d.right}" for d in found]
    shell.result("runs diff", "\n".join(lines) or "No difference.", result=[vars(d) for d in found])


@app.command()
@common
def prune(
    shell: Shell,
    keep: Annotated[
        int, typer.Option(min=0, help="Newest complete runs kept of each command.")
    ] = 5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Really delete.")] = False,
) -> None:
    """Delete failed runs and all but the newest complete ones of each command.

    Examples:

      rmnctl runs prune --dry-run

      rmnctl runs prune --keep 2 --yes
    """
    from rmnctl.runs.prune import delete, superfluous
    from rmnctl.workflows.cleanroom_ledger import newest_releases

    settings = shell.settings()
    # Without its newest release a retailer's clean room could not be refreshed any more.
    going = superfluous(settings.runs, keep, newest_releases(settings))
    if yes and not dry_run:
        delete(settings.runs, going)
    verb = "Deleted" if yes and not dry_run else "Would delete (say --yes)"
    lines = [f"{verb} {len(going)} runs.", *(f"  {run_id}" for run_id in going)]
    shell.result("runs prune", "\n".join(lines), result=going)

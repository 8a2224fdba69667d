"""Commands that make or read data: simulate, harmonize, propose-mapping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import ConfigError

if TYPE_CHECKING:
    from rmnctl.workflows.harmonize import HarmonizeResult
    from rmnctl.workflows.propose_mapping import MappingProposal

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="YAML configuration.")
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Check everything, show what would be done, write nothing."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(common(simulate))
    app.command()(common(harmonize))
    app.command("propose-mapping")(common(propose_mapping))


def simulate(shell: Shell, config: ConfigOption = None, dry_run: DryRun = False) -> None:
    """Draw a market whose truth is known and write what each party sees of it.

    Examples:

      rmnctl simulate -c configs/market/default.yaml

      rmnctl simulate -c configs/market/seed.yaml --seed 3 --json
    """
    from rmnctl.config import load_config
    from rmnctl.market import MarketConfig
    from rmnctl.workflows.simulate import simulate as work

    settings = shell.settings()
    path = config or Path("configs/market/default.yaml")
    loaded = load_config(MarketConfig, path, shell.overrides_with_seed("world_seed"))
    if dry_run:
        shell.result(
            "simulate", f"{path} is valid; nothing was written.", result=loaded.model.plain()
        )
        return
    shell.say(f"Simulating {path} …")
    done = work(loaded.model, settings, overrides=loaded.overrides)
    numbers = done.metrics
    text = (
        f"{done.run.run_id}\n"
        f"  {numbers['cells']:.0f} cells, {numbers['events']:.0f} events, "
        f"spend {numbers['spend']:.2f}\n"
        f"  attributed ROAS {numbers['roas']:.2f}, true incremental iROAS {numbers['iroas']:.2f}\n"
        f"Next: rmnctl harmonize -c configs/harmonize/demo.yaml"
    )
    shell.result("simulate", text, run=done.run, result=numbers)


def harmonize(
    shell: Shell,
    config: ConfigOption = None,
    dry_run: DryRun = False,
    accept_proposed: Annotated[
        bool, typer.Option("--accept-proposed", help="Use mappings nobody has accepted yet.")
    ] = False,
    replay: Annotated[
        str | None,
        typer.Option("--replay", metavar="RUN", help="Judge that run's quarantined rows again."),
    ] = None,
    mended: Annotated[
        Path | None,
        typer.Option("--mended", metavar="FILE", help="Its quarantine.jsonl with corrected cells."),
    ] = None,
) -> None:
    """Turn raw network reports into RMIS; every row and cent is accounted for.

    Exit code 5: too many rows are in quarantine; the run is complete all the same.

    Examples:

      rmnctl harmonize -c configs/harmonize/demo.yaml

      rmnctl harmonize --replay latest --mended quarantine.jsonl
    """
    from rmnctl.cli.opening import harmonize_request
    from rmnctl.workflows.harmonize import check_inputs, raise_findings
    from rmnctl.workflows.harmonize import harmonize as work

    settings = shell.settings()
    if mended is not None and replay is None:
        raise ConfigError("--mended needs --replay RUN: whose quarantine is it?")
    loaded = harmonize_request(config, replay, mended, settings, shell.overrides)
    if dry_run:
        plan = check_inputs(
            loaded.model, settings, config_path=loaded.path, accept_proposed=accept_proposed
        )
        lines = [f"  {p['input']}: {p['mapping']}, {p['columns']} columns" for p in plan]
        text = "\n".join(["All inputs fit their mappings; nothing was written.", *lines])
        shell.result("harmonize", text, result=plan)
        return
    shell.say(f"Harmonising {len(loaded.model.inputs)} inputs …")
    done = work(
        loaded.model,
        settings,
        config_path=loaded.path,
        overrides=loaded.overrides,
        accept_proposed=accept_proposed,
    )
    for warning in done.summary["warnings"]:
        shell.say(f"Warning: {warning}")
    shell.result("harmonize", _harmonize_text(done), run=done.run, result=done.summary)
    raise_findings(done)


def _harmonize_text(done: HarmonizeResult) -> str:
    numbers = done.summary["metrics"]
    kept = "\n".join(
        f"  {line['retailer_id']:<14} {line['placement_type']:<18} {line['rows']:>9} rows  "
        f"cost {line['cost']:>14} {line['currency']}"
        for line in done.summary["placements"]
    )
    return (
        f"{done.run.run_id}\n{kept}\n"
        f"  {numbers['rows_in']} rows in: {numbers['rows_kept']} kept, "
        f"{numbers['rows_quarantined']} quarantined, {numbers['rows_duplicate']} duplicate, "
        f"{numbers['rows_superseded']} superseded, {numbers['rows_total']} total rows\n"
        f"Report: {done.run.folder / 'report.html'}"
    )


def propose_mapping(
    shell: Shell,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A report nobody has mapped.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="YAML", help="Write the proposal as mapping YAML."),
    ] = None,
    mapping_id: Annotated[
        str | None, typer.Option("--id", help="Id of the proposed mapping.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="Rows to look at.")] = 2000,
    model: Annotated[
        bool, typer.Option("--model", help="Let the model choose where the matcher is unsure.")
    ] = False,
    federation: Annotated[
        Path, typer.Option("--federation", metavar="YAML", help="Who chooses, with --model.")
    ] = Path("configs/federation.yaml"),
    retailer: Annotated[
        str | None,
        typer.Option("--retailer", metavar="NAME", help="Whose report; then as selected."),
    ] = None,
) -> None:
    """Propose which column of a report is which RMIS field, with confidence and evidence.

    A proposal has `status: proposed`; harmonize refuses it until a person has looked at it. With
    --model it is a run that keeps what the model was asked and what it said.

    Examples:

      rmnctl propose-mapping report.csv

      rmnctl propose-mapping report.csv --model

      rmnctl propose-mapping report.csv -o configs/mappings/mine.yaml --id mine.report
    """
    from rmnctl.workflows.propose_mapping import propose_mapping as work

    settings = shell.settings()
    run = None
    if model:
        from rmnctl.workflows.propose_with_model import ProposeConfig, propose_with_model

        given: dict[str, Any] = {"report": file, "federation": federation, "rows": rows}
        if retailer is not None:
            given |= {"retailer_id": retailer, "adapters": None}
        done = propose_with_model(ProposeConfig(**given, mapping_id=mapping_id), settings)
        run, proposal = done.run, done.proposal
    else:
        proposal = work(file, rows=rows, mapping_id=mapping_id)
    if output is not None:
        from rmnctl.tables import write_bytes

        if output.exists():
            raise ConfigError(f"{output} exists; a proposal never overwrites a mapping.")
        write_bytes(output, proposal.yaml.encode())
        shell.say(f"Wrote {output}; look at it, then set status: accepted.")
    lines = _proposed(proposal)
    if run is not None:
        lines.append(f"{run.run_id}: {run.metrics['chosen']} of {run.metrics['asked']} chosen")
    shell.result("propose-mapping", "\n".join(lines), result=proposal.plain(), run=run)


def _proposed(proposal: MappingProposal) -> list[str]:
    """A line for every column."""
    width = max((len(c["source"].strip()) for c in proposal.columns), default=0)
    return [
        f"{c['source'].strip():<{width}}  {c['field'] or '-':<15} {c['confidence']:.2f}  "
        f"{'; '.join(c['evidence'][:2])}"
        for c in proposal.columns
    ]

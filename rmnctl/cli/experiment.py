"""Commands of experiments: design before, analyze after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmnctl.cli.shell import Shell, common

if TYPE_CHECKING:
    from rmnctl.measurement import ExperimentDesign, ExperimentResult
    from rmnctl.measurement.document import Estimate

app = typer.Typer(
    help="Randomised tests of one retailer and placement.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("design")
@common
def design(
    shell: Shell,
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="YAML configuration.")
    ],
    from_plan: Annotated[
        str | None,
        typer.Option("--from-plan", metavar="RUN", help="Test what this plan hangs on most."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what the test could see and cost, write nothing."),
    ] = False,
) -> None:
    """Draw who is treated, and say what the test can see and what it costs.

    With --from-plan the plan says which placement of the configured retailer is tested, what must
    be found, and from which budget; the configuration says how, when, and on which history.

    Examples:

      rmnctl experiment design -c configs/experiment/geo_pairs.yaml

      rmnctl experiment design -c configs/experiment/switchback.yaml --dry-run

      rmnctl experiment design -c configs/experiment/switchback.yaml --from-plan latest
    """
    from rmnctl.config import load_config
    from rmnctl.measurement import ExperimentConfig
    from rmnctl.workflows.experiment_design import experiment_design, wish_of_plan

    settings = shell.settings()
    loaded = load_config(ExperimentConfig, config, shell.overrides_with_seed("seed"))
    wanted, plan = loaded.model, None
    if from_plan is not None:
        wish = wish_of_plan(wanted, from_plan, settings)
        wanted, plan = wish.config, wish.plan
        shell.say(
            f"{wish.proposal.retailer_id} {wish.proposal.placement_type}: "
            f"{wish.proposal.at_stake:,.0f} of planned incremental revenue hang on it."
        )
    done = experiment_design(
        wanted, settings, plan=plan, overrides=loaded.overrides, dry_run=dry_run
    )
    for warning in done.design.warnings:
        shell.say(f"Warning: {warning}")
    head = done.run.run_id if done.run else "Nothing was written."
    shell.result(
        "experiment design",
        f"{head}\n{_design_text(done.design)}",
        run=done.run,
        result=done.design.plain(),
    )


def _design_text(made: ExperimentDesign) -> str:
    seen, spend, currency = made.sensitivity, made.spend, made.currency
    mde = (
        "no effect is found often enough"
        if seen.mde_revenue is None
        else f"{seen.mde_revenue:,.2f} {currency} (iROAS {seen.mde_iroas:.2f})"
    )
    share = "" if spend.experiment_share is None else f" = {spend.experiment_share:.1%} of budget"
    return (
        f"  {made.retailer_id} / {made.placement_type}, {made.start_date} to {made.end_date}, "
        f"{len(made.units)} units: {made.arms['treatment']} treated, {made.arms['control']} not\n"
        f"  spend {spend.planned:,.2f} {currency}{share}\n"
        f"  least detectable at {seen.wanted_power:.0%} power: {mde}\n"
        f"  power to find iROAS {seen.expected_iroas:g}: {seen.power:.0%}\n"
        f"Next, after {made.end_date}: rmnctl experiment analyze --design latest --outcomes FILE"
    )


@app.command("analyze")
@common
def analyze(
    shell: Shell,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="YAML configuration.")
    ] = None,
    design: Annotated[
        str | None, typer.Option("--design", metavar="RUN", help="Design run, e.g. latest.")
    ] = None,
    outcomes: Annotated[
        str | None,
        typer.Option("--outcomes", metavar="FILE", help="Parquet or CSV, or run:artifact."),
    ] = None,
    spend: Annotated[
        float | None,
        typer.Option("--spend", help="Incremental spend, where the outcomes have none."),
    ] = None,
) -> None:
    """Analyse a finished experiment to iROAS with interval and p-value.

    Examples:

      rmnctl experiment analyze --design latest --outcomes outcomes.csv

      rmnctl experiment analyze --design latest --outcomes outcomes.csv --spend 12000 --json
    """
    from rmnctl.config import load_config
    from rmnctl.measurement import AnalyzeConfig
    from rmnctl.workflows.experiment_analyze import experiment_analyze

    settings = shell.settings()
    flags = {"design": design, "outcomes": outcomes, "spend": spend}
    given = tuple(f"{k}={_yaml(v)}" for k, v in flags.items() if v is not None)
    loaded = load_config(AnalyzeConfig, config, (*shell.overrides, *given))
    done = experiment_analyze(loaded.model, settings, overrides=loaded.overrides)
    for warning in done.result.warnings:
        shell.say(f"Warning: {warning}")
    shell.result(
        "experiment analyze",
        f"{done.run.run_id}\n{_result_text(done.result)}",
        run=done.run,
        result=done.result.plain(),
    )


def _yaml(value: str | float) -> str:
    import json

    return json.dumps(value)


def _result_text(found: ExperimentResult) -> str:
    def line(name: str, value: Estimate, unit: str) -> str:
        low, high = ("open" if v is None else f"{v:,.2f}" for v in value.ci95)
        return f"  {name:<20} {value.estimate:>14,.2f}{unit}  95 % [{low}, {high}]"

    unit = f" {found.currency}"
    return "\n".join(
        [
            f"  {found.test_id}: {found.method}",
            f"  {'incremental spend':<20} {found.incremental_spend:>14,.2f}{unit}",
            line("incremental revenue", found.incremental_revenue, unit),
            line("iROAS", found.iroas, ""),
            f"  p-value {found.p_value:.4f}",
        ]
    )

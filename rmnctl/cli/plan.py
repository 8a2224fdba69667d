"""Commands that fit response and allocate a budget: curves, plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rmnctl.cli.briefs import Asked, plan_briefs
from rmnctl.cli.plan_shown import conclude_plan, plan_text
from rmnctl.cli.shell import Shell, common
from rmnctl.errors import ConfigError

if TYPE_CHECKING:
    from rmnctl.config import Loaded, Settings
    from rmnctl.planning.planner import Engine
    from rmnctl.workflows.plan import PlanResult
    from rmnctl.workflows.planning_config import PlanConfig

_BRIEF_CONFIG = "configs/plan/clean_room.yaml"
ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="YAML configuration.")
]
ModeOption = Annotated[
    Literal["clean_room", "federated", "joined", "full_data"] | None,
    typer.Option("--mode", help="Which data may be used, in place of the configuration's."),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Check everything, show what would be done, write nothing."),
]


EngineOption = Annotated[
    Literal["auto", "highs", "pulp", "bisect"], typer.Option("--engine", help="Solver.")
]
ExportOption = Annotated[
    Path | None, typer.Option("--export-lp", metavar="FILE", help="Also write the model here.")
]
BriefOption = Annotated[
    str | None, typer.Option("--brief", metavar="TEXT", help="Read the request from this text.")
]
BriefFileOption = Annotated[
    Path | None,
    typer.Option(
        "--brief-file", metavar="JSONL", help="Read many: lines of {id, brief}; - is stdin."
    ),
]
NamesOption = Annotated[
    Path, typer.Option("--names", metavar="YAML", help="Names of brands, retailers and products.")
]
ReflectOption = Annotated[
    bool,
    typer.Option("--reflect", help="Also write the decision record; exit 5 where it stops."),
]
RulesOption = Annotated[
    bool, typer.Option("--rules-only", help="Read briefs without asking the model.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(common(curves))
    app.command()(common(plan))


def _load(config: Path | None, mode: str | None, shell: Shell, command: str) -> Loaded[PlanConfig]:
    from rmnctl.config import load_config
    from rmnctl.workflows.planning_config import PlanConfig

    if config is None:
        raise ConfigError(
            f"{command} needs a configuration.",
            hint=f"rmnctl {command} -c configs/plan/clean_room.yaml",
        )
    changes = (*shell.overrides_with_seed("seed"), *((f"mode={mode}",) if mode else ()))
    return load_config(PlanConfig, config, changes)


def curves(
    shell: Shell,
    config: ConfigOption = None,
    mode: ModeOption = None,
    backtest: Annotated[
        bool, typer.Option(help="Predict the last periods from those before.")
    ] = True,
    dry_run: DryRun = False,
) -> None:
    """Fit incremental response curves from releases, or events, and lift tests.

    Examples:

      rmnctl curves -c configs/plan/clean_room.yaml

      rmnctl curves -c configs/plan/full_data.yaml --no-backtest --json
    """
    from rmnctl.workflows.curves import curves as work
    from rmnctl.workflows.curves import prepare

    settings = shell.settings()
    loaded = _load(config, mode, shell, "curves")
    if dry_run:
        prepared = prepare(loaded.model, settings)
        names = [i.record.name for i in prepared.inputs]
        shell.result("curves", f"All inputs are there: {', '.join(names)}.", result=names)
        return
    shell.say(f"Fitting response, mode {loaded.model.mode} …")
    done = work(loaded.model, settings, overrides=loaded.overrides, backtest=backtest)
    found = done.fit
    lines = [
        done.run.run_id,
        (
            f"  {found['cells']} cells, {found['cells_with_own_curve']} with a curve of their own, "
            f"{found['periods']} periods of {found['period_days']} days"
        ),
        *(
            f"  {b['retailer_id']:<10} {b['placement_type']:<18} attributed / incremental "
            f"{b['attributed_ratio']:.2f}, give or take {b['log_sd']:.0%}"
            + ("" if b["lift_test"] else ", no lift test of its own")
            for b in found["blocks"]
        ),
    ]
    if "backtest" in found:
        test = found["backtest"]
        lines.append(
            f"  back-test: {test['coverage_80']:.0%} of {test['cells']} attributed sales inside "
            f"their 80 % interval, error {test['wape']:.0%}"
        )
    lines.append(f"  {found['family']['sentence']}")
    shell.result("curves", "\n".join(lines), run=done.run, result=found)


def plan(
    shell: Shell,
    config: ConfigOption = None,
    mode: ModeOption = None,
    curves: Annotated[
        Path | None,
        typer.Option("--curves", metavar="TABLE", help="Plan on these curves, Parquet or CSV."),
    ] = None,
    request: Annotated[
        Path | None, typer.Option("--request", metavar="YAML", help="Request; with --curves.")
    ] = None,
    engine: EngineOption = "auto",
    export_lp: ExportOption = None,
    brief: BriefOption = None,
    brief_file: BriefFileOption = None,
    names: NamesOption = Path("configs/briefs.yaml"),
    rules_only: RulesOption = False,
    reflect: ReflectOption = False,
    dry_run: DryRun = False,
) -> None:
    """Allocate a budget over retailers, placements and SKUs, with a certificate.

    A brief is read as a request; what it does not say is listed as an assumption. Without
    --config a brief is planned with configs/plan/clean_room.yaml.

    Exit code 1: no plan keeps all rules; the message says which would have to give. 3: a brief
    lacks a budget or a brand, contradicts itself, names what is not known, or gives orders. 4: it
    asks for a blocked field. 5: a brief of a file has no plan (others do), or --reflect stops it.

    Examples:

      rmnctl plan -c configs/plan/clean_room.yaml --reflect

      rmnctl plan --curves curves.parquet --request configs/requests/demo.yaml --json

      rmnctl plan --brief "Spend $40k on alpha and beta for Brand X, video at most 15%" --dry-run

      rmnctl plan --brief-file briefs.jsonl
    """
    settings = shell.settings()
    if brief is not None or brief_file is not None:
        if request is not None:
            raise ConfigError("--brief and --request both say what to plan; give one.")
        loaded = _brief_config(shell, config, mode, curves, dry_run)
        how = Asked(names, rules_only, loaded, curves, engine, export_lp, reflect=reflect)
        plan_briefs(shell, settings, brief, brief_file, how, dry_run=dry_run)
        return
    if (curves is None) != (request is None):
        raise ConfigError("--curves and --request go together.")
    if curves is not None and request is not None:
        if config is not None or mode is not None:
            raise ConfigError("--curves and --request leave nothing for --config or --mode to say.")
        done = _on_curves(shell, settings, curves, request, engine, export_lp, dry_run)
    else:
        loaded = _load(config, mode, shell, "plan")
        done = _by_mode(shell, settings, loaded, engine, export_lp, dry_run)
    if done is not None:
        conclude_plan(shell, settings, done, plan_text(done), done.document, reflect=reflect)


def _brief_config(
    shell: Shell, config: Path | None, mode: str | None, curves: Path | None, dry_run: bool
) -> Loaded[PlanConfig] | None:
    """The configuration that a brief is planned with; none where nothing is, or on curves."""
    if curves is not None and (config is not None or mode is not None):
        raise ConfigError("--curves leaves nothing for --config or --mode to say.")
    if curves is not None or (dry_run and config is None):
        return None
    return _load(config or Path(_BRIEF_CONFIG), mode, shell, "plan")


def _on_curves(
    shell: Shell,
    settings: Settings,
    curves: Path,
    request: Path,
    engine: Engine,
    export_lp: Path | None,
    dry_run: bool,
) -> PlanResult | None:
    from rmnctl.config import load_config
    from rmnctl.planning import PlanRequest
    from rmnctl.workflows.plan import plan_curves

    asked = load_config(PlanRequest, request, shell.overrides)
    if dry_run:
        shell.result("plan", f"{request} is valid.", result=asked.model.plain())
        return None
    return plan_curves(
        curves,
        asked.model,
        settings,
        overrides=asked.overrides,
        engine=engine,
        export_lp=export_lp,
    )


def _by_mode(
    shell: Shell,
    settings: Settings,
    loaded: Loaded[PlanConfig],
    engine: Engine,
    export_lp: Path | None,
    dry_run: bool,
) -> PlanResult | None:
    from rmnctl.workflows.curves import prepare
    from rmnctl.workflows.plan import plan as work
    from rmnctl.workflows.planning_config import load_request

    if dry_run:
        prepare(loaded.model, settings)
        said = "Configuration, request and inputs are in order; nothing was written."
        shell.result("plan", said, result=load_request(loaded.model).plain())
        return None
    shell.say(f"Planning, mode {loaded.model.mode} …")
    return work(
        loaded.model, settings, overrides=loaded.overrides, engine=engine, export_lp=export_lp
    )

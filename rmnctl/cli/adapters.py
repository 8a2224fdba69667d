"""Commands of the federation: adapters and base models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import Findings

if TYPE_CHECKING:
    from rmnctl.federation import FederationConfig
    from rmnctl.workflows.adapters import Composed, ComposeRequest

app = typer.Typer(
    help="LoRA adapters: what there is, and what a request is answered with.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
models_app = typer.Typer(help="Base language models.", no_args_is_help=True, rich_markup_mode=None)

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", metavar="YAML", help="Configuration of the federation.")
]
ModelsOption = Annotated[
    Path, typer.Option("--config", "-c", metavar="YAML", help="Configuration of base models.")
]
TaskOption = Annotated[str | None, typer.Option("--task", metavar="TASK", help="What to do.")]
RetailerOption = Annotated[
    str | None, typer.Option("--retailer", metavar="NAME", help="Whose media.")
]
BrandOption = Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Who asks.")]
ForceOption = Annotated[
    str | None,
    typer.Option(
        "--force-adapters", metavar="A,B", help="Exactly these, in this order, instead of choosing."
    ),
]
FEDERATION = Path("configs/federation.yaml")
MODELS = Path("configs/models.yaml")


def _load(shell: Shell, config: Path) -> FederationConfig:
    from rmnctl.config import load_config
    from rmnctl.federation import FederationConfig

    return load_config(FederationConfig, config, shell.overrides).model


def _request(
    task: str | None, retailer: str | None, brand: str | None, force: str | None
) -> ComposeRequest:
    from rmnctl.workflows.adapters import ComposeRequest

    names = None if force is None else [n.strip() for n in force.split(",") if n.strip()]
    return ComposeRequest(task, retailer, brand, names)


@app.command("list")
@common
def list_adapters(shell: Shell, config: ConfigOption = FEDERATION) -> None:
    """List adapters, and what is wrong with those that cannot be used.

    Exit code 5: at least one cannot be used.

    Examples:

      rmnctl adapters list

      rmnctl adapters list --json
    """
    from rmnctl.workflows.adapters import adapters_list

    settings = shell.settings()
    registry = adapters_list(_load(shell, config), settings)
    lines = [
        f"{a.card.adapter_type.value:<12}  {a.id:<28} {a.card.version:<8} rank {a.card.rank:<3} "
        f"{a.bytes / 1e6:6.1f} MB  {a.digest[:12]}"
        for a in registry
    ]
    lines += [f"other base    {f.folder.name}" for f in registry.faults if f.other_base]
    wrong = [f for f in registry.faults if not f.other_base]
    lines += [f"refused       {f.folder.name}: {f.error.message}" for f in wrong]
    result = {
        "adapters": [a.card.plain() | {"sha256": a.digest, "bytes": a.bytes} for a in registry],
        "refused": [{"folder": f.folder.name, "message": f.error.message} for f in wrong],
    }
    empty = f"No adapters in {registry.folder}; answers come from the bare base."
    shell.result("adapters list", "\n".join(lines) or empty, result=result)
    if wrong:
        raise Findings(
            f"{len(wrong)} of the adapters cannot be used.", hint="The list says what is wrong."
        )


@app.command("show")
@common
def show(
    shell: Shell,
    adapter: Annotated[str, typer.Argument(metavar="ADAPTER", help="Its adapter_id.")],
    config: ConfigOption = FEDERATION,
) -> None:
    """Show an adapter's card.

    Examples:

      rmnctl adapters show task_planning

      rmnctl adapters show task_planning --json
    """
    from rmnctl.tables import json_text
    from rmnctl.workflows.adapters import adapters_show

    settings = shell.settings()
    found = adapters_show(_load(shell, config), adapter, settings)
    shell.result("adapters show", json_text(found).rstrip(), result=found)


@app.command("compose")
@common
def compose(
    shell: Shell,
    task: TaskOption = None,
    retailer: RetailerOption = None,
    brand: BrandOption = None,
    force_adapters: ForceOption = None,
    config: ConfigOption = FEDERATION,
) -> None:
    """Compose for a request; says why each layer was taken or is missing.

    Exit code 4: a forced adapter belongs to another brand.

    Examples:

      rmnctl adapters compose --task planning --retailer alpha --brand brand_x

      rmnctl adapters compose --brand brand_x --set strategy=merged --set rank=16
    """
    from rmnctl.workflows.adapters import adapters_compose

    settings = shell.settings()
    done = adapters_compose(
        _load(shell, config), _request(task, retailer, brand, force_adapters), settings
    )
    shell.result("adapters compose", _text(done), result=done.plain())


@app.command("export")
@common
def export(
    shell: Shell,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="New folder to write.")
    ],
    task: TaskOption = None,
    retailer: RetailerOption = None,
    brand: BrandOption = None,
    force_adapters: ForceOption = None,
    config: ConfigOption = FEDERATION,
) -> None:
    """Write a composition as one plain PEFT adapter, for vLLM or llama.cpp.

    The folder holds what its adapters hold: keep it as confidential as the brand's own.

    Examples:

      rmnctl adapters export --task planning --brand brand_x -o exported/brand_x

      rmnctl adapters export --brand brand_x --set strategy=merged --set rank=16 -o exported/small
    """
    from rmnctl.workflows.adapters import adapters_export

    settings = shell.settings()
    done = adapters_export(
        _load(shell, config), _request(task, retailer, brand, force_adapters), output, settings
    )
    text = (
        f"{_text(done)}\nWritten to {output}; serve it with a largest rank of {done.record.rank}."
    )
    shell.result("adapters export", text, result=done.plain() | {"folder": str(output)})


@app.command("corpus")
@common
def corpus(
    shell: Shell,
    adapter: Annotated[str, typer.Argument(metavar="ADAPTER", help="Its adapter_id.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Where to. [default: data/training/ADAPTER]"
        ),
    ] = None,
    market: Annotated[
        Path, typer.Option("--market", metavar="YAML", help="Whose catalogue and reports.")
    ] = Path("configs/market/default.yaml"),
) -> None:
    """Write the text that an adapter is trained on, and what it is measured by.

    Examples:

      rmnctl adapters corpus manufacturer_brand_x

      rmnctl adapters corpus industry_retail_media -o data/training/industry_retail_media
    """
    from rmnctl.workflows.adapters_corpus import adapters_corpus
    from rmnctl.workflows.corpora import Sources

    shell.settings()
    done = adapters_corpus(adapter, output, Sources(market=market))
    text = "\n".join(
        f"{done.folder / name}: {n} rows, {done.sha256[name][:12]}" for name, n in done.rows.items()
    )
    result = {"folder": str(done.folder), "rows": done.rows, "sha256": done.sha256}
    shell.result("adapters corpus", text, result=result)


def _text(done: Composed) -> str:
    lines = [
        f"{layer.adapter_type.value:<12}  {layer.adapter.id if layer.adapter else '-':<28} {layer.reason}"
        for layer in done.selection.layers
    ]
    record = done.record
    lines += [f"note          {note}" for note in done.selection.notes]
    kept = "" if record.retained == 1 else f", {record.retained:.1%} of energy kept"
    lines.append(
        f"{record.strategy}: rank {record.rank}, {record.bytes / 1e6:.1f} MB{kept}, "
        f"{record.ms:.1f} ms, {record.key[:12]}"
    )
    return "\n".join(lines)


@models_app.command("list")
@common
def list_models(shell: Shell, config: ModelsOption = MODELS) -> None:
    """List base models, and which are on this machine.

    Examples:

      rmnctl models list

      rmnctl models list --json
    """
    from rmnctl.workflows.models import models_list

    found = models_list(config, shell.settings())
    lines = [
        f"{'*' if m.default else ' '} {m.name:<26} {m.source:<8} "
        f"{'ready' if m.ready else 'not pulled':<11} {(m.sha256 or '-')[:12]:<13} {m.licence}"
        for m in found
    ]
    shell.result("models list", "\n".join(lines), result=[m.plain() for m in found])


@models_app.command("pull")
@common
def pull(
    shell: Shell,
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="Which. [default: the default one]")
    ] = None,
    config: ModelsOption = MODELS,
) -> None:
    """Bring a base model onto this machine; afterwards nothing needs the network.

    Examples:

      rmnctl models pull

      rmnctl models pull llama-3.1-8b-instruct
    """
    from rmnctl.workflows.models import models_pull

    settings = shell.settings()
    shell.say("Fetching and converting a base model takes a minute or more, once.")
    base = models_pull(model, config, settings)
    result = {"name": base.name, "sha256": base.sha256, "folder": str(base.folder)}
    shell.result("models pull", f"{base.name} {base.sha256[:12]} in {base.folder}", result=result)

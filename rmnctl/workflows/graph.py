"""`rmnctl graph`: the federation of adapters, and what a run was made from, as DOT and SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from rmnctl.agents.roster import roster
from rmnctl.config import ConfigModel, Settings
from rmnctl.federation import CARD_SCHEMA, FederationConfig, LoRAFederation
from rmnctl.federation.card import CARD_NAME
from rmnctl.graphs import Graph, Lineage, federation_graph, lineage, lineage_graph
from rmnctl.reporting.graph_dot import graph_dot
from rmnctl.reporting.graph_svg import graph_svg
from rmnctl.runs import MANIFEST_SCHEMA, Input, Run, file_input, resolve
from rmnctl.runs.manifest import MANIFEST_NAME

VERB = "graph"


class GraphConfig(ConfigModel):
    """Configuration of `rmnctl graph`."""

    schema_: Literal["rmnctl/graph/v1"] = Field("rmnctl/graph/v1", alias="schema")
    run: str | None = Field(None, description="draw this run's lineage")
    federation: FederationConfig | None = Field(None, description="draw these adapters")
    task: str | None = Field(None, description="of the request whose layers are marked")
    retailer_id: str | None = Field(None, description="of that request")
    brand_id: str | None = Field(None, description="of that request")

    @property
    def asks(self) -> bool:
        """Whether a request is given."""
        return any((self.task, self.retailer_id, self.brand_id))


@dataclass(frozen=True)
class GraphResult:
    """What was drawn.

    Attributes:
        run: The run; `<name>.dot` and `<name>.svg` lie in its folder.
        graphs: The graphs, by name.
    """

    run: Run
    graphs: dict[str, Graph]


def graph(
    config: GraphConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
    federation: LoRAFederation | None = None,
) -> GraphResult:
    """Draw the federation, a run's lineage, or both.

    Args:
        config: What to draw.
        settings: Where runs lie.
        overrides: `--set` texts, for the record.
        federation: The federation of `config.federation`, where it is already open.

    Raises:
        ConfigError: The task is unknown, or several adapters fit one layer.
        InputError: The base is not on this machine, or an adapter that fits cannot be used.
        RunError: The run does not exist, is not complete, or its manifest is damaged.
    """
    settings = settings or Settings()
    graphs: dict[str, Graph] = {}
    inputs: list[Input] = []
    if config.federation is not None:
        opened = federation or LoRAFederation(config.federation, settings)
        graphs["federation"] = _federation(config, opened)
        inputs += _cards(opened)
    if config.run is not None:
        folder, manifest = resolve(settings.runs, config.run)
        # `latest` means another run each time; the record says which one was drawn.
        config = config.model_copy(update={"run": manifest.run_id})
        found = lineage(settings.runs, folder)
        graphs["lineage"] = lineage_graph(found)
        inputs += _manifests(found)
    with Run.start(settings.runs, VERB, config, inputs=inputs, overrides=overrides) as run:
        for name, drawn in graphs.items():
            run.write_text(f"{name}.dot", graph_dot(drawn), "dot/v1")
            run.write_text(f"{name}.svg", graph_svg(drawn), "svg/v1")
            run.metrics[f"{name}_nodes"] = sum(bool(n.label) for n in drawn.nodes)
    return GraphResult(run, graphs)


def _federation(config: GraphConfig, opened: LoRAFederation) -> Graph:
    chosen = (
        opened.select(config.task, config.retailer_id, config.brand_id) if config.asks else None
    )
    return federation_graph(
        opened.registry,
        opened.base.name,
        opened.base.sha256,
        selection=chosen,
        task=config.task,
        agents=roster(),
    )


def _cards(opened: LoRAFederation) -> list[Input]:
    adapters = sorted(opened.registry, key=lambda a: a.id)
    return [file_input(f"card {a.id}", a.folder / CARD_NAME, CARD_SCHEMA) for a in adapters]


def _manifests(found: Lineage) -> list[Input]:
    return [
        file_input(
            f"manifest {run_id}", Path(found.folders[run_id]) / MANIFEST_NAME, MANIFEST_SCHEMA
        )
        for run_id in found.manifests
    ]

"""The federation as a graph: every adapter in its layer, the active ones marked, with reasons."""

from __future__ import annotations

import pytest

from rmnctl.agents.roster import AGENTS
from rmnctl.federation import Registry, select
from rmnctl.graphs import EdgeKind, Kind, State, federation_graph
from tests.graphs.conftest import CAPABILITIES


def found(graph, kind):
    """Labels of the nodes of a kind, by state."""
    return {
        state: sorted(n.label for n in graph.nodes if (n.kind, n.state) == (kind, state))
        for state in {n.state for n in graph.nodes if n.kind is kind}
    }


def path(graph):
    """The labels that active arrows pass from the base on, junctions left out."""
    labels = {n.id: n.label for n in graph.nodes}
    after = {e.source: e.target for e in graph.edges if e.kind is EdgeKind.ACTIVE}
    name, passed = next(n.id for n in graph.nodes if n.kind is Kind.BASE), []
    while name is not None:
        passed.append(labels[name])
        name = after.get(name)
    return [label for label in passed if label]


def test_every_adapter_stands_in_the_layer_of_its_card(draw, registry) -> None:
    """Without a request nothing is active, and no adapter is left out."""
    graph = draw()
    for kind in ("industry", "retailer", "manufacturer", "task"):
        ids = sorted(a.id for a in registry if a.card.adapter_type.value == kind)
        assert found(graph, Kind(kind))[State.PLAIN] == ids
    assert {n.state for n in graph.nodes} == {State.PLAIN, State.REFUSED}
    columns = {n.kind: n.column for n in graph.nodes if n.kind is not Kind.JUNCTION}
    assert sorted(columns, key=columns.__getitem__) == list(columns)


def test_the_layers_of_a_request_are_marked_from_base_to_agent(draw) -> None:
    """Active arrows lead from the base through exactly what was selected to the agent."""
    graph = draw("planning", "alpha", "w")
    assert path(graph) == ["tiny", "industry", "alpha", "brand_w", "planner", "planner"]
    assert found(graph, Kind.MANUFACTURER)[State.ACTIVE] == ["brand_w"]


def test_nodes_tell_capabilities_and_the_reason_of_the_selection(draw, registry) -> None:
    """A node lists what its adapter can do; its tooltip gives the selection's own words."""
    graph = draw("planning", "alpha", "w")
    nodes = {n.label: n for n in graph.nodes if n.kind is not Kind.AGENT}
    assert set(nodes["brand_w"].lines) > {c.replace("_", " ") for c in CAPABILITIES}
    chosen = select(registry, task="planning", retailer_id="alpha", brand_id="w")
    for layer in chosen.layers:
        assert layer.reason in nodes[layer.adapter.id].tooltip
    assert "made for brand x" in nodes["brand_x"].tooltip


def test_a_missing_layer_is_drawn_with_the_reason(draw, registry) -> None:
    """Where no adapter fits, a dashed node says why, and the path goes on through it."""
    graph = draw("creative", "gamma", "x")
    missing = {n.kind: n for n in graph.nodes if n.state is State.MISSING}
    chosen = select(registry, task="creative", retailer_id="gamma", brand_id="x")
    reasons = {la.adapter_type.value: la.reason for la in chosen.layers if la.adapter is None}
    assert {k.value: n.tooltip for k, n in missing.items()} == reasons
    assert path(graph) == [
        "tiny", "industry", "no retailer layer", "brand_x", "no task layer", "creative",
    ]  # fmt: skip


def test_refused_adapters_are_drawn_apart_with_what_is_wrong(draw, registry) -> None:
    """A folder that cannot be used is shown, unconnected, with the registry's message."""
    graph = draw()
    (broken,) = [n for n in graph.nodes if n.state is State.REFUSED]
    assert (broken.label, broken.kind) == ("broken", Kind.RETAILER)
    assert registry.faults[0].error.message in broken.tooltip
    assert broken.id not in {name for e in graph.edges for name in (e.source, e.target)}


def test_what_was_trained_on_what_is_an_arrow_of_its_own(draw) -> None:
    """A parent leads to the adapter that was trained on top of it."""
    trained = [e for e in draw().edges if e.kind is EdgeKind.TRAINED_ON]
    assert [(e.source, e.target) for e in trained] == [("industry", "brand_w")]


def test_no_agent_speaks_through_an_adapter_of_another_task(draw) -> None:
    """Only the planner's agent hangs on the planning adapter; those that compute hang on none."""
    graph = draw()
    kinds = {n.id: n.kind for n in graph.nodes}
    spoken = [(e.source, e.target) for e in graph.edges if kinds[e.target] is Kind.AGENT]
    assert spoken == [("planner", "agent planner")]


def test_an_empty_folder_still_shows_the_layers(base, tmp_path) -> None:
    """Without adapters every layer says that it is empty."""
    empty = Registry.scan(
        tmp_path / "none", base_name=base.name, base_sha256=base.sha256, shapes=base.shapes()
    )
    graph = federation_graph(empty, base.name, base.sha256)
    assert sum(n.state is State.MISSING for n in graph.nodes) == 4


@pytest.mark.parametrize("request_", [{}, {"task": "planning", "brand_id": "x"}])
def test_arrows_lead_rightwards_between_nodes_that_exist(draw, request_) -> None:
    """Every arrow joins two nodes of the graph and never leads back."""
    graph = draw(**request_)
    columns = {n.id: n.column for n in graph.nodes}
    assert len(columns) == len(graph.nodes)
    assert all(columns[e.source] < columns[e.target] for e in graph.edges)


def test_agents_are_those_of_the_code_with_their_tools(draw) -> None:
    """Each of the six agents is shown with the tools that its class offers."""
    shown = {n.label: n.lines for n in draw().nodes if n.kind is Kind.AGENT}
    assert list(shown) == [agent.name for agent in AGENTS]
    assert shown["planner"] == (
        "clean room query", "response curves", "allocate", "design experiment",
    )  # fmt: skip
    assert shown["governance"] == ("check copy", "check plan")

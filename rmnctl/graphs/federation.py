"""The federation as a graph: base, industry, retailer, manufacturer, task, agents."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rmnctl.federation import Adapter, AdapterType, Card, Registry, Selection
from rmnctl.graphs.agents import AgentNode
from rmnctl.graphs.model import Edge, EdgeKind, Graph, Kind, Node, State, size_text

_HEADINGS = ("Base model", "Industry", "Retailer", "Manufacturer", "Task", "Agents")
#: Junctions stand between two layers, so layers take every second column.
_STEP = 2
_BASE = "base"
#: States that the path of a request passes through.
_ON = {State.ACTIVE, State.MISSING}


def federation_graph(
    registry: Registry,
    base_name: str,
    base_sha256: str,
    *,
    selection: Selection | None = None,
    task: str | None = None,
    agents: Sequence[AgentNode] = (),
) -> Graph:
    """Every adapter of a registry in its layer, and which of them answer a request.

    Args:
        registry: Adapters, and the folders that could not be used.
        base_name: The base model under them.
        base_sha256: Its digest.
        selection: What was chosen for a request; without it nothing is active.
        task: The task of that request.
        agents: Who asks the federation, or computes without it.
    """
    base = Node(
        _BASE, Kind.BASE, base_name, (f"sha256 {base_sha256[:12]}",),
        f"Base model {base_name}, sha256 {base_sha256}. Every adapter here was trained on these weights.",
        State.ACTIVE if selection else State.PLAIN, 0,
    )  # fmt: skip
    layers = [[base]]
    for kind in AdapterType:
        column = _STEP * len(layers)
        layers.append(_layer(registry, kind, selection, column))
    speakers, asking = _agents(registry, layers[-1], task, agents, _STEP * len(layers))
    junctions, stacking = _stacking(layers)
    nodes = [*(node for layer in layers for node in layer), *junctions, *speakers]
    edges = [*stacking, *asking, *_trained_on(registry)]
    notes = f" {'; '.join(selection.notes)}" if selection and selection.notes else ""
    return Graph(
        "Federation of adapters",
        (f"Request of {selection.tenant} (retailer/brand)." if selection else "No request given.")
        + " From left to right each layer is added to the base's weights."
        + notes,
        tuple(nodes),
        tuple(edges),
        tuple((_STEP * i, heading) for i, heading in enumerate(_HEADINGS)),
    )


def _layer(
    registry: Registry, kind: AdapterType, selection: Selection | None, column: int
) -> list[Node]:
    """The adapters of one layer; a layer that is missing has a node that says why."""
    chosen = (
        next((x for x in selection.layers if x.adapter_type is kind), None) if selection else None
    )
    taken = chosen.adapter.id if chosen and chosen.adapter else None
    nodes = []
    for adapter in registry:
        if adapter.card.adapter_type is kind:
            reason = chosen.reason if chosen and adapter.id == taken else ""
            state = State.ACTIVE if adapter.id == taken else State.PLAIN
            nodes.append(_adapter(adapter, kind, state, reason, column))
    for fault in registry.faults:
        if fault.card is not None and fault.card.adapter_type is kind:
            said = "for another base" if fault.other_base else "cannot be used"
            name = fault.folder.name
            why = f"{name} {said}: {fault.error.message}"
            nodes.append(
                Node(f"refused {name}", Kind(kind.value), name, (said,), why, State.REFUSED, column)
            )
    if chosen is not None and taken is None:
        ghost = Node(f"missing {kind}", Kind(kind.value), f"no {kind} layer", (chosen.reason,),
                     chosen.reason, State.MISSING, column)  # fmt: skip
        nodes.insert(0, ghost)
    elif not any(node.state is not State.REFUSED for node in nodes):
        why = f"{registry.folder} has no {kind} adapter"
        nodes.append(Node(f"missing {kind}", Kind(kind.value), f"no {kind} adapter", (), why,
                          State.MISSING, column))  # fmt: skip
    return nodes


def _adapter(adapter: Adapter, kind: AdapterType, state: State, reason: str, column: int) -> Node:
    card = adapter.card
    lines = (
        f"v{card.version}, rank {card.rank}, {size_text(adapter.bytes)}",
        *(_readable(word) for word in card.capabilities or card.tags),
    )
    why = (
        reason
        if state is State.ACTIVE
        else f"not taken: made for {_made_for(card) or 'any request'}"
    )
    told = [f"{adapter.id}: {why}", f"sha256 {adapter.digest}", f"licence {card.licence}"]
    if card.capabilities:
        told.insert(1, f"can: {', '.join(card.capabilities)}")
    return Node(adapter.id, Kind(kind.value), adapter.id, lines, "\n".join(told), state, column)


def _made_for(card: Card) -> str:
    named = (("retailer", card.retailer_id), ("brand", card.brand_id), ("task", card.task))
    return ", ".join(f"{what} {name}" for what, name in named if name)


def _readable(word: str) -> str:
    return word.replace("_", " ")


def _agents(
    registry: Registry,
    tasks: Sequence[Node],
    task: str | None,
    agents: Sequence[AgentNode],
    column: int,
) -> tuple[list[Node], list[Edge]]:
    """The agents, each with an arrow from the task layer that speaks for it."""
    trained = {a.id: a.card.task for a in registry if a.card.adapter_type is AdapterType.TASK}
    nodes, edges = [], []
    for agent in agents:
        name = f"agent {agent.name}"
        serves = agent.task is not None and agent.task == task
        speaking = [
            node
            for node in tasks
            if agent.task is not None
            and (trained.get(node.id) == agent.task or (serves and node.state is State.MISSING))
        ]
        for node in speaking:
            active = serves and node.state in {State.ACTIVE, State.MISSING}
            kind = EdgeKind.ACTIVE if active else EdgeKind.STACKS
            edges.append(Edge(node.id, name, kind, f"{agent.name} asks for task {agent.task}"))
        state = State.ACTIVE if serves else State.PLAIN
        nodes.append(Node(name, Kind.AGENT, agent.name, agent.tools, _how(agent, speaking), state,
                          column))  # fmt: skip
    return nodes, edges


def _how(agent: AgentNode, speaking: Sequence[Node]) -> str:
    if agent.task is None:
        return f"Agent {agent.name}: {agent.says} Computes, asks no language model."
    alone = "" if speaking else "; no adapter was trained for it, so the layers below answer"
    return f"Agent {agent.name}: {agent.says} Asks the federation for task {agent.task}{alone}."


def _stacking(layers: Sequence[Sequence[Node]]) -> tuple[list[Node], list[Edge]]:
    """Arrows from each layer to the next, through one junction where many meet many."""
    nodes, edges = [], []
    for index, (below, above) in enumerate(pairwise(layers)):
        lower, upper = _usable(below), _usable(above)
        if len(lower) * len(upper) <= len(lower) + len(upper):
            edges += [_stack(a, b) for a in lower for b in upper]
            continue
        active = any(n.state in _ON for n in lower) and any(n.state in _ON for n in upper)
        meeting = Node(
            f"junction {index}", Kind.JUNCTION, "", (), "any one of these on any one of those",
            State.ACTIVE if active and _asked(layers) else State.PLAIN, _STEP * index + 1,
        )  # fmt: skip
        nodes.append(meeting)
        edges += [_stack(a, meeting) for a in lower] + [_stack(meeting, b) for b in upper]
    return nodes, edges


def _asked(layers: Sequence[Sequence[Node]]) -> bool:
    return layers[0][0].state is State.ACTIVE


def _usable(layer: Sequence[Node]) -> list[Node]:
    return [n for n in layer if n.state is not State.REFUSED]


def _stack(below: Node, above: Node) -> Edge:
    states = {below.state, above.state}
    if states <= _ON and State.ACTIVE in states:
        return Edge(below.id, above.id, EdgeKind.ACTIVE, _reason(below, above))
    return Edge(below.id, above.id, EdgeKind.STACKS)


def _reason(below: Node, above: Node) -> str:
    named = above if above.kind is not Kind.JUNCTION else below
    return named.tooltip.partition("\n")[0]


def _trained_on(registry: Registry) -> list[Edge]:
    """Arrows from the parents that an adapter stood on while it was trained."""
    present = {a.id: a.digest for a in registry}
    edges = []
    for adapter in registry:
        for parent in adapter.card.parents:
            if parent.adapter_id in present:
                same = present[parent.adapter_id] == parent.sha256
                told = f"{adapter.id} was trained on top of {parent.adapter_id}" + (
                    "" if same else ", in another version than the one here"
                )
                edges.append(Edge(parent.adapter_id, adapter.id, EdgeKind.TRAINED_ON, told))
    return edges

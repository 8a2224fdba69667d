"""Graphs of what there is: which adapters answer a request, and what runs were made from."""

from rmnctl.graphs.agents import AgentNode
from rmnctl.graphs.federation import federation_graph
from rmnctl.graphs.lineage import Lineage, lineage, lineage_graph
from rmnctl.graphs.model import Edge, EdgeKind, Graph, Kind, Node, State

__all__ = [
    "AgentNode",
    "Edge",
    "EdgeKind",
    "Graph",
    "Kind",
    "Lineage",
    "Node",
    "State",
    "federation_graph",
    "lineage",
    "lineage_graph",
]

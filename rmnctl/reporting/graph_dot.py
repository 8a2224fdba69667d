"""A graph as DOT, the language of Graphviz: for those who want to draw it their own way."""

from __future__ import annotations

from collections import defaultdict

from rmnctl.graphs import EdgeKind, Graph, Kind, Node, State
from rmnctl.reporting.graph_shapes import DOT_SHAPES

_COLOURS: dict[Kind, tuple[str, str]] = {
    Kind.BASE: ("#565d66", "#f1f2f4"),
    Kind.INDUSTRY: ("#2563a8", "#eaf2fb"),
    Kind.RETAILER: ("#2e7d4f", "#eaf6ef"),
    Kind.MANUFACTURER: ("#c2410c", "#fdf0e8"),
    Kind.TASK: ("#7c5cbf", "#f3effb"),
    Kind.AGENT: ("#b4235a", "#fcedf3"),
    Kind.FILE: ("#565d66", "#f1f2f4"),
    Kind.RUN: ("#2563a8", "#eaf2fb"),
    Kind.ARTIFACT: ("#2e7d4f", "#eaf6ef"),
    Kind.JUNCTION: ("#565d66", "#565d66"),
}
_LINES = {
    EdgeKind.STACKS: "style=solid, color=gray55",
    EdgeKind.ACTIVE: "style=bold, penwidth=3, color=black",
    EdgeKind.TRAINED_ON: "style=dotted, penwidth=2, color=gray30",
    EdgeKind.DATA: "style=solid, color=gray40",
}


def graph_dot(graph: Graph) -> str:
    """A DOT document; `dot -Tsvg` draws it.

    Args:
        graph: What to write; its texts are quoted here.
    """
    lines = [
        f"digraph {quoted(graph.title)} {{",
        f"  graph [rankdir=LR, label={quoted(f'{graph.title}. {graph.subtitle}')}, labelloc=t];",
        '  node [fontname="Helvetica", fontsize=11, margin="0.22,0.14"]; edge [arrowsize=0.7];',
    ]
    ranks: dict[int, list[str]] = defaultdict(list)
    for node in graph.nodes:
        lines.append(f"  {quoted(node.id)} [{_node(node)}];")
        if node.column is not None:
            ranks[node.column].append(quoted(node.id))
    lines += [f"  {{ rank=same; {'; '.join(names)}; }}" for _, names in sorted(ranks.items())]
    for edge in graph.edges:
        told = f", tooltip={quoted(edge.tooltip)}" if edge.tooltip else ""
        free = ", constraint=false" if edge.kind is EdgeKind.TRAINED_ON else ""
        lines.append(
            f"  {quoted(edge.source)} -> {quoted(edge.target)} [{_LINES[edge.kind]}{told}{free}];"
        )
    return "\n".join([*lines, "}"]) + "\n"


def quoted(text: str) -> str:
    """A text as a DOT string; nothing in it is read as an escape or an end."""
    safe = "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _node(node: Node) -> str:
    stroke, fill = _COLOURS[node.kind]
    outline, style = DOT_SHAPES[node.kind]
    if node.kind is Kind.JUNCTION:
        return f"shape=point, width=0.08, color={quoted(stroke)}, tooltip={quoted(node.tooltip)}"
    if node.state in {State.MISSING, State.REFUSED}:
        style, fill = style.replace("filled", "dashed"), "#ffffff"
    said = (
        node.kind.value if node.state is State.PLAIN else f"{node.kind.value}: {node.state.value}"
    )
    label = "\n".join([said.upper(), node.label, *node.lines])
    width = ", penwidth=3.5, peripheries=2" if node.state is State.ACTIVE else ""
    return (
        f"shape={outline}, style={quoted(style)}, color={quoted(stroke)}, fillcolor={quoted(fill)}, "
        f"label={quoted(label)}, tooltip={quoted(node.tooltip or node.label)}{width}"
    )

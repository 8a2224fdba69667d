"""A graph as an SVG picture of its own: no program needed, light, dark and print."""

from __future__ import annotations

import re
from html import escape

from rmnctl.graphs import EdgeKind, Graph, Kind, Node, State
from rmnctl.reporting.graph_layout import Layout, Place, lay_out
from rmnctl.reporting.graph_shapes import shape
from rmnctl.reporting.graph_text import (
    KIND_SIZE,
    LINE_SIZE,
    NAME_SIZE,
    PAD_X,
    PAD_Y,
    line_height,
    text_width,
    wrap,
)

_MARGIN, _TITLE, _HEADINGS, _LEGEND_ROW = 24.0, 30.0, 34.0, 28.0
_NARROWEST = 560.0
#: Characters that XML cannot hold at all.
_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE = """
.graph { --ink: #1a1d21; --soft: #565d66; --paper: #fff; --line: #7a828c;
  --base: #565d66; --base-in: #f1f2f4; --industry: #2563a8; --industry-in: #eaf2fb;
  --retailer: #2e7d4f; --retailer-in: #eaf6ef; --manufacturer: #c2410c; --manufacturer-in: #fdf0e8;
  --task: #7c5cbf; --task-in: #f3effb; --agent: #b4235a; --agent-in: #fcedf3;
  --file: #565d66; --file-in: #f1f2f4; --run: #2563a8; --run-in: #eaf2fb;
  --artifact: #2e7d4f; --artifact-in: #eaf6ef; background: var(--paper) }
@media screen and (prefers-color-scheme: dark) { .graph { --ink: #e8eaed; --soft: #a3abb4;
  --paper: #111417; --line: #8d96a0; --base: #a3abb4; --base-in: #22262b; --industry: #6ea8e8;
  --industry-in: #15243a; --retailer: #66bb8a; --retailer-in: #13281d; --manufacturer: #f59e5b;
  --manufacturer-in: #301d10; --task: #b39ddb; --task-in: #231c33; --agent: #f080ac;
  --agent-in: #331622; --file: #a3abb4; --file-in: #22262b; --run: #6ea8e8; --run-in: #15243a;
  --artifact: #66bb8a; --artifact-in: #13281d } }
.graph text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--ink) }
.graph .kind { font-size: KINDpx; font-weight: 650 } .graph .name { font-size: NAMEpx; font-weight: 650 }
.graph .line { font-size: LINEpx } .graph .soft { fill: var(--soft); font-size: 12px }
.graph .head { fill: var(--soft); font-size: 13px; font-weight: 650 }
.graph .title { font-size: 18px; font-weight: 650 }
.graph .shape { stroke-width: 1.25 } .graph .active .shape { stroke-width: 3.5 }
.graph .missing .shape, .graph .refused .shape { stroke-dasharray: 5 4; fill: var(--paper) }
.graph .edge { fill: none; stroke: var(--line); stroke-width: 1.1 }
.graph .edge.active { stroke: var(--ink); stroke-width: 3 }
.graph .edge.trained_on { stroke-dasharray: 2 4; stroke-width: 1.8 }
.graph .tip { fill: var(--line) } .graph .tip.active { fill: var(--ink) }
"""
for _role, _size in (("KIND", KIND_SIZE), ("NAME", NAME_SIZE), ("LINE", LINE_SIZE)):
    _STYLE = _STYLE.replace(f"{_role}px", f"{_size:g}px")
_WORDS = {
    EdgeKind.ACTIVE: "answers this request",
    EdgeKind.STACKS: "can be put on",
    EdgeKind.TRAINED_ON: "was trained on top of",
    EdgeKind.DATA: "reads or writes",
}


def graph_svg(graph: Graph) -> str:
    """An SVG document: the drawing under its title, with a legend; details show on hovering.

    Args:
        graph: What to draw; its texts are escaped here.
    """
    layout = lay_out(graph)
    width = max(layout.width, _NARROWEST)
    subtitle = wrap(graph.subtitle, LINE_SIZE, width)
    top = _MARGIN + _TITLE + line_height("line") * len(subtitle) + 8
    top += _HEADINGS if graph.headings else 12.0
    legend, rows = _legend(graph, width, top + layout.height + 36)
    height = top + layout.height + 36 + rows * _LEGEND_ROW + _MARGIN
    wide, high = f"{width + 2 * _MARGIN:.0f}", f"{height:.0f}"
    left = _MARGIN + (width - layout.width) / 2
    parts = [
        _open(wide, high),
        f'<title id="graph-title">{_xml(graph.title)}</title>',
        f'<desc id="graph-desc">{_xml(_described(graph))}</desc>',
        f"<style>{_STYLE}</style>",
        '<rect width="100%" height="100%" fill="var(--paper)"/>',
        _text("title", _MARGIN, _MARGIN + 14, graph.title),
        *(
            _text("soft", _MARGIN, _MARGIN + _TITLE + 8 + i * line_height("line"), line)
            for i, line in enumerate(subtitle)
        ),
        f'<g transform="translate({left:.1f} {top:.1f})">',
        *_headings(graph, layout),
        *_edges(graph, layout),
        *(_node(node, layout.places[node.id]) for node in graph.nodes),
        "</g>",
        legend,
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _open(wide: str, high: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}" role="img" aria-labelledby="graph-title graph-desc">'
    )


def _xml(text: str) -> str:
    return escape(_FORBIDDEN.sub("�", text))


def _text(role: str, x: float, y: float, text: str, anchor: str = "") -> str:
    end = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{role}" x="{x:.1f}" y="{y:.1f}"{end}>{_xml(text)}</text>'


def _described(graph: Graph) -> str:
    """The drawing in words, for those who do not see it."""
    active = [n.label for n in graph.nodes if n.state is State.ACTIVE and n.label]
    chosen = f" Active: {', '.join(active)}." if active else ""
    return f"{graph.subtitle} {sum(bool(n.label) for n in graph.nodes)} nodes.{chosen}"


def _headings(graph: Graph, layout: Layout) -> list[str]:
    shown = []
    for column, heading in graph.headings:
        if column in layout.columns:
            left, width = layout.columns[column]
            shown.append(_text("head", left + width / 2, -16, heading, "middle"))
    return shown


def _edges(graph: Graph, layout: Layout) -> list[str]:
    """Plain arrows first, so that the path of a request lies on top."""
    drawn = []
    for edge, points in zip(graph.edges, layout.paths, strict=True):
        kind = edge.kind.name.lower()
        told = f"<title>{_xml(edge.tooltip)}</title>" if edge.tooltip else ""
        into_point = _is_junction(graph, edge.target)
        line = f'<path class="edge {kind}" d="{_curve(points)}">{told}</path>'
        drawn.append(
            (edge.kind is EdgeKind.ACTIVE, line + ("" if into_point else _tip(points[-1], kind)))
        )
    return [line for _, line in sorted(drawn, key=lambda d: d[0])]


def _is_junction(graph: Graph, name: str) -> bool:
    return any(n.id == name and n.kind is Kind.JUNCTION for n in graph.nodes)


def _curve(points: tuple[tuple[float, float], ...]) -> str:
    """Level through every column, bent between them."""
    (x, y), *rest = points
    parts = [f"M{x:g} {y:g}"]
    for i, (to_x, to_y) in enumerate(rest):
        if i % 2 == 0:
            half = (x + to_x) / 2
            parts.append(f"C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}")
        else:
            parts.append(f"H{to_x:g}")
        x, y = to_x, to_y
    return "".join(parts)


def _tip(point: tuple[float, float], kind: str) -> str:
    x, y = point
    size = 9 if kind == "active" else 7
    return f'<path class="tip {kind}" d="M{x:g} {y:g}l{-size} {-size / 2:g}v{size}z"/>'


def _node(node: Node, place: Place) -> str:
    if node.kind is Kind.JUNCTION:
        middle = place.box.width / 2
        tip = " active" if node.state is State.ACTIVE else ""
        return (
            f'<circle class="tip{tip}" cx="{place.x + middle:.1f}" cy="{place.y + middle:.1f}" '
            f'r="{middle:g}"><title>{_xml(node.tooltip)}</title></circle>'
        )
    y, lines = place.y + PAD_Y, []
    for words in place.box.words:
        y += line_height(words.role)
        lines.append(_text(words.role, place.x + PAD_X, y - 4, words.text))
    told = node.tooltip or node.label
    full = f"{told}\n" + "\n".join(node.lines) if place.box.left_out else told
    return (
        f'<g class="node {node.kind} {node.state}"><title>{_xml(full)}</title>'
        f"{shape(node.kind, place.x, place.y, place.box.width, place.box.height)}"
        + "".join(lines)
        + "</g>"
    )


def _legend(graph: Graph, width: float, top: float) -> tuple[str, int]:
    """A sample of every shape and line that is drawn, and how many rows that takes."""
    kinds = {n.kind for n in graph.nodes} - {Kind.JUNCTION}
    items = [
        (f'<g class="node {kind}">{shape(kind, 0, 0, 26, 16)}</g>', kind.value)
        for kind in Kind
        if kind in kinds
    ]
    drawn = {e.kind for e in graph.edges}
    items += [
        (f'<path class="edge {kind.name.lower()}" d="M0 8H26"/>', _WORDS[kind])
        for kind in EdgeKind
        if kind in drawn
    ]
    x, row, parts = 0.0, 0, []
    for sample, words in items:
        wide = 34 + text_width(words, LINE_SIZE) + 20
        if x and x + wide > width:
            x, row = 0.0, row + 1
        at = f"translate({_MARGIN + x:.1f} {top + row * _LEGEND_ROW:.1f})"
        parts.append(f'<g transform="{at}">{sample}{_text("line", 34, 12, words)}</g>')
        x += wide
    return f'<g aria-hidden="true">{"".join(parts)}</g>', row + 1

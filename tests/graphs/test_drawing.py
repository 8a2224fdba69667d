"""DOT and SVG: well formed, deterministic, nothing overlaps, every text fits its box."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.graphs import Edge, EdgeKind, Graph, Kind, Node, State
from rmnctl.reporting.graph_dot import graph_dot, quoted
from rmnctl.reporting.graph_layout import GAP_Y, lay_out
from rmnctl.reporting.graph_svg import graph_svg
from rmnctl.reporting.graph_text import text_width, wrap
from tests.reporting.browser import Browser, find_browser

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "\"'><script>alert(1)</script>\\n]]>&amp;\x00\x1f 全角文字 " + "W" * 90


@st.composite
def graphs(draw):
    """Graphs without cycles: arrows lead from earlier to later nodes only."""
    count = draw(st.integers(1, 12))
    kinds = [k for k in Kind if k is not Kind.JUNCTION]
    nodes = [
        Node(
            f"n{i}", draw(st.sampled_from(kinds)), draw(st.text(max_size=60)),
            tuple(draw(st.lists(st.text(max_size=60), max_size=9))), draw(st.text(max_size=20)),
            draw(st.sampled_from(State)),
        )
        for i in range(count)
    ]  # fmt: skip
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    found = {(a, b) for a, b in draw(st.lists(pairs, max_size=20)) if a < b}
    edges = [Edge(f"n{a}", f"n{b}", draw(st.sampled_from(EdgeKind))) for a, b in sorted(found)]
    return Graph("title", "subtitle", tuple(nodes), tuple(edges))


@settings(deadline=None)
@given(graphs())
def test_any_graph_is_drawn_well_formed_and_twice_the_same(graph) -> None:
    """The SVG is XML with one titled group a node, whatever texts it holds, and repeats."""
    text = graph_svg(graph)
    assert text == graph_svg(graph)
    root = ET.fromstring(text)
    groups = [g for g in root.iter(f"{SVG}g") if g.find(f"{SVG}title") is not None]
    assert len(groups) == len(graph.nodes)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "g", "path", "polygon", "circle", "text"),
    }


@settings(deadline=None)
@given(graphs())
def test_boxes_never_overlap_and_arrows_lead_right(graph) -> None:
    """Boxes of a column keep their distance, columns do not touch, arrows go from left to right."""
    layout = lay_out(graph)
    for a, b in combinations(layout.places.values(), 2):
        apart_x = a.x + a.box.width <= b.x + 0.1 or b.x + b.box.width <= a.x + 0.1
        apart_y = a.y + a.box.height + GAP_Y <= b.y + 0.1 or b.y + b.box.height + GAP_Y <= a.y + 0.1
        assert apart_x or apart_y
    for points in layout.paths:
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        assert points[0][0] < points[-1][0]


@given(st.text(max_size=200), st.sampled_from([11.0, 14.0]))
def test_wrapping_loses_no_letter_and_keeps_within_the_room(text, size) -> None:
    """Lines hold every letter in order and are no wider than asked, one character at least."""
    lines = wrap(text, size, 100)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(len(line) == 1 or text_width(line, size) <= 100 for line in lines)


def test_both_pictures_mark_what_is_active_without_colour(draw) -> None:
    """Active nodes say so in words and have a thicker line, in SVG and in DOT."""
    graph = draw("planning", "alpha", "w")
    count = sum(n.state is State.ACTIVE and n.kind is not Kind.JUNCTION for n in graph.nodes)
    assert count == 6
    assert graph_svg(graph).count("● active") == count
    assert graph_dot(graph).count("peripheries=2") == count
    outlines = {
        kind: re.sub(r"[\d., ]+", " ", shape)
        for kind, shape in re.findall(r'<g class="node (\w+)">(<.*?)class', graph_svg(graph))
    }
    assert len(outlines) == 6


def test_hostile_names_stay_text() -> None:
    """Markup, quotes, control characters and very long words end as plain text that fits."""
    graph = Graph(HOSTILE, HOSTILE, (Node("a", Kind.RUN, HOSTILE, (HOSTILE,), HOSTILE),), ())
    root = ET.fromstring(graph_svg(graph))
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert "<script>" in "".join(root.itertext())
    assert "\x00" not in graph_dot(graph)


def test_a_dot_string_ends_where_its_text_ends() -> None:
    """Quotes and backslashes are escaped, so nothing breaks out of a string."""
    assert quoted('a"b\\') == '"a\\"b\\\\"'


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz on PATH")
def test_graphviz_reads_the_dot(draw) -> None:
    """Where Graphviz is installed it draws the document without a complaint."""
    done = subprocess.run(
        ["dot", "-Tsvg"], input=graph_dot(draw("planning", "alpha", "w")), capture_output=True,
        text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_thousand_nodes_are_drawn() -> None:
    """A large graph is drawn whole."""
    nodes = [Node(str(i), Kind.ARTIFACT, f"table_{i}.parquet") for i in range(1000)]
    edges = [Edge(str(i), str(i + 100), EdgeKind.DATA) for i in range(900)]
    text = graph_svg(Graph("t", "s", tuple(nodes), tuple(edges)))
    assert text.count('<g class="node artifact plain">') == 1000


@pytest.mark.skipif(find_browser() is None, reason="no Chromium on PATH")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_in_a_browser_every_text_lies_inside_its_box(draw, dark, tmp_path) -> None:
    """Measured by a real browser: no text sticks out of its node, and the page is quiet."""
    hostile = Node("h", Kind.TASK, HOSTILE.replace("\x00", ""), (HOSTILE,), HOSTILE, column=8)
    graph = draw("planning", "alpha", "w")
    graph = Graph(graph.title, graph.subtitle, (*graph.nodes, hostile), graph.edges, graph.headings)
    page = tmp_path / "graph.svg"
    page.write_text(graph_svg(graph), encoding="utf-8")
    browser = Browser(find_browser() or "", tmp_path / "profile")
    try:
        browser.open(page, dark=dark)
        outside = browser.evaluate(
            "[...document.querySelectorAll('g.node')].flatMap(g => {"
            " const box = g.querySelector('.shape')?.getBBox();"
            " return [...g.querySelectorAll('text')].filter(t => { const b = t.getBBox();"
            " return b.x < box.x || b.x + b.width > box.x + box.width"
            " || b.y < box.y || b.y + b.height > box.y + box.height; })"
            ".map(t => t.textContent); })"
        )
        texts = browser.evaluate("document.querySelectorAll('g.node text').length")
        assert (outside, browser.complaints()) == ([], [])
        assert texts > 30
    finally:
        browser.close()

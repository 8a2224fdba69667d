"""Where the nodes of a graph stand: columns from left to right, few crossings, short arrows.

The method of Sugiyama, Tagawa and Toda (1981) for graphs of some hundred nodes: columns by longest
path, long arrows cut into one piece a column, order by the mean of the neighbours, heights by
isotonic regression on where the neighbours stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rmnctl.graphs import Graph
from rmnctl.reporting.graph_text import Box, box_of

GAP_X, GAP_Y = 44.0, 16.0
_SWEEPS = 8


@dataclass(frozen=True)
class Place:
    """A box on the drawing, in px."""

    x: float
    y: float
    box: Box


@dataclass(frozen=True)
class Layout:
    """A drawing.

    Attributes:
        places: By node id.
        paths: Points that each edge passes, in the order of `graph.edges`.
        columns: Left edge and width of each column, by its number in the graph, where it has one.
        width: Of the whole, px.
        height: Of the whole, px.
    """

    places: Mapping[str, Place]
    paths: tuple[tuple[tuple[float, float], ...], ...]
    columns: Mapping[int | None, tuple[float, float]]
    width: float
    height: float


def lay_out(graph: Graph) -> Layout:
    """Place a graph without cycles, the same way every time."""
    columns = _columns(graph)
    boxes = _even({node.id: box_of(node) for node in graph.nodes}, columns)
    chains = [_chain(i, e.source, e.target, columns) for i, e in enumerate(graph.edges)]
    for chain in chains:
        for name in chain[1:-1]:
            boxes[name] = Box(0.0, 2.0, (), 0)
    order = _order(columns, boxes, chains)
    heights = _heights(order, boxes, chains)
    lefts, x = {}, 0.0
    for column, names in sorted(order.items()):
        width = max(boxes[name].width for name in names)
        lefts[column] = (x, width)
        x += width + GAP_X
    places = {
        node.id: Place(lefts[columns[node.id]][0], heights[node.id], boxes[node.id])
        for node in graph.nodes
    }
    paths = tuple(_path(chain, places, heights, columns, lefts) for chain in chains)
    bottom = max((p.y + p.box.height for p in places.values()), default=0.0)
    named = {node.column: lefts[columns[node.id]] for node in graph.nodes}
    return Layout(places, paths, named, max(x - GAP_X, 0.0), bottom)


def _even(boxes: dict[str, Box], columns: Mapping[str, int]) -> dict[str, Box]:
    """All boxes of a column as wide as its widest."""
    widest: dict[int, float] = defaultdict(float)
    for name, box in boxes.items():
        widest[columns[name]] = max(widest[columns[name]], box.width)
    return {name: replace(box, width=widest[columns[name]]) for name, box in boxes.items()}


def _columns(graph: Graph) -> dict[str, int]:
    """A column for every node: as it says, else one right of what it comes from.

    What nothing comes before stands just left of what it leads to.
    """
    given = {n.id: n.column for n in graph.nodes if n.column is not None}
    if len(given) == len(graph.nodes):
        # A column that holds nothing takes no room.
        rank = {column: i for i, column in enumerate(sorted(set(given.values())))}
        return {name: rank[column] for name, column in given.items()}
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        after[edge.source].append(edge.target)
        before[edge.target].append(edge.source)
    found: dict[str, int] = {}
    waiting = [n.id for n in graph.nodes]
    while waiting:
        ready = [n for n in waiting if all(b in found for b in before[n])]
        for name in ready:
            found[name] = max((found[b] + 1 for b in before[name]), default=0)
        waiting = [n for n in waiting if n not in found]
    for node in graph.nodes:
        if not before[node.id] and after[node.id]:
            found[node.id] = min(found[a] for a in after[node.id]) - 1
    return found


def _chain(index: int, source: str, target: str, columns: dict[str, int]) -> list[str]:
    """An edge as the nodes it passes: one stand-in for each column in between."""
    inner = range(columns[source] + 1, columns[target])
    # Stand-ins are told from nodes by a character that no id holds.
    between = [f"\0{index} {column}" for column in inner]
    columns.update(zip(between, inner, strict=True))
    return [source, *between, target]


def _order(
    columns: Mapping[str, int], boxes: Mapping[str, Box], chains: Sequence[Sequence[str]]
) -> dict[int, list[str]]:
    """The names in each column from top to bottom."""
    order: dict[int, list[str]] = defaultdict(list)
    for name in boxes:
        order[columns[name]].append(name)
    left, right = _neighbours(chains)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = left if forward else right
        numbers = sorted(order, reverse=not forward)
        for column in numbers:
            at = {name: i for names in order.values() for i, name in enumerate(names)}
            size = {name: len(names) for names in order.values() for name in names}
            wanted = {
                name: _mean(
                    [(at[n] + 0.5) / size[n] for n in near[name]], (at[name] + 0.5) / size[name]
                )
                for name in order[column]
            }
            order[column].sort(key=wanted.__getitem__)
    return dict(order)


def _neighbours(
    chains: Sequence[Sequence[str]],
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    left: dict[str, list[str]] = defaultdict(list)
    right: dict[str, list[str]] = defaultdict(list)
    for chain in chains:
        for a, b in pairwise(chain):
            right[a].append(b)
            left[b].append(a)
    return left, right


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _heights(
    order: Mapping[int, Sequence[str]], boxes: Mapping[str, Box], chains: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Top edges: as near to the neighbours' middle as the order and the gaps allow."""
    tops: dict[str, float] = {}
    total = {c: sum(boxes[n].height + GAP_Y for n in names) - GAP_Y for c, names in order.items()}
    tallest = max(total.values(), default=0.0)
    for column, names in order.items():
        y = (tallest - total[column]) / 2
        for name in names:
            tops[name] = y
            y += boxes[name].height + GAP_Y
    left, right = _neighbours(chains)
    for sweep in range(_SWEEPS):
        near = left if sweep % 2 == 0 else right
        for column in sorted(order, reverse=sweep % 2 == 1):
            names = order[column]
            wanted = [
                _mean([tops[n] + boxes[n].height / 2 for n in near[name]],
                      tops[name] + boxes[name].height / 2) - boxes[name].height / 2
                for name in names
            ]  # fmt: skip
            tops.update(zip(names, _apart(wanted, [boxes[n].height for n in names]), strict=True))
    highest = min(tops.values(), default=0.0)
    return {name: round(y - highest, 2) for name, y in tops.items()}


def _apart(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """The tops nearest to those wanted, in squares, that keep order and gaps.

    Without the room taken by the boxes above, tops must not fall: pool adjacent violators.
    """
    offsets = [0.0]
    for size in sizes[:-1]:
        offsets.append(offsets[-1] + size + GAP_Y)
    blocks: list[list[float]] = []  # [mean, count]
    for want, offset in zip(wanted, offsets, strict=True):
        blocks.append([want - offset, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count = blocks.pop()
            other, others = blocks.pop()
            blocks.append([(mean * count + other * others) / (count + others), count + others])
    level = [mean for mean, count in blocks for _ in range(int(count))]
    return [base + offset for base, offset in zip(level, offsets, strict=True)]


def _path(
    chain: Sequence[str],
    places: Mapping[str, Place],
    heights: Mapping[str, float],
    columns: Mapping[str, int],
    lefts: Mapping[int, tuple[float, float]],
) -> tuple[tuple[float, float], ...]:
    start, end = places[chain[0]], places[chain[-1]]
    points = [(start.x + start.box.width, start.y + start.box.height / 2)]
    for name in chain[1:-1]:
        left, width = lefts[columns[name]]
        points += [(left, heights[name] + 1), (left + width, heights[name] + 1)]
    points.append((end.x, end.y + end.box.height / 2))
    return tuple((round(x, 1), round(y, 1)) for x, y in points)

"""The outlines of a graph's nodes: each kind has its own, so that colour is not needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rmnctl.graphs import Kind

Point = tuple[float, float]


def _polygon(*points: Point) -> str:
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"'


def _rounded(radius: float) -> Callable[[float, float, float, float], str]:
    def draw(x: float, y: float, w: float, h: float) -> str:
        corner = min(radius, h / 2)
        return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{corner:g}"'

    return draw


def _house(x: float, y: float, w: float, h: float) -> str:
    """A box that points to the next layer."""
    tip = min(10.0, w / 4)
    return _polygon((x, y), (x + w - tip, y), (x + w, y + h / 2), (x + w - tip, y + h), (x, y + h))


def _octagon(x: float, y: float, w: float, h: float) -> str:
    c = min(10.0, h / 3)
    return _polygon(
        (x + c, y), (x + w - c, y), (x + w, y + c), (x + w, y + h - c),
        (x + w - c, y + h), (x + c, y + h), (x, y + h - c), (x, y + c),
    )  # fmt: skip


def _slanted(x: float, y: float, w: float, h: float) -> str:
    s = min(9.0, w / 4)
    return _polygon((x + s, y), (x + w, y), (x + w - s, y + h), (x, y + h))


def _folded(x: float, y: float, w: float, h: float) -> str:
    """A sheet with a folded corner."""
    c = min(11.0, h / 2)
    return _polygon((x, y), (x + w - c, y), (x + w, y + c), (x + w, y + h), (x, y + h))


def _barrel(x: float, y: float, w: float, h: float) -> str:
    """A store of rows: bulging ends."""
    b = min(8.0, w / 6)
    return (
        f'<path d="M{x + b:.1f} {y:.1f}H{x + w - b:.1f}Q{x + w + b / 2:.1f} {y + h / 2:.1f} '
        f'{x + w - b:.1f} {y + h:.1f}H{x + b:.1f}Q{x - b / 2:.1f} {y + h / 2:.1f} {x + b:.1f} {y:.1f}Z"'
    )


_OUTLINES: Mapping[Kind, Callable[[float, float, float, float], str]] = {
    Kind.BASE: _rounded(0),
    Kind.INDUSTRY: _rounded(12),
    Kind.RETAILER: _house,
    Kind.MANUFACTURER: _octagon,
    Kind.TASK: _slanted,
    Kind.AGENT: _rounded(24),
    Kind.FILE: _folded,
    Kind.RUN: _rounded(12),
    Kind.ARTIFACT: _barrel,
}
#: The same in the words of DOT.
DOT_SHAPES: Mapping[Kind, tuple[str, str]] = {
    Kind.BASE: ("box", "filled"),
    Kind.INDUSTRY: ("box", "rounded,filled"),
    Kind.RETAILER: ("cds", "filled"),
    Kind.MANUFACTURER: ("octagon", "filled"),
    Kind.TASK: ("parallelogram", "filled"),
    Kind.AGENT: ("ellipse", "filled"),
    Kind.FILE: ("note", "filled"),
    Kind.RUN: ("box", "rounded,filled"),
    Kind.ARTIFACT: ("cylinder", "filled"),
    Kind.JUNCTION: ("point", "filled"),
}


def shape(kind: Kind, x: float, y: float, width: float, height: float) -> str:
    """The outline of a node as SVG, coloured by its kind."""
    fill = f'fill="var(--{kind.value}-in)" stroke="var(--{kind.value})"'
    return f'{_OUTLINES[kind](x, y, width, height)} class="shape" {fill}/>'

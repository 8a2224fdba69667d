"""Stacked bars: colour, pattern and text say the same, so none is needed alone.

Names and sizes are HTML and only the bars are SVG, measured in per cent, so that text keeps
its size however narrow the screen is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rmnctl.reporting.tables import breakable, number

#: A part that exists is never thinner than can be seen, in % of the bar.
_THINNEST = 0.6
_LINES = (
    "",
    '<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6"/>',
    '<path d="M0 4H8"/>',
    '<path d="M-2 6L2 10M0 0L8 8M6 -2L10 2"/>',
    '<path d="M4 0V8"/>',
    '<circle cx="4" cy="4" r="1.5"/>',
)


def pattern_definitions() -> str:
    """The fills that bars refer to; a page holds them once."""
    fills = "".join(
        f'<pattern id="fill{i}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="var(--c{i})"/>'
        f'<g fill="none" stroke="var(--paper)" stroke-width="1" stroke-opacity=".7">{lines}</g></pattern>'
        for i, lines in enumerate(_LINES)
    )
    return f'<svg class="hidden" aria-hidden="true"><defs>{fills}</defs></svg>'


def _fill(index: int) -> str:
    return f'fill="url(#fill{index % len(_LINES)})"'


def _widths(sizes: Sequence[float]) -> list[float]:
    """Widths in per cent that sum to 100, thin ones widened at the expense of the others."""
    total = sum(sizes)
    if not total:
        return [0.0 for _ in sizes]
    thin = [0 < 100 * size / total < _THINNEST for size in sizes]
    rest = sum(size for size, is_thin in zip(sizes, thin, strict=True) if not is_thin)
    room = 100 - _THINNEST * sum(thin)
    return [
        _THINNEST if is_thin else room * size / rest
        for size, is_thin in zip(sizes, thin, strict=True)
    ]


def _bar(name: str, sizes: Mapping[str, int], parts: Sequence[str], longest: int | None) -> str:
    total = sum(sizes.get(p, 0) for p in parts)
    said = ", ".join(f"{p} {number(sizes[p])}" for p in parts if sizes.get(p))
    scale = total / longest if longest else 1.0
    widths = [scale * width for width in _widths([sizes.get(p, 0) for p in parts])]
    left, drawn = 0.0, []
    for index, (part, width) in enumerate(zip(parts, widths, strict=True)):
        if width:
            share = 100 * sizes[part] / total
            drawn.append(
                f'<rect x="{left:.2f}%" width="{width:.2f}%" height="100%" {_fill(index)}>'
                f"<title>{escape(part)}: {number(sizes[part])} ({share:.2f} %)</title></rect>"
            )
        left += width
    return (
        f'<li><span class="name">{breakable(name)}</span>'
        f'<span class="n">{number(total)}</span>'
        f'<svg role="img" aria-label="{escape(name)}: {escape(said)}">{"".join(drawn)}</svg></li>'
    )


def stacked_bars(
    rows: Sequence[tuple[str, Mapping[str, int]]],
    parts: Sequence[str],
    title: str,
    unit: str,
    *,
    to_scale: bool = False,
) -> str:
    """Share of each part in each row.

    A chart shows shape only; put the table of its numbers under it.

    Args:
        rows: Name of a bar, and the size of each of its parts, none below zero.
        parts: The parts, in the order they are stacked; each keeps its colour and pattern in
            every chart that lists the same parts.
        title: What the chart shows.
        unit: What the total at the end of a bar counts, e.g. `rows`.
        to_scale: All bars on one scale; otherwise every bar is drawn to its own total.
    """
    longest = max((sum(s.get(p, 0) for p in parts) for _, s in rows), default=0)
    legend = "".join(
        f'<li><svg aria-hidden="true"><rect width="100%" height="100%" {_fill(i)}/></svg>'
        f"{escape(part)}</li>"
        for i, part in enumerate(parts)
        if any(sizes.get(part) for _, sizes in rows)
    )
    scale = longest if to_scale else None
    bars = "".join(_bar(name, sizes, parts, scale) for name, sizes in rows)
    how = "Bars share one scale" if to_scale else "Each bar is one whole"
    return (
        f"<figure><figcaption>{escape(title)}. {how}; its number counts "
        f'{escape(unit)}.</figcaption><ul class="legend">{legend}</ul>'
        f'<ul class="bars">{bars}</ul></figure>'
    )

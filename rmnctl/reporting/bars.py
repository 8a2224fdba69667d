"""Stacked bars as SVG: colour, pattern and text say the same, so none is needed alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_COLOURS = ("--a", "--b", "--c", "--d", "--e", "--f")
_WIDTH, _LABEL, _BAR, _GAP = 960, 250, 22, 12
_PATTERNS = (
    "",
    '<path d="M0 8L8 0" stroke="var(--paper)" stroke-width="2"/>',
    '<path d="M0 4H8" stroke="var(--paper)" stroke-width="2"/>',
    '<path d="M4 0V8" stroke="var(--paper)" stroke-width="2"/>',
    '<circle cx="4" cy="4" r="1.6" fill="var(--paper)"/>',
    '<path d="M0 0L8 8" stroke="var(--paper)" stroke-width="2"/>',
)


def _fill(index: int) -> str:
    return (
        f'<pattern id="p{index}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="var({_COLOURS[index % len(_COLOURS)]})"/>'
        f"{_PATTERNS[index % len(_PATTERNS)]}</pattern>"
    )


def _shorten(name: str, length: int = 34) -> str:
    return name if len(name) <= length else "…" + name[-(length - 1) :]


def stacked_bars(
    rows: Sequence[tuple[str, Mapping[str, int]]], parts: Sequence[str], title: str
) -> str:
    """Share of each part in each row.

    Args:
        rows: Name of a bar, and the size of each of its parts.
        parts: The parts, in the order they are stacked.
        title: What a screen reader says.
    """
    shown = [p for p in parts if any(sizes.get(p) for _, sizes in rows)]
    height = 34 + len(rows) * (_BAR + _GAP)
    body = []
    x = 0.0
    for index, part in enumerate(shown):
        body.append(
            f'<rect x="{x:.0f}" y="4" width="16" height="16" fill="url(#p{index})"/>'
            f'<text x="{x + 22:.0f}" y="17">{escape(part)}</text>'
        )
        x += 40 + 8.2 * len(part)
    for row, (name, sizes) in enumerate(rows):
        top = 34 + row * (_BAR + _GAP)
        total = sum(sizes.get(p, 0) for p in shown) or 1
        body.append(f'<text x="0" y="{top + 16}">{escape(_shorten(name))}</text>')
        left = float(_LABEL)
        for index, part in enumerate(shown):
            size = sizes.get(part, 0)
            # A part that exists is never thinner than can be seen.
            width = max(2.0, (_WIDTH - _LABEL) * size / total) if size else 0.0
            if width:
                body.append(
                    f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" '
                    f'fill="url(#p{index})"><title>{escape(name)}: {escape(part)} {size}</title></rect>'
                )
            left += width
    patterns = "".join(_fill(i) for i in range(len(shown)))
    return (
        f'<svg viewBox="0 0 {_WIDTH + 12} {height}" role="img" aria-label="{escape(title)}" '
        f'font-size="14" fill="currentColor"><title>{escape(title)}</title>'
        f"<defs>{patterns}</defs>{''.join(body)}</svg>"
    )

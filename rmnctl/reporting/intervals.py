"""Means with their intervals on one scale: a dot or a bar, and a line as long as the doubt.

Names and figures are HTML and only the marks are SVG, measured in per cent, so that text keeps
its size however narrow the screen is. Nothing is said by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rmnctl.reporting.tables import breakable

_ROOM = 4.0
_TICKS = 5
Ends = tuple[float | None, float | None]


@dataclass(frozen=True)
class Mark:
    """One row of a chart.

    Attributes:
        name: What it is.
        mean: Where the dot stands, or where the bar ends.
        ends: The interval; None where there is none.
        text: The mean as people write it.
        below: The interval as people write it.
        strong: Set apart from the others, in weight and not in colour.
    """

    name: str
    mean: float
    ends: Ends
    text: str
    below: str = ""
    strong: bool = False


class _Scale:
    """From values to per cent of the width."""

    def __init__(self, values: Sequence[float]) -> None:
        self.low, self.high = min(values), max(values)
        if self.low == self.high:
            self.low, self.high = self.low - 1.0, self.high + 1.0

    def at(self, value: float) -> float:
        return _ROOM + (100 - 2 * _ROOM) * (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round values inside the scale, about as many as have room."""
        rough = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [i * step for i in range(first, last + 1)]


def interval_chart(
    marks: Sequence[Mark],
    title: str,
    *,
    bars: bool = False,
    zero: bool = True,
    references: Sequence[tuple[str, float]] = (),
    level: str = "95 %",
) -> str:
    """A chart of intervals; put the table of its numbers under it.

    Args:
        marks: The rows, from top to bottom.
        title: What the chart shows, with the unit.
        bars: Bars from 0 to the mean instead of dots.
        zero: Keep 0 on the scale, with a line.
        references: Names and values to draw dashed lines at.
        level: Of the intervals.
    """
    if not marks:
        return ""
    values = [v for m in marks for v in (m.mean, *m.ends) if v is not None]
    lines = [*([("0", 0.0)] if zero or bars else []), *references]
    scale = _Scale([*values, *(at for _, at in lines)])
    rows = "".join(_row(mark, scale, lines, bars=bars) for mark in marks)
    ticks = "".join(
        f'<span style="left:{scale.at(v):.2f}%">{escape(_tick(v))}</span>' for v in scale.ticks()
    )
    told = "The bar ends" if bars else "The dot stands"
    how = f"{told} at the mean; the thin line is the {level} interval"
    if references:
        how += f"; a dashed line stands at {' and at '.join(name for name, _ in references)}"
    return (
        f"<figure><figcaption>{escape(title)}. {escape(how)}.</figcaption>"
        f'<ul class="marks">{rows}'
        f'<li class="axis" aria-hidden="true"><span class="ticks">{ticks}</span></li></ul></figure>'
    )


def _tick(value: float) -> str:
    size = abs(value)
    if size == 0 or size >= 10 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.2g}"


def _row(mark: Mark, scale: _Scale, lines: Sequence[tuple[str, float]], *, bars: bool) -> str:
    x = scale.at(mark.mean)
    parts = [
        f'<line x1="{scale.at(at):.2f}%" x2="{scale.at(at):.2f}%" y1="0" y2="100%" '
        f'class="{"zero" if name == "0" else "reference"}"/>'
        for name, at in lines
    ]
    if bars:
        left, right = sorted((scale.at(0.0), x))
        side = "below" if mark.mean < 0 else "above"
        parts.append(
            f'<rect x="{left:.2f}%" width="{max(right - left, 0.3):.2f}%" y="22%" height="56%" '
            f'class="bar {side}"/>'
        )
    low, high = mark.ends
    if low is not None and high is not None:
        a, b = scale.at(low), scale.at(high)
        parts.append(f'<line x1="{a:.2f}%" x2="{b:.2f}%" y1="50%" y2="50%" class="doubt"/>')
        parts += [
            f'<line x1="{end:.2f}%" x2="{end:.2f}%" y1="32%" y2="68%" class="doubt"/>'
            for end in (a, b)
        ]
    if not bars:
        parts.append(f'<circle cx="{x:.2f}%" cy="50%" r="{6 if mark.strong else 4.5}"/>')
    said = f"{mark.name}: {mark.text}" + (f", {mark.below}" if mark.below else "")
    below = f"<small>{escape(mark.below)}</small>" if mark.below else ""
    kind = ' class="strong"' if mark.strong else ""
    return (
        f'<li{kind}><span class="name">{breakable(mark.name)}</span>'
        f'<svg role="img" aria-label="{escape(said)}">{"".join(parts)}</svg>'
        f'<span class="n">{escape(mark.text)}{below}</span></li>'
    )

"""The course of a training as one picture: training loss, held-out loss, the best point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_WIDTH, _HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 52, 44
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#565d66}.title{font-weight:650;fill:#1a1d21}"
    ".axis{stroke:#dde1e6}.train{stroke:#2563a8}.eval{stroke:#c2410c;stroke-width:2}"
    ".base{stroke:#7a828c;stroke-dasharray:6 4}path,line{fill:none;stroke-width:1.5}"
    ".best{fill:#c2410c}rect{fill:#fff}"
    "@media(prefers-color-scheme:dark){rect{fill:#111417}text{fill:#a3abb4}.title{fill:#e8eaed}"
    ".axis{stroke:#30363d}.train{stroke:#6ea8e8}.eval{stroke:#f59e5b}.best{fill:#f59e5b}}"
)
Points = list[tuple[float, float]]


def _series(history: Sequence[Mapping[str, Any]], key: str) -> Points:
    return [(float(line["step"]), float(line[key])) for line in history if key in line]


def _ticks(low: float, high: float) -> list[float]:
    return [low + (high - low) * n / 4 for n in range(5)]


def loss_curve(
    history: Sequence[Mapping[str, Any]], title: str, base_loss: float | None = None
) -> str:
    """An SVG of the losses by step.

    Args:
        history: Logged lines with `step` and `loss` or `eval_loss`, oldest first.
        title: What was trained.
        base_loss: Held-out loss before training, drawn as a line.
    """
    train, held = _series(history, "loss"), _series(history, "eval_loss")
    every = [*train, *held, *([(0.0, base_loss)] if base_loss is not None else [])]
    last = max((x for x, _ in every), default=1.0) or 1.0
    high = max((y for _, y in every), default=1.0) * 1.05 or 1.0

    def across(x: float) -> str:
        return f"{_LEFT + x / last * (_WIDTH - _LEFT - _RIGHT):.1f}"

    def up(y: float) -> str:
        return f"{_HEIGHT - _BOTTOM - y / high * (_HEIGHT - _TOP - _BOTTOM):.1f}"

    def line(points: Points, kind: str) -> str:
        if not points:
            return ""
        return (
            f'<path class="{kind}" d="M'
            + "L".join(f"{across(x)} {up(y)}" for x, y in points)
            + '"/>'
        )

    parts = [
        f'<text class="title" x="{_LEFT}" y="20">{escape(title)}</text>',
        *_legend(base_loss is not None),
    ]
    for tick in _ticks(0, high):
        parts.append(
            f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{up(tick)}" y2="{up(tick)}"/>'
            f'<text x="{_LEFT - 8}" y="{float(up(tick)) + 4:.1f}" text-anchor="end">{tick:.2f}</text>'
        )
    for tick in _ticks(0, last):
        anchor = "end" if tick == last else "middle"
        parts.append(
            f'<text x="{across(tick)}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="{anchor}">{tick:.0f}</text>'
        )
    parts.append(
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">step; loss in nats a token</text>'
    )
    if base_loss is not None:
        parts.append(line([(0.0, base_loss), (last, base_loss)], "base"))
    parts += [line(train, "train"), line(held, "eval")]
    said = "No held-out loss was measured."
    if held:
        step, best = min(held, key=lambda p: (p[1], p[0]))
        parts.append(f'<circle class="best" cx="{across(step)}" cy="{up(best)}" r="4"/>')
        said = f"Best held-out loss {best:.3f} at step {step:.0f}."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}. {escape(said)}"><style>{_STYLE}</style>'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}"/>{"".join(parts)}</svg>\n'
    )


def _legend(base: bool) -> list[str]:  # noqa: FBT001
    names = [("train", "training"), ("eval", "held out, best marked")]
    if base:
        names.append(("base", "held out, before training"))
    found = []
    for place, (kind, name) in enumerate(names):
        x = _LEFT + place * 190
        found.append(
            f'<line class="{kind}" x1="{x}" x2="{x + 24}" y1="36" y2="36"/>'
            f'<text x="{x + 30}" y="40">{name}</text>'
        )
    return found

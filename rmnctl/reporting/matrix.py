"""Tasks by conditions as a table and as a picture; computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

_WIDTH, _HEIGHT, _LEFT, _TOP = 92, 34, 190, 150


def _axes(document: Mapping[str, Any]) -> tuple[list[str], list[str], dict[tuple[str, str], Any]]:
    cells = {(c["task"], c["condition"]): c for c in document["cells"]}
    return (
        list(dict.fromkeys(t for t, _ in cells)),
        list(dict.fromkeys(c for _, c in cells)),
        cells,
    )


def matrix_markdown(document: Mapping[str, Any]) -> str:
    """Loss with its change against the base, right answers, recall and interference.

    Args:
        document: The content of `evaluation.json`.
    """
    tasks, conditions, cells = _axes(document)
    lines = ["# Adapters by task", "", "Held-out loss, nats a token (change against the base)", ""]
    lines += _header(["condition", *tasks])
    for condition in conditions:
        lines.append(_row([condition, *(_loss(cells.get((t, condition))) for t in tasks)]))
    lines += ["", "Whole answers right, of the held-out rows", "", *_header(["condition", *tasks])]
    for condition in conditions:
        lines.append(_row([condition, *(_right(cells.get((t, condition))) for t in tasks)]))
    lines += _recall(document.get("recall", {}))
    lines += ["", "Cosine between deltas", "", *_header(["adapters", "cosine"])]
    for pair in document["interference"]:
        lines.append(_row([" · ".join(pair["adapters"]), f"{pair['cosine']:+.4f}"]))
    lines += ["", "Where composing hurts, against the task's own adapter alone", ""]
    for one in document["composing_hurts"]:
        lines.append(
            f"- {one['task']}, {one['strategy']}: {one['loss']:.3f} against {one['alone']:.3f}"
        )
    if not document["composing_hurts"]:
        lines.append("- nowhere")
    for task, why in document["not_applicable"].items():
        lines += [f"- {task}, {strategy}: not applicable. {text}" for strategy, text in why.items()]
    return "\n".join(lines) + "\n"


def _recall(brands: Mapping[str, Any]) -> list[str]:
    if not brands:
        return []
    lines = ["", "Recall of a brand's bands", ""]
    lines += _header(["brand", "asked", "fact", "questions", "right", "majority guess"])
    for brand, kinds in brands.items():
        for kind, fields in kinds.items():
            for field, f in fields.items():
                shares = [f"{f['right']:.0%}", f"{f['majority_guess']:.0%}"]
                lines.append(_row([brand, kind, field, f"{f['questions']:.0f}", *shares]))
    return lines


def _loss(cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "-"
    low, high = cell["change_ci95"]
    return f"{cell['nll']:.3f} ({cell['change']:+.0%}, {low:+.0%} to {high:+.0%})"


def _right(cell: Mapping[str, Any] | None) -> str:
    return "-" if cell is None else f"{cell['exact']:.0%}"


def _header(names: list[str]) -> list[str]:
    return [_row(names), _row(["---"] * len(names))]


def _row(texts: list[str]) -> str:
    return "| " + " | ".join(texts) + " |"


_ROLE: Final = 'role="img" aria-label="Change of held-out loss by condition and task"'
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#1b1b1b}.n{font-weight:600;text-anchor:middle}"
    ".s{fill:#444;font-size:10px;text-anchor:middle}"
    "@media(prefers-color-scheme:dark){.t{fill:#eee}}"
)


def matrix_svg(document: Mapping[str, Any]) -> str:
    """A grid: each cell says and shows by how much the loss changed against the base."""
    tasks, conditions, cells = _axes(document)
    width, height = _LEFT + _WIDTH * len(tasks) + 10, _TOP + _HEIGHT * len(conditions) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_ROLE}>',
        f"<style>{_STYLE}</style>",
        '<text class="t" x="8" y="20">Held-out loss against the bare base; below 0 is better</text>',
    ]
    for column, task in enumerate(tasks):
        x = _LEFT + _WIDTH * column + _WIDTH / 2
        parts.append(
            f'<text class="t" x="{x:g}" y="{_TOP - 8}" '
            f'transform="rotate(-35 {x:g} {_TOP - 8})">{escape(task)}</text>'
        )
    for row, condition in enumerate(conditions):
        y = _TOP + _HEIGHT * row
        parts.append(
            f'<text class="t" x="{_LEFT - 8}" y="{y + 21}" text-anchor="end">'
            f"{escape(condition)}</text>"
        )
        for column, task in enumerate(tasks):
            parts.append(_square(cells.get((task, condition)), _LEFT + _WIDTH * column, y))
    return "".join([*parts, "</svg>\n"])


def _square(cell: Mapping[str, Any] | None, x: int, y: int) -> str:
    place = f'x="{x}" y="{y}" width="{_WIDTH - 2}" height="{_HEIGHT - 2}"'
    if cell is None:
        return f'<rect {place} fill="#ddd"/>'
    change = cell["change"]
    strength = min(abs(change), 1.0)
    # Blue where the loss fell, orange where it rose; white where nothing changed.
    full = (66, 133, 190) if change <= 0 else (224, 122, 47)
    colour = ",".join(str(round(255 - strength * (255 - c))) for c in full)
    middle = x + _WIDTH / 2 - 1
    return (
        f'<rect {place} fill="rgb({colour})"/>'
        f'<text class="n" x="{middle:g}" y="{y + 14}">{change:+.0%}</text>'
        f'<text class="s" x="{middle:g}" y="{y + 27}">{cell["exact"]:.0%} right</text>'
    )

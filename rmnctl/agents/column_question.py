"""How a column is asked about; training text and requests are made by the same code."""

from __future__ import annotations

from collections.abc import Sequence

SYSTEM = "Name the field."
NONE = "none"
_LONGEST = 40


def ask(
    header: str,
    kind: str,
    facts: Sequence[str],
    size: str,
    beside: Sequence[str],
    fields: Sequence[str],
) -> str:
    """The question.

    Args:
        header: The column's.
        kind: What its cells are.
        facts: How it stands to other columns.
        size: Its place among the means of columns; empty if it has none.
        beside: Headers of its neighbours.
        fields: The answers to choose among, `NONE` too, in the order they are shown.
    """
    lines = [f"Column: {clip(header)}", f"Cells: {', '.join((kind, *facts))}"]
    if size:
        lines.append(f"Size: {size}")
    if beside:
        lines.append(f"Beside: {', '.join(clip(b) for b in beside)}")
    return "\n".join([*lines, f"Which: {', '.join(fields)}?"])


def clip(header: str) -> str:
    """A header on one line and not too long."""
    return " ".join(header.split())[:_LONGEST] or "(no header)"

"""A granola to advertise, and a writer that says what it is told."""

from __future__ import annotations

from rmnctl.agents.creative import (
    Brief,
    Voice,
    Written,
    create,
    pieces_of,
)

GOOD = ("Simple granola with oats", "A calm breakfast from Harbor", "Vanilla for every morning")
BAD = "The best granola ever!!!"
KNOWN = (
    "Harbor\nHarbor Oat Granola\nmade with: oats, vanilla\nsize: 12 oz\nsaving: 20%\nprice: $4.99"
)


class Script:
    """A writer that says the lines it was given, one after the other, then the last one again."""

    def __init__(self, *lines: str, surprises: dict[str, float] | None = None) -> None:
        self.lines = list(lines)
        self.surprises = surprises or {}
        self.asked = []

    def write(self, asked):
        """The next line for each."""
        self.asked += asked
        lines = [self.lines.pop(0) if len(self.lines) > 1 else self.lines[0] for _ in asked]
        return [Written(line, self.surprises.get(line)) for line in lines]


def brief(**changes) -> Brief:
    """A granola on Amazon."""
    return Brief.model_validate(
        {
            "id": "granola",
            "brand_id": "brand_x",
            "brand": "Harbor",
            "product": "Harbor Vanilla Oat Granola",
            "platform": "amazon_sb",
            "facts": {"made with": ["oats", "vanilla"], "meal": "breakfast in the morning"},
            "context": {"category": "food", "locale": "en-US", "substantiation": []},
        }
        | changes
    )


def written(engine, writer, *, voice=None, variants=1, **changes):
    """A piece written by a script."""
    piece = pieces_of([brief(**changes)], engine)[0]
    return create(piece, voice or Voice(), writer, engine, variants=variants)

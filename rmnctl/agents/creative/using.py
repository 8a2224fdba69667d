"""What one text is to use: a name, facts that lead it, and a word the brand likes.

Variants differ first of all in this, so that they differ whatever the writer is like; and what is
asked for has room, so that a writer that cannot count need not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rmnctl.agents.creative.brief import Brief, Piece, Voice
from rmnctl.agents.creative.inventions import stem, words_in

#: Elements with room for a second fact.
_LONG = frozenset({"body", "alt"})
#: Characters that join a part to the next one.
_GLUE = 9
#: What a text may hold: a name, whether a fact, whether a liked word. Turns begin differently, and
#: go on with the first that has room.
_ALL, _SAID, _LIKED = ("product", True, True), ("product", True, False), ("product", False, True)
_SHORT, _SHORT_SAID = ("brand", True, True), ("brand", True, False)
_ORDERS = (
    (_ALL, _SAID, _LIKED, _SHORT, _SHORT_SAID),
    (_SHORT, _SHORT_SAID, _ALL, _LIKED, _SAID),
    (_ALL, _LIKED, _SAID, _SHORT, _SHORT_SAID),
)
_LEAST = ("product", False, False), ("brand", False, True), ("brand", False, False)
_NAMELESS = (None, True, False)
#: Shorter words say nothing of a fact.
_WORDY = 3
#: Names of facts that say what a product is, where none holds the noun of its name.
_WHAT = frozenset({"what", "type", "kind", "item", "product", "product type", "what it is", "is"})


@dataclass(frozen=True)
class Using:
    """What one text is to use.

    Attributes:
        name: `product`, `brand`, or None where neither has room.
        facts: Names of the facts that lead it, as the writer sees them.
        word: A word the brand likes.
    """

    name: str | None
    facts: tuple[str, ...]
    word: str | None

    def line(self) -> str:
        """As it stands in a prompt."""
        parts = [self.name, *self.facts, self.word and f'"{self.word}"']
        return f"Use: {'; '.join(p for p in parts if p)}"

    def named(self, brief: Brief) -> str:
        """The name that a text is to hold; empty for none."""
        return _names(brief)[self.name]

    def missing(self, text: str, piece: Piece, facts: Sequence[tuple[str, str]]) -> int:
        """How much of this a text lacks: the name, and whatever else was asked for, counted once.

        A small model that is made to hold all of it talks nonsense sooner. A fact is held if any
        word of its value is.

        Args:
            text: The copy.
            piece: What it was asked for.
            facts: Name and value of each.
        """
        said = text.casefold()
        stems = set(map(stem, words_in(said)))
        values = dict(facts)
        held = [self.word.casefold() in said] if self.word else []
        for name in self.facts:
            value = values[name].casefold()
            words = {stem(w) for w in words_in(value) if len(w) >= _WORDY}
            held.append(bool(words & stems) if words else value in said)
        return (self.named(piece.brief).casefold() not in said) + (bool(held) and not any(held))


def using(piece: Piece, facts: Sequence[tuple[str, str]], voice: Voice, turn: int) -> Using:
    """What the text of a turn is to use.

    Args:
        piece: What is to be written, with its room.
        facts: Name and value of each, the offer among them.
        voice: Of the brand.
        turn: 0, 1, 2 …: variants and repairs in the order they are asked for.

    Returns:
        The turn's fact and word, and a name, as far as there is room.
    """
    fitting = [f for f in facts if len(f[1]) + _GLUE <= piece.limit and piece.element != "cta"]
    likes = bool(voice.prefer) and piece.element not in {"cta", "alt"}
    word = voice.prefer[turn % len(voice.prefer)] if likes else None
    names = _names(piece.brief)
    for name, says, liked in (*_ORDERS[turn % len(_ORDERS)], *_LEAST, _NAMELESS):
        lead = _lead(fitting, piece.brief.product, name, turn) if says else None
        if (says and lead is None) or (liked and word is None):
            continue
        parts = [names[name], lead[1] if lead else "", (word or "") if liked else ""]
        said = [p for p in parts if p]
        size = sum(map(len, said)) + _GLUE * (len(said) - 1)
        if size > piece.limit:
            continue
        leads = [lead] if lead else []
        if lead and piece.element in _LONG:
            # Another fact takes a sentence of its own.
            room = piece.limit - size - 3 * _GLUE
            after = (turn + 1) % len(fitting)
            others = [f for f in (*fitting[after:], *fitting) if f is not lead]
            leads += [f for f in others[:1] if len(f[1]) <= room]
        return Using(name, tuple(n for n, _ in leads), word if liked else None)
    return Using(None, (), None)


def _names(brief: Brief) -> dict[str | None, str]:
    return {"product": brief.product, "brand": brief.brand, None: ""}


def _lead(
    facts: Sequence[tuple[str, str]], product: str, name: str | None, turn: int
) -> tuple[str, str] | None:
    """The turn's fact; beside a brand alone, every other time, the one that says what it is."""
    lead = facts[turn % len(facts)] if facts else None
    if lead is None or lead[0] == "offer" or name != "brand" or turn // len(_ORDERS) % 2:
        return lead
    noun = stem(product.rsplit(maxsplit=1)[-1].lower())
    said = [f for f in facts if noun in map(stem, words_in(f[1].lower()))]
    said += [f for f in facts if f[0].lower() in _WHAT]
    return said[0] if said else lead

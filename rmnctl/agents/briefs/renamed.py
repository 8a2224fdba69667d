"""Names that a brief corrects at once: `for Harbor... I mean Northfield`, `at alpha, sorry, beta`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.text import Text, pattern

_FILLER = re.compile(
    r"(?:[\s,.;:!?()\u2026-]|\b(?:no|nope|not|oh|well|wait|i|we|mean|meant|actually|rather|that|it|is|it's|should|be|have|said|say|"
    r"of course|course|for|on|at|the|brand|retailer|network|obviously|sorry|instead|to|make|only|alone|um|uh|hm+)\b)*"
)


def renamed(text: Text, found: Sequence[Mention]) -> tuple[list[Mention], list[Mention]]:
    """The names that hold, and those that another took the place of."""
    gone = [
        first
        for first, second in pairwise(found)
        if first.scope is second.scope
        and first.ids != second.ids
        and _corrects(text, first.end, second.start)
    ]
    brands = [m for m in found if m.scope is Scope.BRAND and m not in gone]
    gone += [m for m in brands if len(brands) > 1 and _NOT.search(text.low[: m.start])]
    return [m for m in found if m not in gone], gone


#: `the brand is Northfield, not Harbor`.
_NOT = re.compile(
    r"\b(?:not|instead of|rather than|no longer|isn't|instead of)\s+(?:for\s+|the\s+|brand\s+)*$"
)


def _corrects(text: Text, left: int, right: int) -> bool:
    """Whether nothing but a word of correction stands between two names."""
    cue = pattern("correction").search(text.low, left, right)
    if cue is None:
        return bool(
            re.fullmatch(r"\s*[,.\u2026-]+\s*no(?:pe)?[,.!\u2026-]+\s*", text.low[left:right])
        )
    rest = text.low[left : cue.start()], text.low[cue.end() : right]
    return all(_FILLER.fullmatch(part) for part in rest)

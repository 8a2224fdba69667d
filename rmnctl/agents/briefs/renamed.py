"""Names that a brief corrects at once: `for Harbor... I mean Northfield`, `at alpha, sorry, beta`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.text import Text, pattern

_FILLER = re.compile(
    r"(?:[\s,.;:!?()\u2026-]|\b(?:no|nope|not|oh|well|wait|i|we|mean|meant|actually|rather|that|it|is|it's|should|be|have|said|say|"
    r"of course|course|for|on|at|the|wrong|name|client|brand|retailer|network|obviously|sorry|instead|to|make|only|alone|um|uh|hm+)\b)*"
)


def renamed(text: Text, found: Sequence[Mention]) -> tuple[list[Mention], list[Mention]]:
    """The names that hold, and those that another took the place of."""
    gone: list[Mention] = []
    held: list[Mention] = list(found[:1])
    for first, second in pairwise(found):
        if (
            first.scope is second.scope
            and first.ids != second.ids
            and _corrects(text, first.end, second.start)
        ):
            # The name that holds stands where the other stood, for what is said before that.
            gone.append(first)
            held[-1] = replace(second, start=held[-1].start)
        elif first.scope is second.scope and _meant(text, first, second, found):
            gone.append(first)
            held[-1] = replace(second, start=held[-1].start, end=held[-1].end)
        else:
            held.append(second)
    brands = [m for m in held if m.scope is Scope.BRAND]
    denied = [m for m in brands if len(brands) > 1 and _NOT.search(text.low[: m.start])]
    return [m for m in held if m not in denied], gone + denied


#: `the brand is Northfield, not Harbor`.
_NOT = re.compile(
    r"\b(?:not|instead of|rather than|no longer|isn't|instead of)\s+(?:for\s+|the\s+|brand\s+)*$"
)


_MEANT = re.compile(
    r"[.;!?\u2026-]+\s*(?:\W|\b(?:sorry|oops|whoops|no|nope|wait|correction|my mistake|my bad|apologies|pardon|actually|hm+|uh|um|oh)\b)*\s*"
    r"(?:(?:i|we)\s+)?(?:meant?|mean|wrong (?:brand|name|client|retailer|one)[:,]?(?: it's| it is| it should be)?|should have said|correction:?|sorry,?|oops,?|make that|that should (?:be|read))\s+(?:(?:for|on|at|to)\s+)?(?:the\s+)?$"
)


def _meant(text: Text, first: Mention, second: Mention, found: Sequence[Mention]) -> bool:
    """`alpha at most 60%. Sorry, I meant beta.`: the name alone is said anew."""
    between = text.low[first.end : second.start]
    alone = re.match(r"\s*(?:[.;!?)\n]|$)", text.low[second.end :])
    known = second.ids and not first.every and not second.pronoun
    cue = _MEANT.search(between)
    one = cue is not None and not re.search(r"[.;!?]\s", between[: cue.start()])
    return bool(alone and known and one) and not any(
        first.end <= m.start < second.start for m in found
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

"""Bare numbers that share out the whole: `split: alpha 55, beta 45`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.text import Text

_WHOLE = 100
#: A number stands this near to its name, words.
_NEAR = 3


def apportioned(text: Text, found: Sequence[Value], places: Sequence[Anchor]) -> list[Value]:
    """Values, where bare ones beside names of one kind that add up to 100 are shares."""
    names = [a for a in places if a.topic is Topic.NAMES and len(a.mentions) == 1]
    made = list(found)
    for start in sorted({text.sentence(a.start)[0] for a in names}):
        beside: list[tuple[int, Anchor]] = []
        for place, value in enumerate(found):
            bare = value.kind is Kind.NUMBER and 0 < value.low < _WHOLE
            here = [a for a in names if text.sentence(a.start)[0] == start]
            near = [a for a in here if _gap(text, value, a) <= _NEAR]
            if bare and text.sentence(value.start)[0] == start and near:
                beside.append((place, min(near, key=lambda a, v=value: _gap(text, v, a))))
        scopes = {a.scope for _, a in beside}
        if len(beside) > 1 and len(scopes) == 1 and sum(found[n].low for n, _ in beside) == _WHOLE:
            for place, _ in beside:
                value = found[place]
                made[place] = replace(value, kind=Kind.SHARE, low=value.low / _WHOLE)
    return made


def _gap(text: Text, value: Value, anchor: Anchor) -> int:
    """Words between a number and a name."""
    if anchor.end <= value.start:
        return text.words(anchor.end, value.start)
    return text.words(value.end, anchor.start)

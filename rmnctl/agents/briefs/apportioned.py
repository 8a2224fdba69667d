"""Bare numbers that share out the whole: `split: alpha 55, beta 45`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rmnctl.agents.briefs.anchors import GETS_REST, Anchor, Topic
from rmnctl.agents.briefs.direction import Direction, directions
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.text import Text, has

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
                beside.append((place, _nearest(text, value, near)))
        scopes = {a.scope for _, a in beside}
        whole = sum(found[n].low for n, _ in beside) == _WHOLE and len(beside) > 1
        rest = len(beside) == 1 and any(
            GETS_REST.match(text.low, a.end) for a in names if text.sentence(a.start)[0] == start
        )
        if len(scopes) == 1 and (whole or rest):
            for place, _ in beside:
                value = found[place]
                made[place] = replace(value, kind=Kind.SHARE, low=value.low / _WHOLE)
    return made


def compared(text: Text, found: Sequence[Value], places: Sequence[Anchor]) -> list[Value]:
    """`Alpha 60 max`: a bare number up to 100 that a comparison puts on a name is a share."""
    ways = directions(text, list(found))
    names = [a for a in places if a.topic is Topic.NAMES]
    made = list(found)
    for place, (value, way) in enumerate(zip(found, ways, strict=True)):
        bare = value.kind is Kind.NUMBER and 1 < value.low <= _WHOLE and value.high is None
        beside = bare and any(_beside(text, value, a) for a in names)
        clause = text.clause(value.start, value.end)
        other = any(
            has(group, text, *clause) for group in ("roas", "cells", "active", "experiment")
        )
        if beside and way.own and way.direction in {Direction.MOST, Direction.LEAST} and not other:
            made[place] = replace(value, kind=Kind.SHARE, low=value.low / _WHOLE)
    return made


_HEADED = re.compile(r"\bin (?:%|per ?cent)(?![a-z])|\(%\)")


def same_unit(text: Text, found: Sequence[Value], places: Sequence[Anchor]) -> list[Value]:
    """`Cap alpha at 60 and beta at 55 percent`: beside its name, each number has the unit of the others."""
    names = [a for a in places if a.topic is Topic.NAMES]
    beside = [any(_beside(text, v, a) for a in names) for v in found]
    made = list(found)
    for place, value in enumerate(found):
        left, right = text.sentence(value.start)
        bare = value.kind is Kind.NUMBER and 1 < value.low <= _WHOLE and value.high is None
        others = any(
            here and v.kind is Kind.SHARE and left <= v.start < right
            for v, here in zip(found, beside, strict=True)
        )
        marker = text.low[value.end : value.end + 1] == ")"
        if (
            bare
            and not marker
            and beside[place]
            and (others or _HEADED.search(text.low, left, right))
        ):
            made[place] = replace(value, kind=Kind.SHARE, low=value.low / _WHOLE)
    return made


def _nearest(text: Text, value: Value, near: Sequence[Anchor]) -> Anchor:
    return min(near, key=lambda anchor: _gap(text, value, anchor))


def _beside(text: Text, value: Value, anchor: Anchor) -> bool:
    """Whether a name stands right before a number, with a comparison between at most."""
    gap = text.low[anchor.end : value.start] if anchor.end <= value.start else None
    said = re.compile(
        r"\s*[:=]?\s*(?:(?:max|min|maximum|minimum|at|gets?|takes?|has|at most|at least|up to|capped at|is|to|of|no more than|no less than|<=|>=|\u2264|\u2265)\.?\s*)*"
    )
    return gap is not None and said.fullmatch(gap) is not None


def _gap(text: Text, value: Value, anchor: Anchor) -> int:
    """Words between a number and a name."""
    if anchor.end <= value.start:
        return text.words(anchor.end, value.start)
    return text.words(value.end, anchor.start)

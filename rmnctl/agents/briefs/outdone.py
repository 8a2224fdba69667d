"""Bare numbers that take the place of what was: `we ran 110 active cells, so please stay within 45`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rmnctl.agents.briefs.anchors import Topic
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import Text

#: A clause made of these alone names nothing else that its number could be of.
_PLAIN = re.compile(
    r"(?:please|pls|so|and|but|yet|though|now|let|let's|us|there|be|keep|kept|hold|it|that|them|this|these|those|one|ones|here|"
    r"to|stay|remain|stick|go|run|use|have|has|having|get|not|no|never|n't|don't|dont|do|must|mustn't|should|shouldn't|shall|may|can|can't|cannot|"
    r"will|won't|would|within|below|under|over|above|beyond|past|exceed|more|fewer|less|than|at|most|least|maximum|minimum|max|min|up|of|a|an|"
    r"the|i|i'd|i'll|i'm|we|we'd|we'll|you|want|wants|like|prefer|need|needs|ask|asking|require|expect|am|are|is|only|just|about|around|"
    r"time|summer|season|year|round|quarter|month|spring|autumn|fall|winter|flight|campaign|plan|today|with|for|all|cap|limit|rather|instead|"
    r"happy|content|fine|glad|satisfied|take|accept|make|aim|settle|my|our|me|floor|ceiling|target|again|exactly|far|also|in|on|future|from|onwards?|please,)"
)
_CLAUSE = re.compile(rf"[\s,:(-]*(?:{_PLAIN.pattern}[\s,:(-]+)*")
_TAIL = re.compile(
    rf"[\s,]*(?:(?:or|tops|at|enough|plenty|ok|okay|suffices?|sufficient|do|does|fewer|higher|better|{_PLAIN.pattern})(?:[\s,]+|(?=[.;!?)\n]|$)))*(?=[.;!?)\n]|$|(?:and|but|while|because|since|as|which|so)\b)"
)
_WISH = re.compile(
    r"\b(?:please|pls|so|now|this|let|let's|keep|stay|stick|hold|don't|do not|must|should|shall|will|would|i'd|we'd|want|need|like|require|ask|"
    r"happy|no more|not more|at most|at least|may|can|enough|plenty)\b"
)
#: What is enough is the least that is asked for.
_ENOUGH = re.compile(
    r"\s*(?:(?:is|are|will be|would be|'s) (?:all|enough|plenty|sufficient|ok|okay|fine)\b|(?:will|would|should) do\b|suffices?\b|(?:will|would) suffice\b)"
)
_ASKED = re.compile(
    r"\b(?:ask(?:ing)? for|all (?:that )?(?:i|we) (?:need|want|ask for|require|expect)(?: now)?(?: is)?|need|require|happy with|content with|satisfied with|fine with|settle for|aim for)\s+(?:only\s+|just\s+|about\s+|an?\s+)*$"
)
_LARGEST = 20


def outdone(
    text: Text, role: Role, earlier: Sequence[Role], named: Sequence[Mention]
) -> Role | None:
    """The role of a bare number that says how many cells, or what return, is wanted instead of what was.

    Args:
        text: The brief.
        role: Of the number.
        earlier: Those before it.
        named: All names.
    """
    value = role.value
    if role.purpose is Purpose.ROAS and role.direction is Direction.MOST:
        # `a return of 3 is enough` is no cap.
        return replace(role, direction=Direction.LEAST) if _enough(text, value.end) else None
    old = _told_before(text, role, earlier, named)
    if old is None or not _alone(text, role):
        return None
    enough = _enough(text, value.end) or _ASKED.search(text.low, old.value.end, value.start)
    topic, whole = _topic(old), value.low >= 1 and value.low.denominator == 1
    if topic is Topic.CELLS and whole and (enough or role.direction is Direction.MOST):
        return replace(role, purpose=Purpose.CELLS, direction=Direction.MOST)
    small = 0 < value.low <= _LARGEST
    if topic is Topic.ROAS and small and (enough or role.direction is Direction.LEAST):
        return replace(role, purpose=Purpose.ROAS, direction=Direction.LEAST)
    return None


def _told_before(
    text: Text, role: Role, earlier: Sequence[Role], named: Sequence[Mention]
) -> Role | None:
    """The number of the past right before a bare one, with no name between."""
    bare = role.value.kind is Kind.NUMBER and role.anchor is None and not role.faint
    if not (bare and earlier) or role.purpose not in {Purpose.UNKNOWN, Purpose.BACKGROUND}:
        return None
    left, right = earlier[-1].value.end, role.value.start
    near = earlier[-1].purpose is Purpose.BACKGROUND and text.crossings(left, right)[0] <= 1
    between = any(left <= m.start < right and m.scope is not Scope.BRAND for m in named)
    return earlier[-1] if near and not between else None


def _enough(text: Text, end: int) -> bool:
    return _ENOUGH.match(text.low, end) is not None


def _topic(role: Role) -> Topic | None:
    """What a number of the past was: cells, a return, or something else."""
    if role.value.kind is Kind.COUNT:
        return Topic.CELLS
    if role.value.kind is Kind.MULTIPLE:
        return Topic.ROAS
    return role.anchor.topic if role.anchor else None


def _alone(text: Text, role: Role) -> bool:
    """Whether the clause of a number says nothing but that it is wished for."""
    value = role.value
    left = text.clause(value.start, value.end)[0]
    right = text.sentence(value.start)[1]
    return (
        _CLAUSE.fullmatch(text.low, left, value.start) is not None
        and _WISH.search(text.low, left, right) is not None
        and _TAIL.match(text.low, value.end, right) is not None
    )

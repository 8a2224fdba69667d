"""What is left after named parts: `two thirds to alpha, the rest to beta`; money kept off a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from rmnctl.agents.briefs.anchors import GETS_REST, REST, Anchor, Topic
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import Text

_TO = re.compile(
    rf"\b{REST}(?:\s+(?:of\s+(?:it|that|the\s+\w+)|money|budget|share|part|funds|spend|half|third|"
    r"quarter|[\d.]+\s*(?:%|percent)|[$\u20ac\u00a3]\s?[\d.,]+[km]?))*[,:]?\s+"
    r"(?:(?:is|are|goes|go|going|should|must|can|may|will|to|be|flows?|lands?|spent|put|used)\s+)*"
    r"(?:to|on|at|into|in|for|with|towards?|behind)\s+(?:the\s+)?$"
    rf"|\b{REST}\s*[:=-]?\s+$"
)
_WHO = r"(?:(?:the|our|its|their|this|that|all|total|whole|(?:[\w-]+ )?[\w-]+'s)\s+)*$"
_SPEND = r"(?:put|spend|use|invest|run|place|allocate|waste|pour|sink|throw|let|give|assign|commit)"
_NEVER = re.compile(
    r"(?:\b(?:do not|don't|dont|never|won't|will not|must not|mustn't|should not|shouldn't|cannot|can't)\s+"
    rf"(?:ever\s+)?{_SPEND}\s+(?:(?:any|a cent|a penny|one cent|a dime)\s+of\s+)?"
    r"|\b(?:none|nothing|no part|not a (?:cent|penny|dime|dollar))\s+of\s+)" + _WHO
)
_INTO = re.compile(
    r"\s*(?:(?:may|must|should|can|shall|will|is to|ought to)?\s*(?:be\s+)?(?:go|goes|spent|put|used|placed|flow)?\s*)"
    r"(?:(?:into|on|onto|to|in|at|for|behind|towards?)\s+(?:the\s+)?)?$"
)


def withheld(text: Text, value: Value, name: int) -> bool:
    """Whether an amount is the whole of which a name gets nothing: `don't put the $70k into video`.

    Args:
        text: The brief.
        value: The amount.
        name: Where the name stands.
    """
    if value.kind is not Kind.MONEY or value.end > name:
        return False
    start, _ = text.sentence(value.start)
    led = _NEVER.search(text.low[start : value.start])
    return led is not None and _INTO.fullmatch(text.low[value.end : name]) is not None


def with_rest(text: Text, roles: Sequence[Role], places: Sequence[Anchor]) -> list[Role]:
    """The roles, and one more for each name that gets what named parts leave.

    A rest can be told where every other part of its kind is exact: shares of retailers, say, or
    amounts beside one budget.
    """
    made = list(roles)
    for anchor in places:
        if anchor.topic is not Topic.NAMES or len(anchor.mentions) != 1 or anchor.mentions[0].every:
            continue
        span = _said(text, anchor)
        if span is None or any(r.anchor is anchor and r.purpose is Purpose.LIMIT for r in made):
            continue
        left = _left(made, anchor)
        if left is not None:
            value = Value(left[0], left[1], *span)
            made.append(Role(value, Purpose.LIMIT, Direction.EXACT, anchor))
    return sorted(made, key=lambda r: r.value.start)


def _said(text: Text, anchor: Anchor) -> tuple[int, int] | None:
    start, end = text.sentence(anchor.start)
    if led := _TO.search(text.low[start : anchor.start]):
        return start + led.start(), anchor.end
    if after := GETS_REST.match(text.low, anchor.end, end):
        return anchor.start, after.end()
    return None


def _left(roles: Sequence[Role], anchor: Anchor) -> tuple[Kind, Fraction] | None:
    """What the parts of the same scope leave; None where they are not all exact and alike."""
    parts = [
        r for r in roles
        if r.purpose is Purpose.LIMIT and r.anchor is not None and r.anchor.scope is anchor.scope
    ]  # fmt: skip
    exact = all(
        r.direction in {Direction.NONE, Direction.EXACT} and r.value.high is None for r in parts
    )
    kinds = {r.value.kind for r in parts}
    if not parts or not exact or len(kinds) != 1:
        return None
    [kind] = kinds
    # As many numbers as names go one to each; one number for several names goes to each of them.
    spent = sum(
        (r.value.low * (1 if _several(r, parts) else _names(r)) for r in parts), Fraction(0)
    )
    whole = Fraction(1)
    if kind is Kind.MONEY:
        budgets = {r.value.low for r in roles if r.purpose is Purpose.BUDGET}
        if len(budgets) != 1:
            return None
        whole = budgets.pop()
    return (kind, whole - spent) if 0 < spent < whole else None


def _names(role: Role) -> int:
    return len(role.anchor.mentions) if role.anchor else 1


def _several(role: Role, parts: Sequence[Role]) -> bool:
    return sum(p.anchor is role.anchor for p in parts) == _names(role)

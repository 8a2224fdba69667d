"""What each number of a brief is for, as far as the words beside it say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.binding import Bound
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.text import Text, find, has


class Purpose(StrEnum):
    """What a number is for."""

    BUDGET = "budget"
    LIMIT = "limit"
    EXPERIMENT = "experiment"
    ROAS = "roas"
    ACTIVE = "active"
    CELLS = "cells"
    HORIZON = "horizon"
    BACKGROUND = "background"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Role:
    """One number with its purpose.

    Attributes:
        value: The number.
        purpose: What it is for.
        direction: Which way it bounds, for limits.
        anchor: The names it bounds, for limits; what it belongs to otherwise.
        sure: The words leave no doubt; else the model is asked.
        by_model: The model decided.
    """

    value: Value
    purpose: Purpose
    direction: Direction
    anchor: Anchor | None
    sure: bool = True
    by_model: bool = False


_NOT_THIS = re.compile(
    r"(?:(?:up|down|away) from|instead of|rather than|versus|vs\.?|compared (?:to|with)|in place of|\bnot|\bnot the|"
    r"(?:(?:we|they|it|budget) (?:had|used to be)))\s+(?:the\s+)?(?:earlier\s+|old\s+|original\s+|previous\s+|usual\s+)*$"
)
_NOW = re.compile(
    r"\b(?:this (?:year|time|quarter|month|flight|round|season)|now|today|currently|going forward|for the coming)\b"
)
_WISH = re.compile(
    r"\b(?:keep|want\w*|need\w*|must|should|now|this|please|at least|at most|min\w*|max\w*|target|floor|cap|aim|"
    r"no more|no less|not|never|let|give|spend|use|require\w*|would|will|is|are|has|have)\b|>=|<="
)
_SALES = re.compile(
    r"\s*(?:in|of|worth of)\s+(?:\w+\s+)?(?:sales|revenue|turnover|profits?|earnings)\b"
)
_COMPARED = re.compile(r"\b(?:than|versus|vs|from|over|compared|like|as|instead|unlike)\b")
_RECURRING_AFTER = re.compile(
    r"\s*(?:ago|later|notice|lead[- ]time|old|lookback|look-back|(?:attribution|click|view|lookback|look-back) window|before|prior|after (?:the )?(?:launch|start)|of (?:history|data)|in advance|warranty|payment|terms|delay)\b"
)
_RECURRING_BEFORE = re.compile(
    r"(?:every|each|per|last|past|previous|trailing|prior|after|since|in under|in less than|due in|closes in|reply in|respond in|back in|review after)\s+(?:the\s+)?(?:last\s+|past\s+)?$"
)
_PERIOD_KEY = re.compile(r"\b(?P<unit>weeks?|days?|wks?)\b\s*(?:\w+\s*){0,2}[:=]\s*$")
_HORIZON_KEY = re.compile(r"\b(?:horizon|duration|flight|period|length)\b[^.;\n\d]{0,20}$")


#: `The campaign costs $54,000` is the budget, `the lunch costs $54` is not.
_COSTS = re.compile(
    r"\b(?:campaign|plan|flight|programme|program|activation)\s+(?:(?:may|can|should|will|must|to)\s+)?costs?\s+$"
)


def roles(text: Text, bound: Sequence[Bound]) -> list[Role]:
    """The purpose of every number, in order."""
    return [_role(text, b, bound) for b in bound]


def _role(text: Text, one: Bound, every: Sequence[Bound]) -> Role:
    value, anchor, direction = one.value, one.anchor, one.way.direction
    topic = anchor.topic if anchor else None
    if value.kind is Kind.DAYS:
        return Role(value, _period(text, value), direction, None)
    if _is_past(text, value, every):
        return Role(value, Purpose.BACKGROUND, direction, anchor, sure=True)
    if value.kind is Kind.NUMBER and topic is None:
        return _bare(text, one)
    purpose = _purpose(value.kind, topic)
    if value.kind is Kind.MULTIPLE and topic is None and _times(text, value):
        purpose = Purpose.UNKNOWN
    if value.kind is Kind.MONEY and _SALES.match(text.low, value.end):
        purpose = Purpose.BACKGROUND
    costs = _COSTS.search(text.low[max(0, value.start - 40) : value.start])
    if value.kind is Kind.MONEY and not costs and has("aside", text, *_beside(text, value, every)):
        purpose = Purpose.BACKGROUND
    if value.kind is Kind.SHARE and purpose is Purpose.ROAS and value.low < 1 and not one.way.own:
        purpose = Purpose.UNKNOWN
    # Money is never UNKNOWN: what is not plain there is a problem to be named, not a question.
    return Role(value, purpose, direction, anchor, sure=purpose is not Purpose.UNKNOWN)


def _times(text: Text, value: Value) -> bool:
    """`three times this week`: how often, unless something comes back."""
    said = text.low[value.start : value.end].endswith("times")
    return said and not has("returned", text, *text.sentence(value.start))


_BY_TOPIC = {
    Topic.NAMES: Purpose.LIMIT,
    Topic.EXPERIMENT: Purpose.EXPERIMENT,
    Topic.ROAS: Purpose.ROAS,
    Topic.BUDGET: Purpose.BUDGET,
    Topic.ACTIVE: Purpose.ACTIVE,
    Topic.CELLS: Purpose.CELLS,
}


def _purpose(kind: Kind, topic: Topic | None) -> Purpose:
    """What a number of that kind is for beside that anchor."""
    if kind is Kind.MULTIPLE:
        return Purpose.ROAS
    if kind is Kind.COUNT:
        return Purpose.CELLS
    if kind is Kind.MONEY:
        # Money for cells is the least that an active one gets; money for nothing named is the budget.
        if topic in {None, Topic.ROAS}:
            return Purpose.BUDGET
        return Purpose.ACTIVE if topic is Topic.CELLS else _BY_TOPIC[topic]
    return _BY_TOPIC[topic] if topic else Purpose.UNKNOWN


def _beside(text: Text, value: Value, every: Sequence[Bound]) -> tuple[int, int]:
    """The clause of a value, without what belongs to other values in it."""
    left, right = text.clause(value.start, value.end)
    left = max([left, *(b.value.end for b in every if b.value.end <= value.start)])
    right = min([right, *(b.value.start for b in every if b.value.start >= value.end)])
    return left, right


#: `15 thousand more than I had hoped for` is a difference.
_DIFFERENCE = re.compile(
    r"\s*(?:more|less|higher|lower|above|below|extra|up|down|fewer|better|worse|over|under)\s+(?:than|on|from|compared|vs)\b"
)
_CHANGE = re.compile(
    r"\b(?:(?:rise|drop|increase|decrease|cut|gain|jump|raise|change|growth|difference|uplift) of|(?:up|down|grew|rose|fell|increased|"
    r"decreased|cut|upped|trimmed|raised|reduced|dropped) by)\s+(?:about |around |roughly |some )?$"
)


def _is_past(text: Text, value: Value, every: Sequence[Bound]) -> bool:
    """Whether a number tells what was, not what is wanted."""
    low = text.low
    if _DIFFERENCE.match(low, value.end) or _CHANGE.search(
        low[max(0, value.start - 40) : value.start]
    ):
        return True
    if _NOT_THIS.search(low[max(0, value.start - 40) : value.start]):
        return True
    left, right = _beside(text, value, every)
    if value.kind is Kind.MONEY:
        moved = re.search(r"\bfrom\s+(?:\w+\s+)?$", low[max(0, value.start - 16) : value.start])
        onwards = re.match(r"\s*(?:up |down )?to\b", low[value.end :])
        if moved and onwards and has("moved", text, text.sentence(value.start)[0], value.end + 40):
            return True
    if _NOW.search(low[left:right]):
        return False
    if value.kind is not Kind.MONEY and re.search(
        r"\b(?:was|were|averaged|stood at|came in at|came to|reached|hit|delivered|up|down|grew|rose|fell|increased|decreased|declined)\s+(?:by\s+|about\s+|around\s+|only\s+)?$",
        low[max(left, value.start - 24) : value.start],
    ):  # fmt: skip
        return True
    if value.kind is not Kind.MONEY:
        earlier = find("past", text, text.sentence(value.start)[0], value.start)
        if earlier and not _WISH.search(low[earlier[-1].end() : value.start]):
            return True
    before = find("past", text, left, value.start)
    after = [
        h
        for h in find("past", text, value.end, right)
        if text.words(value.end, h.start()) <= 3
        and not _COMPARED.search(low[value.end : h.start()])
    ]
    return bool(before or after)


_DEADLINE = re.compile(
    r"\b(?:repl\w+|respon\w+|answer\w*|back to|report\w*|deliver\w*|send|sent|pay\w*|paid|notice|approv\w+|review\w*|"
    r"decid\w+|decision|meet\w*|call\w*|ship\w*|return\w*|convert\w*|buy|bought|purchase\w*|attribut\w+|window|sold)\b"
)
_DEADLINE_WITHIN = re.compile(r"\bwithin\s+(?:the\s+)?(?:last\s+|past\s+)?$")
_LATER = re.compile(
    r"\b(?:stop|end|finish|wrap up|conclude|close|until|till)\w*\s+(?:\w+\s+){0,2}$"
)


def _period(text: Text, value: Value) -> Purpose:
    if re.match(r"\s*(?:later|after that|afterwards)\b", text.low[value.end :]) and _LATER.search(
        text.low[max(0, value.start - 40) : value.start]
    ):
        return Purpose.HORIZON
    before = text.low[text.sentence(value.start)[0] : value.start]
    if re.search(r"\bwithin\s+(?:the\s+)?(?:next\s+)?$", before) and not _DEADLINE.search(before):
        return Purpose.HORIZON
    if _DEADLINE_WITHIN.search(before):
        return Purpose.BACKGROUND
    if _RECURRING_AFTER.match(text.low, value.end) or _RECURRING_BEFORE.search(
        text.low[max(0, value.start - 30) : value.start]
    ):
        return Purpose.BACKGROUND
    return Purpose.HORIZON


def _bare(text: Text, one: Bound) -> Role:
    """A number without a unit: days where a key says so, else nothing."""
    value = one.value
    before = text.low[max(0, value.start - 40) : value.start]
    key = _PERIOD_KEY.search(before)
    days = {"w": 7, "d": 1}[key["unit"][0]] if key else 1
    if key or _HORIZON_KEY.search(before):
        period = replace(value, kind=Kind.DAYS, low=value.low * days)
        return Role(period, Purpose.HORIZON, one.way.direction, None)
    return Role(value, Purpose.UNKNOWN, one.way.direction, None, sure=True)


def with_budget(text: Text, found: list[Role]) -> list[Role]:
    """Settle which amounts are the budget: those for all, not those for a placement."""
    found = _without_past(text, found)
    strong = [r for r in found if r.purpose is Purpose.BUDGET]
    if not strong:
        found = _strayed(found)
    return [_whole_or_part(text, role, strong) for role in found]


def _strayed(found: list[Role]) -> list[Role]:
    """`$75k with video between 5 and 10 percent`: a name has its own number, so this is the budget."""
    plain = [
        r for r in found
        if r.purpose is Purpose.LIMIT and r.value.kind is Kind.MONEY and r.direction is Direction.NONE
    ]  # fmt: skip
    if len(plain) != 1 or plain[0].value.high is not None:
        return found
    limited = [r for r in found if r.anchor is plain[0].anchor and r.value.kind is Kind.SHARE]
    return [
        replace(r, purpose=Purpose.BUDGET, anchor=None) if r is plain[0] and limited else r
        for r in found
    ]


def _without_past(text: Text, found: list[Role]) -> list[Role]:
    """Of several budgets or durations, one that follows `last flight` is history."""
    made = list(found)
    for purpose in (Purpose.BUDGET, Purpose.HORIZON):
        alike = [n for n, r in enumerate(made) if r.purpose is purpose]
        old = [n for n in alike if _follows_past(text, made[n].value)]
        old = old or [n for n in alike if _WAS.search(text.low[: made[n].value.start][-40:])]
        if len({made[n].value.low for n in alike}) > 1 and 0 < len(old) < len(alike):
            for n in old:
                made[n] = replace(made[n], purpose=Purpose.BACKGROUND)
    return made


_WAS = re.compile(
    r"\b(?:was|were|had been|used to be|used to have|had|started (?:at|with)|began (?:at|with)|thought (?:it was|we had)|asked for|requested|"
    r"wanted|hoped for|suggested|proposed|floated|pitched|instead of)\s+(?:about |around |roughly |only |just |the |a )*(?:us|usd|eur)?\s?$"
)


def _follows_past(text: Text, value: Value) -> bool:
    start = text.sentence(value.start)[0]
    hits = find("past", text, start, value.start)
    if not hits:
        return False
    between = text.low[hits[-1].end() : value.start]
    return not _NOW.search(between) and not _WISH.search(between)


def _whole_or_part(text: Text, role: Role, strong: Sequence[Role]) -> Role:
    """`$2.5M on alpha and beta` is the budget where nothing else is."""
    anchor, plain = role.anchor, role.direction is Direction.NONE
    limit = role.purpose is Purpose.LIMIT and role.value.kind is Kind.MONEY
    if not limit or anchor is None or anchor.scope is not Scope.RETAILER:
        return role
    left, right = text.sentence(role.value.start)
    near = (max(left, role.value.start - 14), min(right, role.value.end + 30))
    each = has("each_one", text, *near)
    onto = role.value.start < anchor.start
    if not each and not strong and (plain or onto):
        return replace(role, purpose=Purpose.BUDGET, sure=True)
    if plain and onto and not _set_apart(text, role):
        again = any(r.value.low == role.value.low for r in strong)
        return replace(role, purpose=Purpose.BUDGET) if again else role
    return role


def _set_apart(text: Text, role: Role) -> bool:
    return bool(re.search(r"[;,:]\s*$", text.low[: role.value.start]))

"""What each number of a brief is for, as far as the words beside it say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.background import is_aside, is_past
from rmnctl.agents.briefs.binding import Bound
from rmnctl.agents.briefs.decided import is_decided
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.text import Text, has


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
        open: Whether the model holds it for a budget that is not settled yet; None: it was not asked.
        faint: Hardly a number of the request, such as the name of a month; not worth telling.
    """

    value: Value
    purpose: Purpose
    direction: Direction
    anchor: Anchor | None
    open: bool | None = None
    faint: bool = False


_SALES = re.compile(
    r"\s*(?:in|of|worth of)\s+(?:\w+\s+)?(?:sales|revenue|turnover|profits?|earnings)\b"
)
_RECURRING_AFTER = re.compile(
    r"\s*(?:ago|later|notice|lead[- ]time|old|lookback|look-back|(?:attribution|click|view|lookback|look-back) window|before|prior|after (?:the )?(?:launch|start)|of (?:history|data)|in advance|warranty|payment|terms|delay)\b"
)
_RECURRING_BEFORE = re.compile(
    r"(?:every|each|per|(?<!should )(?<!must )(?<!will )(?<!to )(?<!can )(?<!may )(?<!shall )(?<!would )last|past|previous|trailing|prior|after|since|in under|in less than|add|adds|added|adding|extended by|prolonged by|shortened by|due in|closes in|reply in|respond in|back in|review after)\s+(?:the\s+)?(?:last\s+|past\s+)?$"
)
_PERIOD_KEY = re.compile(
    r"\b(?P<unit>weeks?|days?|wks?)\b[\"')]*\s*(?:(?:\w+\s*){0,2}[:=?]|(?:are|is|shall be|should be|will be|must be))\s*$"
)
#: `the weeks are eight`.
_PERIOD_IS = re.compile(
    r"\b(?P<unit>weeks|days)\s+(?:(?:are|is|shall be|should be|will be|must be)\s*)?$"
)
_HORIZON_KEY = re.compile(r"\b(?:horizon|duration|flight|period|length)\b[^.;\n\d]{0,20}$")


#: `The campaign costs $54,000` is the budget, `the lunch costs $54` is not.
_COSTS = re.compile(
    r"\b(?:price|costs?|volume|value)\s+of\s+(?:the\s+|this\s+)?(?:campaign|plan|flight|activity)\s+(?:is|are|=|:)\s+$|\b(?:campaign|plan|flight|programme|program|activation|this one|(?:it|this) (?:is )?[^.;$\n]{0,40}\band)\s+(?:(?:may|can|should|will|must|to)\s+)?costs?\s+$"
)


def names_of(role: Role) -> frozenset[str]:
    """The ids that a role's anchor names."""
    return frozenset(i for m in role.anchor.mentions for i in m.ids) if role.anchor else frozenset()


def roles(text: Text, bound: Sequence[Bound]) -> list[Role]:
    """The purpose of every number, in order."""
    return [_role(text, b, bound) for b in bound]


def _role(text: Text, one: Bound, every: Sequence[Bound]) -> Role:
    value, anchor, direction = one.value, one.anchor, one.way.direction
    topic = anchor.topic if anchor else None
    if value.kind is Kind.DAYS:
        return Role(value, _period(text, value), direction, None)
    decided = value.kind is Kind.MONEY and is_decided(text, value)
    if not decided and is_past(text, value, every):
        return Role(value, Purpose.BACKGROUND, direction, anchor)
    keyed = _PERIOD_IS.search(text.low[max(0, value.start - 40) : value.start])
    closed = re.match(r"\s*(?:[,;\n]|\.(?!\d)|$|and\b)", text.low[value.end :])
    if value.kind is Kind.NUMBER and (topic is None or (keyed and closed)):
        return _bare(text, one)
    purpose = purpose_of(value.kind, topic)
    if value.kind is Kind.MULTIPLE and topic is None and _times(text, value):
        purpose = Purpose.UNKNOWN
    if value.kind is Kind.MONEY and _SALES.match(text.low, value.end):
        purpose = Purpose.BACKGROUND
    costs = _COSTS.search(text.low[max(0, value.start - 40) : value.start])
    if value.kind is Kind.MONEY and not costs and is_aside(text, value, every):
        purpose = Purpose.BACKGROUND
    if value.kind is Kind.SHARE and purpose is Purpose.ROAS and value.low < 1 and not one.way.own:
        purpose = Purpose.UNKNOWN
    # Money is never UNKNOWN: what is not plain there is a problem to be named, not a question.
    return Role(value, purpose, direction, anchor)


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


def purpose_of(kind: Kind, topic: Topic | None) -> Purpose:
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


_DEADLINE = re.compile(
    r"\b(?:repl\w+|respon\w+|answer\w*|back to|report\w*|deliver\w*|send|sent|pay\w*|paid|notice|approv\w+|review\w*|"
    r"decid\w+|decision|meet\w*|call\w*|ship\w*|return\w*|convert\w*|buy|bought|purchase\w*|attribut\w+|window|sold)\b"
)
#: `a fourfold return`, `a return of 3`: no deadline.
_AS_MONEY = re.compile(
    r"\b(?:\w*fold|an?|the|minimum|target|incremental|[\d.]+x?)\s+(?:\w+\s+)?returns?\b|\breturns?\s+(?:of|above|over|under|below|at|on)\b"
)
_DEADLINE_WITHIN = re.compile(r"\bwithin\s+(?:the\s+)?(?:last\s+|past\s+)?$")
_LATER = re.compile(
    r"\b(?:stop|end|finish|wrap up|conclude|close|until|till)\w*\s+(?:\w+\s+){0,2}$"
)


_ENDS_AFTER = re.compile(
    r"\b(?:end|ends|ending|finish\w*|stop|stops|over|wraps? up|closes?|done)\s+after\s+(?:about\s+)?$"
)
#: `our attribution window is 14 days`.
_WINDOW = re.compile(
    r"\b(?:attribution|look-?back|cookie|click|view|return|returns|payment|notice|approval|lead|response|delivery|review|reporting|"
    r"cancellation|trial|grace)\s+(?:window|period|time|term|cycle|policy|deadline)s?\s*(?:is|are|of|:|=|was|runs|lasts|takes)?\s*$"
)


#: `since 1 June until 30 June`.
_FROM_TO = re.compile(r"\d\D*\b(?:until|till|to|through|thru|and|bis)\b.*\d", re.DOTALL)


#: `payment is 45 days`.
_TERMS = re.compile(
    r"\b(?:payments?|delivery|lead time|notice|warranty|approval|shipping|invoices?)\s+(?:terms?\s+)?(?:is|are|within|after|in|takes?|due in|of|:)\s*(?:about\s+)?$"
)


def _period(text: Text, value: Value) -> Purpose:
    if re.match(r"\s*(?:later|after that|afterwards)\b", text.low[value.end :]) and _LATER.search(
        text.low[max(0, value.start - 40) : value.start]
    ):
        return Purpose.HORIZON
    before = text.low[text.sentence(value.start)[0] : value.start]
    due = _DEADLINE.search(_AS_MONEY.sub(" ", before))
    if re.search(r"\bwithin\s+(?:the\s+)?(?:next\s+)?$", before) and not due:
        return Purpose.HORIZON
    if _ENDS_AFTER.search(before):
        return Purpose.HORIZON
    if _WINDOW.search(before) or _TERMS.search(before):
        return Purpose.BACKGROUND
    if _FROM_TO.search(text.low, value.start, value.end):
        return Purpose.HORIZON
    if _DEADLINE_WITHIN.search(before):
        return Purpose.BACKGROUND
    if _RECURRING_AFTER.match(text.low, value.end) or _RECURRING_BEFORE.search(
        text.low[max(0, value.start - 30) : value.start]
    ):
        return Purpose.BACKGROUND
    return Purpose.HORIZON


#: `the season is long, 9 weeks, but the campaign is only 4`.
_IT_IS = re.compile(
    r"\b(?:campaign|flight|plan|burst|activity|promotion|ours|it|we)\s+(?:now\s+)?(?:is|lasts|runs(?: for)?|takes|needs?|goes|should be|must be|will be|only|just|run)\s+(?:(?:only|just|about|for|exactly)\s+)*$"
)
#: `last year 8 weeks, now five`, `we thought of 8 weeks, but 6 will do`.
_INSTEAD = re.compile(
    r"\bweeks?\b[^.;!?]{0,40}?(?:,|\bbut|\band|:)?\s*(?:now|this time|this year|today|this one|ours)\s*(?:is|it's|it is|are)?\s*(?:only|just|about|rather)?\s*$|\bweeks:\s*$|\bweeks?\b[^.;!?]{0,40},\s*so\s*$|\b(?:settle|settled|settling|agree|agreed|compromise|decide|decided|land|landed|go|meet) (?:on|at|with|for|in the middle(?:,? at)?)\s*$"
)
_WILL_DO = re.compile(
    r"\s+(?:will do|is enough|are enough|is plenty|suffices?|should do|would do|this time|this year|this round)\b"
)
_LONGEST = 52
_UNIT_SAID = re.compile(r"\b(?P<unit>weeks?|days?)\b")


def _bare(text: Text, one: Bound) -> Role:
    """A number without a unit: days where a key says so, else nothing."""
    value = one.value
    before = text.low[max(0, value.start - 40) : value.start]
    key = _PERIOD_KEY.search(before) or (
        _IT_IS.search(before) and _UNIT_SAID.search(text.low, max(0, value.start - 80), value.start)
    )
    if key is None and re.match(r"\s*(?:[,;\n]|\.(?!\d)|$|and\b)", text.low[value.end :]):
        key = _PERIOD_IS.search(before)
    again = _INSTEAD.search(before) or _WILL_DO.match(text.low, value.end)
    if key is None and again and value.low <= _LONGEST:
        said = list(_UNIT_SAID.finditer(text.low, max(0, value.start - 80), value.start))
        key = said[-1] if said and "%" not in text.low[said[-1].end() : value.start] else None
    days = {"w": 7, "d": 1}[key["unit"][0]] if key else 1
    if key or _HORIZON_KEY.search(before):
        period = replace(value, kind=Kind.DAYS, low=value.low * days)
        return Role(period, Purpose.HORIZON, one.way.direction, None)
    return Role(value, Purpose.UNKNOWN, one.way.direction, None)

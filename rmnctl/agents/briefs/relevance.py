"""Which numbers speak of the campaign to be planned, and which are background.

Letters to a planner hold numbers that are none of the plan's: what a leave lasted, what a vendor
quoted, how many are in a team. What decides is who does what in the clause (`tales`, `others`), not
the number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rmnctl.agents.briefs.anchors import Topic
from rmnctl.agents.briefs.background import follows_past
from rmnctl.agents.briefs.decided import gave_way
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.others import OTHER_MEDIA, hearsay, money_of_others
from rmnctl.agents.briefs.outdone import outdone
from rmnctl.agents.briefs.roles import Purpose, Role, names_of, purpose_of
from rmnctl.agents.briefs.tales import Evidence, of_count, of_period
from rmnctl.agents.briefs.text import Text, has

_COUNTED = {Purpose.CELLS, Purpose.LIMIT, Purpose.EXPERIMENT, Purpose.ROAS, Purpose.ACTIVE}


def set_aside(text: Text, found: Sequence[Role], named: Sequence[Mention] = ()) -> list[Role]:
    """Roles, where periods, counts and shares that do not speak of the campaign are background.

    Args:
        text: The brief.
        found: All roles.
        named: All names.
    """
    ended = {id(new) for old in found for new in found if gave_way(text, old.value, new.value)}
    against = [Evidence.NONE if id(r) in ended else _against(text, r, named) for r in found]
    against = _outspoken(text, found, against, named)
    kept = [r for r, e in zip(found, against, strict=True) if e is Evidence.NONE]
    made = []
    for role, evidence in zip(found, against, strict=True):
        rival = any(_same_thing(role, r) and r.value.low != role.value.low for r in kept)
        gone = evidence is Evidence.STRONG or (evidence is Evidence.WEAK and rival)
        made.append(replace(role, purpose=Purpose.BACKGROUND) if gone else role)
    return _inherited(text, made, named)


#: Words that a sentence on the flight has.
_CAMPAIGN = re.compile(
    r"[$\u20ac\u00a3]|\b(?:no less than|no more than|at least|at most|please|pls|should|must|shall|want|like|plan\w*|budget|campaign|flight|run|runs|running|spend|invest|duration|"
    r"horizon|period|term|length|long|start\w*|end|ends|finish\w*|begin\w*|last|lasts|timeline|live|ads?|media|advertis\w+|promot\w+|"
    r"push|goal|aim|maximi[sz]\w*|possible)\b"
)
_FRAGMENT = 5
#: `the last campaign reached many and cost $220,000`: of it, even where no other amount is the budget.
_PAID_THEN = re.compile(
    r"\b(?:and|which|that|it)\s+(?:cost|spent|took|swallowed|used)\s+(?:us\s+)?$"
)


#: `last November cost us 130k`: told of then, whether or not another amount is the budget.
_COST_THEN = re.compile(
    r"\b(?:last|the previous|the past|the prior|this past|that)\s+(?:(?!budget\b|time we have\b)\w+\s+){1,4}?"
    r"(?:alone\s+)?(?:had\s+)?(?:cost|set|ran)\s+(?:us|me|them|him|her)\s+(?:back\s+)?"
    r"(?:about\s+|some\s+|nearly\s+|almost\s+|over\s+|around\s+|roughly\s+|a good\s+)?$"
)


def _outspoken(
    text: Text, found: Sequence[Role], against: list[Evidence], named: Sequence[Mention]
) -> list[Evidence]:
    """Of several durations, those in sentences without a word on the campaign have weak evidence against them."""
    made = list(against)
    spoken = {text.sentence(r.value.start) for r in found if r.purpose is Purpose.HORIZON}
    if len(spoken) == 1:
        return made
    for n, role in enumerate(found):
        if role.purpose is not Purpose.HORIZON or against[n] is not Evidence.NONE:
            continue
        left, right = text.sentence(role.value.start)
        about = any(left <= m.start < right for m in named)
        about = about or _CAMPAIGN.search(text.low, left, right) is not None
        if not about and text.words(left, right) > _FRAGMENT:
            made[n] = Evidence.WEAK
    return made


#: `it ate 90k for nothing`, `video swallowed $40k`: money that is gone.
_EATEN = re.compile(
    r"\b(?<!may have )(?<!might have )(?:ate|swallowed|devoured|gobbled|guzzled|burnt|burned|wasted|squandered|blew|sank)\s+(?:up\s+|through\s+|away\s+)?"
    r"(?:us\s+)?(?:about\s+|some\s+|nearly\s+|almost\s+|over\s+|another\s+|a good\s+|all\s+)?$"
)


def _same_thing(one: Role, other: Role) -> bool:
    return one.purpose is other.purpose and names_of(one) == names_of(other)


def _against(text: Text, role: Role, named: Sequence[Mention]) -> Evidence:
    if role.purpose is not Purpose.BUDGET and hearsay(text, role.value.start, named):
        return Evidence.STRONG
    if role.purpose is Purpose.HORIZON:
        evidence = of_period(text, role.value, named)
        start = text.sentence(role.value.start)[0]
        media = OTHER_MEDIA.search(text.low, start, role.value.start)
        retail = "retail media" in text.low[start : role.value.start]
        return Evidence.WEAK if media and not retail and not evidence else evidence
    if role.purpose in _COUNTED and role.value.kind is not Kind.MONEY:
        return of_count(text, role.value, named)
    if role.value.kind is Kind.MONEY and _EATEN.search(text.low[: role.value.start]):
        return Evidence.STRONG
    left = text.sentence(role.value.start)[0]
    if role.value.kind is Kind.MONEY and _COST_THEN.search(text.low, left, role.value.start):
        return Evidence.STRONG
    paid = _PAID_THEN.search(text.low[: role.value.start])
    if role.purpose is Purpose.BUDGET and paid and follows_past(text, role.value):
        return Evidence.STRONG
    return Evidence.NONE


def _inherited(text: Text, made: list[Role], named: Sequence[Mention]) -> list[Role]:
    """`Last time, tests ate 20%; let's have 5% now`: what the tale was about, the wish is too."""
    kept = list(made)
    for n, (old, new) in enumerate(pairwise(made)):
        if old.purpose is not Purpose.BACKGROUND or old.anchor is None:
            continue
        near = new.value.start - old.value.end < _NEAR
        wished = _NOW.search(text.low, old.value.end, text.sentence(new.value.start)[1])
        if near and wished and new.purpose is Purpose.UNKNOWN and new.value.kind is old.value.kind:
            kept[n + 1] = replace(
                new, anchor=old.anchor, purpose=purpose_of(new.value.kind, old.anchor.topic)
            )
    return [outdone(text, r, kept[:n], named) or r for n, r in enumerate(kept)]


_NEAR = 60
_NOW = re.compile(r"\b(?:now|this time|from now|let's|let us|please|want|need|going forward)\b")


# -- money ------------------------------------------------------------------------------------

_OFFERED = re.compile(
    r"\b(?:quoted|quotes?|charged|charges|billed|bills|invoiced|asks?|asked|paid|pays?|lost|wasted|owed?|owes|fined|sued|refunded|reimbursed|lent|loaned|donated|won|stole|borrowed|saved)\s+"
    r"(?:(?:us|me|them|you|about|around|some|only|for)\s+)*$"
)
_REFUSED = re.compile(r"\b(?:declined|turned (?:it|that|them) down|said no|refused|rejected)\b")
WHOSE = re.compile(
    r"\s+(?:that |which )?(?:the|our|their|its)\s+(?:whole |entire |parent )?(?:group|company|parent|corporation|holding|industry|"
    r"category|market|competitors?|competition|firm|business|concern|division)\s+(?:\w+\s+)?(?:spends?|has|have|invests?|makes?|earns?|"
    r"pays?|turns|puts?|allocates?)\b"
)
#: `we have spent some 30 million with agencies`.
_SPENT = re.compile(
    r"(?:\b(?:have|has|had)|'ve|'s|'d)\s+(?:\w+\s+)?(?:spent|paid|lost|earned|sold|wasted|burned|burnt|made)\b[^.;,]{0,20}$"
)
_WE_HAVE = re.compile(
    r"\b(?:we|i)(?:'ve|'ll|'d)?\s+(?:(?:now|only|still|just|actually|do|can|may|could|will|would|have|got|to)\s+)*"
    r"(?:have|got|spend|invest|use|offer|put up|commit)\s+(?:about\s+|only\s+)?$"
)
_PARTITIVE = re.compile(
    r"\b(?:of which|of that|of those|thereof|of these)\s+(?:about |some |only )?$"
)
_GRANTED = re.compile(
    r"\b(?:releas\w+|approv\w+|agreed|grant\w*|allocat\w+|allott\w+|confirm\w+|earmark\w*|cleared|ok|okay|freed|secured|authori[sz]\w+|"
    r"award\w*|available|signed off)\b"
)


def without_others_money(text: Text, found: list[Role], named: Sequence[Mention]) -> list[Role]:
    """Roles without quotes, payments and amounts of others, where one that stays plainly is the budget."""
    budgets = [r for r in found if r.purpose is Purpose.BUDGET]
    if len({r.value.low for r in budgets}) < 2:
        return found
    gone = {id(r) for r in budgets if _others_money(text, r.value, found, named)}
    staying = [r for r in budgets if id(r) not in gone]
    if not gone or not any(_granted(text, r, named) for r in staying):
        return found
    return [replace(r, purpose=Purpose.BACKGROUND) if id(r) in gone else r for r in found]


def _others_money(
    text: Text, value: Value, found: Sequence[Role], named: Sequence[Mention]
) -> bool:
    left, right = text.sentence(value.start)
    before = text.low[left : value.start]
    if _OFFERED.search(before) or WHOSE.match(text.low, value.end):
        return True
    if hearsay(text, value.start, named):
        return True
    if _SPENT.search(before) or money_of_others(text, value.start, named):
        return True
    if _REFUSED.search(text.low, value.end, right) and not has("budget", text, left, right):
        return True
    if _beside_the_point(text, value, named):
        return True
    money = [r for r in found if r.value.kind is Kind.MONEY and left <= r.value.start < value.start]
    return bool(
        _PARTITIVE.search(before) and money and all(r.purpose is Purpose.BACKGROUND for r in money)
    )


#: Words that may make an amount a part of the plan, or more money for it.
_MAY_COUNT = re.compile(
    r"\b(?:budgets?|campaigns?|plans?|planned|planning|flights?|spend|spends|spending|invest\w*|media|ads?|advertis\w+|promot\w+|push|activation|retail|brands?|clients?|"
    r"add|adds|added|adding|another|additional|extra|more|plus|top\w*|contribut\w+|chip\w*|also|too|bonus|share|fund\w*|transfer\w*|available|free|left|remain\w*|"
    r"use|give|gives|gave|given|get|gets|got|release\w*|approv\w+|grant\w*|agree\w*|allocat\w+|confirm\w*|set aside|earmark\w*|put|puts|total|sum|amount|figure|number|pot|money|"
    r"test\w*|experiment\w*|alpha|beta|this|that|it|let's|please|should|must|want\w*|need\w*|can|could|may|might|will|would|have|has|for|into|on|in)\b"
)


def _beside_the_point(text: Text, value: Value, named: Sequence[Mention]) -> bool:
    """`They fined us 20,000 euros.`: a whole sentence without a word that could be of the plan."""
    left, right = text.sentence(value.start)
    if text.words(left, right) < _FRAGMENT or any(left <= m.start < right for m in named):
        return False
    rest = text.low[left : value.start] + " " + text.low[value.end : right]
    return _MAY_COUNT.search(rest) is None


def _granted(text: Text, role: Role, named: Sequence[Mention]) -> bool:
    """Whether the words beside an amount plainly make it the budget."""
    if role.anchor is not None and role.anchor.topic is Topic.BUDGET:
        return True
    left, right = text.sentence(role.value.start)
    if any(m.scope is Scope.BRAND and left <= m.start < right for m in named):
        return True
    return bool(
        _GRANTED.search(text.low, left, right) or _WE_HAVE.search(text.low[left : role.value.start])
    )

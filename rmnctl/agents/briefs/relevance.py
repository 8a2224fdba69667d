"""Whether a clause speaks of the campaign to be planned, or tells of something else.

Letters to a planner hold numbers that are none of the plan's: what a leave lasted, what a vendor
quoted, how many are in a team. What decides is who does what in the clause, not the number: tales
in the past, other subjects and private life speak against it, words of planning for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rmnctl.agents.briefs.anchors import Topic
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.others import money_of_others, opinion_of, subject_of
from rmnctl.agents.briefs.roles import Purpose, Role, names_of, purpose_of
from rmnctl.agents.briefs.text import Text, has

#: Verbs of telling what happened; those of granting money are none (`finance released $40k`).
_TALE = re.compile(
    r"\b(?:went|took|ate|swallowed|spent|ran|got|was|were|had|lost|sold|brought|saw|reached|consumed|absorbed|devoured|"
    r"burned|burnt|wasted|earned|returned|yielded|generated|produced|drove|averaged|lasted|came|fell|rose|dropped|grew|declined|"
    r"gave|received|bought|used|did|made|told|noticed|found|won|(?:we|they|he|she|it|i|who|which)\s+(?!agreed|settled|decided|committed|promised|fixed|approved|signed|need)[a-z]{2,}ed)\b"
)
#: Words that make a wish, a rule or a condition of the clause.
_WISH = re.compile(
    r"\b(?:must|should|shall|may|can|could|will|would|want\w*|need\w*|please|pls|keep|hold|cap|limit|ensure|let|never|plan|spend|"
    r"if|unless|wish|at least|at most|minimum|maximum|max|min|no more|not more|up to|is|are|be|this time|now|'d|'ll|to)\b|[<>=:]"
)
_PLAN = re.compile(
    r"\b(?:flight|campaign|plan|planning|horizon|duration|period|term|burst|activity|budget|spend|invest|run time|running|runs?|"
    r"live|on air|the (?:next|coming|following)|promotion|push|brief)\b"
)
_LIFE = re.compile(
    r"\b(?:leave|holidays?|vacation|honeymoon|parental|maternity|paternity|sick|trip|delay\w*|late|kids?|wife|husband|twins|baby|"
    r"birthday|anniversary|retire\w*|career|sabbatical|onboarding|apprentic\w+|experience|tenure|deserve\w*|train|plane|"
    r"commute|weekend|surgery|married|wedding|mortgage|lease|warranty)\b"
)
_PERFECT = re.compile(
    r"(?:\b(?:have|has|had)|'ve|'s)(?:\s+\w+){0,3}?\s+(?:been|known|worked|waited|done|sold|met|lived|spoken|seen|taken|"
    r"(?!planned|booked|approved|agreed|decided|reserved|scheduled|committed|confirmed|fixed|allotted|allowed|signed|cleared)[a-z]{2,}ed)\b"
)
_OF_LIFE = re.compile(
    r"\s*(?:with (?:us|them|the (?:company|firm|team|agency))|since\b|off\b|too late|late\b|behind schedule|in a row|younger|"
    r"of (?:leave|experience|holidays?|vacation|work|training|waiting|silence|absence|marriage|service|friendship))"
)
#: `its successor comes in 12 months`: a time to come, of something else.
_UPCOMING = re.compile(
    r"\b(?:launch\w*|com(?:es?|ing)|arriv\w+|relaunch\w*|expir\w+|retir\w+|mov(?:e|es|ing)|open(?:s|ing)?|"
    r"replac\w+|follow(?:s|ing)?|due|back|return(?:s|ing)?|see|meet|talk|speak|call|catch up|leave|leaves)\b[^.;,]{0,40}\bin\s+(?:about\s+|some\s+)?$"
)
_COLLECTIVE = re.compile(
    r"\b(?:teams?|groups?|famil(?:y|ies)|staff|crew|panel|committee|pack|box|list|range|series|sample|party|board|portfolio|"
    r"household|class|department|squad|us) of\s+(?:about |only |just |some )?$"
)
#: What others would like, and words that say that something binds nobody.
_HEARSAY = re.compile(
    r"\b(?:they|some|people|others|colleagues|internally|somebody|someone|everybody|everyone|the (?:board|boss|ceo|cfo|team))\s+"
    r"(?:\w+\s+)?(?:ask|hope|dream|talk|wish|speak|joke|rave|fantasi[sz]e)\w*\b"
)
_UNBINDING = re.compile(
    r"\b(?:not|no|n't|isn't|hardly)\s+(?:really\s+)?(?:an?\s+)?(?:condition|requirement|must|demand|binding|required)\b"
    r"|\bnobody\s+(?:\w+\s+)?(?:takes|believes)\b|\bwishful\b|\bnice to have\b"
)


def told(text: Text, start: int, end: int, reach: int = 2) -> bool:
    """Whether the clause around a span tells what happened, and wishes nothing.

    Args:
        text: The brief.
        start: Where the span begins.
        end: Where it ends.
        reach: How many words may stand between it and a verb behind it.
    """
    left, right = text.clause(start, end)
    left = max(left, text.low.rfind(":", left, start) + 1)
    before = list(_TALE.finditer(text.low, left, start))
    if before:
        last = before[-1]
        return not _WISH.search(text.low, left, start) and text.words(last.end(), start) <= 6
    after = _TALE.search(text.low, end, right)
    if after is None or text.words(end, after.start()) > reach:
        return False
    return not _WISH.search(text.low, left, after.start())


def _period_aside(text: Text, value: Value, named: Sequence[Mention]) -> bool:
    """Whether a duration is of someone's life or business, not of a flight."""
    low = text.low
    left, right = text.clause(value.start, value.end)
    before, after = low[left : value.start], low[value.end : right]
    some_day = low[value.start : value.end] == "one day" and not re.search(
        r"\b(?:for|in|over|lasts?|just|only|runs?|of)\s+$|[:=]\s*$", before
    )
    if some_day or _OF_LIFE.match(low, value.end) or _UPCOMING.search(before):
        return True
    if _PLAN.search(before) or _PLAN.search(after):
        return False
    lead = low[max(text.sentence(value.start)[0], value.start - 40) : value.start]
    bracket = lead if re.search(r"\(\s*$", lead) else before
    return bool(
        _LIFE.search(bracket)
        or _LIFE.search(after)
        or _PERFECT.search(before)
        or subject_of(text, value.start, named)
        or told(text, value.start, value.end)
    )


def _count_aside(text: Text, role: Role) -> bool:
    """Whether a count or share is of people or of something that happened."""
    value = role.value
    if value.kind in {Kind.COUNT, Kind.NUMBER} and _COLLECTIVE.search(text.low[: value.start]):
        return True
    return told(text, value.start, value.end)


_COUNTED = {Purpose.CELLS, Purpose.LIMIT, Purpose.EXPERIMENT, Purpose.ROAS, Purpose.ACTIVE}


def set_aside(text: Text, found: Sequence[Role], named: Sequence[Mention] = ()) -> list[Role]:
    """Roles, where periods, counts and shares that do not speak of the campaign are background."""
    made = [_judged(text, r, named) for r in found]
    return _unbinding_gone(text, _inherited(text, made), named)


def _judged(text: Text, role: Role, named: Sequence[Mention]) -> Role:
    if role.purpose is Purpose.HORIZON:
        gone = _period_aside(text, role.value, named)
    elif role.purpose in _COUNTED and role.value.kind is not Kind.MONEY:
        gone = _count_aside(text, role)
    else:
        return role
    return replace(role, purpose=Purpose.BACKGROUND) if gone else role


def _inherited(text: Text, made: list[Role]) -> list[Role]:
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
    return kept


_NEAR = 60
_NOW = re.compile(r"\b(?:now|this time|from now|let's|let us|please|want|need|going forward)\b")


def _unbinding_gone(text: Text, found: list[Role], named: Sequence[Mention]) -> list[Role]:
    """Of two numbers for one thing, the one that others dream of goes."""
    made = list(found)
    for n, role in enumerate(found):
        rivals = [
            r
            for r in found
            if r is not role
            and r.purpose is role.purpose
            and names_of(r) == names_of(role)
            and r.value.low != role.value.low
        ]
        single = role.purpose in _COUNTED and role.value.kind is not Kind.MONEY
        if (
            single
            and rivals
            and _idle(text, role, named)
            and not all(_idle(text, r, named) for r in rivals)
        ):
            made[n] = replace(role, purpose=Purpose.BACKGROUND)
    return made


def _idle(text: Text, role: Role, named: Sequence[Mention]) -> bool:
    left, right = text.sentence(role.value.start)
    return bool(
        _HEARSAY.search(text.low, left, role.value.start)
        or _UNBINDING.search(text.low, role.value.end, right)
        or opinion_of(text, role.value.start, named)
    )


# -- money ------------------------------------------------------------------------------------

_OFFERED = re.compile(
    r"\b(?:quoted|quotes?|charged|charges|billed|bills|invoiced|asks?|asked|paid|pays?|lost|wasted|owed?|owes)\s+"
    r"(?:(?:us|me|them|you|about|around|some|only|for)\s+)*$"
)
_REFUSED = re.compile(r"\b(?:declined|turned (?:it|that|them) down|said no|refused|rejected)\b")
_WHOSE = re.compile(
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
    if _OFFERED.search(before) or _WHOSE.match(text.low, value.end):
        return True
    if _SPENT.search(before) or money_of_others(text, value.start, named):
        return True
    if _REFUSED.search(text.low, value.end, right) and not has("budget", text, left, right):
        return True
    money = [r for r in found if r.value.kind is Kind.MONEY and left <= r.value.start < value.start]
    return bool(
        _PARTITIVE.search(before) and money and all(r.purpose is Purpose.BACKGROUND for r in money)
    )


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

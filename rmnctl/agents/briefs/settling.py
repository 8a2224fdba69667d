"""Which of several amounts is the budget, and which of several durations or shares holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rmnctl.agents.briefs.background import drafted, follows_past, may_be_past, was_before
from rmnctl.agents.briefs.decided import is_decided
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.relevance import without_others_money
from rmnctl.agents.briefs.roles import Purpose, Role, names_of
from rmnctl.agents.briefs.tales import Evidence, told
from rmnctl.agents.briefs.text import Text, has
from rmnctl.agents.briefs.unrelated import without_unrelated


def with_budget(text: Text, found: list[Role], named: Sequence[Mention] = ()) -> list[Role]:
    """Settle which amounts are the budget: those for all, not those for a placement."""
    found = without_others_money(text, _without_past(text, found), named)
    found = without_unrelated(text, _with_decided(text, found), named)
    strong = [r for r in found if r.purpose is Purpose.BUDGET]
    if not strong:
        found = _strayed(found)
    found = [_whole_or_part(text, role, strong) for role in found]
    return without_unrelated(text, found, named)


def _with_decided(text: Text, found: Sequence[Role]) -> list[Role]:
    """`My boss said 100k, finance said 80k, so 80k it is`: what was said before is background."""
    budgets = [r for r in found if r.purpose is Purpose.BUDGET]
    if len({r.value.low for r in budgets}) == 1:
        return list(found)
    final = [r for r in budgets if is_decided(text, r.value)]
    if not final and len([r for r in budgets if not may_be_past(text, r.value)]) == 1:
        final = [r for r in budgets if is_decided(text, r.value, weakly=True)]
    if len({r.value.low for r in final}) != 1:
        return list(found)
    holds = final[-1]
    others = [r for r in budgets if r.value.low != holds.value.low]
    if any(r.value.start > holds.value.start or r.value.high is not None for r in others):
        return list(found)
    gone = {id(r) for r in others}
    return [replace(r, purpose=Purpose.BACKGROUND) if id(r) in gone else r for r in found]


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
    made = _outlived(text, found)
    for purpose in (Purpose.BUDGET, Purpose.HORIZON):
        alike = [n for n, r in enumerate(made) if r.purpose is purpose]
        old = [n for n in alike if follows_past(text, made[n].value)]
        old = old or [n for n in alike if was_before(text, made[n].value)]
        old = [n for n in old if not is_decided(text, made[n].value)]
        if len({made[n].value.low for n in alike}) > 1 and 0 < len(old) < len(alike):
            for n in old:
                made[n] = replace(made[n], purpose=Purpose.BACKGROUND)
    for purpose in (Purpose.ROAS, Purpose.ACTIVE, Purpose.CELLS, Purpose.EXPERIMENT):
        alike = [n for n, r in enumerate(made) if r.purpose is purpose]
        old = [n for n in alike if may_be_past(text, made[n].value)]
        old = old or [n for n in alike if _is_told(text, made[n].value)]
        if len({made[n].value.low for n in alike}) > 1 and 0 < len(old) < len(alike):
            for n in old:
                made[n] = replace(made[n], purpose=Purpose.BACKGROUND)
    return made


def _is_told(text: Text, value: Value) -> bool:
    tale = told(text, value.start, value.end)
    return follows_past(text, value) or tale is not Evidence.NONE


def _outlived(text: Text, found: list[Role]) -> list[Role]:
    """`The old deck said 40% on video. Ours: video 8% at most`: of two shares for one name, the told one goes."""
    limits = [
        r
        for r in found
        if r.purpose is Purpose.LIMIT and r.anchor is not None and r.anchor.mentions
    ]
    gone: set[int] = set()
    for old in limits:
        rivals = [
            r for r in limits
            if names_of(r) == names_of(old) and r.value.kind is old.value.kind
            and r.value.low != old.value.low
            and (r.direction is old.direction or Direction.NONE in {r.direction, old.direction})
        ]  # fmt: skip
        earlier = [r.value.end for r in limits if r.value.end <= old.value.start]
        was = may_be_past(text, old.value, max(earlier, default=0)) or _own_wish(text, old)
        since = old.value.end
        if rivals and was and not any(may_be_past(text, r.value, since) for r in rivals):
            gone.add(id(old))
        later = [r for r in rivals if r.value.start > since]
        if later and drafted(text, old.value) and not any(drafted(text, r.value) for r in later):
            gone.add(id(old))
    return [replace(r, purpose=Purpose.BACKGROUND) if id(r) in gone else r for r in found]


_OWN_WISH = re.compile(
    r"\s+(?:wants?|asks? for|would like|demands?|hopes for|expects?|insists on|dreams of)\s+(?:about\s+|at least\s+)?"
)


def _own_wish(text: Text, role: Role) -> bool:
    """`alpha wants 70%`: what a retailer would like for itself."""
    anchor = role.anchor
    return anchor is not None and bool(
        _OWN_WISH.fullmatch(text.low, anchor.end, max(role.value.start, anchor.end))
    )


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
    if not each and not strong and (plain or onto or role.value.high is not None):
        return replace(role, purpose=Purpose.BUDGET)
    if plain and onto and not _set_apart(text, role):
        again = any(r.value.low == role.value.low for r in strong)
        return replace(role, purpose=Purpose.BUDGET) if again else role
    return role


def _set_apart(text: Text, role: Role) -> bool:
    return bool(re.search(r"[;,:]\s*$", text.low[: role.value.start]))

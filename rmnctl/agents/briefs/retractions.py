"""Limits that a brief takes back, with nothing in their place: `Scratch the cap.`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.roles import Purpose, Role, names_of
from rmnctl.agents.briefs.text import Text, pattern

_TAKE_BACK = (
    r"(?:scratch|forget(?: about)?|strike|cancel|lose|never mind|ignore|remove|lift|waive|withdraw|delete|drop|scrap|"
    r"take back|undo|skip|ditch|disregard)"
)
_WHAT = (
    r"caps?|limits?|ceilings?|maximum|max|floors?|minimum|min|restriction|rule|constraint|requirement|thing|idea|part|bit|"
    r"condition|line|bound|target"
)
#: `..., only the onsite one holds`: what stays is not taken back.
_KEPT = r"(?:,\s*|\s)(?:only|but|just|while|whereas|(?:and\s+)?(?:keep|leave))\b"
_RETRACT = re.compile(
    rf"(?<![a-z]){_TAKE_BACK}\s+(?:what (?:i|we) said (?:about|on)\s+|the|that|my|our|this|those|any|[a-z]+'s)\s*"
    rf"(?P<object>[^.;!?\n]{{0,48}}?)\b(?P<what>{_WHAT})\b(?P<more>(?:(?!{_KEPT})[^.;!?\n]){{0,32}})"
    r"|(?<![a-z])(?:forget|scratch|ignore|drop|strike|cancel|disregard) (?P<what4>that|this)(?: one| again| please)?(?=\s*(?:[.;!)\n]|$))"
    r"(?!\s*[.;!)\n]?\s*(?:[\w',]+\s+){0,5}?(?:[$\u20ac\u00a3]?\d|an? (?:half|third|quarter|fifth|tenth)|half\b|ten\b|fifteen|twenty|thirty|forty|fifty|sixty))"
    r"|(?:on reflection|on second thoughts?|actually|sorry|wait|thinking again|in fact|come to think of it|oh),?\s+(?:there's |we have |we need |with )?no "
    r"(?P<what3>caps?|limits?|ceilings?|floors?|minimum|maximum)(?P<more3>[^.;!?\n,\d]{0,24})"
    r"|(?<![a-z])no (?P<what2>caps?|limits?|ceilings?|floors?|minimum|maximum)(?P<more2>[^.;!?\n,]{0,24}?)\s+(?:after all|any ?more|then)\b"
)


@dataclass(frozen=True)
class Retraction:
    """What a brief takes back.

    Attributes:
        start, end: Where it says so.
        direction: Which way the limit bounds; NONE where any is meant.
    """

    start: int
    end: int
    direction: Direction


def retractions(text: Text) -> list[Retraction]:
    """Where a brief takes limits back."""
    made = []
    for match in _RETRACT.finditer(text.low):
        what = match["what"] or match["what2"] or match["what3"] or match["what4"]
        way = Direction.NONE
        if what.startswith(("cap", "ceil", "max")):
            way = Direction.MOST
        elif what.startswith(("floor", "min")):
            way = Direction.LEAST
        made.append(Retraction(*match.span(), way))
    return made


_LIMITS = {Purpose.LIMIT, Purpose.ROAS, Purpose.EXPERIMENT, Purpose.ACTIVE, Purpose.CELLS}


def taken_back(
    roles: Sequence[Role], places: Sequence[Anchor], taken: Sequence[Retraction]
) -> list[Role]:
    """The roles without those that the brief takes back, which are told as background."""
    made = list(roles)
    for one in taken:
        named = [a for a in places if one.start <= a.start < one.end]
        for place in range(len(made) - 1, -1, -1):
            role = made[place]
            if role.value.end > one.start or role.purpose not in _LIMITS:
                continue
            if _meant(role, named, one.direction):
                made[place] = replace(role, purpose=Purpose.BACKGROUND)
                if not named:
                    break
            elif _fits(role, one.direction) and not _one_each(role, made):
                made[place : place + 1] = _for_others(role, named)
    return made


def _one_each(role: Role, roles: Sequence[Role]) -> bool:
    """`60% and 40% on alpha and beta`: each number is of one name already."""
    return sum(r.anchor is role.anchor and r.direction is role.direction for r in roles) > 1


def _for_others(role: Role, named: Sequence[Anchor]) -> list[Role]:
    """`20% on either of search and video. Drop it for video.`: a limit of the names that stay."""
    gone = {i for a in named for m in a.mentions for i in m.ids}
    if role.anchor is None or not gone & names_of(role):
        return [role]
    return [
        replace(role, anchor=Anchor(Topic.NAMES, m.start, m.end, (m,)))
        for m in role.anchor.mentions
        if not gone & set(m.ids)
    ] or [role]


def _meant(role: Role, named: Sequence[Anchor], way: Direction) -> bool:
    """Whether `the cap`, `the video limit` is this role."""
    limit = role.purpose is Purpose.LIMIT
    if not _fits(role, way):
        return False
    if not named:
        return limit or way is Direction.NONE
    if role.anchor is None:
        return False
    return any(
        a.topic is role.anchor.topic and {i for m in a.mentions for i in m.ids} >= names_of(role)
        for a in named
    )


def _fits(role: Role, way: Direction) -> bool:
    """Whether a limit bounds the way that is taken back."""
    return role.purpose is not Purpose.LIMIT or way in {Direction.NONE, role.direction}


_WELCOME = re.compile(
    r"\s*(?:is|are|can|may|should|could)?\s*(?:be\s+)?(?:fine|ok|okay|allowed|permitted|welcome|back in|in after all|in again|acceptable|stay|included)\b"
)


def readmitted(
    text: Text, roles: Sequence[Role], places: Sequence[Anchor], out: Sequence[Anchor]
) -> list[Anchor]:
    """What gets nothing, without names let in again: `No video. Scratch that, video is fine.`."""
    limited = {id(r.anchor) for r in roles if r.purpose is Purpose.LIMIT and r.value.low > 0}
    left = []
    for gone in out:
        ids = {i for m in gone.mentions for i in m.ids}
        later = [
            a for a in places
            if a.start > gone.end and {i for m in a.mentions for i in m.ids} & ids
            and (_WELCOME.match(text.low, a.end) or id(a) in limited)
        ]  # fmt: skip
        if not any(pattern("correction").search(text.low, gone.end, a.start) for a in later):
            left.append(gone)
    return left

"""What numbers of a brief may belong to: names, and words such as budget, ROAS or experiments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.text import Text, find, has


class Topic(StrEnum):
    """What an anchor stands for."""

    NAMES = "names"
    BUDGET = "budget"
    EXPERIMENT = "experiment"
    ROAS = "roas"
    CELLS = "cells"
    ACTIVE = "active"


@dataclass(frozen=True)
class Anchor:
    """Something that a number may belong to.

    Attributes:
        topic: What it is.
        start, end: Where it stands.
        mentions: The names, for topic names; listed together: `alpha and beta`.
    """

    topic: Topic
    start: int
    end: int
    mentions: tuple[Mention, ...] = ()

    @property
    def scope(self) -> Scope | None:
        """What kind of names these are."""
        return self.mentions[0].scope if self.mentions else None


_LISTED = re.compile(
    r"[\s,/&+]*(?:(?:and|or|nor|as well as|plus|both|either|neither|on|in|at|to|into|for|with|the|"
    r"retailers?|networks?|ads?|placements?|any|from|by|versus|vs|also)[\s,/&+]+)*"
)
#: What named parts leave.
REST = r"(?:rest|remainder|other (?=half|[\d.]+ ?(?:%|percent))|remaining|balance|leftovers?|what(?:ever)?(?:'s| is|s)? (?:left|remains)(?: over)?)"
#: `beta gets the remainder`.
GETS_REST = re.compile(
    r"\s+(?:(?:should|must|can|may|will|then|simply)\s+)*"
    r"(?:(?:gets?|takes?|receives?|has|have|having|getting|taking)\s+(?:all\s+|the\s+)*|(?:all\s+)?the\s+)"
    rf"{REST}\b"
    rf"|\s*(?:[:=-]\s*|,\s+)?(?:the\s+)?{REST}(?=\s*(?:[.,;!?)\n]|$))"
)
#: `$20k of the $100k budget goes to video`: an amount between is no obstacle.
AMOUNT = re.compile(
    r"(?:us)?[$\u20ac\u00a3]\s?[\d.,]+\s?(?:k|mm?|million|thousand)?\b(?:\s?(?:usd|eur|dollars|euros))?\s*"
)


def anchors(text: Text, found: list[Mention]) -> list[Anchor]:
    """All anchors of a brief, in order."""
    made = [*_groups(text, found)]
    words: list[Anchor] = []
    for group, topic in (
        ("active", Topic.ACTIVE),
        ("cells", Topic.CELLS),
        ("experiment", Topic.EXPERIMENT),
        ("roas", Topic.ROAS),
        ("budget", Topic.BUDGET),
    ):
        for hit in find(group, text):
            if _covered(hit.start(), hit.end(), [*made, *words]):
                continue
            if topic is Topic.BUDGET and not _names_the_whole(text, hit, [*made, *words]):
                continue
            if topic is Topic.ROAS and not _is_return(text, hit):
                continue
            words.append(Anchor(topic, *hit.span()))
    return sorted([*made, *words], key=lambda a: a.start)


def _covered(start: int, end: int, others: list[Anchor]) -> bool:
    return any(a.start < end and start < a.end for a in others)


def _groups(text: Text, found: list[Mention]) -> list[Anchor]:
    """Names of one kind that are listed together make one anchor."""
    made: list[list[Mention]] = []
    for mention in (m for m in found if m.scope is not Scope.BRAND):
        last = made[-1][-1] if made else None
        if (
            last is not None
            and last.scope is mention.scope
            and not (last.pronoun or mention.pronoun)
        ):
            between = text.low[last.end : mention.start]
            named = {i for m in made[-1] for i in m.ids}
            alone = GETS_REST.match(text.low, mention.end) is not None
            listed = _LISTED.fullmatch(between) and between.strip() and not alone
            listed = listed and not _parted(text, made[-1], mention)
            if listed and not named & set(mention.ids):
                made[-1].append(mention)
                continue
        made.append([mention])
    return [Anchor(Topic.NAMES, g[0].start, g[-1].end, tuple(g)) for g in made]


_PREDICATE = re.compile(
    r"(?:'s share|'s part)?(?: ads?| placements?)?(?:\s*[:=<>\u2264\u2265]|\s+(?:is|are|gets?|stops?|stays?|has|have|takes?|must|should|"
    r"can|may|will|shall|needs?|deserves?|tops out|shouldn't|mustn't|can't|won't|isn't|capped|limited|at|under|over|below|above|"
    r"max|min|no|not|never|between|goes|\d+)(?![a-z]))"
)


def _parted(text: Text, group: list[Mention], mention: Mention) -> bool:
    """`at most 8% on search, video gets 18%`: a comma, and both have clauses of their own."""
    between = text.low[group[-1].end : mention.start]
    if "," not in between or not _clause_of_its_own(text, mention):
        return False
    if re.match(r"\s*,\s*(?:and|but|while)\b", between) and len(group) == 1:
        return True
    start = text.sentence(group[0].start)[0]
    start = max(start, text.low.rfind(", ", start, group[0].start))
    said = text.low[start : group[0].start]
    return bool(re.search(r"\d|\b(?:half|third|quarter|fifth|tenth|percent)\b", said)) or has(
        "exclude_before", text, start, group[0].start
    )


def _clause_of_its_own(text: Text, mention: Mention) -> bool:
    """Whether a name is the subject of what follows."""
    return _PREDICATE.match(text.low, mention.end) is not None


#: `any cell which receives funds`.
_RECEIVES = re.compile(
    r"\b(?:which|that)\s+(?:receives?|gets?|has|have|is given|is allocated|sees?)\s+(?:any\s+|some\s+)?$"
)


def _names_the_whole(text: Text, hit: re.Match[str], names: list[Anchor]) -> bool:
    """Whether `budget` is the budget: not `of the budget`, `video budget`, `test budget`."""
    before = AMOUNT.sub("", text.low[max(0, hit.start() - 40) : hit.start()])
    if re.search(
        r"\bof\s+(?:the |our |my |this |that |its |their |your |overall |total |whole |media )*$",
        before,
    ) or _RECEIVES.search(before):
        return False
    return not any(
        a.end <= hit.start() and not text.low[a.end : hit.start()].strip()
        and (a.scope in {Scope.PLACEMENT, Scope.SKU} or a.topic is Topic.EXPERIMENT)
        for a in names
    )  # fmt: skip


def _is_return(text: Text, hit: re.Match[str]) -> bool:
    """`return` as a noun of money, not `return the plan to me` or `return policy`."""
    if hit[0] not in {"return", "returns", "multiple"}:
        return True
    following = text.low[hit.end() : hit.end() + 24]
    return not re.match(r"\s+(?:the|a|to|policy|me|your|this|it|calls?|here)\b", following)

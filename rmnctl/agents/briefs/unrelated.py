"""Amounts that are never a budget: wages, quotes, prices, what sells, what other media get.

They are set aside even where no other amount is told, so that a brief without a budget is said to
have none; what is weaker evidence needs a rival (`relevance`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.others import OTHER_MEDIA, hearsay, is_stranger, subject_of
from rmnctl.agents.briefs.relevance import WHOSE
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import Text, has, pattern

_ABOUT = r"(?:about\s+|around\s+|roughly\s+|some\s+|only\s+|over\s+|nearly\s+|almost\s+)*$"
_RESULT = re.compile(
    r"\b(?:sales|revenues?|turnover|profits?|earnings|losses|loss|salary|wages?|rent|debts?|fine|valuation|market cap|takings|"
    r"inventory|stock|donations?)\s+(?:of|were|was|are|is|came to|totall?ed|reached|stood at|grew to|fell to|rose to|hit|amounted to)\s+"
    + _ABOUT
)
_EARNED = re.compile(
    r"\b(?:earns?|earned|quoted|charged|charges|billed|bills|invoiced|fined|owes?|owed|donated|sued (?:us|them) for)\s+"
    r"(?:(?:us|me|them|him|her|you)\s+)?" + _ABOUT
)
_PAPER = re.compile(
    r"\b(?:package|bundle|quote|estimate|invoice|bill|refund|rebate|discount|voucher|credit note|prize|loan|donation|fine)s?\s+(?:of|for|over|worth|at)\s+"
    + _ABOUT
)
_TO_MAKE = re.compile(
    r"\s+to (?:produce|make|shoot|film|print|build|develop|ship|design|record|hire|rent|repair|move)\b"
)
_EARNER = re.compile(r"(?:earn|quot|charg|bill|ask|pa(?:id|ys?)\b|ow|sell|sold|cost)")
_SIZED = re.compile(
    r"[\s-]+(?:brand|company|business|category|market|firm|deal|house|factory|product line|client|group|account|industry|startup|warehouse|lawsuit|loan)\b"
)
_PARTS = re.compile(r"\b(?:of|out of|from)\s+(?:an?|the|our|my|its|their|that|[\w-]+'s)\b[^.;!?]*$")
_FOR_THIS = re.compile(
    r"\b(?:retail media|this (?:campaign|plan|flight|one|brief|push)|is ours|for us|for you|to plan|you can|we can|we may|we get)\b"
)
_SMALL = 100
_LARGE = 1000


def never_budget(text: Text, value: Value, named: Sequence[Mention]) -> bool:
    """Whether the words make an amount a wage, a quote, a result or another's."""
    left, right = text.sentence(value.start)
    before = text.low[left : value.start]
    if _SIZED.match(text.low, value.end) and re.search(r"\b(?:an?|our|the|this)\s+$", before):
        return True
    if _TO_MAKE.match(text.low, value.end) and re.search(r"\bcosts?\s+(?:\w+\s+)?$", before):
        return True
    if WHOSE.match(text.low, value.end):
        return True
    if _RESULT.search(before) or _EARNED.search(before) or _PAPER.search(before):
        return not has("budget", text, value.end, right)
    if hearsay(text, value.start, named):
        return True
    subject = subject_of(text, value.start, named)
    return bool(subject and is_stranger(subject) and _EARNER.match(subject["verb"]))


def without_unrelated(text: Text, found: Sequence[Role], named: Sequence[Mention]) -> list[Role]:
    """The roles, where amounts that cannot be the budget are background."""
    made = [
        replace(r, purpose=Purpose.BACKGROUND)
        if r.purpose is Purpose.BUDGET
        and r.value.kind is Kind.MONEY
        and never_budget(text, r.value, named)
        else r
        for r in found
    ]
    budgets = [r for r in made if r.purpose is Purpose.BUDGET]
    if len({r.value.low for r in budgets}) == 1:
        return made
    gone = {id(r) for r in budgets if _beside(text, r, budgets, named)}
    if len(gone) == len(budgets):
        return made
    return [replace(r, purpose=Purpose.BACKGROUND) if id(r) in gone else r for r in made]


def _beside(text: Text, role: Role, budgets: Sequence[Role], named: Sequence[Mention]) -> bool:
    """Whether an amount is small change, of other media, or the whole that this plan is a part of."""
    value = role.value
    others = [r.value for r in budgets if r.value.low != value.low]
    left, right = text.clause(value.start, value.end)
    sentence = text.sentence(value.start)
    doubt = re.search(r"\bor\b", text.low[slice(*sentence)]) or pattern("correction").search(
        text.low, *sentence
    )
    if value.low < _SMALL and any(v.low >= _LARGE for v in others):
        return not doubt and not has("budget_strong", text, *sentence)
    media = OTHER_MEDIA.search(text.low, left, right)
    here = any(m.scope is Scope.BRAND and left <= m.start < right for m in named)
    if media and not here and "retail media" not in text.low[left:right]:
        return True
    if not _PARTS.search(text.low[sentence[0] : value.start]):
        return False
    return any(
        value.end <= v.start < sentence[1]
        and v.low < value.low
        and _FOR_THIS.search(text.low, value.end, sentence[1])
        for v in others
    )

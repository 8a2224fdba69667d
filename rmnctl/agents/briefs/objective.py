"""What a brief wants to be maximised."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rmnctl.agents.briefs.tales import Evidence, told
from rmnctl.agents.briefs.text import Text, find, has, pattern
from rmnctl.planning import Objective

_AS_MANY = re.compile(r"\b(?:as many|as much|the most|most|maximum|max|highest|more|largest)\b")


@dataclass(frozen=True)
class Wish:
    """A mention of something to maximise.

    Attributes:
        objective: Which.
        start, end: Where it stands.
        sure: Words such as goal, maximise or priority stand with it.
    """

    objective: Objective
    start: int
    end: int
    sure: bool


def wishes(text: Text, taken: Sequence[tuple[int, int]]) -> list[Wish]:
    """Mentions of objectives that are meant as such.

    Args:
        text: The brief.
        taken: Spans that say something else, e.g. `three dollars of revenue per dollar`.
    """
    made: list[Wish] = []
    # The longest words win: `sales volume` is no `sales`.
    hits = [
        (objective, hit.span()) for objective in Objective for hit in find(objective.value, text)
    ]
    spans = list(taken)
    for objective, (start, end) in sorted(hits, key=lambda h: h[1][0] - h[1][1]):
        if any(s < end and start < e for s, e in spans):
            continue
        spans.append((start, end))
        left, right = text.sentence(start)
        if _denied(text, left, start, end) or _someone(text, start, end) or _told(text, start, end):
            continue
        around = find("past", text, *_around(text, start, end))
        # `units sold` is itself no tale of the past.
        if any(h.end() <= start or h.start() >= end for h in around):
            continue
        made.append(Wish(objective, start, end, sure=has("goal", text, left, right)))
    return sorted(made, key=lambda w: w.start)


def _told(text: Text, start: int, end: int) -> bool:
    """`sales were up`, `our trial had 1,200 orders`: results, no wishes."""
    evidence = told(text, start, end, reach=5)
    counted = re.search(r"\d[\d,.]*k?\s+$", text.low[:start])
    return evidence is Evidence.STRONG or bool(counted and evidence)


def _around(text: Text, start: int, end: int) -> tuple[int, int]:
    left, right = text.clause(start, end)
    return max(left, start - 50), min(right, end + 40)


#: `revenue doesn't matter`, `orders would be nice but`.
_UNWANTED = re.compile(
    r"\s+(?:(?:really\s+)?(?:doesn't|does not|don't|do not|isn't|is not|aren't|are not)\s+(?:really\s+|so\s+)?(?:matter|count|interest|important|relevant|"
    r"(?:the|my|our|a) (?:goal|point|aim|priority|topic|concern))|(?:is|are|comes?)\s+(?:secondary|second\b|unimportant|irrelevant|less important)|"
    r"(?:would be|is|are)\s+(?:nice|welcome|fine)(?:\s+to have)?,?\s+but|can wait|be damned)"
)


def _denied(text: Text, left: int, start: int, end: int) -> bool:
    """`not vanity revenue`, `rather than sales`."""
    near = max(left, start - 32)
    for hit in find("not_goal", text, near, start):
        between = text.low[hit.end() : start]
        wished = re.search(r"\b(?:just|sell|maximi\w+|go|get|bring|aim|want|please)\b", between)
        if wished:
            continue
        if text.words(hit.end(), start) <= 3 and not re.search(r"[,;:.]|\bbut\b", between):
            return True
    if _UNWANTED.match(text.low, end):
        return True
    # `profit over revenue`: what is beaten is no goal.
    return bool(
        re.search(r"(?:over|before|above|beats|trumps|ahead of|than)\s+$", text.low[near:start])
    )


def _someone(text: Text, start: int, end: int) -> bool:
    """`sales team`, `order number`, `purchase order`: nouns that are not results."""
    if text.low[start:end].startswith("sell") and re.search(r"\b(?:we|they|i|you|who|can|is|are)\s+$", text.low[:start]) and re.match(r"\s+\w", text.low[end:]) and not has("goal", text, *text.sentence(start)):  # fmt: skip
        return True  # `we sell through alpha`
    if text.low[start:end] == "sales" and _department(text, start, end):
        return True
    if _PART_OF.search(text.low[:start]):
        return True
    return bool(
        re.match(r"[\s-]*(?:sheet|slip|list|book|teams?|manager|director|rep|people|meeting|number|no\.|form|department|lead|colleagues?|deck|tax|call|"
                 r"history|data|report|figures? (?:are|were)|of (?:our|the) (?:fiscal|year)|season|event)\b", text.low[end:])
        or (re.search(r"\b(?:in order|court|purchase|in|wholesale|summer|winter|holiday|private)\s$", text.low[:start])
        and text.low[start:end] in {"order", "orders", "margins", "margin", "sales", "purchase", "point"}
        and not re.search(r"(?:in terms|grow|best|return|boost|lead|goal is|kpi is)\s+(?:in|to)?\s*$", text.low[:start])
        and not has("goal", text, *text.sentence(start)))
    )  # fmt: skip


#: `80% of our sales come from alpha`.
_PART_OF = re.compile(
    r"(?:%|percent|half|third|quarter|most|part|much|some|fifth|all)\s+of\s+(?:our|the|their|all|its|total|my)\s+$"
)
#: `agreed with sales`, `the head of sales`, `sales says`: people.
_WITH = re.compile(
    r"\b(?:discuss\w*|talk\w*|sp[eo]a?ke?n?|agree\w*|align\w*|check\w*|met|meet\w*|call\w*|chat\w*|sync\w*|cc|cop(?:y|ied)|word|news|feedback|input|"
    r"regards|greetings|approval|sign-?off|okay|ok|blessing|request\w*|pressure|colleagues?|friends?|people|folks|guys|team|head|vp|svp|director|chief|"
    r"manager|someone|nobody|everyone|asked|told|heard|hear)\b[^.;!?\d]{0,24}?(?:\b(?:with|from|to|by|of|in|at)\s+)?(?:the\s+|our\s+)?(?:\w+\s+and\s+)?$"
)
_SAYS = re.compile(
    r"\s+(?:and\s+\w+\s+)?(?:agrees?|agreed|said|says?|told|asks?|asked|wants?|wanted|(?:is|are|was|were) (?:fine|happy|ok|okay|on board|informed|in|aware|keen|not|also|pushing|asking)|"
    r"signed|approved?|approves|came back|insists?|insisted|pushed|promised|thinks?|hopes?|would|have|has|needs?|keeps?|likes?|knows?)\b"
)


def _department(text: Text, start: int, end: int) -> bool:
    left = text.sentence(start)[0]
    before = text.low[left:start]
    if has("goal", text, max(left, start - 24), start):
        return False
    alone = re.search(r"(?:^|[,;:(]|\b(?:and|but|because|as|since|that|so|if))\s*$", before)
    return bool(_WITH.search(before) or (alone and _SAYS.match(text.low, end)))


def settle(text: Text, found: Sequence[Wish]) -> tuple[Objective | None, list[Wish], bool]:
    """The objective, the mentions that say so, and whether the brief contradicts itself."""
    for earlier, later in pairwise(found):
        if _takes_back(text, earlier, later):
            return settle(text, [w for w in found if w is not earlier])
    sure = [w for w in found if w.sure] or list(found)
    kinds = {w.objective for w in sure}
    if not kinds:
        return None, [], False
    if len(kinds) == 1:
        return sure[0].objective, sure, False
    strong = [w for w in sure if _marked(text, w)]
    kinds = {w.objective for w in strong}
    if len(kinds) == 1:
        return strong[0].objective, strong, False
    only = [w for w in sure if has("only", text, *text.sentence(w.start))]
    if len({w.objective for w in only}) > 1:
        return None, only, True
    # Profitable growth of sales, most orders at a margin: what is counted as the goal comes first.
    last = [b for a, b in pairwise(sure) if pattern("correction").search(text.low, a.end, b.start)]
    if last:
        return last[-1].objective, [last[-1]], False
    first = strong[0] if strong else sure[0]
    return first.objective, [first], len(kinds) > 1 and bool(_AND_BOTH.search(text.low))


_FAR = 6


def _takes_back(text: Text, earlier: Wish, later: Wish) -> bool:
    """`maximise revenue. Sorry, I meant profit.`."""
    cue = pattern("correction").search(text.low, earlier.end, later.start)
    if re.fullmatch(
        r"\s*[.,;!\u2026-]+\s*(?:oh,?\s+)?no[,.!]+\s*", text.low[earlier.end : later.start]
    ):
        return True
    alone = cue is not None and text.words(earlier.end, cue.start()) <= _FAR
    return (
        alone
        and cue is not None
        and text.words(cue.end(), later.start) <= _FAR
        and not re.search(r"\d", text.low[earlier.end : later.start])
    )


_AND_BOTH = re.compile(
    r"\b(?:maximi[sz]e|optimi[sz]e)\b.*\b(?:maximi[sz]e|optimi[sz]e)\b", re.DOTALL
)
_MARK = re.compile(
    r"(?:maximi[sz]\w*|optimi[sz]\w*|goal|objective|kpi|aim|target|focus\w*|priority|purpose|metric|success|go(?:ing)? for|pick|choose|prefer|decided? (?:for|on))\b[^.;\n]{0,40}$"
)


#: `so profit it is`.
_HOLDS = re.compile(
    r",?\s*(?:it is\b|it shall be|comes first|wins\b|then\s*(?:[.,;!]|$)|above all)"
)


def _marked(text: Text, wish: Wish) -> bool:
    """Whether a word such as goal or maximise stands right before."""
    left = text.sentence(wish.start)[0]
    before = text.low[left : wish.start]
    behind = text.low[wish.end : wish.end + 24]
    return bool(
        _MARK.search(before)
        or _AS_MANY.search(before[-24:])
        or pattern("goal").match(behind.lstrip(" -"))
        or _HOLDS.match(behind)
    )

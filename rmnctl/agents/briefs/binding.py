"""Which number belongs to which anchor, by how the sentence joins them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rmnctl.agents.briefs.anchors import AMOUNT, Anchor, Topic
from rmnctl.agents.briefs.direction import Direction, Way
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.text import Text


@dataclass(frozen=True)
class Bound:
    """A value with what it belongs to.

    Attributes:
        value: The candidate.
        way: Its direction.
        anchor: What it belongs to; None where nothing near can take it.
    """

    value: Value
    way: Way
    anchor: Anchor | None


_FITS = {
    Kind.SHARE: {Topic.NAMES, Topic.EXPERIMENT, Topic.ROAS},
    Kind.MONEY: {Topic.NAMES, Topic.EXPERIMENT, Topic.BUDGET, Topic.ACTIVE, Topic.CELLS},
    Kind.NUMBER: {
        Topic.NAMES,
        Topic.EXPERIMENT,
        Topic.BUDGET,
        Topic.ROAS,
        Topic.CELLS,
        Topic.ACTIVE,
    },
    Kind.COUNT: {Topic.CELLS, Topic.ACTIVE},
    Kind.MULTIPLE: {Topic.ROAS},
    Kind.DAYS: set(),
}
#: Dearer than this, money is left to be the budget, and other numbers are left alone.
_DEAREST = {
    Kind.MONEY: 9.0,
    Kind.SHARE: 22.0,
    Kind.NUMBER: 6.0,
    Kind.COUNT: 30.0,
    Kind.MULTIPLE: 30.0,
}
_ONTO = re.compile(
    r"^[\s,(]*(?:%\s*)?(?:(?:of|from|out of)\s+(?:(?:the|our|its|that|this|my|total|overall|whole|entire|"
    r"media|available|full|all|working)\s+)*(?:it|that|this|budget|money|spend|funds?|pot|total|sum|amount|"
    r"investment|everything|them|cash|dollars?|euros?|pounds?|all|which|what we have|kitty|envelope)?\s*)?"
    r"(?:(?:max(?:imum)?|min(?:imum)?|tops|at most|at least|or (?:more|less)|each)\s+)?"
    r"(?:(?:may|can|must|should|shall|would|will|could|has to|have to|needs? to|is to|ought to|to)\s+)?(?:not\s+)?"
    r"(?:(?:be|is|are|being)\s+)?(?:(?:spent|placed|put|used|invested|go|goes|going|flow|flows|run|land|sit|allocated|"
    r"given|set aside|aside|reserved|kept|earmarked|back|held|dedicated|assigned|spend|share|limit|cap|floor|minimum|maximum|worth)\s+)*"
    r"(?:up\s+|aside\s+|back\s+)?(?:on|onto|to|in|into|for|at|with|through|via|towards?|behind|by|of|over|from|across|as|inside|within)\s+"
    r"(?:(?:the|any|retailers?|network|anything|called|ads?|our|its|all|both|each|a|an|that|things|type|placement|of|sku|product|skus)\s+)*$"
)
#: Any verb that brings money somewhere: `should end up in`, `may find its way to`.
_ENDS_UP = re.compile(
    r"^\s+(?:[a-z']+\s+){1,6}(?:on|onto|to|in|into|for|at|behind|towards?)\s+(?:the\s+|our\s+|any\s+)?$"
)
_COLON = re.compile(
    r"\s*(?:ads?|placements?|share|budget|spend|limit)?\s*(?:[:=]|<=|>=|<|>|\u2264|\u2265|->|\()+\s*(?:(?:max|min|cap|floor|up to|at most|at least|no more than|no less than|between|maximum|minimum|a|an|of|usd|eur|gbp)\.?\s*)*$"
)
_VERB = re.compile(
    r"\b(?:is|are|be|must|should|shall|can|can't|cannot|may|will|would|gets?|takes?|has|have|having|stays?|keep|kept|"
    r"needs?|deserves?|receives?|cap|capped|max|min|maximum|minimum|below|under|above|over|limited|limit|share|"
    r"no more|no less|at most|at least|up to|between|consumes?|sees?|given|than|to|at|not|never|floor|ceiling)\b"
)
_BACKWARD = re.compile(r"\b(?:there|that one|this one|thereof|it|that|this|them|latter|those)\b")


def bind(text: Text, found: list[Value], ways: list[Way], places: list[Anchor]) -> list[Bound]:
    """Give each value the anchor that its sentence joins it to."""
    made: list[Bound] = []
    used: dict[int, list[Bound]] = {}
    for position, value in enumerate(found):
        way = ways[position]
        if made and _second_bound(text, made[-1], value, way, places):
            made.append(Bound(value, way, made[-1].anchor))
            continue
        costs = sorted(
            (
                (
                    _cost(text, value, anchor, found, places)
                    + _again(used.get(n, []), value, way, max(len(anchor.mentions), 1))
                    + _aloof(text, value, way, anchor, found),
                    n,
                )
                for n, anchor in enumerate(places)
                if anchor.topic in _FITS[value.kind] and _possible(value, anchor)
            ),
        )
        costs = [c for c in costs if c[0] < 90]
        dearest = _DEAREST.get(value.kind, 0.0)
        if value.kind is Kind.MONEY and way.direction in {Direction.LEAST, Direction.MOST}:
            dearest += 4.0
        if not costs or costs[0][0] > dearest:
            made.append(Bound(value, way, _back(text, value, way, places)))
            continue
        chosen = costs[0][1]
        made.append(Bound(value, way, places[chosen]))
        used.setdefault(chosen, []).append(made[-1])
    return made


def _second_bound(text: Text, first: Bound, value: Value, way: Way, places: list[Anchor]) -> bool:
    """`beta at least $60k but at most $100k`: both bounds are of one name."""
    both = {first.way.direction, way.direction} == {Direction.LEAST, Direction.MOST}
    left, right = first.value.end, value.start
    if first.anchor is None or not both or first.value.kind is not value.kind:
        return False
    if first.anchor.start > first.value.start or first.anchor.topic is not Topic.NAMES:
        return False
    gap = text.low[left:right]
    near = text.words(left, right) <= 7 and not text.crossings(left, right)[0]
    if not near or not re.search(r"\b(?:and|but|yet|or|though)\b|,", gap):
        return False
    if any(left <= a.start < right for a in places):
        return False
    after = [a for a in places if a.start >= value.end]
    onto = text.low[value.end : after[0].start] if after else ","
    put = _ONTO.match(onto) or _ENDS_UP.match(onto)
    return onto.lstrip()[:1] in {",", ";", ".", ")"} or not put


def _possible(value: Value, anchor: Anchor) -> bool:
    """Whether the size of a bare number fits what the anchor wants."""
    if value.kind is not Kind.NUMBER:
        return True
    return {
        Topic.NAMES: 0 <= value.low < 1,
        Topic.EXPERIMENT: 0 < value.low < 1,
        Topic.ROAS: 0 < value.low <= 100,
        Topic.CELLS: value.low.denominator == 1 and 0 < value.low < 100_000,
        Topic.ACTIVE: value.low > 0,
        Topic.BUDGET: value.low >= 100 or value.low <= 0,
    }[anchor.topic]


def _again(earlier: list[Bound], value: Value, way: Way, names: int) -> float:
    """What it costs to give an anchor more numbers than it has names."""
    alike = [b for b in earlier if b.value.kind is value.kind]
    if len(alike) < names:
        return 0.0
    return 8.0 if any(b.way.direction == way.direction for b in alike) else 1.5


_HAS_THE_OTHER = re.compile(
    r"\s+(?:(?:gets?|has|have|takes?|receives?|the|other|remaining|residual|leftover)\s+)*"
)


def _put_there(text: Text, value: Value, anchor: Anchor) -> bool:
    """`the remaining 40% on beta`, `the other 40%`."""
    if anchor.start >= value.end:
        gap = text.low[value.end : anchor.start]
        return bool(_ONTO.match(gap)) or not gap.strip(" :-")
    gap = text.low[anchor.end : value.start]
    named = anchor.topic is Topic.NAMES and anchor.end <= value.start
    return named and _HAS_THE_OTHER.fullmatch(gap) is not None


_PER_CELL = re.compile(
    r"\b(?:of|with|gets?|receives?|at|worth|each|every|per|least|run|have|has|or (?:nothing|none|nil|zero))\b|[:=]"
)


def _aloof(text: Text, value: Value, way: Way, anchor: Anchor, found: list[Value]) -> float:
    """Money without a direction belongs to a name only where it is plainly put there."""
    if value.kind is Kind.SHARE and value.vague:
        return 0.0 if _put_there(text, value, anchor) else 100.0
    loose = value.kind is Kind.MONEY and way.direction is Direction.NONE and value.high is None
    if loose and anchor.topic is Topic.EXPERIMENT:
        # `from the $200k take 10% for tests`: the share is for tests.
        nearer = [v for v in found if value.end <= v.start < anchor.start]
        return 50.0 if any(v.kind is Kind.SHARE for v in nearer) else 0.0
    if loose and anchor.topic is Topic.ACTIVE and anchor.start >= value.end:
        # `$99,000 if every active cell gets $2,000`: the second amount is the cell's.
        rival = any(v.kind is Kind.MONEY and v.start >= anchor.end for v in found)
        return 50.0 if rival and text.crossings(value.end, anchor.start)[1] else 0.0
    if not loose or anchor.topic not in {Topic.NAMES, Topic.CELLS}:
        return 0.0
    if anchor.topic is Topic.CELLS:
        # `15 cells for Harbor's $36k`: no amount for a cell.
        between = text.low[min(anchor.end, value.end) : max(anchor.start, value.start)]
        return 0.0 if _PER_CELL.search(between) or not between.strip() else 50.0
    gap = AMOUNT.sub("", text.low[value.end : max(anchor.start, value.end)])
    # `$85k Harbor plan: video at least 30%`, `$64k, not at beta`: the amount is not put there.
    if "," in gap or re.search(r"\b(?:not|no|never|without|nothing|except|but)\b", gap):
        return 50.0
    return 7.0 if _ONTO.match(gap) or not gap.strip(" (:-") else 50.0


def _cost(
    text: Text, value: Value, anchor: Anchor, found: list[Value], places: list[Anchor]
) -> float:
    """How loosely a value and an anchor are joined; 100 where a sentence ends between them."""
    forward = anchor.start >= value.end
    left, right = (value.end, anchor.start) if forward else (anchor.end, value.start)
    if left > right:
        return 0.5
    if forward and len(anchor.mentions) > 1:
        left = min(_end_of_list(text, value, found), right)
    ends, joints = text.crossings(left, right)
    if ends:
        return 100.0
    gap = AMOUNT.sub("", text.low[left:right])
    between = [v for v in found if v is not value and left <= v.start < right]
    rivals = [
        a for a in places
        if a is not anchor and left <= a.start < right
        and a.topic in _FITS[value.kind] and a.topic is not Topic.BUDGET
    ]  # fmt: skip
    cost = text.words(left, right) * (0.6 if forward else 0.45)
    cost += 6.0 * len(between) + 4.0 * len(rivals) + (3.5 if forward else 2.0) * joints
    if anchor.topic is Topic.BUDGET:
        cost += 1.0
    if forward:
        return cost + _onward(gap, value, free=not between)
    fronted = _fronted(text, anchor) and not ("," in gap and _leads_on(text, value, places))
    return cost - _backward(gap, fronted=fronted, free=not between)


_LISTED = re.compile(r"\s*(?:,\s*(?:and\s+)?|and\s+|/\s*|&\s*)")


def _end_of_list(text: Text, value: Value, found: list[Value]) -> int:
    """Where the numbers end that are listed with this one: `10, 20 and 30 percent on ...`."""
    end = value.end
    for other in found:
        listed = other.kind is value.kind and other.start >= end
        if listed and _LISTED.fullmatch(text.low, end, other.start):
            end = other.end
    return end


def _onward(gap: str, value: Value, *, free: bool) -> float:
    """What the words from a number to a name behind it add: `30% on video`."""
    onto = _ONTO.match(gap) is not None or _ENDS_UP.match(gap) is not None
    cost = 3.0 if gap.lstrip().startswith(":") else 0.0
    if onto and free:
        cost -= 5.0
    elif not gap.strip(" -"):
        cost -= 1.0
    if value.kind is Kind.MONEY and "," in gap and not onto:
        cost += 6.0
    return cost


def _backward(gap: str, *, fronted: bool, free: bool) -> float:
    """What the words from a name to a number behind it save: `video: 30%`, `at alpha spend 30%`."""
    if fronted and free:
        return 6.0
    if not gap.strip(" -"):
        return 1.5
    if _COLON.match(gap):
        return 6.0
    return 3.0 if free and _VERB.search(gap) else 0.0


def _leads_on(text: Text, value: Value, places: list[Anchor]) -> bool:
    """`at both retailers, 8% is the ceiling for display`: the number goes to what follows."""
    following = [a for a in places if a.start >= value.end]
    if not following or text.crossings(value.end, following[0].start)[0]:
        return False
    gap = text.low[value.end : following[0].start]
    return not gap.strip() or bool(_ONTO.match(gap) or _ENDS_UP.match(gap))


_LED = re.compile(
    r"(?:^|[.,;:\n(]|\b(?:and|while|but))\s*(?:at|on|in|for|with|to)\s+(?:the\s+|our\s+)?(?:(?:shop|store|retailer|network|chain|partner|format|placement)\s+)?$"
)


def _fronted(text: Text, anchor: Anchor) -> bool:
    """`At alpha spend three fifths`: the place stands before what is said of it."""
    if anchor.topic is not Topic.NAMES:
        return False
    return _LED.search(text.low[max(0, anchor.start - 28) : anchor.start]) is not None


#: `Our benchmark is a ROAS of 2.2; the target for this plan is 2.5.`
_TARGET = re.compile(
    r"\b(?:target|goal|floor|ours|threshold|hurdle|minimum|mine)\b[^.;,\d]{0,30}\b(?:is|be|at|of)\s+$"
)


#: `and we settled on a ceiling of 22%`: what a discussion ended on, with nothing behind it that says of what.
_SETTLED = re.compile(
    r"\b(?:(?:settled|agreed|landed|compromised|met|converged|closed|came down|shook hands|finished|decided)\s+(?:on|at|with|to|for)"
    r"|(?:compromise|outcome|result|verdict|decision|conclusion|upshot|agreement|consensus)\b[^.;,\d]{0,30}?\s(?:is|was|became|:|=))\s+"
    r"(?:an?\s+|the\s+|our\s+)?(?:[a-z]+\s+){0,4}$"
)
_OF_NOTHING_ELSE = re.compile(
    r"\s*(?:(?:there|at most|at least|max\w*|min\w*|tops|instead|as (?:a|the) \w+)\s*)?(?:[.,;!)\n]|$|(?:and|but|which|in the end|for (?:it|that|this|them)\b))"
)


def _settled(text: Text, value: Value, last: Anchor) -> bool:
    """Whether a number is what the talk about the last name ended on."""
    start = text.sentence(value.start)[0]
    one = len(last.mentions) == 1 and not last.mentions[0].every
    near = 0 < text.crossings(last.end, value.start)[0] <= _SENTENCES
    led = _SETTLED.search(text.low[start : value.start])
    alone = led and _OF_NOTHING_ELSE.match(text.low, value.end)
    return bool(one and near and alone and not _OF_OTHERS.search(led[0] if led else ""))


_SENTENCES = 2
#: `we settled on a fee of 12%`.
_OF_OTHERS = re.compile(
    r"\b(?:fees?|prices?|discounts?|bonus|rates?|commission|markup|rebate|salary|rent|tests?)\b"
)


def _back(text: Text, value: Value, way: Way, places: list[Anchor]) -> Anchor | None:
    """`60% there is the most I would tolerate`: the last name before, in the sentence before."""
    start, end = text.sentence(value.start)
    target = _TARGET.search(text.low[start : value.start])
    if (
        value.kind is Kind.NUMBER
        and value.low <= 20
        and (way.direction is Direction.LEAST or target)
    ):
        before = [a for a in places if a.end <= value.start and a.topic is not Topic.BUDGET]
        close = bool(before) and text.crossings(before[-1].end, value.start)[0] <= 1
        return before[-1] if close and before[-1].topic is Topic.ROAS else None
    names = [a for a in places if a.end <= value.start and a.topic is not Topic.BUDGET]
    outcome = value.kind is Kind.SHARE and bool(names) and _settled(text, value, names[-1])
    if value.kind not in {Kind.SHARE, Kind.MONEY}:
        return None
    if way.direction is Direction.NONE and not outcome:
        return None
    if value.kind is Kind.MONEY:
        return _each(text, value, places)
    if any(start <= a.start < end and a.topic is Topic.NAMES for a in places):
        return None
    near = text.low[max(start, value.start - 40) : min(end, value.end + 40)]
    earlier = [a for a in places if a.end <= value.start]
    if outcome:
        earlier = names
    elif not earlier or not (_BACKWARD.search(near) or _goes_on(text, value, earlier[-1])):
        return None
    last = earlier[-1]
    fits = last.topic in {Topic.NAMES, Topic.EXPERIMENT, Topic.ROAS}
    return last if fits and last.scope is not Scope.BRAND else None


def _goes_on(text: Text, value: Value, last: Anchor) -> bool:
    """`They pitched 30% video. We'd rather stick to 15% tops.`: the sentence before speaks of one name."""
    start, _ = text.sentence(value.start)
    before = text.low[text.sentence(max(start - 2, 0))[0] : start]
    one = len(last.mentions) == 1 and not last.mentions[0].every
    near = text.crossings(last.end, value.start)[0] == 1
    return one and near and re.search(r"\d|percent|half|third|quarter", before) is not None


def _each(text: Text, value: Value, places: list[Anchor]) -> Anchor | None:
    """`Each must get at least $200k`: the names listed in the sentence before."""
    start, end = text.sentence(value.start)
    if any(start <= a.start < end and a.topic is not Topic.BUDGET for a in places):
        return None
    listed = [a for a in places if a.end <= start and a.topic is Topic.NAMES]
    several = bool(listed) and len({i for m in listed[-1].mentions for i in m.ids}) > 1
    said = re.search(r"\b(?:each|both|every one|apiece)\b", text.low[start:end])
    return listed[-1] if several and said else None

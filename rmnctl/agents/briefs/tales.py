"""What the words of a clause say against its being about the campaign: tales, private life.

Evidence is strong where the words hardly fit a plan (`a leave of three weeks`, `video swallowed
30 %`), weak where they may (`we had 30 %`): weak evidence counts only against a rival.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.mentions import Mention
from rmnctl.agents.briefs.others import COPULAS, is_stranger, opinion_of, subject_of
from rmnctl.agents.briefs.text import Text


class Evidence(IntEnum):
    """How much speaks against a clause being about the campaign."""

    NONE = 0
    WEAK = 1
    STRONG = 2


#: Verbs of telling what happened; those of granting money are none (`finance released $40k`).
_TALE = re.compile(
    r"\b(?:tried|attempted|went|took|ate|swallowed|spent|ran|was|were|lost|sold|brought|saw|reached|consumed|absorbed|devoured|burned|burnt|"
    r"wasted|earned|returned|yielded|generated|produced|drove|averaged|lasted|came|fell|rose|dropped|grew|declined|"
    r"received|bought|told|noticed|had (?:a|an|only|around|about)|(?:attempt|trial|pilot|report|test|campaign|agency|plan|year) had)\b"
)
_MAYBE_TALE = re.compile(
    r"\b(?:got|had|gave|made|used|did|found|won|put|(?:we|they|he|she|it|i|who|which)\s+"
    r"(?!agreed|settled|decided|committed|promised|fixed|approved|signed|need)[a-z]{2,}ed)\b"
)
#: Words that make a wish, a rule or a condition of the clause.
_WISH = re.compile(
    r"\b(?:must|should|shall|may|can|could|will|would|want\w*|need\w*|please|pls|keep|hold|cap|limit|ensure|let|never|plan|spend|"
    r"if|unless|wish|at least|at most|minimum|maximum|max|min|no more|not more|up to|is|are|be|this time|now|'d|'ll|to)\b|[<>=:]"
)
_IN_MIND = re.compile(r"\bin mind\b|\bthinking of\b|\bidea\b")


def told(text: Text, start: int, end: int, reach: int = 2) -> Evidence:
    """Whether the clause around a span tells what happened, and wishes nothing.

    Args:
        text: The brief.
        start: Where the span begins.
        end: Where it ends.
        reach: How many words may stand between it and a verb behind it.
    """
    left, right = text.clause(start, end)
    left = max(left, text.low.rfind(":", left, start) + 1)
    if _IN_MIND.search(text.low, left, right):
        return Evidence.NONE
    for verbs, evidence in ((_TALE, Evidence.STRONG), (_MAYBE_TALE, Evidence.WEAK)):
        before = list(verbs.finditer(text.low, left, start))
        after = verbs.search(text.low, end, right)
        if before and text.words(before[-1].end(), start) <= _NEAR:
            wished = _WISH.search(text.low, left, start)
        elif after and not before and text.words(end, after.start()) <= reach:
            wished = _WISH.search(text.low, left, after.start())
        else:
            continue
        return Evidence.NONE if wished else evidence
    return Evidence.NONE


_NEAR = 6
_PLAN = re.compile(
    r"\b(?:flight|campaign|plan|planning|horizon|duration|period|term|burst|activity|budget|spend|invest|run time|running|runs?|"
    r"live|on air|the (?:next|coming|following)|promotion|push|brief)\b"
)
_LIFE = re.compile(
    r"\b(?:(?:on|from|of|parental|sick|maternity|paternity|annual) leave|(?:on|from|my|your|his|her|nice|lovely) (?:\w+ )?(?:holidays?|vacation)|"
    r"honeymoon|delayed by|my (?:wife|husband|son|daughter)|you(?:'ve)? (?:really |have )?(?:deserved?|earned)|retir(?:e|es|ed|ing|ement)|career|"
    r"sabbatical|onboarding|apprentic\w+|tenure|surgery|mortgage|lease|warranty)\b|\bit(?:'s| has) been (?:(?:a|an|over|about|almost|nearly|only|just|long|good|some) )*$"
)
_MAYBE_LIFE = re.compile(
    r"\b(?:normally|usually|typically|as a rule|by default|in general|mostly|traditionally|thought of|always)\b|\b(?:leave|leaves|holidays?|vacation|trip|late|kids?|twins|baby|birthday|anniversary|wedding|train|plane|commute|weekend|"
    r"experience|delay\w*|old|office)\b"
)
_STATE = r"(?:known|worked|waited|met|lived|spoken|existed|heard|been (?!given|set|granted|told|[a-z]+ed\b)|sold|advertised|partnered)"
_PERFECT = re.compile(rf"(?:\b(?:have|has|had)|'ve|'s)(?:\s+\w+){{0,3}}?\s+{_STATE}")
_MAYBE_PERFECT = re.compile(r"(?:\b(?:have|has|had)|'ve|'s)(?:\s+\w+){0,3}?\s+[a-z]{2,}ed\b")
_SPENT_TIME = re.compile(
    r"\b(?:took|lost|waited|spent|started here|joined|arrived|moved (?:in|here)|worked)\b|\b(?:we|they|i|he|she) (?:was|were) [a-z]+ (?:for |about )*$"
)
#: `my 2 week holiday`, `valid for 30 days`, `they raised rates by 15% in two years`.
_OWN = re.compile(
    r"\b(?:my|your|his|her|valid for|open for|good for)\s+$|\b(?:they|he|she|who)\s+[a-z]{2,}ed\b[^.;]{0,40}\b(?:in|within|for|over)\s+$"
)
_OF_LIFE = re.compile(
    r"\s*(?:with (?:us|them|the (?:company|firm|team|agency))|since\b|off\b(?! ?-?site)|too late|late(?=\s*[.,;!?)]|$)|behind schedule|in a row|"
    r"younger|of (?:leave|experience|(?:holidays?|vacation|work)(?=\s*[.,;!?)]|$|\s(?:and|so|but)\b)|training|waiting|silence|absence|marriage|service|friendship))"
)
#: `its successor comes in 12 months`: a time to come, of something else.
_UPCOMING = re.compile(
    r"\b(?:launch(?:es)? its|com(?:es?|ing)|arriv\w+|expir\w+|retir\w+|mov(?:e|es|ing)|open(?:s|ing)?|replac\w+|due|back|see|meet|"
    r"talk|speak|meeting|workshop|session|appointment|conference|fair|interview|call|catch up|leave|leaves)\b[^.;,]{0,40}\bin\s+(?:about\s+|some\s+)?$"
    r"|\b(?:contract|lease|year|season|job|licen[cs]e|visa|school|holidays?|term)\b[^.;,]{0,20}\b(?:ends?|expires?|is over|runs out|closes|starts?|begins?)\s+in\s+(?:about\s+)?$"
    r"|\b(?:since|because|as) we launch\b[^.;,]{0,40}\bin\s+$"
)


#: No flight is longer than a year, days; what is may be a tale of three years.
_LONGEST = 366
#: `others run 8 weeks`.
_OTHERS = re.compile(r"(?:others?|everyone else|most|some|many|competitors|rivals)\b")


def of_period(text: Text, value: Value, named: Sequence[Mention]) -> Evidence:
    """What says that a duration is of someone's life or business, not of a flight."""
    low = text.low
    left, right = text.clause(value.start, value.end)
    before, after = low[left : value.start], low[value.end : right]
    some_day = low[value.start : value.end] == "one day" and not re.search(
        r"\b(?:for|in|over|lasts?|just|only|runs?|of)\s+$|[:=]\s*$", before
    )
    if (
        some_day
        or _OF_LIFE.match(low, value.end)
        or _UPCOMING.search(before)
        or _OWN.search(before)
    ):
        return Evidence.STRONG
    subject = subject_of(text, value.start, named)
    if subject is not None and _OTHERS.match(subject["np"]):
        return Evidence.STRONG
    if _PLAN.search(before) or _PLAN.search(after):
        return Evidence.NONE
    if value.low > _LONGEST:
        return Evidence.STRONG
    lead = low[max(text.sentence(value.start)[0], value.start - 40) : value.start]
    near = lead if re.search(r"\(\s*$", lead) else before
    told_of = told(text, value.start, value.end)
    if _MONTH.match(low, value.start) and Evidence.STRONG in {told_of, _fronted(text, value)}:
        return Evidence.STRONG
    weak_verb = subject and (
        COPULAS.fullmatch(subject["verb"]) or opinion_of(text, value.start, named)
    )
    person = subject is not None and subject["np"] in {"he", "she"}
    if (
        _LIFE.search(near)
        or _LIFE.search(after)
        or _PERFECT.search(before)
        or _SPENT_TIME.search(before)
        or person
        or (subject is not None and not weak_verb)
    ):
        return Evidence.STRONG
    weak = (
        subject is not None
        or told_of
        or _MAYBE_PERFECT.search(before)
        or _MAYBE_LIFE.search(near)
        or _MAYBE_LIFE.search(after)
    )
    return Evidence.WEAK if weak else Evidence.NONE


#: `rates rose by 6% in January`, `in May, video reached 35%`: when something happened.
_MONTH = re.compile(
    r"(?:in|during)\s+(?:early |late |mid-?\s?|last )?(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
)


def _fronted(text: Text, value: Value) -> Evidence:
    """What the clause behind a period that opens the sentence tells."""
    comma = re.compile(r",\s*(?=\w)").match(text.low, value.end)
    opens = not text.low[text.sentence(value.start)[0] : value.start].strip()
    return told(text, comma.end(), comma.end(), _REACH) if comma and opens else Evidence.NONE


_REACH = 4


_RULE = re.compile(
    r"\b(?:must|should|shall|at least|at most|minimum|maximum|max|min|no more|not more|up to|no less|cap|limit|below|above|under|over)\b"
)
_COLLECTIVE = re.compile(
    r"\b(?:teams?|groups?|famil(?:y|ies)|staff|crew|panel|committee|pack|box|list|range|series|sample|party|board|portfolio|"
    r"household|class|department|squad|us) of\s+(?:about |only |just |some )?$"
)
_HEARSAY = re.compile(
    r"\b(?:they|some|people|others|colleagues|internally|somebody|someone|everybody|everyone|the (?:board|boss|ceo|cfo|team))\s+"
    r"(?:\w+\s+)?(?:ask|hope|dream|talk|wish|speak|joke|rave|fantasi[sz]e)\w*\b"
)
_UNBINDING = re.compile(
    r"\b(?:not|no|n't|isn't|hardly)\s+(?:really\s+)?(?:an?\s+)?(?:condition|requirement|must|demand|binding|required)\b"
    r"|\bnobody\s+(?:\w+\s+)?(?:takes|believes)\b|\bwishful\b|\bnice to have\b"
)


def of_count(text: Text, value: Value, named: Sequence[Mention]) -> Evidence:
    """What says that a count or share is of people, of the past or of what others dream of."""
    if value.kind in {Kind.COUNT, Kind.NUMBER} and _COLLECTIVE.search(text.low[: value.start]):
        return Evidence.STRONG
    found = told(text, value.start, value.end)
    subject = subject_of(text, value.start, named)
    if found is Evidence.STRONG or subject is None:
        return found or _idle(text, value)
    opinion = opinion_of(text, value.start, named)
    left, right = text.clause(value.start, value.end)
    weak = opinion or COPULAS.fullmatch(subject["verb"]) or not is_stranger(subject)
    ruled = _RULE.search(text.low, max(left, subject.end()), right)
    return Evidence.WEAK if weak or ruled else Evidence.STRONG


def _idle(text: Text, value: Value) -> Evidence:
    left, right = text.sentence(value.start)
    idle = _HEARSAY.search(text.low, left, value.start) or _UNBINDING.search(
        text.low, value.end, right
    )
    return Evidence.WEAK if idle else Evidence.NONE

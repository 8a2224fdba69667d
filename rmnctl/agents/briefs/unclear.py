"""Why an amount is not yet a budget: told by the period, from below, as a hope, as advice, in parts."""

from __future__ import annotations

import re

from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.kinds import Kind
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.others import OTHER_MEDIA, only_advised
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose, Role

_RATE = (
    r"(?:(?:per|a|each|every)\s+(?:week|day|month|quarter|year)|weekly|daily|monthly|quarterly|/\s?(?:week|day|month|wk|mo|d|w)|"
    r"p\.?\s?[wm]\.?)(?![a-z])"
)
_RATE_AFTER = re.compile(
    rf"\s*(?:of\s+)?(?:is\s+|as\s+)?{_RATE}"
    r"|\s*(?:in|for|during|over)?\s*each(?: one)? of (?:the|these|those|our)\b[^.;,]{0,24}\b(?:weeks|months|quarters|days|years)\b"
)
_RATE_BEFORE = re.compile(
    r"\b(?:weekly|daily|monthly|per[- ]week|per[- ]day|per[- ]month|each (?:week|day|month)|every (?:week|day|month))\s+"
    r"(?:(?:budget|spend|spending|amount|investment|allowance|cap|limit|rate|we|of|is|has|have|spends?|invests?|gets?|up|to|:|=)\s*)*$"
)
_OR_MORE = re.compile(
    r"(?<!cheque )(?<!disposes )(?<!dispose )(?<!check )(?<!sum )(?<!amount )\b(?:at least|at a minimum|a minimum of|over|more than|upwards of|north of|above|in excess of|no less than|not less than|min(?:imum|\.)? (?:budget|spend|investment|amount|total)(?: of| is|:)?)\s+"
    r"(?:about\s+|usd\s+)?$"
)


def unclear(reading: Reading, role: Role) -> str | None:
    """Why an amount is no budget, if so: told by the period, or only from below."""
    low = reading.text.low
    left, right = reading.text.sentence(role.value.start)
    before, after = low[left : role.value.start], low[role.value.end : right]
    reasons = [reason for words, reason in _BEHIND if words.match(after)]
    reasons += [reason for words, reason in _BEFORE if words.search(before)]
    # Whether something is settled is told by the sense of the words: there the model may know better.
    if role.open is False:
        reasons = [r for r in reasons if r in _HARD]
    elif _PENDING.search(low, left, right) or _NONE_YET.search(low):
        reasons.append("not decided yet")
    others = {r.value.low for r in reading.roles if r.value.kind is Kind.MONEY} - {role.value.low}
    if role.open is None and others and _WHICHEVER.search(low):
        reasons.append("one of several amounts, and the brief does not say which holds")
    if role.open is None and only_advised(reading.text, role.value.start, reading.mentions):
        reasons.append("what somebody advises, not yet a budget")
    more = _OR_MORE.search(before) if role.direction is Direction.LEAST else None
    if more is not None and not _NEGATED.search(before[: more.start()]):
        reasons.append("told from below, so not the most that may be spent")
    return reasons[0] if reasons else None


_OR_CURRENCY = re.compile(
    r"\s*(?:or|/)\s*(?:the (?:same|equivalent)\s+)?(?:in\s+)?(?:dollars?|euros?|pounds?|francs?|usd|eur|gbp|chf|cad|aud|[$\u20ac\u00a3])(?![a-z\d])"
)
#: `$90k minus 10%`, `$50k plus whatever is left`.
_REST_UNKNOWN = re.compile(
    r"\s*,?\s*(?:(?:minus|less)\s+(?!than\b)(?:\d|whatever|what|some|something|any|a\b|an\b|the\b)"
    r"|plus\s+(?:whatever|what|something|anything)\b|and\s+(?:whatever|something)\b|plus\s+\d[\d.]*\s?(?:%|percent)(?=\s*(?:[.,;!]|$)))"
)
#: `just use the right one`: the choice is left to whoever plans.
_WHICHEVER = re.compile(
    r"\b(?:(?:use|take|pick|choose|plan with|go with|find out)\s+(?:just\s+)?(?:the (?:right|correct|real|valid|better)|whichever|whatever)\b"
    r"|(?:not|n't|no idea|unsure|unclear)\s+(?:sure |know |certain |clear )?which (?:one|figure|number|amount|budget|of (?:them|these|the two))\b"
    r"|whichever (?:one )?(?:is|of (?:them|these|the two) is) (?:right|correct|true|valid|newer|current))"
)
_HOPED = re.compile(
    r"\b(?:hop(?:e|es|ed|ing) (?:for|to (?:get|have|receive|secure))|wish(?:es)? (?:we|i) had|dream\w* of|if (?:we|i|they) (?:get|got|had|receive)|expect\w* to (?:get|have|receive)|"
    r"(?:asked|asks|asking|applied|applying|bidding|bid|pitched|lobbied|begged) for|requested|(?:mentioned|talked about|spoke of|floated|threw out)|waiting for|probably|presumably|possibly|hopefully|likely|tentatively|potentially|conceivably)\s+(?:about\s+|around\s+|roughly\s+|the\s+|a\s+|some\s+)*$"
)
_PENDING = re.compile(
    r"\b(?:still\s+(?:being\s+)?(?:negotiat|discuss|debat|argu|haggl|under (?:discussion|review))\w*|up in the air|nobody knows yet|"
    r"not (?:yet )?(?:been )?(?:decided|agreed|fixed|settled)(?: yet)?|undecided|to be confirmed|tbc|pending (?:approval|confirmation|sign-?off)|no answer yet|awaiting (?:approval|confirmation)|not (?:yet )?(?:been )?(?:approved|confirmed|released|signed off)(?: yet)?|to be (?:decided|determined|negotiated)|tbd)\b"
)
#: `I'd guess Harbor has $62k`.
_GUESSED = re.compile(
    r"\b(?:i(?:'d| would| can only|'ll)? guess|my guess|at a guess|i suppose|guesstimate)\b[^.;]*$"
)
#: `$62k from us, the retailer doubles it`; `$62k for the year, split over four flights`; `for TV and retail media`.
_SHARED = re.compile(
    r"[^.;]*\b(?:(?:doubles?|matches|match|tops? up|adds? to) (?:it|that|this)\b"
    r"|(?:split|spread|divided|shared) (?:over|across|into|between|among)\s+(?:\w+\s+){0,2}(?:flights|quarters|months|campaigns|waves|bursts|brands|years|countries)\b"
    rf"|(?:for|across|covers?|over|includes?)\s+(?:both\s+|all of\s+)?(?:{OTHER_MEDIA.pattern})\s+(?:and|plus|&)\s"
    rf"|retail media\s+(?:and|plus|&)\s+(?:{OTHER_MEDIA.pattern}))"
    r"|\s*(?:or so)?,?\s*(?:maybe|perhaps|possibly)\s+(?:[$\u20ac\u00a3]?\d[\d.,]*\s?(?:k|m|thousand|million)\b|more\b|less\b|a bit|(?:six|seven|eight|nine|ten|\w+ty|\w+teen)\b(?!\s*(?:weeks|days|cells|lines|percent|%)))"
)
_NONE_YET = re.compile(
    r"\b(?:no budget (?:yet|so far|as yet|at the moment)|budget is (?:open|unknown|missing|still open))\b"
)
#: `it could be 30, it could be 50 thousand`: nobody knows yet.
_PERHAPS = re.compile(
    r"\b(?:(?:could|might|may)\s+(?:well |also |even )?be|(?:could|might|would)\s+(?:well |also |even |still )?(?:get|have|receive|need|require|cost|take|amount to|come to))\s+"
    r"(?:about |around |roughly )?$"
    r"|\b(?:if|in case|provided|assuming|as soon as|once|unless|should)\s+(?:that\s+)?(?:we|they|i|he|she|it|the \w+|our \w+)\s+(?:wins?|gets?|lands?|closes?|approves?|signs?|agrees?|passes|"
    r"succeeds?|convinces?|manages?|raises?|secures?|says? yes|gives? (?:the|its|their) (?:ok|go)|releases?|comes? through)\b[^.;]*$"
)
_LATER = re.compile(
    r"[^.;\d$\u20ac\u00a3]{0,30}[$\u20ac\u00a3]?\s?[\d.,]+\s?(?:k|m|thousand|million)?\s*(?:usd|eur|dollars|euros)?\s+(?:later|afterwards|next (?:month|quarter|year)|after that|on top|thereafter|in (?:spring|summer|autumn|fall|winter))\b"
)
#: Words right behind an amount, and what they make of it.
_BEHIND = (
    (_LATER, "one of several instalments"),
    (_OR_CURRENCY, "in one of two currencies"),
    (_REST_UNKNOWN, "changed by what follows, so not yet a budget"),
    (_SHARED, "shared, matched or more than one, so not yet a budget"),
    (_RATE_AFTER, "an amount by the period, not a budget"),
)
#: What holds whatever a model says.
_HARD = frozenset(reason for _, reason in _BEHIND) | {"an amount by the period, not a budget"}
#: And words before it in its sentence.
_BEFORE = (
    (_GUESSED, "a guess, not yet a budget"),
    (_HOPED, "only hoped for, not yet a budget"),
    (_RATE_BEFORE, "an amount by the period, not a budget"),
    (_PERHAPS, "only a possibility, not yet a budget"),
)
_NEGATED = re.compile(r"\b(?:not|n't|no|never|cannot|don't|can't|won't|nothing)\b")
_EXTRA = re.compile(
    r"\b(?:another|additional|extra|on top(?: of that)?,?(?: another)?|plus an?(?: additional| extra)|an added)\s+(?:about\s+|usd\s+)?$"
)


_FROM = re.compile(r"\s+(?:paid |given |contributed |added )?(?:from|by)\s+(?:the\s+)?")


def on_top(reading: Reading, role: Role) -> bool:
    """`$80k plus another $20k for tests`: part of the budget, or beside it?"""
    money = role.value.kind is Kind.MONEY and role.purpose in {Purpose.LIMIT, Purpose.EXPERIMENT}
    low = reading.text.low
    if (
        money
        and role.anchor is not None
        and _FROM.fullmatch(low[role.value.end : role.anchor.start])
    ):
        return role.anchor.scope is Scope.RETAILER  # `$62k from us and $20k from alpha`
    return money and _EXTRA.search(low[: role.value.start]) is not None

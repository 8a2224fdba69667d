"""Which numbers of a brief tell what was, what others say, or by how much something changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rmnctl.agents.briefs.binding import Bound
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.outcomes import obliged
from rmnctl.agents.briefs.text import Text, find, has

_NOT_THIS = re.compile(
    r"(?:(?:up|down|away) from|instead of|rather than|(?:is|was|are)n't|versus|vs\.?|compared (?:to|with)|in place of|\bnot|\bnot the|"
    r"(?:(?:we|they|it|budget) (?:had|used to be)))\s+(?:the\s+)?(?:earlier\s+|old\s+|original\s+|previous\s+|usual\s+|planned\s+|expected\s+|requested\s+|promised\s+|budgeted\s+|intended\s+|proposed\s+|hoped[- ]for\s+)*$"
)
_NOW = re.compile(
    r"\b(?:this (?:year|time|quarter|month|flight|round|season)|now|today|currently|going forward|for the coming)\b"
)
_WISH = re.compile(
    r"\b(?:keep|want\w*|need\w*|must|should|now|this|please|at least|at most|min\w*|max\w*|target|floor|cap|aim|"
    r"no more|no less|not|never|let|give|spend|use|require\w*|would|will|is|are|has|have)\b|>=|<="
)
_COMPARED = re.compile(r"\b(?:than|versus|vs|from|over|compared|like|as|instead|unlike)\b")
#: `15 thousand more than I had hoped for` is a difference.
_DIFFERENCE = re.compile(
    r"\s+(?:more|less|extra)(?=\s*[,.;)]|\s+so\b)|\s*(?:more|less|higher|lower|above|below|extra|up|down|fewer|better|worse|over|under)\s+(?:than|on|from|compared|vs)\b"
)
_CHANGE = re.compile(
    r"\b(?:(?:rise|drop|increase|decrease|cut|gain|jump|raise|change|growth|difference|uplift) of|(?:up|down|grew|rose|fell|increased|"
    r"decreased|cut|upped|trimmed|raised|reduced|dropped) by)\s+(?:about |around |roughly |some )?$"
)


#: `Harbor's $80k was cut to $62k`.
_CUT_TO = re.compile(
    r"\s*(?:budget\s+)?(?:was|were|has been|have been|had been|got|is|gets)\s+(?:now\s+|since\s+|later\s+)?(?:cut|reduced|raised|increased|trimmed|lowered|upped|changed|slashed|"
    r"topped up|brought|corrected|revised|halved|doubled)\s+(?:down\s+|up\s+|back\s+)?to\b"
)
#: `raised prices by 4%` is a change, `8% of shoppers` or `a 20% discount` no part of a budget.
_BY = re.compile(
    r"\bby\s+(?:about |around |roughly |some |only |over |more than |almost |nearly |a |another )?$"
)
_OF_ELSE = re.compile(
    r"\s+(?:off\b(?![\s-]*(?:site|platform))|discount|growth|increase|decrease|decline|rise|uplift|commission|fees?|tax|vat|interest|"
    r"of whom|(?:of|among) (?:them|those|us) (?:[a-z]+ed|bought|said|saw|knew|came|know|like|love|buy|do)\b|market share|cheaper|pricier|growth|churn|open rate|response rate|conversion rate|ctr|margins?\b|"
    r"(?:of|among) (?:(?:all|the|our|their|its|my|your|total) )*(?:sales|shoppers|customers|revenue|units|stores|households|buyers|people|"
    r"users|respondents|category|turnover|consumers|visitors|traffic|baskets|orders|volume|market|purchases|members|staff|team))"
)


_NET = re.compile(
    r"\b(?:net of|excluding|excl\.?|without|before|after|not including|ex|exclusive of|includ\w+|incl\.?|no|plus|minus)\s+(?:all |any |our |the |agency |production )*$"
)
#: `$2.49 a bottle` is a price.
_PRICE = re.compile(
    r"\s+(?:a|an|per|each|every)\s+(?!week|day|month|quarter|year|dollar|euro|pound|buck|cell|line|combination|retailer|"
    r"placement|network|active|campaign|sku|product|item|ad|tactic|channel|one|of|for|at|to|on|single|live)[a-z]{3,}"
)
_DEAREST = 100


def is_aside(text: Text, value: Value, every: Sequence[Bound]) -> bool:
    """Whether money is a fee, a price or another's budget; `net of fees` says that none is in it."""
    if value.low < _DEAREST and _PRICE.match(text.low, value.end):
        return True
    return any(
        not _NET.search(text.low[: hit.start()])
        for hit in find("aside", text, *beside(text, value, every))
    )


def _changed(text: Text, value: Value) -> bool:
    """Whether a number says by how much something changed, or what it was changed from."""
    low = text.low
    if value.kind is Kind.SHARE and (
        _BY.search(low, max(0, value.start - 20), value.start) or _OF_ELSE.match(low, value.end)
    ):
        return True
    if _DIFFERENCE.match(low, value.end) or _CHANGE.search(
        low[max(0, value.start - 40) : value.start]
    ):
        return True
    if value.kind is Kind.MONEY and _CUT_TO.match(low, value.end):
        return True
    return _NOT_THIS.search(low[max(0, value.start - 40) : value.start]) is not None


def is_past(text: Text, value: Value, every: Sequence[Bound]) -> bool:
    """Whether a number tells what was, not what is wanted."""
    low = text.low
    if _changed(text, value):
        return True
    left, right = beside(text, value, every)
    if value.kind in {Kind.MONEY, Kind.SHARE, Kind.MULTIPLE}:
        moved = re.search(r"\bfrom\s+(?:\w+\s+)?$", low[max(0, value.start - 16) : value.start])
        onwards = re.match(r"\s*(?:up |down )?to\b", low[value.end :])
        if moved and onwards and has("moved", text, text.sentence(value.start)[0], value.end + 40):
            return True
    if _NOW.search(low[left:right]):
        return False
    verb = value.kind is not Kind.MONEY and re.search(
        r"\b(?:was|were|averaged|stood at|came in at|came to|reached|hit|delivered|(?<!eat )(?<!eats )(?<!use )(?<!uses )(?<!take )(?<!takes )(?<!make )(?<!makes )(?<!end )(?<!ends )up|down|grew|rose|fell|increased|decreased|declined)\s+(?:by\s+|about\s+|around\s+|only\s+)?$",
        low[max(left, value.start - 24) : value.start],
    )  # fmt: skip
    if verb and not obliged(text, left, value.start - len(verb[0])):
        return True
    if value.kind is not Kind.MONEY:
        earlier = _past(text, text.sentence(value.start)[0], value.start)
        if earlier and not _WISH.search(low[earlier[-1].end() : value.start]):
            return True
    before = _past(text, left, value.start)
    after = [
        h
        for h in _past(text, value.end, right)
        if text.words(value.end, h.start()) <= 3
        and not _COMPARED.search(low[value.end : h.start()])
    ]
    return bool(before or after)


def _past(text: Text, left: int, right: int) -> list[re.Match[str]]:
    """Words of the past; `5% should be used to learn` has none."""
    return [
        h for h in find("past", text, left, right)
        if h[0] != "used to" or not _PASSIVE.search(text.low[: h.start()])
    ]  # fmt: skip


_PASSIVE = re.compile(r"\b(?:be|is|are|being|been)\s+$")


def beside(text: Text, value: Value, every: Sequence[Bound]) -> tuple[int, int]:
    """The clause of a value, without what belongs to other values in it."""
    left, right = text.clause(value.start, value.end)
    left = max([left, *(b.value.end for b in every if b.value.end <= value.start)])
    right = min([right, *(b.value.start for b in every if b.value.start >= value.end)])
    return left, right


def follows_past(text: Text, value: Value) -> bool:
    """Whether the sentence has told of the past before, and wishes nothing since."""
    start = text.sentence(value.start)[0]
    hits = _past(text, start, value.start)
    if not hits:
        return False
    between = text.low[hits[-1].end() : value.start]
    return not _NOW.search(between) and not _WISH.search(between)


_WAS = re.compile(
    r"\b(?:(?:thought|hoped|expected|assumed|figured|guessed|believed|counted on)(?:\s+[a-z']+){1,5}|was|were|had been|used to be|used to have|had|started (?:at|with)|began (?:at|with)|thought (?:it was|we had)|asked for|requested|refused|denied|"
    r"wanted|hoped for|suggested|proposed|floated|pitched|instead of)\s+(?:about |around |roughly |only |just |the |a )*(?:us|usd|eur)?\s?$"
)


#: Words of a sentence that may tell what was; believed only where something else is said of the same.
_MAYBE = re.compile(
    r"\b(?:said(?! no\b)|says|claims?|claimed|told|thought|recommended|suggested|proposed|wanted|was|were|did|had|20(?:1\d|2[0-5])|"
    r"think|thinks|believes?|would have|likes to|loves to|would like|would love|hop(?:es|ed)|wish(?:es|ed)|demand(?:s|ed)|lobbied|promis(?:es|ed|ing)|boast(?:s|ed|ing)|pitched|asked|tried|ran|used)\b"
)


_DRAFTED = re.compile(
    r"\b(?:earlier|previous|first|last|old|older|former|original|initial|prior|preceding|superseded)\s+(?:\w+\s+)?"
    r"(?:drafts?|versions?|briefs?|plans?|e?-?mails?|decks?|notes?|memos?|proposals?|requests?|letters?|lists?|iterations?|agreements?|messages?|rounds?|talks?)\b"
    r"|\b(?:the|a|my|our|your|that) draft\b|\b(?:version|draft) (?:one|1|a)\b|\bhad\s+(?:\w+ly\s+|once\s+)?(?:[a-z]{2,}ed|set|put|said|given|told|kept|held)\b"
    r"|\b(?:so far|until now|up to now|hitherto)\b"
)


def drafted(text: Text, value: Value) -> bool:
    """Whether the sentence up to a number tells of an earlier text: `an earlier draft limited video to 10%`."""
    return _DRAFTED.search(text.low, text.sentence(value.start)[0], value.start) is not None


def was_before(text: Text, value: Value) -> bool:
    """`It was $100k`: told as past by the verb right before."""
    return _WAS.search(text.low[: value.start][-50:]) is not None


def may_be_past(text: Text, value: Value, since: int = 0) -> bool:
    """Whether the sentence, up to the number's clause, may tell what was or what someone thinks.

    Args:
        text: The brief.
        value: The number.
        since: Where the number before it ends: what is said before that is not of this one.
    """
    left, right = text.sentence(value.start)
    return _MAYBE.search(text.low, max(left, since), right) is not None

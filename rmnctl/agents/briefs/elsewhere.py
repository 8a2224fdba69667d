"""Retailers that are not configured and that no money is to go to: `unlike Amazon`, `Pepsi is at Tesco`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.others import hearsay, is_stranger, subject_of
from rmnctl.agents.briefs.text import Text, find, has

_COMPARED = re.compile(
    r"\b(?:than|like|unlike|versus|vs\.?|compared (?:to|with)|similar to|instead of|rather than|not|never|no|left|leaving|quit|"
    r"without|forget|skip|except|avoid|ignore|excluding|apart from|besides|nothing (?:on|at|for))\s+(?:(?:at|on|with|for|to|in|what|the one)\s+)*$"
)
_WISHED = re.compile(
    r"\b(?:wants?|wish\w*|would like|please|plan|need\w*|should|must|spend|put|budget|now|this time|has|have)\b|[$\u20ac\u00a3%]"
)
_OTHERS_ARE = re.compile(
    r"\b(?:(?:my|his|her|their|your) (?:[a-z]+ ){0,3}(?:works?|worked|moved|moves|went|goes|joined|joins|starts?|started|is|was)|(?:he|she|they) (?:works?|worked|moved|went|joined|starts?|started))\b"
    r"[^.;!?]{0,24}\b(?:at|to|with|for|from)\s+$"
)


_SPOKEN_OF = re.compile(
    r"\b(?:everyone|everybody|people|they|others?|some|colleagues|competitors|rivals|nobody|no one|the (?:whole |entire |trade )?(?:world|industry|market|press|team|office|board|"
    r"news|papers|category))\b[^.;!?]*\b(?:about|of|on|at|to|with|for|by|into)\s+$"
    r"|\b(?:news|article|story|stories|hype|buzz|talk|rumou?rs?|webinar|conference|event|case study|report|podcast|post|fuss)\b[^.;!?]{0,20}\b(?:about|of|on|at|from|around|by)\s+$"
)
_US = re.compile(r"\b(?:we|i|us|our|let's|please)\b")


_THAN = re.compile(r"\b(?:than|like|unlike|versus|vs\.?|compared (?:to|with)|as)\s+$")


def is_compared(text: Text, mention: Mention) -> bool:
    """Whether a name is only compared with: `bigger than Kroger`."""
    return _THAN.search(text.low[: mention.start]) is not None


#: `..., but we are not advertising there`.
_NOT_THERE = re.compile(
    r"(?:\b(?:do|does|are|am|is|will|shall|would|can|could|should|must)(?: not|n't)|\b(?:we're|i'm|it's) not|\bwon't|\bcan't|\bcannot|\bnever|\bnothing"
    r"|\b(?:no|not an?|not one) (?:money|budget|spend|ads|cash|funds|cent|penny|dime|dollar|euro|pound))\b(?:\s+[a-z']+){0,5}?\s+(?:there|with them)\b"
)
_INTO = re.compile(r"\b(?:at|on|for|via|with|through|and|or|to|retailers?:?)\s+$")


def _refused_there(text: Text, mention: Mention, named: Sequence[Mention]) -> bool:
    """Whether an unknown retailer is told of, and the same breath says that nothing goes there."""
    left, right = text.sentence(mention.start)
    right = text.sentence(right)[1] if text.low[right - 1 : right] == ";" else right
    led = _INTO.search(text.low, left, mention.start)
    if led and _WISHED.search(text.low, left, mention.start):
        return False
    hit = _NOT_THERE.search(text.low, mention.end, right)
    return hit is not None and not any(
        mention.end <= m.start < hit.end() and m.ids
        for m in named
        if m.scope is not Scope.BRAND and not m.pronoun
    )


def is_elsewhere(text: Text, mention: Mention, named: Sequence[Mention]) -> bool:
    """Whether an unknown retailer is only told of, compared with or left out.

    Args:
        text: The brief.
        mention: Of a retailer that is not known.
        named: All names.
    """
    if mention.scope is not Scope.RETAILER or mention.ids:
        return False
    left = text.sentence(mention.start)[0]
    before = text.low[left : mention.start]
    if _COMPARED.search(before) or _OTHERS_ARE.search(before):
        return True
    spoken = _SPOKEN_OF.search(before)
    if spoken and not _US.search(before, spoken.start()):
        return True
    if hearsay(text, mention.start, named) or _refused_there(text, mention, named):
        return True
    subject = subject_of(text, mention.start, named)
    if subject is not None and is_stranger(subject):
        return True
    here = text.clause(mention.start, mention.end)
    told = find("past", text, *here)
    wished = told and _WISHED.search(text.low, *here)
    return bool(told) and not wished and not has("budget", text, *here)

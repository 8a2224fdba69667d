"""What follows if a bound is broken, which says what the bound is: `below 2.5 and I don't sign`."""

from __future__ import annotations

import re

from rmnctl.agents.briefs.text import Text, has

#: A new order: `don't let ROAS fall under 4, keep video under $5k`.
ORDER = re.compile(r"\b(?:keep|cap|hold|limit|put|give|let|spend|make|restrict|stay|reserve)\b")


def punished(text: Text, left: int, begin: int, stop: int) -> bool:
    """Whether what is compared must not happen: `if alpha takes more than 60% they will walk`.

    Args:
        text: The brief.
        left: Where to look from.
        begin: Where the words of comparison stand.
        stop: Where the number stands.
    """
    right = text.sentence(stop)[1]
    condition = re.search(
        r"\b(?:if|should|once|when|in case|anything|whatever)\b", text.low[left:begin]
    )
    outcome = _OUTCOME.match(text.low, stop, right)
    wished = ORDER.search(text.low, left, begin) or re.search(
        r"\b(?:with|wants?|needs?|must|should|please)\b", text.low[left:begin]
    )
    if outcome is not None and not wished:
        stop, condition = outcome.end(), outcome
    refused = _REFUSAL.search(text.low, stop, right) or has("bad_end", text, stop, right)
    return bool(condition and refused)


#: `ROAS below 2.5 and I don't sign`, `beta over 40% means trouble`.
_OUTCOME = re.compile(
    r"\S*[^.;\n]{0,30}?(?:\s(?:means?|leads? to|=|->|is|are|would be|will be|won't be|isn't|aren't)\s|,?\s+(?:and|then|so)(?: then)?\s+"
    r"(?=(?:i|we|they|he|she|it|you|nobody|no one|finance|the \w+|our \w+|my \w+|this|that|there|i'm|we're|it's|that's)\s))"
)
_REFUSAL = re.compile(
    r"\b(?:do|does|will|would|can|wo|ca|could)(?:n't|nt| not|not)\s+(?:\w+ly\s+|even\s+)?(?:sign|approve|pay|renew|extend|continue|accept|go|proceed|buy|do|run|"
    r"play|support|agree|release|fund|like|be (?:happy|pleased|amused)|want|have|take|need|bother)\b"
    r"|\b(?:we|i|they|he|she|it)(?:'re| are|'m| am|'s| is|'ll| will)? (?:out|done|gone|off|over|dead|toast|finished)\b|\bno\s+(?:signature|sign-off|approval|go|money|renewal|deal)\b"
)


_OBLIGED = re.compile(
    r"\b(?:must|should|shall|ought to|(?:has|have|needs?|is|are|required|supposed|expected|obliged) to)\s+(?:\w+ly\s+|also\s+|at least\s+)?$"
    r"|\b(?:make (?:sure|certain)|ensure|see to it)\s+(?:[\w'-]+\s+){1,5}$"
    r"|\b(?:want|wants|need|needs|like|expects?|requires?)\s+(?:[\w'-]+\s+){1,5}to\s+$"
)


def obliged(text: Text, left: int, begin: int) -> bool:
    """Whether what stands at `begin` has to happen: `search must`, `make sure that search`."""
    return _OBLIGED.search(text.low, left, begin) is not None


_ALLOWED = re.compile(
    r"\b(?:may|might|can|could|(?:is|are) (?:now )?(?:allowed|free|permitted|welcome) to)\s+(?:now\s+|also\s+|even\s+|gladly\s+|happily\s+)?$"
)
_UP_TO = re.compile(r"reach|hit|(?:climb|rise|grow|get) to")


def allowed(text: Text, verb: re.Match[str]) -> bool:
    """Whether a verb of reaching says how far something may go: `search may now rise to 25%`."""
    led = _ALLOWED.search(text.low, max(0, verb.start() - 40), verb.start())
    return led is not None and _UP_TO.fullmatch(verb[0]) is not None


_NEEDS = re.compile(
    r"\b(?:needs?|requires?|must (?:have|get)|has to (?:have|get)|wants?)\s+(?:about\s+)?$"
)
_OR_ELSE = re.compile(
    r"[^.;,\d]{0,24}?,?\s*(?:or else\b|otherwise\b|or (?:it|they|we|he|she|nothing|nobody|the \w+) (?:won't|will|doesn't|don't|can't|isn't|aren't|walks?|leaves?|stops?|quits?|would|is|are)\b)"
)
JUST = re.compile(
    r"[^.;,\d]{0,30}?,?\s*(?:no more,? (?:and )?no less|not more,? (?:and )?not less|neither more nor less|no less,? (?:and )?no more|to the (?:cent|penny|dollar)|on the nose)\b"
)


_VERDICT = re.compile(
    r"[^.;!?\n\d]{0,40}?[.,;!]?\s*(?:and\s+)?(?:that|this|it)(?:'s| is| shall be| must be)\s+(?:an?|the|our|my|its|his|her|their)\s+(?:absolute |hard |strict |firm |upper |lower |bare )?"
    r"(?:(?P<most>ceiling|maximum|max|cap|most|upper limit|upper bound|limit)|(?P<least>floor|minimum|min|least|lower limit|lower bound))\b"
)


def verdict(text: Text, stop: int) -> re.Match[str] | None:
    """`beta: 35%. That's the ceiling.`: what the words behind a number call it."""
    return _VERDICT.match(text.low, stop)


def or_else(text: Text, left: int, start: int, stop: int, end: int) -> tuple[int, int] | None:
    """Where the words stand that make a need a least: `alpha needs 30 % or it won't work`.

    Args:
        text: The brief.
        left: Where the clause begins.
        start: Where the number begins.
        stop: Where it ends.
        end: Where the sentence ends.
    """
    needs = _NEEDS.search(text.low, left, start)
    otherwise = _OR_ELSE.match(text.low, stop, end) if needs else None
    return otherwise.span() if otherwise else None

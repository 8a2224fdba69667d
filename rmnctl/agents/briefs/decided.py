"""Which of several amounts a brief ends on: `my boss said 100k, finance said 80k, so 80k it is`."""

from __future__ import annotations

import re

from rmnctl.agents.briefs.kinds import Value
from rmnctl.agents.briefs.text import Text

_ABOUT = r"(?:about\s+|the\s+|a\s+|usd\s+|eur\s+|just\s+|only\s+)*$"
_FIGURE = r"(?:number|figure|budget|amount|word|answer|say|offer|version|call|sum|total|decision)(?:\s+(?:is|was|came out at|says|from \w+(?: is)?)|\s*[:=])?\s+"
_ENDED_ON = re.compile(
    r"(?:\b(?:settled|landed|ended up|compromised|finali[sz]ed|arrived)\s+(?:it\s+)?(?:on|at|with|for|to)\s+"
    rf"|\b(?:final|definitive)\s+{_FIGURE}"
    r"|\b(?:it's now|it is now|is now|now it's|now we have|now at)\s+|\b(?:final\w*|in the end|eventually|ultimately|so|therefore)[, ]+(?:it's|it is|that's|that is|we have|we've got|we are at|we're at|it came to|it became|it was|let's say|let's do|let's take|use|take)\s+"
    rf"){_ABOUT}"
)
_AFTER = re.compile(
    r"\s*,?\s*(?:it is(?=\s*(?:[.,;!)\n]|$|for|then))|it shall be|is final|is the final|final(?=\s*[.,;!)\n])|now(?=\s*(?:[.,;!)\n]|$))|wins\b|it will be)"
)
#: These end a discussion only where the other amounts were wishes or offers.
_TAKEN = re.compile(
    r"(?:\b(?:agreed|decided|closed|signed off|fixed|came down|comes down|lands?)\s+(?:it\s+)?(?:on|at|with|for|to)\s+"
    rf"|\b(?:confirmed|last|latest|approved|official|actual|binding|valid)\s+{_FIGURE}"
    r"|\b(?:go|going|went|stick\w*|stay\w*|stuck|plan\w*|work\w*) with\s+|\b(?:we|i)(?:'ll| will)? (?:take|use)\s+"
    rf"){_ABOUT}"
)
_TAKEN_AFTER = re.compile(
    r"\s*,?\s*(?:stands\b|is what (?:we|was|got|counts|holds)|got approved|"
    r"(?:was|is|has been|were|are) (?:the (?:one|figure|number|amount) )?(?:approved|confirmed|agreed|signed off|decided|binding|official|valid|what counts))"
)
_DENIED = re.compile(r"\b(?:not|never|n't|no|nothing|nobody|unless|until|if|whether|once)\b")


def is_decided(text: Text, value: Value, *, weakly: bool = False) -> bool:
    """Whether the words beside an amount say that it is the outcome.

    Args:
        text: The brief.
        value: The amount.
        weakly: `We go with 80k` is enough, which holds against wishes only.
    """
    left, right = text.sentence(value.start)
    before = text.low[left : value.start]
    led, after = (_TAKEN, _TAKEN_AFTER) if weakly else (_ENDED_ON, _AFTER)
    hit = led.search(before)
    if hit is None and after.match(text.low, value.end, right) is None:
        return False
    since = hit.start() if hit else len(before)
    return _DENIED.search(before[max(0, since - 24) :]) is None

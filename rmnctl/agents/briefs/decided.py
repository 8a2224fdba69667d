"""Which of several amounts a brief ends on: `my boss said 100k, finance said 80k, so 80k it is`."""

from __future__ import annotations

import re

from rmnctl.agents.briefs.kinds import Value
from rmnctl.agents.briefs.text import Text

_ABOUT = r"(?:about\s+|the\s+|a\s+|usd\s+|eur\s+|just\s+|only\s+)*$"
_BEFORE = re.compile(
    r"(?:\b(?:settled|landed|ended up|agreed|decided|compromised|closed|signed off|fixed|finali[sz]ed|came down|comes down|lands?|arrived)\s+(?:it\s+)?(?:on|at|with|for|to)\s+"
    r"|\b(?:final|definitive|confirmed|last|latest|approved|official|actual|binding|valid)\s+(?:number|figure|budget|amount|word|answer|say|offer|version|call|sum|total|decision)"
    r"(?:\s+(?:is|was|came out at|says|from \w+(?: is)?)|\s*[:=])?\s+"
    r"|\b(?:go|going|went|stick\w*|stay\w*|stuck|plan\w*|work\w*) with\s+|\b(?:we|i)(?:'ll| will)? (?:take|use)\s+"
    r"|\b(?:final\w*|in the end|eventually|ultimately|so|therefore|now)[, ]+(?:it's|it is|that's|that is|we have|we've got|we are at|we're at|it came to|it became|it was|let's say|let's do|let's take|use|take|plan)\s+"
    rf"){_ABOUT}"
)
_AFTER = re.compile(
    r"\s*,?\s*(?:it is(?=\s*(?:[.,;!)\n]|$|for|then))|it shall be|is final|is the final|final(?=\s*[.,;!)\n])|wins\b|stands\b|it will be|is what (?:we|was|got|counts|holds)|got approved|"
    r"(?:was|is|has been|were|are) (?:the (?:one|figure|number|amount) )?(?:approved|confirmed|agreed|signed off|decided|binding|official|valid|what counts))"
)
_DENIED = re.compile(r"\b(?:not|never|n't|no|nothing|nobody|unless|until|if|whether|once)\b")


def is_decided(text: Text, value: Value) -> bool:
    """Whether the words beside an amount say that it is the outcome."""
    left, right = text.sentence(value.start)
    before = text.low[left : value.start]
    after = _AFTER.match(text.low, value.end, right)
    hit = _BEFORE.search(before)
    if hit is None and after is None:
        return False
    denied = _DENIED.search(before[max(0, (hit.start() if hit else len(before)) - 24) :])
    return denied is None

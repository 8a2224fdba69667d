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
_WISHED = re.compile(
    r"\b(?:want\w*|ask\w* for|demand\w*|hoped for|proposed|suggested|requested|insisted on|pleaded for|pushed for|lobbied for|argued for|"
    r"pitched|floated|(?:thought|dreamt|dreamed) of|had in mind|started (?:with|at|from)|began with|would have liked)\b"
)
_GAVE_WAY = re.compile(
    r"(?:\b(?:talked|brought|beat|beaten|argued|haggled|bargained|negotiated|knocked|whittled|got|gotten|pushed|pulled|pressed|came|come|went|gone|moved|climbed|"
    r"cut|forced)\s+(?:(?:him|her|them|us|it|that|this|me)\s+)?(?:back\s+)?(?:down|up|back)\s+to"
    r"|\b(?:settled|compromised|agreed|landed|ended up|finished|shook hands)\s+(?:for|on|at|with|to)"
    r"|\b(?:had to|has to|will have to|must now|was persuaded to|were persuaded to|was made to|agreed to|could be persuaded to|is ready to|is willing to|now)\s+"
    r"(?:accept|accepts|live with|make do with|be content with|be happy with|take|takes|swallow)"
    r"|\b(?:contented (?:him|her|them)sel(?:f|ves) with|made do with|(?:was|were|is|are) (?:finally |now )?(?:content|happy|satisfied|fine) with))"
    r"\s+(?:about\s+|just\s+|only\s+|a\s+|the\s+|at (?:most|least)\s+)*$"
)


def gave_way(text: Text, old: Value, new: Value) -> tuple[int, int] | None:
    """Where it says that a wish for one number ended with another: `wanted 25%, but was talked down to 10%`."""
    start = text.sentence(old.start)[0]
    if old.end > new.start or text.crossings(old.end, new.start)[0] > 1:
        return None
    hit = _GAVE_WAY.search(text.low, old.end, new.start)
    if hit is None or _DENIED.search(text.low, old.end, hit.start()):
        return None
    return hit.span() if _WISHED.search(text.low, start, old.start) else None


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

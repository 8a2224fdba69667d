"""Amounts that parts are taken of, and currencies named apart from amounts."""

from __future__ import annotations

import re

from rmnctl.agents.briefs.amounts import CURRENCIES
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.text import Text

_OF = re.compile(
    r"(?:^|[\s,:(])(?:of|out of|from|thereof|in)\s+(?:the\s+|our\s+|its\s+|their\s+|this\s+|that\s+|my\s+|a\s+|your\s+|overall\s+|total\s+|"
    r"full\s+|whole\s+|budget\s+|sum\s+|of\s+|[\w ]{1,20}'s?\s+)*$"
)


#: `a maximum of $4k` is no part of $4k.
_MEASURE = re.compile(
    r"\b(?:maximum|minimum|max|min|total|budget|cap|limit|floor|sum|amount|ceiling|spend|investment|excess|least|most|minimum spend|upwards|range|pot|envelope)$"
)


_WITHIN = re.compile(
    r"\bwithin\s+(?:the|our|its|their|this|that|my|his|her|[\w-]+'s)\s+(?:total\s+|overall\s+|budget\s+of\s+)*$"
)


def is_whole(text: Text, value: Value, found: list[Value]) -> bool:
    """Whether an amount is what parts are taken of: `a third of the $90,000`."""
    if value.kind is not Kind.MONEY or value.high is not None:
        return False
    start, _ = text.sentence(value.start)
    before = text.low[start : value.start]
    if _WITHIN.search(before):
        return True
    led = _OF.search(before)
    if not led:
        return False
    if _MEASURE.search(before[: led.start()]):
        return False
    word = before[led.start() :].split(None, 1)[0].strip(",:(")
    parts = [
        v
        for v in found
        if v.kind in {Kind.SHARE, Kind.MONEY} and v.end <= value.start and v.start >= start
    ]
    close = bool(parts) and text.words(parts[-1].end, value.start) <= 5
    leads = not before[: led.start()].strip(" ,:-") or before[: led.start()].rstrip().endswith(
        (",", ":")
    )
    comma = text.low[value.end : value.end + 1] == ","
    return word in {"of", "out", "from"} and (close or (leads and comma))


_LONE = re.compile(r"(?<![a-z])(?:" + "|".join(rf"(?P<{c}>{p})" for c, p in CURRENCIES)
                   + r")(?![a-z])")  # fmt: skip


def lone_currency(text: Text) -> str | None:
    """The currency that a brief names apart from its amounts, if there is just one."""
    found = {m.lastgroup for m in _LONE.finditer(text.low) if not m[0].endswith(("dollar", "buck"))}
    return next(iter(found)) if len(found) == 1 else None

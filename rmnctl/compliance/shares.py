"""Rules dealt out in shares of about the same work, so that several can judge side by side.

What takes time at first is to compile patterns. Where copies are dealt out, everyone compiles nearly
all of them; where rules are, each pattern is compiled once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from rmnctl.compliance.pack import Check, Pack, Rule

_MACRO = re.compile(r"\{([a-z_]+)\}")
#: Work of a check that looks at every copy, in letters of a pattern.
_ALWAYS = 15_000
#: Work of what has learnt, which reads every word of nearly every copy.
_LEARNT = 1_200_000


def shares(
    rules: Sequence[tuple[Pack, Rule]], number: int, macros: Mapping[str, Sequence[str]]
) -> list[list[tuple[Pack, Rule]]]:
    """Deal rules out.

    Args:
        rules: Rules with their packs.
        number: How many shares.
        macros: The alternatives that names in tokens stand for.

    Returns:
        The shares, the lightest first, each in the order of the rules.
    """

    @cache
    def macro(name: str) -> int:
        return sum(map(letters, macros.get(name, ())))

    def letters(token: str) -> int:
        return len(token) + sum(map(macro, _MACRO.findall(token)))

    def work(check: Check) -> int:
        if check.last:
            return _LEARNT
        tokens = [t for some in check.tokens.values() for t in some]
        return sum(map(letters, [*tokens, *check.except_])) if tokens else _ALWAYS

    weights = [sum(map(work, rule.checks)) for _, rule in rules]
    dealt: list[list[int]] = [[] for _ in range(number)]
    loads = [0] * number
    # The heaviest first, each to whoever has least.
    for place in sorted(range(len(rules)), key=lambda at: -weights[at]):
        least = loads.index(min(loads))
        dealt[least].append(place)
        loads[least] += weights[place]
    lightest_first = sorted(range(number), key=loads.__getitem__)
    return [[rules[place] for place in sorted(dealt[n])] for n in lightest_first]

"""Many tokens as one pattern, of which only those are tried that a text may hold.

Hundreds of innocent phrases written as one alternation take long to compile and to search, and
nearly none of them stands in an ad.
"""

from __future__ import annotations

from collections.abc import Sequence

from rmnctl.compliance.needles import Sieve
from rmnctl.compliance.patterns import Pattern, Span, compiled, in_order, joined, whole

#: Shorter alternations are quicker searched as one pattern.
_LONG = 4_000


class Alternatives:
    """Finds what `joined` tokens find: leftmost first, then the first token, none overlapping."""

    def __init__(self, tokens: Sequence[str]) -> None:
        """Take tokens of a pack, their macros written out."""
        self._sources = list(dict.fromkeys(whole(token) for token in in_order(tokens)))
        self._places = {source: place for place, source in enumerate(self._sources)}
        self._sieve = Sieve(self._sources)

    def search(self, text: str) -> bool:
        """True if one stands somewhere in a text."""
        return any(pattern.search(text) for pattern in self._candidates(text))

    def spans(self, text: str) -> list[Span]:
        """Where they stand, from left to right; tokens that match nothing at all are left out."""
        patterns, found, at = self._candidates(text), list[Span](), 0
        while patterns:
            firsts = [(pattern, pattern.first(text, at)) for pattern in patterns]
            # A pattern without a match from here on has none further on either.
            patterns = [pattern for pattern, span in firsts if span is not None]
            spans = [span for _, span in firsts if span is not None]
            if spans:
                # Of matches that begin together the first in order is taken, as `min` does.
                found.append(min(spans, key=lambda span: span[0]))
                at = found[-1][1]
        return found

    def _candidates(self, text: str) -> list[Pattern]:
        sources = self._sieve.candidates(text.split(" "))
        return [compiled(source) for source in sorted(sources, key=self._places.__getitem__)]


def one_of(tokens: Sequence[str]) -> Pattern | Alternatives:
    """What finds any of some tokens."""
    source = joined(tokens)
    return Alternatives(tokens) if len(source) > _LONG else compiled(source)

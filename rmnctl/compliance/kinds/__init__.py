"""The forms a check can take: each is a function from a check and a copy to hits."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rmnctl.compliance.kinds import assets, dates, words
from rmnctl.compliance.kinds.casing import STYLES
from rmnctl.compliance.kinds.compiled import Compiled
from rmnctl.compliance.kinds.scripts import SCRIPTS
from rmnctl.compliance.pack import Check
from rmnctl.compliance.subject import Hit, Subject

Kind = Callable[[Compiled, Subject], Iterable[Hit]]

_KINDS: dict[str, Kind] = {
    "existence": words.existence,
    "substitution": words.substitution,
    "occurrence": words.occurrence,
    "max_length": words.max_length,
    "conditional": words.conditional,
    "requires_text": words.conditional,
    "requires_fact": words.requires_fact,
    "date_window": dates.date_window,
    "measure": assets.measure,
}


def kind_of(check: Check) -> Kind:
    """What a check does."""
    if check.extends == "case":
        return STYLES[check.style or ""]
    if check.extends == "script":
        return SCRIPTS[check.script or ""]
    return _KINDS[check.extends]


__all__ = ["Compiled", "Kind", "kind_of"]

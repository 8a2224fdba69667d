"""The forms a check can take: each is a function from a check and a copy to hits."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rmnctl.compliance.kinds import assets, casing, dates, scripts, words
from rmnctl.compliance.kinds.compiled import Compiled
from rmnctl.compliance.subject import Hit, Subject

Kind = Callable[[Compiled, Subject], Iterable[Hit]]

KINDS: dict[str, Kind] = {
    "existence": words.existence,
    "substitution": words.substitution,
    "occurrence": words.occurrence,
    "max_length": words.max_length,
    "conditional": words.conditional,
    "requires_text": words.conditional,
    "requires_fact": words.requires_fact,
    "case": casing.case,
    "date_window": dates.date_window,
    "measure": assets.measure,
    "script": scripts.script,
}

__all__ = ["KINDS", "Compiled", "Kind"]

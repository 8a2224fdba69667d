"""Every way a command can end badly, each with one exit code.

Library code raises these; `rmnctl.cli` is the only place that shows them. A message says
what is wrong and where; the hint says what exists and which command comes next. Neither ever
carries a value from the data: row numbers and column names only.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar


class RmnctlError(Exception):
    """A failure the user can act on.

    Args:
        message: What is wrong and where, in one or two sentences.
        hint: What to do about it, usually a command or a key to change.
        details: Machine-readable facts for the JSON error envelope; no data values.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "FAILED"

    def __init__(
        self, message: str, *, hint: str | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = dict(details or {})


class Failure(RmnctlError):
    """The work was well-formed but could not be done (disk full, infeasible, unavailable)."""


class ConfigError(RmnctlError):
    """The command line or a configuration file is wrong."""

    exit_code = 2
    code = "CONFIG"


class InputError(RmnctlError):
    """An input file is missing, unreadable or not what it claims to be."""

    exit_code = 3
    code = "INPUT"


class RunError(RmnctlError):
    """A run that was referred to does not exist, is not complete, or was altered."""

    exit_code = 3
    code = "RUN"


class PolicyRefusal(RmnctlError):
    """The privacy policy does not allow this."""

    exit_code = 4
    code = "REFUSED"


class Findings(RmnctlError):
    """The work is complete and saved, and what it found needs attention."""

    exit_code = 5
    code = "FINDINGS"


class Interrupted(RmnctlError):
    """Someone asked to stop; the hint says how to go on."""

    exit_code = 130
    code = "INTERRUPTED"


EXIT_CODES: dict[int, str] = {
    0: "ok",
    1: "handled failure",
    2: "usage or configuration error",
    3: "bad or missing input or run",
    4: "refused by privacy policy",
    5: "findings: gate failed, copy violation, quarantine over threshold",
    70: "bug in rmnctl",
    130: "interrupted",
}


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A sentence naming the nearest choices, or all of them when none is near."""
    known = sorted(set(choices))
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"Known: {', '.join(known)}." if known else "None exist yet."

"""What is wrong with a training, and exactly where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.errors import ConfigError, InputError, RmnctlError

#: So many are shown; all are counted.
SHOWN = 25


@dataclass(frozen=True)
class Fault:
    """One fault or remark; never a value from the data.

    Attributes:
        code: Its kind, e.g. `BAD_ROLE`.
        path: The file.
        line: 1-based line in it, or None where the whole file is meant.
        message: What is wrong and what to do.
        config: Whether it is a fault of the configuration rather than of the data.
    """

    code: str
    path: Path | None
    line: int | None
    message: str
    config: bool = False

    def __str__(self) -> str:
        place = f"{self.path or 'configuration'}" + (f":{self.line}" if self.line else "")
        return f"{place}: {self.message} [{self.code}]"

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "code": self.code,
            "path": str(self.path) if self.path else None,
            "line": self.line,
            "message": self.message,
        }


def as_error(faults: Sequence[Fault]) -> RmnctlError:
    """All faults as the one error that ends the command."""
    shown = [str(fault) for fault in faults[:SHOWN]]
    if len(faults) > SHOWN:
        shown.append(f"… and {len(faults) - SHOWN} more")
    kind = ConfigError if any(fault.config for fault in faults) else InputError
    count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
    return kind(
        f"{count} before training:\n  " + "\n  ".join(shown),
        hint="`rmnctl train-adapter -c … --dry-run` looks again in seconds.",
        details={"faults": [fault.plain() for fault in faults]},
    )

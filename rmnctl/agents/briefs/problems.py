"""Why a brief cannot become a request, each reason with the exit code it ends with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rmnctl.errors import InputError, PolicyRefusal, RmnctlError


class Code(StrEnum):
    """What is wrong with a brief."""

    NO_BUDGET = "NO_BUDGET"
    NO_BRAND = "NO_BRAND"
    TWO_BUDGETS = "TWO_BUDGETS"
    TWO_BRANDS = "TWO_BRANDS"
    BAD_MONEY = "BAD_MONEY"
    BAD_SHARE = "BAD_SHARE"
    UNCLEAR_MONEY = "UNCLEAR_MONEY"
    MIXED_CURRENCY = "MIXED_CURRENCY"
    UNKNOWN_RETAILER = "UNKNOWN_RETAILER"
    UNKNOWN_BRAND = "UNKNOWN_BRAND"
    UNKNOWN_SKU = "UNKNOWN_SKU"
    CONTRADICTION = "CONTRADICTION"
    BLOCKED_FIELD = "BLOCKED_FIELD"
    INJECTION = "INJECTION"
    TOO_LONG = "TOO_LONG"


@dataclass(frozen=True)
class Problem:
    """Why there is no request.

    Attributes:
        code: What is wrong.
        message: In words, with those of the brief.
        hint: What to change.
    """

    code: Code
    message: str
    hint: str

    @property
    def exit_code(self) -> int:
        """4 where data are asked for that no clean room gives, else 3."""
        return PolicyRefusal.exit_code if self.code is Code.BLOCKED_FIELD else InputError.exit_code

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "code": self.code.value,
            "exit_code": self.exit_code,
            "message": self.message,
            "hint": self.hint,
        }

    def error(self) -> RmnctlError:
        """The same as an error to raise."""
        kind = PolicyRefusal if self.code is Code.BLOCKED_FIELD else InputError
        return kind(self.message, hint=self.hint, details={"problem": self.code.value})


class Unplannable(Exception):
    """Raised inside the reader with the problem it found."""

    def __init__(self, code: Code, message: str, hint: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, hint)

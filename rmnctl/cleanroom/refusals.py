"""How a clean room says no: a closed list of codes, each with one constant text.

A refusal depends on the query, the policy and what is already released, never on the data
behind it. A blocked field and one that does not exist are answered byte for byte alike, and
nothing the analyst typed is repeated.
"""

from __future__ import annotations

from enum import StrEnum

from rmnctl.errors import Failure, PolicyRefusal


class Code(StrEnum):
    """Why a query is refused."""

    FIELD_NOT_ALLOWED = "FIELD_NOT_ALLOWED"
    OP_NOT_ALLOWED = "OP_NOT_ALLOWED"
    DATE_NOT_ALIGNED = "DATE_NOT_ALIGNED"
    BAD_VALUE = "BAD_VALUE"
    POLICY_MISSING = "POLICY_MISSING"
    UNAVAILABLE = "UNAVAILABLE"


TEXTS: dict[Code, str] = {
    Code.FIELD_NOT_ALLOWED: "The policy does not offer this field for this use.",
    Code.OP_NOT_ALLOWED: "The query asks for something a clean room does not do.",
    Code.DATE_NOT_ALIGNED: "The dates are not whole periods of the release's grain.",
    Code.BAD_VALUE: "A value of the query is not one the public domain allows.",
    Code.POLICY_MISSING: "There is no policy for this retailer here.",
    Code.UNAVAILABLE: "The clean room cannot be reached, or what it answers is not usable.",
}
_HINTS: dict[Code, str] = {
    Code.FIELD_NOT_ALLOWED: "`rmnctl cleanroom fields --retailer R` lists what may be asked.",
    Code.OP_NOT_ALLOWED: "docs/cleanroom.md shows the whole query language.",
    Code.DATE_NOT_ALIGNED: "`rmnctl cleanroom fields --release RUN` shows the grain and period.",
    Code.BAD_VALUE: "`rmnctl cleanroom fields --release RUN` shows the values that may be named.",
    Code.POLICY_MISSING: "Name the retailer of the release.",
    Code.UNAVAILABLE: "Try again later; nothing was answered.",
}


class Refusal(PolicyRefusal):
    """A query that the policy does not allow; exit code 4."""

    def __init__(self, code: Code) -> None:
        super().__init__(TEXTS[code], hint=_HINTS[code])
        self.code = code.value  # type: ignore[misc]  # one class, one code an instance


class Unavailable(Failure):
    """A clean room that cannot be reached or cannot be believed; exit code 1."""

    code = Code.UNAVAILABLE.value

    def __init__(self) -> None:
        super().__init__(TEXTS[Code.UNAVAILABLE], hint=_HINTS[Code.UNAVAILABLE])

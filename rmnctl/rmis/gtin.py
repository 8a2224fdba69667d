"""GTIN, UPC and EAN numbers as 14 characters of text, by the GS1 check-digit rule.

Source: GS1 General Specifications, section 7.9. Two traps are handled here. 84.51° and Kroger
write a UPC without its check digit, and a spreadsheet drops leading zeros: eleven digits can
mean either, and where both readings are valid neither is taken. A number that went through
scientific notation has lost digits and cannot be recovered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_LENGTHS = (8, 12, 13, 14)
_SEPARATORS = re.compile(r"[\s\-\u00a0]")
_SCIENTIFIC = re.compile(r"^\d+([.,]\d+)?[eE]\+?\d+$")


class GtinFault(StrEnum):
    """Why a text is not a usable GTIN."""

    SCIENTIFIC = "scientific notation has lost digits"
    NOT_DIGITS = "not a number of 8 to 14 digits"
    CHECK_DIGIT = "check digit is wrong"
    AMBIGUOUS = "11 digits read validly in two ways"
    RESTRICTED = "restricted circulation number, not comparable across retailers"


@dataclass(frozen=True)
class Gtin:
    """The outcome of reading one product number.

    Attributes:
        gtin14: 14 digits, or None if there is no usable number.
        fault: Why not, or None.
    """

    gtin14: str | None
    fault: GtinFault | None = None


def check_digit(data: str) -> str:
    """The GS1 check digit for the digits before it (weights 3, 1, 3 … from the right)."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(data)))
    return str(-total % 10)


def _valid(digits: str) -> bool:
    return len(digits) > 1 and digits[-1] == check_digit(digits[:-1])


def _restricted(gtin14: str) -> bool:
    """GS1 prefixes 02, 04 and 20-29 are numbered by each store for itself."""
    return gtin14[0] == "0" and (gtin14[1] == "2" or gtin14[1:3] in {"02", "04"})


def _eleven(digits: str) -> Gtin:
    appended = digits + check_digit(digits)
    padded = "0" + digits
    if _valid(padded):
        return Gtin(None, GtinFault.AMBIGUOUS)
    return Gtin(appended.zfill(14))


def normalise(text: str) -> Gtin:
    """Read a product number as it stands in a report.

    Eight, twelve, thirteen and fourteen digits need a valid check digit. Eleven digits get
    one appended (the 84.51° form) unless padding with a zero is valid too. Nine or ten digits
    are a UPC whose leading zeros were lost, accepted only if the check digit then fits.
    An indicator digit of 1 to 8 makes a case, which stays a different number from its each.
    """
    digits = _SEPARATORS.sub("", text)
    if _SCIENTIFIC.match(digits) and not digits.isdigit():
        return Gtin(None, GtinFault.SCIENTIFIC)
    if not digits.isascii() or not digits.isdigit() or not 8 <= len(digits) <= 14:
        return Gtin(None, GtinFault.NOT_DIGITS)
    if len(digits) == 11:
        result = _eleven(digits)
    elif _valid(digits if len(digits) in _LENGTHS else digits.zfill(12)):
        result = Gtin(digits.zfill(14))
    else:
        return Gtin(None, GtinFault.CHECK_DIGIT)
    if result.gtin14 is not None and _restricted(result.gtin14):
        return Gtin(None, GtinFault.RESTRICTED)
    return result

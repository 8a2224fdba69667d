"""What is known of an input file beside its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Facts:
    """What holds for one input file as a whole.

    Attributes:
        as_of: The day the report was taken.
        retailer_id: The retailer, when the configuration says it, else None.
        currency: Their currency, when the configuration says it, else None.
        base_currency: What amounts are converted to, or None.
        crosswalk: True if product numbers are looked up in the table `crosswalk`.
    """

    as_of: date
    retailer_id: str | None = None
    currency: str | None = None
    base_currency: str | None = None
    crosswalk: bool = False

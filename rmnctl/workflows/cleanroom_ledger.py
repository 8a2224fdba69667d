"""`rmnctl cleanroom ledger`: the record of what was released and asked."""

from __future__ import annotations

from typing import Any

from rmnctl.cleanroom import Ledger, LedgerFault, all_ledgers
from rmnctl.config import Settings
from rmnctl.errors import InputError


def _folder_ledger(settings: Settings, retailer: str) -> Ledger:
    ledger = Ledger(settings.runs / ".ledger", retailer)
    if not ledger.exists():
        raise InputError(
            f"There is no ledger of that retailer in {settings.runs / '.ledger'}.",
            hint="`rmnctl cleanroom release` begins one.",
        )
    return ledger


def verify_ledgers(
    settings: Settings, retailer: str | None = None
) -> tuple[int, list[LedgerFault]]:
    """Check the ledgers of a runs folder, or of one retailer.

    Returns:
        How many were checked, and what is wrong with them.

    Raises:
        InputError: The retailer has none.
    """
    found = (
        [_folder_ledger(settings, retailer)]
        if retailer is not None
        else all_ledgers(settings.runs / ".ledger")
    )
    return len(found), [fault for ledger in found for fault in ledger.verify()]


def ledger_entries(settings: Settings, retailer: str) -> list[dict[str, Any]]:
    """All entries of a retailer's ledger, oldest first.

    Raises:
        InputError: There is none, or it cannot be read.
    """
    return list(_folder_ledger(settings, retailer).entries())


def newest_releases(settings: Settings) -> set[str]:
    """The run of the newest release of every retailer.

    Raises:
        InputError: A ledger cannot be read.
    """
    found: set[str] = set()
    for ledger in all_ledgers(settings.runs / ".ledger"):
        runs = [str(e.get("run")) for e in ledger.entries() if e.get("kind") == "release"]
        found.update(runs[-1:])
    return found

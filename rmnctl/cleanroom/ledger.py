"""The ledger: what was released and asked of each retailer, in order; see `rmnctl.runs.chain`."""

from __future__ import annotations

from pathlib import Path

from rmnctl.runs.chain import ChainFault, HashChain

#: Held for the length of a release.
RELEASING = "releasing"
LedgerFault = ChainFault


class Ledger(HashChain):
    """The ledger of one retailer, below `runs/.ledger`."""

    what = "ledger"
    verify_hint = "`rmnctl cleanroom ledger verify` finds the entry; restore it from a backup."

    @property
    def retailer(self) -> str:
        """Whose."""
        return self.name


def all_ledgers(folder: Path) -> list[Ledger]:
    """Every ledger of a folder, by name; a retailer's name is what its entries say."""
    found = []
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else []:
        ledger = Ledger(folder, path.stem)
        ledger.path = path
        found.append(ledger)
    for path in sorted(folder.glob("*.head.json")) if folder.is_dir() else []:
        name = path.name.removesuffix(".head.json")
        if not (folder / f"{name}.jsonl").exists():
            found.append(Ledger(folder, name))
    return found

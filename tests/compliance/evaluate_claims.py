"""How well readers of claims know voices that they have not learnt from: `python -m tests.compliance.evaluate_claims [LANGUAGE …]`.

Files of lines are dealt out in three parts; each part is read by readers that learnt from the others.
With English, of which the network is trained three times, some minutes.
"""

from __future__ import annotations

import sys

import numpy as np

from rmnctl.compliance.claims import LANGUAGES, PLAIN, SURE, ClaimReader
from rmnctl.compliance.claims.reader import WITH_NETWORK
from rmnctl.federation import ensure_base
from rmnctl.federation.models import load_models
from rmnctl.federation.word_vectors import KnownWords, known_words
from rmnctl.workflows.claims import fit
from rmnctl.workflows.claims_lines import SHOP, Line, labelled_claims
from rmnctl.workflows.claims_network import MODELS, fit_network

PARTS = 3
#: Shares of plain lines that are asked about, at which the claims found are told.
ALARMS = (0.01, 0.015, 0.02, 0.03)


def _readers(lines: list[Line], known: KnownWords | None) -> dict[str, ClaimReader]:
    grams = ClaimReader(fit(lines), None)
    if known is None:
        return {"runs of words": grams}
    both = ClaimReader(grams.grams, fit_network(lines, known))
    return {"runs of words": grams, "with the network": both}


def main() -> None:
    """Print a table for each language."""
    for language in sys.argv[1:] or LANGUAGES:
        known = known_words(ensure_base(load_models(MODELS))) if language in WITH_NETWORK else None
        lines = labelled_claims(language)
        voices = sorted({line.file for line in lines if line.file.startswith(SHOP)})
        told: dict[str, list[tuple[float, bool]]] = {}
        for part in range(PARTS):
            left = set(voices[part::PARTS])
            readers = _readers([x for x in lines if x.file not in left], known)
            for name, reader in readers.items():
                told.setdefault(name, []).extend(
                    (reader.probability(x.text), x.claim) for x in lines if x.file in left
                )
        for name, pairs in told.items():
            _print(f"{language}, {name}", pairs)


def _print(name: str, pairs: list[tuple[float, bool]]) -> None:
    probable = np.array([p for p, _ in pairs])
    claim = np.array([c for _, c in pairs])
    plain = np.sort(probable[~claim])[::-1]
    found = (
        f"{np.mean(probable[claim] > plain[int(len(plain) * a)]):.2f} at {a:.1%}" for a in ALARMS
    )
    print(f"{name}: {len(pairs)} lines of others; claims found at alarms: {', '.join(found)}")  # noqa: T201
    print(  # noqa: T201
        f"  from {SURE} on: {np.mean(probable[claim] >= SURE):.2f} of claims, "
        f"{np.mean(plain >= SURE):.3f} of plain lines; below {PLAIN}: "
        f"{np.mean(probable[claim] < PLAIN):.3f} of claims, {np.mean(plain < PLAIN):.2f} of plain lines"
    )


if __name__ == "__main__":
    main()

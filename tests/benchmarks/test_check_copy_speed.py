"""How long ten thousand copies take."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from rmnctl.compliance import Copy, Engine, parse_line
from tests.compliance.recombined import labelled_copies, recombined

COPIES = 10_000
SEED = 7


def _repeated() -> list[dict[str, Any]]:
    rows = labelled_copies("dev")
    return [rows[i % len(rows)] | {"id": i} for i in range(COPIES)]


CASES = {
    "repeated": _repeated,
    "distinct": lambda: [r | {"copy": f"{r['copy']} no {r['id']}"} for r in _repeated()],
    "recombined": lambda: recombined(COPIES, SEED),
}


@pytest.mark.bench
@pytest.mark.parametrize("case", CASES)
def test_ten_thousand_copies(case: str) -> None:
    """Start, reading and checking in processor time, beside reading the same lines as JSON.

    Repeated: the copies of one labelled set over and over, as when one text serves many products.
    Distinct: the same, each with a number of its own. Recombined: halves of copies of all labelled
    sets put together anew, no two alike.
    """
    lines = [json.dumps(row) for row in CASES[case]()]
    started = time.process_time()
    for line in lines:
        json.loads(line)
    reading = time.process_time() - started
    started = time.process_time()
    engine = Engine.load()
    copies = [parse_line(line) for line in lines]
    checked = engine.check_all(c for c in copies if isinstance(c, Copy))
    taken = time.process_time() - started
    print(f"\n{COPIES} copies in {taken:.2f} s, {taken / reading:.0f} x json.loads")  # noqa: T201
    assert len(checked) == COPIES

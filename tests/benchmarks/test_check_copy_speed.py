"""How long ten thousand copies take."""

from __future__ import annotations

import json
import os
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
    """Start, reading and checking in time by the clock and of all processors, beside JSON alone.

    Repeated: the copies of one labelled set over and over, as when one text serves many products.
    Distinct: the same, each with a number of its own. Recombined: halves of copies of all labelled
    sets put together anew, no two alike.
    """
    lines = [json.dumps(row) for row in CASES[case]()]
    started = time.process_time()
    for line in lines:
        json.loads(line)
    reading = time.process_time() - started
    before = _seconds()
    engine = Engine.load()
    copies = [parse_line(line) for line in lines]
    checked = engine.check_all(c for c in copies if isinstance(c, Copy))
    wall, own, all_ = (now - then for now, then in zip(_seconds(), before, strict=True))
    print(  # noqa: T201
        f"\n{case}: {COPIES} copies in {wall:.2f} s; {all_:.2f} s of processors, {own:.2f} s of them "
        f"in this process; {all_ / reading:.0f} x json.loads"
    )
    assert len(checked) == COPIES


def _seconds() -> tuple[float, float, float]:
    """The clock, the processor time of this process, and that with the processes it waited for."""
    spent = os.times()
    own = spent.user + spent.system
    return time.perf_counter(), own, own + spent.children_user + spent.children_system

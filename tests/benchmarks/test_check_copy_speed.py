"""How long ten thousand copies take."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from rmnctl.compliance import Copy, Engine, parse_line

COPIES = 10_000
LABELLED = Path(__file__).parent.parent / "compliance" / "labelled_dev.jsonl"


@pytest.mark.bench
def test_ten_thousand_copies() -> None:
    """Checked in memory, patterns and all; the time beside reading the same lines as JSON."""
    rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        del row["expected"]
    lines = [json.dumps(rows[i % len(rows)] | {"id": i}) for i in range(COPIES)]
    started = time.perf_counter()
    for line in lines:
        json.loads(line)
    reading = time.perf_counter() - started
    engine = Engine.load()
    started = time.perf_counter()
    copies = [parse_line(line) for line in lines]
    checked = engine.check_all(c for c in copies if isinstance(c, Copy))
    taken = time.perf_counter() - started
    print(f"\n{COPIES} copies in {taken:.2f} s, {taken / reading:.0f} x json.loads")  # noqa: T201
    assert len(checked) == COPIES

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
@pytest.mark.parametrize("distinct", [False, True], ids=["repeated", "distinct"])
def test_ten_thousand_copies(distinct: bool) -> None:
    """Start, reading and checking in processor time, beside reading the same lines as JSON.

    Repeated: the labelled copies over and over, as when one text serves many products.
    Distinct: no two alike.
    """
    rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        del row["expected"]
    lines = []
    for i in range(COPIES):
        row = rows[i % len(rows)]
        words = f"{row['copy']} no {i}" if distinct else row["copy"]
        lines.append(json.dumps(row | {"id": i, "copy": words}))
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

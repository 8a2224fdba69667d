"""Ten million events: time and memory of a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import resource, sys, time
from pathlib import Path
from rmnctl import tables
from rmnctl.config import load_config
from rmnctl.market import MarketConfig, build_catalogue, draw_world
from rmnctl.market.events import COLUMNS, event_batches
config = load_config(MarketConfig, Path(sys.argv[1])).model
started = time.perf_counter()
world = draw_world(config, build_catalogue(config))
drawn = time.perf_counter()
rows = sum(
    tables.write_batches(Path(sys.argv[2]) / f"{r}.parquet", COLUMNS, event_batches(world, r))
    for r in config.retailers
)
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(rows, drawn - started, done - drawn, peak)
"""


@pytest.mark.slow
@pytest.mark.bench
def test_ten_million_events_take_less_than_a_minute_and_a_gigabyte(tmp_path):
    """The large preset streams to Parquet in bounded time and memory."""
    preset = Path(__file__).parents[2] / "configs" / "market" / "large.yaml"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(preset), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows, world, stream, peak = (float(n) for n in done.stdout.split())
    print(  # noqa: T201
        f"\n{rows:,.0f} events: world {world:.1f} s, stream {stream:.1f} s, peak {peak:.0f} MB"
    )
    assert rows == 10_000_000
    assert world + stream < 60
    assert peak < 1024

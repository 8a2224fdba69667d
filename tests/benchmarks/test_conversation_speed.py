"""How long it takes from a brief to its decision record on the default market."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from rmnctl.cli import main
from rmnctl.config import Settings, load_config
from rmnctl.workflows.converse import ConverseConfig, converse
from rmnctl.workflows.planning_config import PlanConfig

REPEATS = int(os.environ.get("RMNCTL_BENCH_REPEATS", "3"))
BRIEF = "Spend $40k on alpha and beta for Brand X, video at most 15%, at least 5% for testing."


def _command(*arguments: str) -> None:
    with pytest.raises(SystemExit) as left:
        main([*arguments, "-q"])
    assert left.value.code == 0


@pytest.mark.bench
@pytest.mark.slow
def test_a_conversation_takes_less_than_30_seconds_of_cpu(tmp_path) -> None:
    """Median CPU time of all cores together: two clean rooms, 1,000 cells, brief to record."""
    runs = str(tmp_path / "runs")
    _command("simulate", "-c", "configs/market/default.yaml", "--runs", runs)
    for retailer in ("alpha", "beta"):
        _command(
            "cleanroom", "release", "--policy", f"configs/cleanroom/{retailer}.yaml",
            "--events", f"latest:simulate:events_{retailer}.parquet",
            "--catalogue", "latest:simulate:catalogue.parquet", "--runs", runs,
        )  # fmt: skip
    plan = load_config(PlanConfig, Path("configs/plan/clean_room.yaml")).model
    config = ConverseConfig(brief=BRIEF, plan=plan)
    taken, walls = [], []
    for _ in range(REPEATS):
        cpu, wall = time.process_time(), time.perf_counter()
        done = converse(config, Settings(runs=tmp_path / "runs"))
        taken.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
        assert done.reflected.record.confidence.folds == 8
    middle = sorted(taken)[len(taken) // 2]
    print(  # noqa: T201
        f"\nbrief to decision record: {middle:.1f} s CPU (median of {REPEATS}), "
        f"{min(walls):.1f} s on the clock at best; "
        + ", ".join(f"{agent} {ms / 1000:.1f} s" for agent, ms in done.ms.items())
    )
    assert middle < 30

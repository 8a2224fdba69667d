"""What a world of the default comparison costs, in processor seconds."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from rmnctl.comparison import CompareConfig, play_world
from rmnctl.config import Settings, load_config
from rmnctl.workflows.compare_inputs import open_inputs

pytestmark = pytest.mark.bench


def test_worlds_of_the_default_market(tmp_path) -> None:
    """Prints seconds a world, all plays and arms alone, and what 200 worlds take on two cores.

    Goals on two idle cores: 30 minutes with Shapley values, 8 without.
    """
    config = load_config(CompareConfig, Path("configs/compare/default.yaml")).model
    study = open_inputs(config, Settings(runs=tmp_path)).study
    arms = tuple(p for p in study.plays if p.name in config.arms)
    play_world(replace(study, plays=arms[:1]), 1)  # imports and first use
    minutes = {}
    for name, plays in (("all plays", study.plays), ("arms alone", arms)):
        spent = []
        for seed in (2, 3, 4):
            start = time.process_time()
            play_world(replace(study, plays=plays), seed)
            spent.append(time.process_time() - start)
        minutes[name] = sorted(spent)[1] * 200 / 2 / 60
        print(  # noqa: T201
            f"{name} ({len(plays)} plans): {sorted(spent)[1]:.1f} processor seconds a world, "
            f"200 worlds on two cores {minutes[name]:.1f} minutes"
        )
    assert minutes["all plays"] < 30
    assert minutes["arms alone"] < 8

"""A training that was stopped goes on where it was, to the very same adapter."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _start(place, *arguments):
    environment = os.environ | {"RMNCTL_CACHE": str(place.folder / "cache")}
    return subprocess.Popen(
        [sys.executable, "-m", "rmnctl", "train-adapter", *map(str, arguments), "--runs",
         str(place.settings.runs)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _steps(place) -> int:
    """The newest step in any log."""
    found = [0]
    for path in place.settings.runs.glob("*/log.jsonl"):
        found += [json.loads(x).get("step", 0) for x in path.read_text().splitlines()]
    return max(found)


def _stop_at(place, process, step, number):
    while _steps(place) < step and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    return process.communicate(timeout=120)


LONG = {"optimiser__max_steps": 60, "eval__every_steps": 10, "lora__dropout": 0.1}


@pytest.fixture
def whole(place):
    """The bytes of the adapter where nobody stops the training."""
    place.train(**LONG)
    bytes_ = place.weights()
    shutil.rmtree(place.adapter)
    shutil.rmtree(place.settings.runs)
    return bytes_


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_bytes(place, whole):
    """Order of rows, dropout, optimiser and schedule are those of a training never killed."""
    process = _start(place, "-c", place.write(**LONG))
    _stop_at(place, process, 20, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (place.adapter / "card.json").exists()
    resumed = _start(place, "--resume", "latest", "--json")
    out, err = resumed.communicate(timeout=240)
    assert resumed.returncode == 0, err
    assert place.weights() == whole
    document = json.loads(out)
    lines = (Path(document["run_dir"]) / "metrics.jsonl").read_text().splitlines()
    steps = [json.loads(x)["step"] for x in lines if "eval_loss" in x]
    assert steps == list(range(10, 61, 10))


@pytest.mark.slow
def test_ctrl_c_keeps_the_step_at_hand_and_says_how_to_go_on(place, whole):
    """Exit code 130, a hint with the run, and the same bytes in the end."""
    process = _start(place, "-c", place.write(**LONG))
    _, err = _stop_at(place, process, 20, signal.SIGINT)
    assert process.returncode == 130
    (folder,) = place.settings.runs.glob("2*-train-adapter-*")
    assert json.loads((folder / "manifest.json").read_text())["status"] == "failed"
    assert f"--resume {folder.name}" in err
    assert not (place.adapter / "card.json").exists()
    resumed = _start(place, "--resume", folder.name)
    resumed.communicate(timeout=240)
    assert resumed.returncode == 0
    assert place.weights() == whole


def test_what_cannot_be_resumed_says_why(place):
    """No such run, a complete run, or a configuration beside it."""

    def fails(*arguments):
        process = _start(place, *arguments)
        _, err = process.communicate(timeout=120)
        return process.returncode, err

    assert fails("--resume", "latest")[0] == 3
    run = place.train().run.run_id
    code, err = fails("--resume", run)
    assert (code, "is complete" in err) == (3, True)
    assert fails("--resume", run, "-c", place.path)[0] == 2

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmnctl.cli import main


@pytest.fixture(scope="session")
def planned(tmp_path_factory) -> Path:
    """A runs folder with a small market and a plan from full data."""
    folder = tmp_path_factory.mktemp("agents") / "runs"
    commands = [
        ["simulate", "-q", "-c", "configs/market/default.yaml", "--set", "skus=12",
         "--set", "history_days=126"],
        ["plan", "-q", "-c", "configs/plan/full_data.yaml",
         "--set", "request=configs/requests/demo.yaml"],
    ]  # fmt: skip
    for command in commands:
        with pytest.raises(SystemExit) as left:
            main([*command, "--runs", str(folder)])
        assert left.value.code == 0
    return folder


@pytest.fixture
def command(capsys):
    """Run a command in a runs folder; (exit code, result, stderr)."""

    def run(folder, *arguments):
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--runs", str(folder), "--json"])
        shown = capsys.readouterr()
        return left.value.code, json.loads(shown.out)["result"] if shown.out else None, shown.err

    return run

"""What briefs are read with, and a plan that agents look at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmnctl.agents.briefs import understand
from rmnctl.cli import main
from rmnctl.compliance import Engine
from rmnctl.workflows.briefs import load_vocabulary


@pytest.fixture(scope="session")
def engine():
    """The shipped rules."""
    return Engine.load()


@pytest.fixture(scope="session")
def vocabulary():
    """The names of the default market."""
    return load_vocabulary()[1]


@pytest.fixture
def read(vocabulary):
    """What becomes of one brief, by rules alone."""
    return lambda brief: understand([brief], vocabulary)[0]


@pytest.fixture
def asked(read):
    """Fields of the request of a brief that differ from their defaults, limits by id."""

    def asked(brief):
        got = read(brief)
        assert got.problem is None, got.problem
        request = got.request.model_dump(mode="json", exclude_defaults=True)
        if "limits" in request:
            request["limits"] = {
                x.id: x.model_dump(mode="json", exclude_none=True, exclude={"scope", "id"})
                for x in got.request.limits
            }
        return request

    return asked


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

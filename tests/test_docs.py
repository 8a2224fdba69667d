"""Documents say what the code does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def _commands(page: str) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page, flags=re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_generated_documents_are_as_the_code_says() -> None:
    """docs/cli.md and docs/schemas/ equal what `make docs` would write."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs", "check"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
def test_the_story_in_the_readme_runs(tmp_path: Path) -> None:
    """Every `$ rmnctl` command of the README works, in the order in which it stands there."""
    commands = [c for c in _commands((ROOT / "README.md").read_text()) if c.startswith("rmnctl")]
    assert len(commands) >= 5
    environment = os.environ | {
        "RMNCTL_RUNS": str(tmp_path / "runs"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    for command in commands:
        done = subprocess.run(
            command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"

"""Documents say what the code does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def _commands(page: str) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page.replace("\\\n", " "), flags=re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_generated_documents_are_as_the_code_says() -> None:
    """docs/cli.md, docs/api.md and docs/schemas/ equal what `make docs` would write."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs", "check"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    "page", ["README.md", *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_every_command_in_the_documents_is_one(page: str) -> None:
    """Each `$ rmnctl …` line names a command that exists, with options and arguments it takes."""
    from rmnctl.cli.app import command_tree

    for line in _commands((ROOT / page).read_text(encoding="utf-8")):
        words = shlex.split(re.split(r" [#>|]", line)[0])
        if words[0] != "rmnctl":
            continue
        command, words = command_tree(), words[1:]
        while hasattr(command, "commands"):
            assert words[0] in command.commands, line
            command, words = command.commands[words[0]], words[1:]
        # Parses the words and runs nothing.
        command.make_context(command.name, words)


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

"""The house keeps its measures."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

import rmnctl

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "rmnctl").rglob("*.py"))


def _tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [ROOT / name for name in done.stdout.splitlines()]


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_stay_small_and_explained(module: Path) -> None:
    """A module has at most 400 lines, a function 60, and what is public a docstring."""
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or module.name == "__init__.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not isinstance(node, ast.ClassDef):
                assert (node.end_lineno or 0) - node.lineno + 1 <= 60, node.name
            if not node.name.startswith("_") and node in tree.body:
                assert ast.get_docstring(node), node.name


def test_the_front_door_opens_on_every_name() -> None:
    """Every name of rmnctl.__all__ resolves, though nothing heavy is loaded before."""
    assert all(getattr(rmnctl, name) is not None for name in rmnctl.__all__)


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    """Tracked text mentions no absolute path below a home or work folder."""
    paths = tuple("/" + name + "/" for name in ("work", "root", "home"))
    found = [
        path.name
        for path in _tracked()
        if path.is_file()
        and path.suffix in {".py", ".md", ".yaml", ".toml", ".txt"}
        and any(p in path.read_text(encoding="utf-8", errors="ignore") for p in paths)
    ]
    assert found == []


def test_every_test_says_in_a_sentence_what_behaviour_it_shows() -> None:
    """A test function has a docstring."""
    silent = [
        f"{path.name}:{node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []

"""The commands as a user meets them, in processes of their own."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rmnctl.cli.app import command_tree
from rmnctl.errors import RunError
from rmnctl.runs import Manifest, Status, resolve

ROOT = Path(__file__).parent.parent
MARKET = "configs/market/seed.yaml"


def call(*arguments: str, runs: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run rmnctl in the repository's folder, writing runs elsewhere."""
    environment = os.environ | ({"RMNCTL_RUNS": str(runs)} if runs else {})
    return subprocess.run(
        [sys.executable, "-m", "rmnctl", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a simulated market and its harmonised reports."""
    runs = tmp_path_factory.mktemp("story") / "runs"
    assert call("simulate", "-c", MARKET, runs=runs).returncode == 0
    assert call("harmonize", "-c", "configs/harmonize/demo.yaml", runs=runs).returncode == 0
    return runs


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from _commands(child, (*path, name))


@pytest.mark.parametrize("path", [path for path, _ in _commands(command_tree())])
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    """--help of every command exits 0 and shows at least two examples."""
    done = call(*path, "--help")
    assert done.returncode == 0
    assert done.stdout.count(f"rmnctl {' '.join(path)}") >= 3


def test_rmnctl_alone_shows_help() -> None:
    """Without arguments the help is printed and the exit code is 0."""
    done = call()
    assert (done.returncode, "Commands:" in done.stdout) == (0, True)


def test_help_loads_nothing_heavy_and_is_fast() -> None:
    """--help loads no engine and no model library, and takes less than 300 ms."""
    heavy = ("torch", "transformers", "peft", "trl", "bitsandbytes", "numpy", "pyarrow", "duckdb")
    code = (
        "import sys\nfrom rmnctl.cli import main\ntry:\n    main(['--help'])\n"
        f"except SystemExit:\n    print([m for m in {heavy!r} if m in sys.modules])"
    )
    # As a user runs it: whoever measures the tests does not get to slow this down.
    plain = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    # Processor time, the least of several runs: other tests share the machine meanwhile.
    times = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=plain
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert done.stdout.rstrip().endswith("[]")
    assert min(times) < 0.3


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "list"),
        ("runs", "show", "latest:harmonize"),
        ("runs", "verify"),
        ("runs", "diff", "latest:simulate", "latest:harmonize"),
        ("runs", "prune", "--dry-run"),
        ("report",),
        ("config", "show"),
        ("config", "show", "--schemas"),
        ("doctor",),
        ("simulate", "-c", MARKET, "--dry-run"),
        ("harmonize", "-c", "configs/harmonize/demo.yaml", "--dry-run"),
    ],
)
def test_json_is_one_document_and_nothing_else(arguments: tuple[str, ...], story: Path) -> None:
    """--json prints one result document on stdout, without colour, and says nothing on stderr."""
    done = call(*arguments, "--json", runs=story)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["schema"] == "rmnctl/result/v1"
    assert "\x1b" not in done.stdout


def test_a_proposal_is_made_and_refused_until_accepted(story: Path, tmp_path: Path) -> None:
    """propose-mapping drafts a mapping; harmonize refuses it while it is only proposed."""
    report = next(story.glob("*-simulate-*")) / "export_alpha_console.csv"
    draft = tmp_path / "draft.yaml"
    done = call("propose-mapping", str(report), "-o", str(draft), "--json", runs=story)
    found = {c["field"]: c["source"] for c in json.loads(done.stdout)["result"]["columns"]}
    assert (found["cost"], found["clicks"]) == ("Spend", "Clicks")
    config = tmp_path / "config.yaml"
    entry = {"path": str(report), "mapping": str(draft), "retailer_id": "alpha", "currency": "USD"}
    config.write_text(json.dumps({"schema": "rmnctl/harmonize/v1", "inputs": [entry]}))
    refused = call("harmonize", "-c", str(config), runs=story)
    assert (refused.returncode, "only proposed" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (None, "missing.csv", 3),
        (b"", "empty.csv", 3),
        (b"\x00\x01\x02binary", "binary.csv", 3),
        (b"PK\x03\x04xlsx", "book.csv", 3),
        (b"\x1f\x8b\x08\x00cut", "cut.csv.gz", 3),
        (b"only one column\n1\n", "one.csv", 3),
        (b"Secret,Other\n77123,5\n", "other.csv", 3),
    ],
)
def test_bad_files_are_explained(
    content: bytes | None, name: str, code: int, tmp_path: Path
) -> None:
    """A file that is no report gets a message naming it, the documented code, and no traceback."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    entry = {"path": str(path), "mapping": "simulated.console_csv", "retailer_id": "alpha"}
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"schema": "rmnctl/harmonize/v1", "inputs": [entry]}))
    done = call("harmonize", "-c", str(config), "--json", runs=tmp_path / "runs")
    assert (done.returncode, done.stdout) == (code, "")
    error = json.loads(done.stderr)
    assert error["schema"] == "rmnctl/error/v1"
    assert name in error["message"]
    assert "77123" not in done.stderr


@pytest.mark.parametrize(
    "document",
    [
        '{"schema": "rmnctl/harmonize/v1", "inputz": []}',
        "a: 1\na: 2\n",
        "{schema: rmnctl/harmonize/v1, retailers: [a], inputs: [{path: x, retailer_id: b}]}",
    ],
)
def test_bad_configurations_are_explained(document: str, tmp_path: Path) -> None:
    """An unknown key, a repeated key and an unknown retailer are configuration errors, code 2."""
    path = tmp_path / "config.yaml"
    path.write_text(document)
    done = call("harmonize", "-c", str(path), runs=tmp_path)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)


def test_equal_runs_differ_only_in_what_is_volatile(story: Path) -> None:
    """Running the same configuration again gives the same bytes; only id and execution differ."""
    first = resolve(story, "latest:harmonize")[1].plain()
    assert call("harmonize", "-c", "configs/harmonize/demo.yaml", runs=story).returncode == 0
    second = resolve(story, "latest:harmonize")[1].plain()
    volatile = ("run_id", "execution")
    assert {k: v for k, v in first.items() if k not in volatile} == {
        k: v for k, v in second.items() if k not in volatile
    }
    assert call("runs", "verify", runs=story).returncode == 0


def test_altered_artifacts_are_found_and_refused(tmp_path: Path) -> None:
    """A changed byte is reported by verify and refused by the next command."""
    assert call("simulate", "-c", MARKET, runs=tmp_path).returncode == 0
    folder, _ = resolve(tmp_path, "latest")
    report = folder / "export_alpha_console.csv"
    report.write_bytes(report.read_bytes() + b"x")
    assert call("runs", "verify", runs=tmp_path).returncode == 5
    refused = call("harmonize", "-c", "configs/harmonize/demo.yaml", runs=tmp_path)
    assert (refused.returncode, "altered" in refused.stderr) == (3, True)


@pytest.mark.parametrize("after", [0.4, 0.8, 1.2, 1.6])
def test_a_killed_run_is_never_accepted(after: float, tmp_path: Path) -> None:
    """After kill -9 no later command takes the half-written run, and the next run works."""
    child = subprocess.Popen(
        [sys.executable, "-m", "rmnctl", "simulate", "-c", MARKET, "--runs", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    child.send_signal(signal.SIGKILL)
    child.wait()
    halves = [p for p in tmp_path.glob("*-simulate-*") if (p / "manifest.json").is_file()]
    for folder in halves:
        if Manifest.read(folder).status is not Status.COMPLETE:
            with pytest.raises(RunError):
                resolve(tmp_path, folder.name)
    assert call("simulate", "-c", MARKET, runs=tmp_path).returncode == 0
    assert resolve(tmp_path, "latest")[1].status is Status.COMPLETE


SWALLOWED = """
import sys, time
from rmnctl.cli.shell import guarded

class Late:
    def __del__(self):
        raise KeyboardInterrupt

def call():
    late = Late()
    del late
    for _ in range(600):
        time.sleep(0.1)

sys.exit(guarded(call, []))
"""


def test_an_interrupt_that_python_swallows_comes_again() -> None:
    """An interrupt in a destructor still ends the command, with 130 and no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=False,
        # Where interrupts are ignored, as in a shell's background jobs, none can come again.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (130, False)


def test_ctrl_c_ends_quietly(tmp_path: Path) -> None:
    """An interrupt exits with 130 and shows no traceback."""
    child = subprocess.Popen(
        [sys.executable, "-m", "rmnctl", "simulate", "--runs", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs, and so a pipeline's, begin with interrupts ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    # Not while modules load: a library's import may swallow what is raised inside it.
    while child.poll() is None and not list(tmp_path.glob("*-simulate-*/manifest.json")):
        time.sleep(0.02)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    _, talk = child.communicate(timeout=60)
    assert (child.returncode, "Traceback" in talk) == (130, False)

"""Several processes find what one finds, and end as one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rmnctl.compliance import Copy, Engine, Finding, workers
from rmnctl.compliance.judge import Judge
from rmnctl.compliance.shares import shares
from rmnctl.compliance.workers import judged, usual_workers, workers_for
from rmnctl.errors import Failure, InputError
from tests.compliance.recombined import labelled_copies, recombined

ROOT = Path(__file__).parent.parent.parent
forks = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


def _alone(case: str) -> None:
    """Run a function of this module in a process without threads, as a command has; it asserts."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"from {__name__} import {case}; {case}()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def _engine() -> Engine:
    return Engine.load(ROOT / "configs" / "compliance")


def _copies() -> list[Copy]:
    """Labelled and recombined copies, some of them twice."""
    rows = [*labelled_copies()[::25], *recombined(200, seed=11)]
    return [Copy.model_validate(row) for row in [*rows, *rows[::7]]]


@forks
def test_processes_find_what_one_finds() -> None:
    """Verdicts and findings are the same with two and three, in the order of the copies."""
    _alone("_same_findings")


def _same_findings() -> None:
    engine, copies = _engine(), _copies()
    expected = [engine.check(copy) for copy in copies]
    assert any(one.findings for one in expected)
    workers.MIN_COPIES = 10
    for number in (2, 3):
        assert workers_for(len(copies), number) == number
        assert engine.check_all(copies, number) == expected


@pytest.mark.parametrize("number", [1, 2, 3, 200])
def test_every_rule_is_dealt_once(number: int, engine: Engine) -> None:
    """Shares hold all rules together, none twice, each share in the order of the packs."""
    rules = list(engine.rules())
    dealt = shares(rules, number, engine.vocabulary.words.macros)
    assert len(dealt) == number
    places = [[rules.index(rule) for rule in share] for share in dealt]
    assert sorted(at for share in places for at in share) == list(range(len(rules)))
    assert places == [sorted(share) for share in places]


class _Raises(Judge):
    """A judge that meets a fault in every copy."""

    def findings(self, copy: Copy) -> tuple[Finding, ...]:
        """Raise an error of rmnctl."""
        raise InputError(f"{copy.element} cannot be read.", hint="Write it anew.")


class _Dies(Judge):
    """A judge whose process is ended from outside."""

    def findings(self, copy: Copy) -> tuple[Finding, ...]:
        """End this process, unless it is the first."""
        os._exit(9 if copy else 1)


def _beside(kind: type[Judge]) -> list[Judge]:
    """A judge that works, and one of a kind."""
    engine = _engine()
    rules = list(engine.rules("kroger_email"))
    return [k(rules, engine.vocabulary, engine.coverage) for k in (Judge, kind)]


@forks
def test_an_error_of_another_process_is_raised_here() -> None:
    """It is the same error, with its message and hint."""
    _alone("_error_there")


def _error_there() -> None:
    copies = _copies()
    with pytest.raises(InputError, match=f"^{copies[0].element} cannot be read") as raised:
        judged(_beside(_Raises), copies[:50])
    assert raised.value.hint == "Write it anew."


@forks
def test_an_error_here_ends_the_others() -> None:
    """What the first process raises comes out, and no other process goes on."""
    _alone("_error_here")


def _error_here() -> None:
    with pytest.raises(InputError):
        judged(_beside(_Raises)[::-1], _copies()[:50])
    assert not _children(os.getpid())


@forks
def test_a_process_that_dies_is_a_failure() -> None:
    """Nothing is said about copies of which only some rules have been heard."""
    _alone("_death")


def _death() -> None:
    with pytest.raises(Failure, match="died"):
        judged(_beside(_Dies), _copies()[:50])


def test_few_copies_are_judged_by_one_process() -> None:
    """Whatever is asked for."""
    assert workers_for(workers.MIN_COPIES - 1, 4) == 1


@forks
def test_one_core_is_one_process() -> None:
    """A process that may use one core only forks no other."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert usual_workers() == 1
        assert workers_for(10**6) == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_nothing_is_forked_beside_a_thread() -> None:
    """A fork would take over its locks and not itself."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert workers_for(10**6, 4) == 1
    finally:
        done.set()
        thread.join()


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in listed.read_text().split()]


@forks
def test_ctrl_c_ends_all_processes(tmp_path: Path) -> None:
    """The command ends with its code, without a traceback, and leaves nobody behind."""
    path = tmp_path / "copies.jsonl"
    rows = recombined(2_000, seed=5)
    many = [row | {"copy": f"{row['copy']} no {n}"} for n in range(10) for row in rows]
    path.write_text("\n".join(map(json.dumps, many)), encoding="utf-8")
    started = subprocess.Popen(
        [sys.executable, "-c", _TWO_WORKERS, str(path)],
        cwd=ROOT,
        env=os.environ | {"RMNCTL_RUNS": str(tmp_path / "runs")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while started.poll() is None and not (children := _children(started.pid)):
        time.sleep(0.02)
    time.sleep(0.2)
    os.killpg(started.pid, signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "Traceback" not in said
    assert not any(Path(f"/proc/{child}").exists() for child in children)


#: The command with two processes, however many cores this machine has; heard, even where tests run
#: in a shell's background, which ignores Ctrl-C.
_TWO_WORKERS = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from rmnctl.cli.app import main
from rmnctl.workflows import check_copy

check_copy.usual_workers = lambda: 2
sys.argv = ["rmnctl", "check-copy", sys.argv[1]]
sys.exit(main())
"""

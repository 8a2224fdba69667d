"""Several processes judge the same copies, each by its share of the rules."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from rmnctl.compliance.facts import Copy
from rmnctl.compliance.judge import Judge, in_order
from rmnctl.compliance.verdict import Finding
from rmnctl.errors import Failure
from rmnctl.processes import end_with_parent

#: Fewer copies are judged sooner by one process than several are ready.
MIN_COPIES = 2_000
#: More shares than this bring little: some rules are long, and every copy is read by all.
MAX_WORKERS = 4
#: Copies between two looks at whether to stop.
_CHUNK = 50


def usual_workers() -> int:
    """One process a core that this one may use, four at most."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(free or 1, MAX_WORKERS)


def workers_for(copies: int, asked: int | None = None) -> int:
    """How many processes judge so many copies.

    Args:
        copies: Distinct copies.
        asked: How many, if there is work for them; None for the usual number.

    Returns:
        1 for few copies, and where processes cannot be forked safely: on macOS and Windows, beside
        threads, and in a process that may have none itself.
    """
    return (asked or usual_workers()) if copies >= MIN_COPIES and _may_fork() else 1


def _may_fork() -> bool:
    if sys.platform == "darwin" or "fork" not in multiprocessing.get_all_start_methods():
        return False
    if multiprocessing.current_process().daemon:
        return False
    # A fork takes no other thread along, but the locks that it holds. Libraries have threads, too.
    tasks = Path("/proc/self/task")
    return (len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()) == 1


def judged(judges: Sequence[Judge], copies: Sequence[Copy]) -> list[tuple[Finding, ...]]:
    """The findings about copies, as one judge with all the rules has them.

    The first judge works in this process, each other one in a process of its own, forked from this
    one so that nothing need be sent there.

    Raises:
        Failure: A process died.
        Exception: Whatever a judge raises.
    """
    context = multiprocessing.get_context("fork")
    stop, others = context.Event(), len(judges) - 1
    task = _Task(judges, copies, stop)
    with ProcessPoolExecutor(others, context, initializer=_begin, initargs=(task,)) as pool:
        try:
            running = [pool.submit(_found, number) for number in range(1, len(judges))]
            found = [task.found(0), *(future.result() for future in running)]
        except BrokenProcessPool as error:
            raise Failure(
                "A process that checked copies died, most likely for want of memory.",
                hint="Run again with RMNCTL_THREADS=1.",
            ) from error
        finally:
            # Whatever ends this process early ends the others; after the last result it is nothing.
            stop.set()
    return [
        in_order(f for some in parts for f in some) if any(parts[1:]) else parts[0]
        for parts in zip(*found, strict=True)
    ]


@dataclass(frozen=True)
class _Task:
    """What all processes know.

    Attributes:
        judges: One for each process.
        copies: What they judge.
        stop: Set when nobody wants the findings any more.
    """

    judges: Sequence[Judge]
    copies: Sequence[Copy]
    stop: Event

    def found(self, number: int) -> list[tuple[Finding, ...]]:
        """What one judge finds in each copy."""
        findings, made = self.judges[number].findings, list[tuple[Finding, ...]]()
        for start in range(0, len(self.copies), _CHUNK):
            if self.stop.is_set():
                break
            made += [findings(copy) for copy in self.copies[start : start + _CHUNK]]
        return made


#: In a process of its own: its task.
_TASK: list[_Task] = []


def _begin(task: _Task) -> None:
    """Make ready for a share of the work, in its own process."""
    # Who presses Ctrl-C means all of us; the first process hears it and stops the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _TASK[:] = [task]
    end_with_parent()


def _found(number: int) -> list[tuple[Finding, ...]]:
    return _TASK[0].found(number)

"""A workflow of several runs: who waits for whom, each step once, resumed where it was left.

Steps form a graph without cycles and are taken one after another: each uses all cores itself. A
step is kept when it was done before by the same code, on the same configuration, after the same
runs, and its artifacts are still what its manifest says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final, Protocol

from rmnctl.config import fingerprint_of
from rmnctl.errors import ConfigError, Failure, InputError, RunError
from rmnctl.runs import Manifest, Run, resolve, verify_runs
from rmnctl.tables import sha256_file, write_json

STATE_SCHEMA: Final = "rmnctl/workflow/v1"
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Done:
    """A finished step.

    Attributes:
        folder: Of its run; None where a step leaves none.
        manifest: Of its run.
        kept: It was done before, and was not done again.
        left_out: Why it could not be done, where the workflow goes on without it.
    """

    folder: Path | None = None
    manifest: Manifest | None = None
    kept: bool = False
    left_out: str = ""

    @property
    def run_id(self) -> str:
        """Id of its run; empty where a step leaves none."""
        return self.manifest.run_id if self.manifest else ""

    def document(self, name: str) -> Any:
        """The content of a JSON artifact of its run."""
        if self.folder is None:
            raise RunError(f"A step without a run has no artifact {name}.")
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


Finished = Mapping[str, Done]
#: Told how much of a step is done, and of how much.
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Step:
    """One step of a workflow.

    Attributes:
        name: Unique in its workflow.
        title: What it does, for the person who waits.
        work: Does it, given the finished steps and whom to tell how far it is.
        needs: Steps that must be done before.
        key: What decides its result besides code and needed runs, such as its configuration.
        optional: What it needs may be missing on this machine; then it is left out.
    """

    name: str
    title: str
    work: Callable[[Finished, Progress], Run | None]
    needs: tuple[str, ...] = ()
    key: Any = None
    optional: bool = False


class Watcher(Protocol):
    """Whoever wants to know how far a workflow is."""

    def started(self, number: int, count: int, step: Step) -> None:
        """A step begins, or is kept."""

    def progressed(self, done: int, of: int) -> None:
        """A part of the step is done."""

    def finished(self, step: Step, done: Done) -> None:
        """The step is done."""


class Silent:
    """A watcher who says nothing."""

    def started(self, number: int, count: int, step: Step) -> None:
        """Say nothing."""

    def progressed(self, done: int, of: int) -> None:
        """Say nothing."""

    def finished(self, step: Step, done: Done) -> None:
        """Say nothing."""


def ordered(steps: Sequence[Step]) -> list[Step]:
    """The steps so that each stands after what it needs, otherwise as they were given.

    Raises:
        ConfigError: A step needs one that is not there, or they need each other.
    """
    named = {step.name: step for step in steps}
    if len(named) != len(steps):
        raise ConfigError("Two steps of the workflow have one name.")
    for step in steps:
        unknown = [n for n in step.needs if n not in named]
        if unknown:
            raise ConfigError(f"Step {step.name} needs {unknown[0]}, which is no step.")
    sorter = TopologicalSorter({step.name: step.needs for step in steps})
    try:
        sorter.prepare()
    except CycleError as error:
        names = " needs ".join(error.args[1])
        raise ConfigError(f"Steps of the workflow wait for each other: {names}.") from error
    place = {step.name: i for i, step in enumerate(steps)}
    waiting: list[str] = []
    order = []
    while sorter.is_active():
        waiting = sorted([*waiting, *sorter.get_ready()], key=place.__getitem__)
        order.append(named[waiting[0]])
        sorter.done(waiting.pop(0))
    return order


def run_steps(
    steps: Sequence[Step],
    *,
    runs: Path,
    name: str,
    watch: Watcher | None = None,
    fresh: bool = False,
) -> dict[str, Done]:
    """Do what is not done yet.

    Args:
        steps: The workflow.
        runs: Where runs lie; which step is which run is noted below its `.cache`.
        name: Of the workflow; each has notes of its own.
        watch: Told how far it is.
        fresh: Do everything again.

    Raises:
        ConfigError: The steps do not form a workflow.
        RmnctlError: As the step that failed; steps before it stay done.
    """
    watch = watch or Silent()
    order = ordered(steps)
    path = runs / ".cache" / "workflows" / f"{name}.json"
    notes = {} if fresh else _read(path)
    done: dict[str, Done] = {}
    for number, step in enumerate(order, 1):
        watch.started(number, len(order), step)
        key = _key(step, done)
        found = _kept(runs, notes.get(step.name), key)
        if found is None:
            found = _work(step, done, watch.progressed)
            # Noted at once: whoever is interrupted after this step begins after it.
            notes[step.name] = {"key": key, "run_id": found.run_id}
            write_json(path, {"schema": STATE_SCHEMA, "steps": notes})
        done[step.name] = found
        watch.finished(step, found)
    return done


def _work(step: Step, done: Finished, tell: Progress) -> Done:
    try:
        run = step.work(done, tell)
    except (InputError, Failure) as error:
        if not step.optional:
            raise
        return Done(left_out=error.message)
    return Done() if run is None else Done(run.folder, run.manifest)


def _key(step: Step, done: Finished) -> str:
    before = [[n, done[n].run_id] for n in step.needs]
    return fingerprint_of({"step": step.name, "key": step.key, "code": _code(), "needs": before})


@cache
def _code() -> str:
    """Whatever changes here may change what a step brings."""
    files = (p for p in _PACKAGE.rglob("*") if p.suffix in {".py", ".css", ".yaml"})
    return files_digest(files)


def files_digest(files: Iterable[Path]) -> str:
    """One digest of many files, of their names and what is in them."""
    return fingerprint_of([[str(p), sha256_file(p)] for p in sorted(files) if p.is_file()])


def _kept(runs: Path, note: Any, key: str) -> Done | None:
    if not isinstance(note, dict) or note.get("key") != key or not note.get("run_id"):
        return None
    try:
        folder, manifest = resolve(runs, str(note["run_id"]))
    except RunError:
        return None
    return None if verify_runs(runs, [manifest]) else Done(folder, manifest, kept=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    good = isinstance(found, dict) and found.get("schema") == STATE_SCHEMA
    return dict(found["steps"]) if good and isinstance(found.get("steps"), dict) else {}

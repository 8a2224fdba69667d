"""Worlds are independent: play them on this machine's cores or on a Ray cluster, once each."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from rmnctl.comparison.play import Study, play_world
from rmnctl.config import canonical_json
from rmnctl.errors import ConfigError, Failure
from rmnctl.processes import end_with_parent
from rmnctl.tables import write_bytes

Executor = Literal["local", "ray"]
#: Told how many worlds are done and how many there are.
Progress = Callable[[int, int], object]
_PACKAGE = Path(__file__).parents[1]
#: Whatever changes here may change what a world brings.
_CODE = ("comparison", "market", "cleanroom", "response", "planning")


@dataclass(frozen=True)
class Crew:
    """Who plays worlds, and where finished ones are kept.

    Attributes:
        cache: Folder of finished worlds; None keeps nothing.
        executor: `local` or `ray`.
        workers: Processes on this machine.
        progress: Told after each world.
    """

    cache: Path | None = None
    executor: Executor = "local"
    workers: int = 1
    progress: Progress | None = None

    def play(self, jobs: Sequence[tuple[Study, int]]) -> list[list[dict[str, Any]]]:
        """Play worlds; the result is in the order of the jobs, whoever plays them.

        Raises:
            ConfigError: Ray is asked for and not installed.
        """
        done: dict[int, list[dict[str, Any]]] = {}
        keys = [_key(study, seed) for study, seed in jobs]
        for number, key in enumerate(keys):
            kept = self._read(key)
            if kept is not None:
                done[number] = kept
        self._tell(len(done), len(jobs))
        open_jobs = [(n, *jobs[n]) for n in range(len(jobs)) if n not in done]
        for number, rows in self._run(open_jobs):
            done[number] = rows
            self._write(keys[number], rows)
            self._tell(len(done), len(jobs))
        return [done[n] for n in range(len(jobs))]

    def _run(
        self, jobs: Sequence[tuple[int, Study, int]]
    ) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        if self.executor == "ray":
            yield from _on_ray(jobs)
        elif self.workers == 1 or len(jobs) < 2:
            for number, study, seed in jobs:
                yield number, play_world(study, seed)
        else:
            yield from _in_processes(jobs, self.workers)

    def _tell(self, done: int, all_: int) -> None:
        if self.progress is not None:
            self.progress(done, all_)

    def _read(self, key: str) -> list[dict[str, Any]] | None:
        if self.cache is None:
            return None
        try:
            found = json.loads((self.cache / key[:2] / f"{key}.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        good = isinstance(found, dict) and found.get("key") == key
        rows: list[dict[str, Any]] | None = found["rows"] if good else None
        return rows

    def _write(self, key: str, rows: list[dict[str, Any]]) -> None:
        if self.cache is not None:
            text = json.dumps({"key": key, "rows": rows}, ensure_ascii=False)
            write_bytes(self.cache / key[:2] / f"{key}.json", text.encode())


def _in_processes(
    jobs: Sequence[tuple[int, Study, int]], workers: int
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Fresh processes, so that nothing of this one's threads and locks is inherited."""
    # Libraries that start a thread a core would fight over the cores with the other processes.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with _pool(min(workers, len(jobs))) as pool:
        running = {pool.submit(play_world, study, seed): n for n, study, seed in jobs}
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        except BrokenProcessPool as error:
            raise Failure(
                "A process that played worlds died, most likely for want of memory.",
                hint="Run again with RMNCTL_THREADS=1; worlds that were finished are kept.",
            ) from error
        finally:
            for future in running:
                future.cancel()


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent)


def _on_ray(jobs: Sequence[tuple[int, Study, int]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """On the cluster that RAY_ADDRESS names, or one started here."""
    try:
        import ray
    except ImportError as error:
        raise ConfigError(
            "--executor ray needs the package ray.", hint="Install the extra: rmnctl[ray]."
        ) from error
    started = not ray.is_initialized()
    if started:
        ray.init(log_to_driver=False, configure_logging=False, include_dashboard=False)
    try:
        task = ray.remote(num_cpus=1)(play_world)
        kept: dict[int, Any] = {}
        waiting = {}
        for number, study, seed in jobs:
            if id(study) not in kept:
                kept[id(study)] = ray.put(study)
            waiting[task.remote(kept[id(study)], seed)] = number
        while waiting:
            (ready,), _ = ray.wait(list(waiting), num_returns=1)
            yield waiting.pop(ready), ray.get(ready)
    finally:
        if started:
            ray.shutdown()


@cache
def _code_digest() -> str:
    digest = hashlib.sha256()
    for package in _CODE:
        for path in sorted((_PACKAGE / package).rglob("*.py")):
            digest.update(path.relative_to(_PACKAGE).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


#: Digest of a study by identity; a comparison has few studies and many worlds.
_STUDIES: dict[int, tuple[Study, str]] = {}


def _study_digest(study: Study) -> str:
    known = _STUDIES.get(id(study))
    if known is not None and known[0] is study:
        return known[1]
    plain = {
        "code": _code_digest(),
        # The catalogue's own world seed plays no part in worlds that are drawn by seed.
        "market": study.market.plain() | {"world_seed": 0},
        "request": study.request.plain(),
        "policies": [p.plain() for p in study.policies],
        "plays": [[p.name, p.source, p.view, p.objective] for p in study.plays],
        "views": {name: view.to_pydict() for name, view in sorted(study.views.items())},
        "seed": study.seed,
    }
    digest = hashlib.sha256(canonical_json(plain).encode()).hexdigest()
    _STUDIES[id(study)] = (study, digest)
    return digest


def _key(study: Study, seed: int) -> str:
    return hashlib.sha256(f"{_study_digest(study)}:{seed}".encode()).hexdigest()

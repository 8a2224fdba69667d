"""Clearing run folders that nobody needs any more."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from rmnctl.errors import Failure
from rmnctl.runs.manifest import Status
from rmnctl.runs.store import list_runs


def superfluous(runs: Path, keep: int, spare: Collection[str] = ()) -> list[str]:
    """Ids of failed runs and of complete ones beyond the newest `keep` of each verb.

    A run that a kept run read from is kept too, so that lineage stays whole; so are the runs
    to `spare`.
    """
    seen: Counter[str] = Counter()
    needed = set(spare)
    going: list[str] = []
    for manifest in list_runs(runs):
        if manifest.status is Status.RUNNING:
            continue
        seen[manifest.verb] += manifest.status is Status.COMPLETE
        fresh = manifest.status is Status.COMPLETE and seen[manifest.verb] <= keep
        if fresh or manifest.run_id in needed:
            needed.update(i.run_id for i in manifest.inputs if i.run_id)
        else:
            going.append(manifest.run_id)
    return going


def delete(runs: Path, run_ids: Sequence[str]) -> None:
    """Delete these run folders.

    Raises:
        Failure: A folder cannot be deleted; those before it are gone.
    """
    for run_id in run_ids:
        try:
            shutil.rmtree(runs / run_id)
        except OSError as error:
            raise Failure(
                f"Cannot delete {runs / run_id}: {error.strerror}.",
                hint="Check who owns it, then run `rmnctl runs prune` again.",
            ) from error

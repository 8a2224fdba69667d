from __future__ import annotations

import shutil

import pytest

from rmnctl.errors import Failure
from rmnctl.runs import artifact_input, list_runs
from rmnctl.runs.prune import delete, superfluous


def there(house):
    """Names of everything in the folder of runs."""
    return {p.name for p in house.runs.iterdir()}


def test_failed_runs_and_all_but_the_newest_of_each_verb_go(house):
    """Two are kept of each verb; failed ones do not count among them."""
    old, *copies = (house.make("copy", text=str(n)) for n in range(3))
    tells = [house.make("tell", text=str(n)) for n in range(2)]
    failed = house.make("copy", raises=Failure("full"))
    assert superfluous(house.runs, 2) == [failed.run_id, old.run_id]
    assert {r.run_id for r in copies + tells} < there(house)


def test_a_run_in_progress_is_never_pruned(house):
    """A running run stays, and does not push out a complete one."""
    kept, _ = house.make(text="a"), house.start(text="b")
    assert superfluous(house.runs, 1) == []
    assert superfluous(house.runs, 0) == [kept.run_id]


def test_what_a_kept_run_was_made_from_is_kept(house):
    """Lineage stays whole: inputs of kept runs stay, over several steps."""
    first = house.make("copy", text="first")
    inputs = [artifact_input(house.runs, "x", first.run_id, "said.txt", schema="text/v1")]
    middle = house.make("copy", text="middle", inputs=inputs)
    inputs = [artifact_input(house.runs, "x", middle.run_id, "said.txt", schema="text/v1")]
    house.make("tell", inputs=inputs)
    unread, _ = house.make("copy", text="unread"), house.make("copy", text="newest")
    assert superfluous(house.runs, 1) == [unread.run_id]


def test_only_what_was_said_is_deleted(house):
    """Deleting the list takes those folders and nothing else, foreign files included."""
    for n in range(4):
        house.make(text=str(n))
    house.start(text="running")
    (house.runs / "notes.txt").write_text("mine")
    (house.runs / ".cache").mkdir()
    before, going = there(house), superfluous(house.runs, 1)
    assert len(going) == 3
    assert there(house) == before
    delete(house.runs, going)
    assert there(house) == before - set(going)
    assert superfluous(house.runs, 1) == []


def test_a_manifest_cannot_send_prune_elsewhere(house, tmp_path):
    """A manifest that claims another run's id, or a path, names nothing to delete."""
    run = house.make(text="a")
    (tmp_path / "precious").mkdir()
    for name, claimed in (("0a0a0a", run.run_id), ("0b0b0b", "../precious")):
        copy = house.runs / f"20260101T000000Z-copy-{name}"
        shutil.copytree(run.folder, copy)
        path = copy / "manifest.json"
        path.write_text(path.read_text().replace(run.run_id, claimed))
    assert superfluous(house.runs, 0) == [run.run_id]


def test_a_folder_that_cannot_be_deleted_is_a_failure(house):
    """What is already gone is said by name, not shown as a fault of rmnctl."""
    run = house.make()
    shutil.rmtree(run.folder)
    with pytest.raises(Failure, match=f"Cannot delete .*{run.run_id}"):
        delete(house.runs, [run.run_id])
    assert list(list_runs(house.runs)) == []

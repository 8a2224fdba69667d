from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from rmnctl.errors import Failure, RunError
from rmnctl.runs import Status, artifact_input, list_runs, open_artifact, resolve


def edit(run, **changes):
    """Write other values into a run's manifest."""
    path = run.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def older(run, seconds):
    """Rename a run as if it had begun that much earlier; gives its folder."""
    stamp, rest = run.run_id.split("-", 1)
    began = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    moved = f"{began - timedelta(seconds=seconds):%Y%m%dT%H%M%SZ}-{rest}"
    edit(run, run_id=moved)
    return run.folder.rename(run.folder.with_name(moved))


def tail(run):
    """The six hexadecimal digits of a run's fingerprint."""
    return run.manifest.fingerprint.removeprefix("sha256:")[:6]


def test_every_way_to_name_a_run_leads_to_it(house):
    """Path, id, unique prefix, six-digit tail, latest and latest:verb all find the run."""
    older(house.make("copy", text="a"), 60)
    run, other = house.make("copy", text="b"), house.make("tell")
    refs = [str(run.folder), run.run_id, run.run_id[:-3], tail(run), "latest", "latest:copy"]
    for ref in refs:
        assert resolve(house.runs, ref, "copy") == (run.folder, run.manifest), ref
    assert resolve(house.runs, "latest")[0] == other.folder


def test_a_path_leads_to_a_run_outside_the_folder(house, tmp_path):
    """A run that was moved away is found by its path, under any name."""
    run = house.make()
    moved = run.folder.rename(tmp_path / "kept")
    assert resolve(house.runs, str(moved)) == (moved, run.manifest)


def test_latest_is_the_newest_complete_run(house):
    """Runs still running or failed are passed over, however new."""
    older(house.make(text="a"), 60)
    wanted = house.make(text="b")
    house.start(text="c")
    house.make(text="d", raises=Failure("full"))
    assert resolve(house.runs, "latest", "copy")[0] == wanted.folder


def test_latest_means_begun_last_even_within_one_second(house):
    """Folder names count seconds; of runs in the same second the last one begun is newest."""
    made = [house.make(text=str(n)) for n in range(8)]
    assert [m.run_id for m in list_runs(house.runs)] == [r.run_id for r in reversed(made)]
    assert resolve(house.runs, "latest")[0] == made[-1].folder


def test_a_tail_that_names_two_runs_is_refused_with_both(house):
    """Two identical runs share their tail: both are offered, none is chosen."""
    first, second = house.make(), house.make()
    with pytest.raises(RunError, match="names 2 runs") as caught:
        resolve(house.runs, tail(first))
    both = sorted([first.run_id, second.run_id])
    assert sorted(caught.value.details["candidates"]) == both
    assert all(run_id in caught.value.hint for run_id in both)


def test_an_exact_id_wins_over_ids_that_begin_with_it(house):
    """`X` names run X though X-2 begins with the same letters."""
    first = house.make()
    twin = first.folder.with_name(first.run_id + "-2")
    if not twin.exists():
        shutil.copytree(first.folder, twin)
    assert resolve(house.runs, first.run_id)[0] == first.folder


def test_another_verb_is_refused(house):
    """A run of another command is not taken; the hint says how to name one that fits."""
    run = house.make("tell")
    house.make("copy")
    for ref in (run.run_id, tail(run), "latest:tell"):
        with pytest.raises(RunError, match="is a tell run; a copy run is needed") as caught:
            resolve(house.runs, ref, "copy")
        assert "latest:copy" in caught.value.hint


@pytest.mark.parametrize("status", ["running", "failed"])
def test_a_run_that_is_not_complete_is_refused(status, house):
    """Named outright it is refused with its state and the command to run again."""
    run = house.start() if status == "running" else house.make(raises=Failure("full"))
    for ref in (run.run_id, str(run.folder)):
        with pytest.raises(RunError, match=f"is {status}, not complete") as caught:
            resolve(house.runs, ref)
        assert "rmnctl copy" in caught.value.hint
    with pytest.raises(RunError, match=f"No complete copy run.*{run.run_id}, is {status}"):
        resolve(house.runs, "latest", "copy")


def test_nothing_to_find_says_what_to_run(house):
    """In an empty folder `latest` names the next command."""
    with pytest.raises(RunError, match="No complete harmonize run") as caught:
        resolve(house.runs, "latest", "harmonize")
    assert caught.value.hint == "Run `rmnctl harmonize` first."


def test_near_misses_are_offered(house):
    """A mistyped id or verb is answered with the nearest one there is."""
    run = house.make("copy")
    with pytest.raises(RunError) as caught:
        resolve(house.runs, run.run_id[:-1] + "x")
    assert run.run_id in caught.value.hint
    with pytest.raises(RunError) as caught:
        resolve(house.runs, "latest:coppy")
    assert "Did you mean copy?" in caught.value.hint


@pytest.mark.parametrize("ref", ["", "nobody", "x" * 5000, "a\0b", "../runs", "latest:"])
def test_odd_names_are_answered_like_any_unknown_run(ref, house):
    """Whatever is typed, the answer is a RunError and not a fault of rmnctl."""
    with pytest.raises(RunError):
        resolve(house.runs, ref)


def test_an_artifact_is_opened_when_version_and_digest_fit(house):
    """The path of an untouched artifact is given back."""
    run = house.make()
    path = open_artifact(run.folder, run.manifest, "said.txt", "text/v1")
    assert path.read_text() == "hello"


def test_an_altered_artifact_is_refused(house):
    """One other byte of the same length is noticed; the hint says what to run again."""
    run = house.make(text="hello")
    (run.folder / "said.txt").write_text("hellO")
    with pytest.raises(RunError, match=r"said\.txt was altered") as caught:
        open_artifact(run.folder, run.manifest, "said.txt", "text/v1")
    assert "rmnctl copy" in caught.value.hint


def test_a_lost_artifact_is_refused(house):
    """A deleted file is said to be lost."""
    run = house.make()
    (run.folder / "said.txt").unlink()
    with pytest.raises(RunError, match=r"has lost its artifact said\.txt"):
        open_artifact(run.folder, run.manifest, "said.txt", "text/v1")


def test_another_version_of_an_artifact_is_refused(house):
    """What was written as text/v1 is not read as text/v2."""
    run = house.make()
    with pytest.raises(RunError, match=r"is text/v1; text/v2 is needed"):
        open_artifact(run.folder, run.manifest, "said.txt", "text/v2")


def test_an_unknown_artifact_is_answered_with_the_known(house):
    """The nearest artifact is offered."""
    run = house.make()
    with pytest.raises(RunError) as caught:
        open_artifact(run.folder, run.manifest, "sad.txt", "text/v1")
    assert "said.txt" in caught.value.hint


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("manifest/v1", "manifest/v2"), "this rmnctl reads"),
        (lambda text: text[: len(text) // 2], "cannot be read as JSON"),
        (lambda _: "[]", "has schema None"),
        (lambda text: text.replace('"verb"', '"word"'), "does not fit"),
        (lambda _: "\udcff", "cannot be read as JSON"),
    ],
    ids=["other version", "cut", "no object", "other key", "not UTF-8"],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(damage, message, house):
    """Another schema version and a damaged manifest are refused, and never listed."""
    run = house.make()
    path = run.folder / "manifest.json"
    path.write_bytes(damage(path.read_text()).encode(errors="surrogateescape"))
    with pytest.raises(RunError, match=message):
        resolve(house.runs, run.run_id)
    assert list(list_runs(house.runs)) == []


def test_a_folder_that_is_no_run_is_passed_over(house):
    """Other folders and files among the runs, and a run without manifest, are not listed."""
    run = house.make()
    (house.runs / ".cache").mkdir()
    (house.runs / "notes.txt").write_text("mine")
    empty = house.runs / "20260101T000000Z-copy-abcdef"
    empty.mkdir()
    assert [m.run_id for m in list_runs(house.runs)] == [run.run_id]
    with pytest.raises(RunError, match=r"not a run folder: no manifest\.json"):
        resolve(house.runs, empty.name)


def test_a_copy_under_another_name_is_not_listed(house):
    """A copied folder would lead to the original, so only the original is a run."""
    run = house.make()
    shutil.copytree(run.folder, house.runs / "20990101T000000Z-copy-abcdef")
    assert [m.run_id for m in list_runs(house.runs)] == [run.run_id]
    assert resolve(house.runs, "latest")[0] == run.folder


def test_runs_of_one_verb_can_be_listed(house):
    """The verb selects; a folder that does not exist holds no runs."""
    run, _ = house.make("copy"), house.make("tell")
    assert [m.run_id for m in list_runs(house.runs, "copy")] == [run.run_id]
    assert list(list_runs(house.runs / "nowhere")) == []


def test_an_artifact_becomes_the_input_of_the_next_run(house):
    """The next manifest says which run was read, how it was named, and the digest."""
    before = house.make("copy")
    taken = artifact_input(
        house.runs, "said", "latest:copy", "said.txt", schema="text/v1", expects="copy"
    )
    after = house.make("tell", inputs=[taken])
    (record,) = after.manifest.inputs
    assert record.plain() == {
        "name": "said",
        "kind": "run",
        "ref": "latest:copy",
        "run_id": before.run_id,
        "path": "said.txt",
        "schema": "text/v1",
        "sha256": before.manifest.artifact("said.txt").sha256,
    }
    assert after.input("said").read_text() == "hello"


def test_how_an_input_was_named_does_not_change_the_fingerprint(house):
    """`latest` and the id of the same run ask for the same thing."""
    run = house.make("copy")
    prints = {
        house.make(
            "tell", inputs=[artifact_input(house.runs, "said", ref, "said.txt", schema="text/v1")]
        ).manifest.fingerprint
        for ref in ("latest:copy", run.run_id, os.fspath(run.folder))
    }
    assert len(prints) == 1


def test_statuses_read_back_as_written(house):
    """Listing shows running, failed and complete runs for what they are."""
    house.make(text="a")
    house.make(text="b", raises=Failure("full"))
    house.start(text="c")
    assert [m.status for m in list_runs(house.runs)] == [
        Status.RUNNING,
        Status.FAILED,
        Status.COMPLETE,
    ]

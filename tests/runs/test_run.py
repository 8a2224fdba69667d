from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from rmnctl import tables
from rmnctl.errors import Failure, Findings, InputError, RunError
from rmnctl.runs import Manifest, Run, Status, artifact_input, file_input, resolve

ROOT = Path(__file__).parents[2]
VOLATILE = {"run_id", "execution"}


def lasting(manifest):
    """A manifest without what may differ between two identical runs."""
    return {k: v for k, v in manifest.plain().items() if k not in VOLATILE}


def test_a_run_is_marked_running_until_it_ends(house):
    """The manifest exists from the start as `running`, and is `complete` after a good end."""
    run = house.start()
    assert Manifest.read(run.folder).status is Status.RUNNING
    with run:
        run.write_text("a.txt", "a", "text/v1")
        assert Manifest.read(run.folder).status is Status.RUNNING
    assert Manifest.read(run.folder) == run.manifest
    assert run.manifest.status is Status.COMPLETE


def test_the_folder_is_named_after_time_verb_and_fingerprint(house):
    """`<UTC start>-<verb>-<first six of the fingerprint>`; a second one in that second gets -2."""
    first, second = house.make(), house.make()
    tail = first.manifest.fingerprint.removeprefix("sha256:")[:6]
    assert re.fullmatch(rf"\d{{8}}T\d{{6}}Z-copy-{tail}", first.run_id)
    assert re.fullmatch(rf"\d{{8}}T\d{{6}}Z-copy-{tail}(-2)?", second.run_id)
    assert second.run_id != first.run_id


def test_the_manifest_tells_what_was_written(house):
    """Every artifact is listed by name with its schema, rows, size and digest."""
    run = house.make(text="héllo", size=2)
    said, rows = (run.manifest.artifact(n) for n in ("said.txt", "rows.parquet"))
    data = "héllo".encode()
    assert said.plain() == {
        "name": "said.txt",
        "path": "said.txt",
        "schema": "text/v1",
        "rows": None,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert (rows.rows, rows.schema_) == (2, "rows/v1")
    assert [a.name for a in run.manifest.artifacts] == ["rows.parquet", "said.json", "said.txt"]
    assert run.manifest.artifact("other") is None


def test_every_way_to_write_is_recorded(house):
    """Batches, queries and streams of bytes become artifacts like the rest."""
    column = pa.schema([("n", pa.int64())])
    with house.start() as run, tables.connect() as connection:
        run.write_batches("b.parquet", column, [pa.table({"n": [1]}), pa.table({"n": [2]})], "b/v1")
        run.copy_query("q.parquet", connection, "SELECT range AS n FROM range(3)", "q/v1")
        run.write_stream("s.txt", [b"one,", b"two"], "s/v1")
    assert {a.name: a.rows for a in run.manifest.artifacts} == {
        "b.parquet": 2,
        "q.parquet": 3,
        "s.txt": None,
    }
    assert pq.read_table(run.folder / "q.parquet").column("n").to_pylist() == [0, 1, 2]
    assert (run.folder / "s.txt").read_bytes() == b"one,two"


def test_an_exception_leaves_a_failed_run(house):
    """A handled failure marks the run failed, with its message and exit code."""
    run = house.make(raises=Failure("The disk is full."))
    manifest = Manifest.read(run.folder)
    assert manifest.status is Status.FAILED
    assert manifest.execution["error"] == {
        "type": "Failure",
        "message": "The disk is full.",
        "exit_code": 1,
    }


def test_the_text_of_a_bug_is_not_recorded(house):
    """What is not ours may hold data, so only its type is kept."""
    run = house.make(raises=ValueError("customer 77123"))
    assert run.manifest.execution["error"] == {
        "type": "ValueError",
        "message": None,
        "exit_code": 70,
    }
    assert "77123" not in (run.folder / "manifest.json").read_text()


def test_findings_leave_a_complete_run(house):
    """Exit code 5 means that the work is done: the run is complete and can be used."""
    run = house.make(raises=Findings("Too many rows in quarantine."))
    assert run.manifest.execution["error"]["exit_code"] == 5
    assert resolve(house.runs, "latest", "copy")[1] == run.manifest


def test_identical_runs_differ_only_in_what_is_volatile(house, tmp_path):
    """Two runs of one request are equal but for run_id and execution, log aside."""
    source = tmp_path / "in.csv"
    source.write_text("a,b\n1,2\n")
    first, second = (
        house.make(inputs=[file_input("report", source, "raw/v1")], seed=7) for _ in range(2)
    )
    assert lasting(first.manifest) == lasting(second.manifest)
    assert first.manifest.execution["started_at"] != second.manifest.execution["started_at"]
    names = {"config.yaml", *(a.path for a in first.manifest.artifacts)}
    for name in names:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert {p.name for p in first.folder.iterdir()} == names | {"manifest.json"}


@pytest.mark.parametrize(
    "change",
    [{"text": "other"}, {"seed": 2}, {"verb": "tell"}, {"inputs": ["other"]}],
    ids=lambda c: next(iter(c)),
)
def test_whatever_decides_the_result_changes_the_fingerprint(change, house, tmp_path):
    """Verb, configuration, seed and the bytes of the inputs are in the fingerprint."""

    def given(words):
        made = []
        for word in words:
            path = tmp_path / "in.txt"
            path.write_text(word)
            made.append(file_input("report", path, "raw/v1"))
        return made

    asked = {"seed": 1, "inputs": ["same"]}
    prints = [
        house.make(**(a | {"inputs": given(a["inputs"])})).manifest.fingerprint
        for a in (asked, asked, asked | change)
    ]
    assert prints[0] == prints[1] != prints[2]


def test_where_an_input_lies_does_not_change_the_fingerprint(house, tmp_path):
    """The same bytes under another name are the same input."""
    made = []
    for name in ("a.csv", "b.csv"):
        path = tmp_path / name
        path.write_text("same")
        made.append(house.make(inputs=[file_input("report", path, "raw/v1")]))
    assert made[0].manifest.fingerprint == made[1].manifest.fingerprint
    assert [m.manifest.inputs[0].path for m in made] == ["a.csv", "b.csv"]


def test_the_resolved_configuration_is_kept_and_repeats_the_run(house):
    """config.yaml holds every key, defaults included, with its digest in the manifest."""
    run = house.start(text="bye", overrides=["text=bye"])
    with run:
        pass
    path = run.folder / run.manifest.config.path
    kept = yaml.safe_load(path.read_text())
    assert kept == {"text": "bye", "size": 3}
    assert run.manifest.config.sha256 == tables.sha256_file(path)
    assert run.manifest.config.overrides == ["text=bye"]
    again = Run.start(house.runs, "copy", house.request(**kept))
    assert again.manifest.fingerprint == run.manifest.fingerprint


def test_inputs_are_opened_by_the_name_the_workflow_knows(house, tmp_path):
    """`run.input` leads to the file; the manifest keeps name, reference and digest, no folder."""
    path = tmp_path / "deep" / "in.txt"
    path.parent.mkdir()
    path.write_text("x")
    run = house.make(inputs=[file_input("report", path, "raw/v1")])
    assert run.input("report") == path
    (record,) = run.manifest.inputs
    assert (record.name, record.kind, record.path, record.sha256) == (
        "report",
        "file",
        "in.txt",
        hashlib.sha256(b"x").hexdigest(),
    )


@pytest.mark.parametrize(("name", "message"), [("", "is a directory"), ("no.csv", "not exist")])
def test_an_input_that_is_no_file_is_refused(name, message, tmp_path):
    """A folder and a missing file are input errors that name the path."""
    with pytest.raises(InputError, match=message) as caught:
        file_input("report", tmp_path / name, "raw/v1")
    assert str(tmp_path / name) in caught.value.message


def test_the_log_is_for_people_and_outside_the_manifest(house):
    """Events go to log.jsonl, one JSON object a line, which no digest covers."""
    with house.start() as run:
        run.log("began", rows=3)
        run.log("ended", of=Path("x"))
    lines = [json.loads(t) for t in (run.folder / "log.jsonl").read_text().splitlines()]
    assert [(e["event"], e.get("rows"), e.get("of")) for e in lines] == [
        ("began", 3, None),
        ("ended", None, "x"),
    ]
    assert run.manifest.artifacts == []


def test_a_folder_of_runs_that_cannot_be_made_is_a_failure(house):
    """A file where the runs folder should be is explained, with what to do."""
    house.runs.write_text("in the way")
    with pytest.raises(Failure, match="Cannot write") as caught:
        house.start()
    assert "--runs DIR" in caught.value.hint


def test_a_disk_too_full_for_the_manifest_keeps_no_run(house, files_no_larger_than):
    """Nothing was done yet, so no folder is left to be found."""
    with files_no_larger_than(100), pytest.raises(Failure, match=r"manifest\.json: File too large"):
        house.start()
    assert list(house.runs.iterdir()) == []


def test_what_went_wrong_first_is_told_though_the_disk_is_full_too(house, files_no_larger_than):
    """A manifest that cannot be replaced hides no error; the run stays running, unusable."""
    run = house.start()
    with files_no_larger_than(0), pytest.raises(InputError, match=r"row 3 is cut"), run:
        raise InputError("row 3 is cut")
    assert Manifest.read(run.folder).status is Status.RUNNING
    assert {p.name for p in run.folder.iterdir()} == {"manifest.json", "config.yaml"}


def test_a_run_whose_end_cannot_be_written_does_not_pass_for_done(house, files_no_larger_than):
    """When the last manifest does not fit, the command fails and the run is not accepted."""
    run = house.start()
    with files_no_larger_than(0), pytest.raises(Failure, match=r"manifest\.json"), run:
        pass
    with pytest.raises(RunError, match="is running, not complete"):
        resolve(house.runs, run.run_id)


def test_a_log_that_cannot_grow_is_a_failure(house, files_no_larger_than):
    """The log is a file like any other: full means a Failure that names it."""
    run = house.start()
    with files_no_larger_than(10), pytest.raises(Failure, match=r"log\.jsonl: File too large"), run:
        run.log("began", note="x" * 100)


KILLED = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from rmnctl.config import ConfigModel
from rmnctl.runs import Run, manifest

class Asked(ConfigModel):
    text: str = "hello"

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def batches():
    table = pa.table({"n": range(100_000)})
    yield table
    yield table
    die()

where, point = Path(sys.argv[1]), sys.argv[2]
if point == "before the manifest":
    os.fsync = die
run = Run.start(where, "copy", Asked())
with run:
    run.write_text("done.txt", "done", "text/v1")
    if point == "in an artifact":
        run.write_batches("n.parquet", pa.schema([("n", pa.int64())]), batches(), "n/v1")
    if point == "between artifacts":
        die()
    if point == "before the last manifest":
        os.fsync = die
"""


@pytest.mark.parametrize(
    "point",
    [
        "before the manifest",
        "in an artifact",
        "between artifacts",
        "before the last manifest",
    ],
)
def test_a_killed_process_leaves_nothing_that_is_accepted(point, house):
    """SIGKILL at any point of writing: no name leads to the run, and the next one works."""
    done = subprocess.run([sys.executable, "-c", KILLED, house.runs, point], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    (folder,) = house.runs.iterdir()
    if point == "before the manifest":
        (part,) = folder.iterdir()
        assert part.name.startswith(".manifest.json.")
    for ref in ("latest", "latest:copy", folder.name, str(folder), folder.name[-6:]):
        with pytest.raises(RunError):
            artifact_input(house.runs, "x", ref, "done.txt", schema="text/v1", expects="copy")
    after = house.make()
    assert resolve(house.runs, "latest", "copy")[0] == after.folder

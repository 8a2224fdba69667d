from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl import tables
from rmnctl.errors import Failure, RunError
from rmnctl.runs import Manifest, Status, resolve

ROOT = Path(__file__).parent.parent
NUMBERS = pa.table({"n": range(200_000), "text": [str(n * 7919 % 100_003) for n in range(200_000)]})
HASHES = "SELECT range AS n, hash(range) AS h FROM range(200000)"


# -- whole files or none ------------------------------------------------------------------


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    """While it is written the old content stands; afterwards the new one, and nothing else."""
    path = tmp_path / "deep" / "a.txt"
    tables.write_bytes(path, b"old")
    with tables.replacing(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert temporary.parent == path.parent
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), Failure("x")])
def test_an_interrupted_writer_leaves_the_old_file(error, tmp_path):
    """Whatever stops the writer passes through; the old file stands, no part is left."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def write():
        with tables.replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise error

    with pytest.raises(type(error)):
        write()
    assert (list(tmp_path.iterdir()), path.read_bytes()) == ([path], b"old")


def test_a_batch_source_that_breaks_leaves_nothing(tmp_path):
    """A stream of batches that raises half way leaves no Parquet file."""

    def batches():
        yield NUMBERS
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        tables.write_batches(tmp_path / "n.parquet", NUMBERS.schema, batches())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_a_failure(tmp_path):
    """What the file system refuses is said in its words, with the path."""
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(Failure, match=r"Cannot write .*a\.txt: Is a directory"):
        tables.write_bytes(tmp_path / "a.txt", b"x")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


# -- the same bytes -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder shared by the examples of one property."""
    return tmp_path_factory.mktemp("scratch")


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 70_000), max_size=6))
def test_bytes_do_not_depend_on_how_rows_were_batched(scratch, cuts):
    """One table cut anywhere into batches gives the same Parquet file, row groups included."""
    marks = [0, *sorted(cuts), 70_000]
    part = NUMBERS.slice(0, 70_000)
    pieces = [part.slice(a, b - a) for a, b in pairwise(marks)]
    assert tables.write_batches(scratch / "a", part.schema, pieces) == 70_000
    tables.write_table(scratch / "b", part)
    assert tables.sha256_file(scratch / "a") == tables.sha256_file(scratch / "b")


def test_record_batches_and_tables_are_the_same_rows(tmp_path):
    """Batches may come as either kind, and are cast to the schema that was promised."""
    schema = pa.schema([("n", pa.int32())])
    rows = [pa.table({"n": [1, 2]}), pa.record_batch({"n": [3]})]
    assert tables.write_batches(tmp_path / "n.parquet", schema, rows) == 3
    read = pq.read_table(tmp_path / "n.parquet")
    assert (read.schema.field("n").type, read["n"].to_pylist()) == (pa.int32(), [1, 2, 3])


def test_an_empty_table_is_a_file_with_its_columns(tmp_path):
    """No batches still give a readable Parquet file of that schema."""
    assert tables.write_batches(tmp_path / "n.parquet", NUMBERS.schema, []) == 0
    assert pq.read_table(tmp_path / "n.parquet").schema == NUMBERS.schema


def test_a_query_is_written_alike_by_any_number_of_threads(tmp_path):
    """One thread and four give the same bytes, in the order the query gives."""
    digests = set()
    for threads in (1, 4, 4):
        with tables.connect(threads=threads, memory_mb=500) as connection:
            path = tmp_path / f"{threads}.parquet"
            assert tables.copy_query(connection, HASHES, path) == 200_000
        digests.add(tables.sha256_file(path))
    assert len(digests) == 1
    assert pq.read_table(path)["n"].to_pylist() == list(range(200_000))


def test_json_is_written_for_people_and_exactly(tmp_path):
    """Keys keep their order, letters stay letters, one newline ends it, NaN is refused."""
    tables.write_json(tmp_path / "a.json", {"b": "é", "a": [1]})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n  "b": "é",\n  "a": [\n    1\n  ]\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        tables.write_json(tmp_path / "b.json", {"a": float("nan")})
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1])
def test_a_digest_is_that_of_the_bytes(size, tmp_path):
    """The digest of a file is the sha256 of its content, around the length read at once too."""
    data = (b"0123456789" * (size // 10 + 1))[:size]
    (tmp_path / "a").write_bytes(data)
    assert tables.sha256_file(tmp_path / "a") == hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def engine():
    """A connection shared by the examples of one property."""
    with tables.connect(threads=1) as connection:
        yield connection


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_survives_quoting(engine, text):
    """A text as literal or as column name comes back from the engine as it was."""
    assert tables.one_row(engine, f"SELECT {tables.quote(text)}") == (text,)
    if text:
        engine.execute(f"SELECT 1 AS {tables.identifier(text)}")
        assert [d[0] for d in engine.description] == [text]


def test_small_tables_are_read_back_in_order(tmp_path):
    """Rows come back as dictionaries, in file order, with the columns asked for."""
    tables.write_table(tmp_path / "a.parquet", pa.table({"n": [2, 1], "t": ["b", "a"]}))
    assert tables.read_rows(tmp_path / "a.parquet") == [{"n": 2, "t": "b"}, {"n": 1, "t": "a"}]
    assert tables.read_rows(tmp_path / "a.parquet", "t") == [{"t": "b"}, {"t": "a"}]


# -- a disk that is full ------------------------------------------------------------------


def _copy(path):
    with tables.connect() as connection:
        tables.copy_query(connection, HASHES, path)


WRITERS = {
    "bytes": lambda path: tables.write_bytes(path, b"x" * 1_000_000),
    "json": lambda path: tables.write_json(path, ["x" * 1_000_000]),
    "arrow": lambda path: tables.write_table(path, NUMBERS),
    "query": _copy,
}


@pytest.mark.parametrize("size", [0, 3, 5_000, 400_000])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_refused_write_is_a_failure_and_leaves_nothing(
    writer, size, tmp_path, files_no_larger_than
):
    """At the first byte or in the middle: a Failure with path, reason and advice; no file."""
    path = tmp_path / "out"
    with files_no_larger_than(size), pytest.raises(Failure) as caught:
        WRITERS[writer](path)
    assert str(path) in caught.value.message
    assert "File too large" in caught.value.message
    assert "Free disk space" in caught.value.hint
    assert caught.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_query_without_room_to_spill_is_a_failure(tmp_path, monkeypatch, files_no_larger_than):
    """What fits neither into memory nor on disk is said so, with where the engine spills."""
    monkeypatch.chdir(tmp_path)
    sort = "SELECT hash(range) AS h, range::VARCHAR AS t FROM range(3000000) ORDER BY h"
    with (
        files_no_larger_than(1000),
        pytest.raises(Failure, match="query engine stopped: File too large") as caught,
        tables.engine_failures(),
        tables.connect(threads=1, memory_mb=50) as connection,
    ):
        connection.execute(f"CREATE TEMP TABLE sorted AS {sort}")
    assert str(tmp_path) in caught.value.message
    assert "RMNCTL_MEMORY_MB" in caught.value.hint


def _unshared(*command, folder, size):
    """Run a command that sees a disk of `size` bytes at `folder`; nobody else does.

    The folder is copied out to `<folder>.after` before the disk vanishes with its namespace.
    """
    alone = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    script = (
        'mount -t tmpfs -o "size=$1" none "$2" || exit 99; disk=$2; shift 2; '
        '"$@"; code=$?; cp -a "$disk" "$disk.after"; exit $code'
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    try:
        done = subprocess.run(
            [*alone, "sh", "-c", script, "sh", str(size), str(folder), *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("this machine has no unshare")
    if done.returncode == 99 or done.stderr.startswith("unshare"):
        pytest.skip("this machine lets nobody mount a small disk")
    return done


@pytest.fixture
def report(tmp_path):
    """A configuration that harmonizes a report of some hundred kilobytes."""
    mapping = {
        "schema": "rmnctl/mapping/v1",
        "id": "shop.daily",
        "version": 1,
        "title": "a shop's daily report",
        "constants": {"retailer_id": "shop", "placement_type": "video", "currency": "USD"},
        "attribution": {"window_click_days": 14, "window_view_days": 0},
        "fields": {"date": "Date", "sku_id": "SKU", "cost": "Cost", "clicks": "Clicks"},
    }
    (tmp_path / "mapping.yaml").write_text(json.dumps(mapping))
    rows = (f"2026-01-{n % 28 + 1:02},S{n},1.{n % 97:02},{n % 13}\n" for n in range(20_000))
    (tmp_path / "report.csv").write_text("Date,SKU,Cost,Clicks\n" + "".join(rows))
    entry = {"path": str(tmp_path / "report.csv"), "mapping": str(tmp_path / "mapping.yaml")}
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"schema": "rmnctl/harmonize/v1", "inputs": [entry]}))
    return config


def _harmonize(report, *, size):
    disk = report.parent / "disk"
    disk.mkdir()
    command = [sys.executable, "-m", "rmnctl", "harmonize", "-c", report, "--runs", disk / "runs"]
    done = _unshared(*map(str, command), folder=disk, size=size)
    return done, disk.with_name("disk.after") / "runs"


@pytest.mark.parametrize("size", ["4k", "16k", "128k"])
def test_harmonize_on_a_full_disk_says_so_and_keeps_no_half(size, report):
    """Exit code 1, what and where and what to do, no traceback, and no file of a part."""
    done, runs = _harmonize(report, size=size)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "Error: Cannot write " in done.stderr
    assert "No space left on device." in done.stderr
    assert "Hint: Free disk space" in done.stderr
    assert "Traceback" not in done.stderr
    for folder in runs.iterdir():
        manifest = Manifest.read(folder)
        assert manifest.status is not Status.COMPLETE
        listed = {a.path for a in manifest.artifacts}
        assert {p.name for p in folder.iterdir()} <= listed | {"manifest.json", "config.yaml"}
    with pytest.raises(RunError):
        resolve(runs, "latest", "harmonize")


def test_harmonize_on_a_disk_with_room_completes(report):
    """The same report on the same kind of disk, large enough: the refusal above was the size."""
    done, runs = _harmonize(report, size="20m")
    assert done.returncode == 0, done.stderr
    assert resolve(runs, "latest", "harmonize")[1].status is Status.COMPLETE


def test_harmonize_without_room_to_spill_is_no_bug(report):
    """When the engine runs out of memory and disk the command ends with 1, not as a bug."""
    with report.parent.joinpath("report.csv").open("a") as stream:
        stream.writelines(f"2026-01-01,T{n},1.00,1\n" for n in range(1_500_000))
    limits = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6)); "
        "os.execv(sys.executable, [sys.executable, '-m', 'rmnctl', *sys.argv[1:]])"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", limits, "harmonize", "-c", report, "--runs", "runs"],
        cwd=report.parent,
        env=environment | {"RMNCTL_MEMORY_MB": "200", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "Error: The query engine stopped: File too large." in done.stderr

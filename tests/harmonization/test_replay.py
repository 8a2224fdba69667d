from __future__ import annotations

import json

import pytest

from rmnctl.errors import InputError
from rmnctl.tables import sha256_file


@pytest.fixture
def held(desk, row):
    """A run with rows in quarantine: a bad cost, a bad date and a ragged record."""
    rows = [row(), row(SKU="S2", Cost="abc"), row(SKU="S3", Date="?"), ("x", "y"), row(SKU="S4")]
    path = desk.write("r.csv", rows)
    return desk.harmonize(path), path


def replay(desk, held, lines=None):
    """Replay a run's quarantine, with mended lines where there are any."""
    result, path = held
    how = {"run": result.run.run_id}
    if lines is not None:
        text = lines if isinstance(lines, str) else "".join(json.dumps(x) + "\n" for x in lines)
        how["mended"] = str(desk.write("mended.jsonl", text))
    return desk.harmonize(path, replay=how)


def lineage(desk, result):
    """SKU and record number of every kept row, and the files they came from."""
    rows = desk.table(result, "rmis", "sku_id, source_row, source_file_sha256")
    places = sorted((r["sku_id"], r["source_row"]) for r in rows)
    return places, {r["source_file_sha256"] for r in rows}


def test_a_mended_row_lands_under_its_own_lineage(desk, held):
    """A corrected cell brings the row into RMIS with its original file and number."""
    lines = desk.lines(held[0])
    lines[0]["cells"]["Cost"] = "3.00"
    result = replay(desk, held, lines)
    expected = [("S1", 1), ("S2", 2), ("S4", 5)]
    assert lineage(desk, result) == (expected, {sha256_file(held[1])})
    assert set(desk.reasons(result)) == {3, 4}


def test_unmended_rows_stay_held_back(desk, held):
    """A replay without corrections keeps the same rows and the same quarantine."""
    result = replay(desk, held)
    assert lineage(desk, result) == lineage(desk, held[0])
    assert desk.reasons(result) == desk.reasons(held[0])
    again, before = (sorted(desk.lines(r), key=str) for r in (result, held[0]))
    assert again == before


def test_only_the_given_lines_are_mended(desk, held):
    """A file with one corrected line leaves the others as they were."""
    line = desk.lines(held[0])[1]
    line["cells"]["Date"] = "2026-03-01"
    result = replay(desk, held, [line])
    assert ("S3", 3) in lineage(desk, result)[0]
    assert set(desk.reasons(result)) == {2, 4}


def test_a_replay_can_be_replayed(desk, held):
    """Rows mended in two rounds end as if they had been mended at once."""
    first, second, _ = desk.lines(held[0])
    first["cells"]["Cost"] = "3.00"
    second["cells"]["Date"] = "2026-03-01"
    once = replay(desk, held, [first, second])
    twice = replay(desk, (replay(desk, held, [first]), held[1]), [second])
    assert lineage(desk, twice) == lineage(desk, once)
    assert set(desk.reasons(twice)) == {4}


def test_a_mapping_named_by_path_can_be_replayed(desk, row):
    """A run whose mapping lies outside the folder of known mappings is replayed with it."""
    elsewhere = desk.folder / "mine.yaml"
    desk.mapping().rename(elsewhere)
    given = {"path": str(desk.write("r.csv", [row(Cost="abc")])), "mapping": str(elsewhere)}
    first = desk.harmonize(given)
    lines = desk.lines(first)
    lines[0]["cells"]["Cost"] = "1.00"
    mended = desk.write("mended.jsonl", json.dumps(lines[0]))
    again = desk.harmonize(given, replay={"run": first.run.run_id, "mended": str(mended)})
    assert lineage(desk, again)[0] == [("S1", 1)]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda _: "no json\n", "mended.jsonl:1 is not a line"),
        (lambda x: json.dumps(x) + "\n[]\n", "mended.jsonl:2 is not a line"),
        (lambda x: json.dumps({"cells": x["cells"]}), "is not a line"),
        (lambda x: json.dumps(x | {"source_row": "2"}), "lost its lineage"),
        (lambda x: json.dumps(x | {"cells": ["a"]}), "lost its lineage"),
        (lambda x: json.dumps(x | {"source_file_sha256": ""}), "lost its lineage"),
        (lambda x: json.dumps(x | {"source_row": 1}), "row 1 is not in that run's quarantine"),
        (lambda x: json.dumps(x | {"source_file_sha256": "0" * 64}), "is not in that run"),
    ],
)
def test_malformed_and_foreign_lines_are_refused(desk, held, spoil, message):
    """A line without lineage, or of a row that was not held back, stops the replay."""
    with pytest.raises(InputError, match=message):
        replay(desk, held, spoil(desk.lines(held[0])[0]))


def test_nothing_to_replay_is_said(desk, row):
    """A run without quarantine cannot be replayed."""
    path = desk.write("r.csv", [row()])
    with pytest.raises(InputError, match="no quarantined rows"):
        replay(desk, (desk.harmonize(path), path))

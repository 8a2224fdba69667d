from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from rmnctl.tables import sha256_file


def snapshot(path, day):
    """An input with the day it was taken."""
    return {"path": str(path), "as_of": day}


def kept(desk, result):
    """SKU, cost and report date of every kept row."""
    rows = desk.table(result, "rmis", "sku_id, cost, as_of")
    return [(r["sku_id"], float(r["cost"]), str(r["as_of"])) for r in rows]


@pytest.mark.parametrize("late_first", [False, True])
def test_a_later_snapshot_replaces_by_key(desk, row, late_first):
    """The report taken last wins, wherever it is listed; keys it lacks stay."""
    early = snapshot(desk.write("1.csv", [row(), row(SKU="S2")]), "2026-03-05")
    late = snapshot(desk.write("2.csv", [row(Cost="13.00"), row(SKU="S3")]), "2026-03-20")
    inputs = (late, early) if late_first else (early, late)
    result = desk.harmonize(*inputs)
    expected = [
        ("S1", 13.0, "2026-03-20"),
        ("S2", 12.5, "2026-03-05"),
        ("S3", 12.5, "2026-03-20"),
    ]
    assert sorted(kept(desk, result)) == expected
    assert desk.reasons(result) == {1: {"SUPERSEDED"}}


def test_restatements_list_old_and_new(desk, row):
    """Every changed measure stands in one line with both values, dates and places."""
    early = desk.write("1.csv", [row(SKU="S2"), row()])
    late = desk.write("2.csv", [row(Cost="13.00", Orders="3"), row(SKU="S2")])
    result = desk.harmonize(snapshot(early, "2026-03-05"), snapshot(late, "2026-03-20"))
    found = desk.table(result, "restatements")
    lines = [
        (r["sku_id"], r["measure"], r["old"], r["new"], r["old_as_of"], r["new_as_of"])
        for r in found
    ]
    days = (date(2026, 3, 5), date(2026, 3, 20))
    assert lines == [
        ("S1", "conversions", Decimal(2), Decimal(3), *days),
        ("S1", "cost", Decimal("12.5"), Decimal(13), *days),
    ]
    places = {(r["old_file"], r["old_row"], r["new_file"], r["new_row"]) for r in found}
    assert places == {(sha256_file(early), 2, sha256_file(late), 1)}


def test_a_faulty_later_row_replaces_nothing(desk, row):
    """A restatement that cannot be read leaves the earlier row in place."""
    early = snapshot(desk.write("1.csv", [row()]), "2026-03-05")
    late = snapshot(desk.write("2.csv", [row(Cost="abc"), row(SKU="S2")]), "2026-03-20")
    result = desk.harmonize(early, late)
    assert kept(desk, result) == [("S1", 12.5, "2026-03-05"), ("S2", 12.5, "2026-03-20")]


def test_a_conflict_in_the_later_report_keeps_the_earlier_row(desk, row):
    """When the later report contradicts itself, both its rows are held back."""
    early = snapshot(desk.write("1.csv", [row()]), "2026-03-05")
    late = snapshot(desk.write("2.csv", [row(Cost="1.00"), row(Cost="2.00")]), "2026-03-20")
    result = desk.harmonize(early, late)
    assert kept(desk, result) == [("S1", 12.5, "2026-03-05")]
    assert desk.reasons(result) == {1: {"E_DUP_CONFLICT"}, 2: {"E_DUP_CONFLICT"}}


def test_exact_copies_are_counted(desk, row):
    """Copies within and across files of one day are kept once and listed."""
    one = desk.write("1.csv", [row(), row(), row()])
    two = desk.write("2.csv", [row(), row(SKU="S2")])
    result = desk.harmonize(one, two)
    assert [k[0] for k in kept(desk, result)] == ["S1", "S2"]
    assert result.summary["metrics"]["rows_duplicate"] == 3


def test_conflicting_copies_are_all_held_back(desk, row):
    """Rows of one key and day with other measures are quarantined, copies of them too."""
    result = desk.harmonize(desk.write("1.csv", [row(), row(Clicks="21"), row(), row(SKU="S2")]))
    assert desk.reasons(result) == {key: {"E_DUP_CONFLICT"} for key in (1, 2, 3)}
    assert [k[0] for k in kept(desk, result)] == ["S2"]


def test_equal_amounts_in_two_currencies_are_a_conflict(desk, row):
    """A row that differs only in its currency is no copy."""
    result = desk.harmonize(desk.write("1.csv", [row(), row(Currency="EUR")]))
    assert desk.reasons(result) == {key: {"E_DUP_CONFLICT"} for key in (1, 2)}


def test_a_run_is_continued(desk, row):
    """Rows of an earlier run stay unless restated."""
    first = desk.harmonize(desk.write("1.csv", [row(), row(SKU="S2")]), as_of="2026-03-05")
    path = desk.write("2.csv", [row(SKU="S2", Cost="13.00"), row(SKU="S3")])
    second = desk.harmonize(path, as_of="2026-03-20", previous=first.run.run_id)
    assert kept(desk, second) == [
        ("S1", 12.5, "2026-03-05"),
        ("S2", 13.0, "2026-03-20"),
        ("S3", 12.5, "2026-03-20"),
    ]
    (line,) = desk.table(second, "restatements", "sku_id, measure, old, new")
    assert line == {
        "sku_id": "S2",
        "measure": "cost",
        "old": Decimal("12.5"),
        "new": Decimal(13),
    }


def test_the_same_file_again_changes_nothing(desk, row):
    """Continuing a run with the file it read gives the same rows and no restatement."""
    path = desk.write("1.csv", [row(SKU=f"S{n}") for n in range(50)])
    first = desk.harmonize(path)
    again = desk.harmonize(path, previous=first.run.run_id)
    assert desk.table(again, "rmis") == desk.table(first, "rmis")
    assert desk.table(again, "restatements") == []


def test_an_older_report_does_not_undo_a_newer_run(desk, row):
    """Continuing a run with an earlier snapshot leaves its rows as they are."""
    first = desk.harmonize(desk.write("2.csv", [row(Cost="13.00")]), as_of="2026-03-20")
    old = desk.write("1.csv", [row()])
    second = desk.harmonize(old, as_of="2026-03-05", previous=first.run.run_id)
    assert kept(desk, second) == [("S1", 13.0, "2026-03-20")]
    assert desk.reasons(second) == {1: {"SUPERSEDED"}}

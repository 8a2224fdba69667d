from __future__ import annotations

import pytest

from rmnctl.errors import InputError

HEADER = "Date,Campaign,SKU,Currency,Impressions,Clicks,Cost,Orders,Sales"
ROW = "2026-03-01,C1,S1,USD,1000,20,12.50,2,59.90"


def report(desk, header=HEADER, row=ROW):
    """A report of one row."""
    return desk.write("r.csv", f"{header}\n{row}\n")


def drift(result):
    """What the report says about its columns."""
    (found,) = result.summary["drift"]
    return {k: found[k] for k in ("new", "missing", "renamed", "retyped")}


NOTHING = {"new": [], "missing": [], "renamed": {}, "retyped": []}


def test_no_drift(desk):
    """A report as its mapping says has nothing to report."""
    result = desk.harmonize(report(desk))
    assert drift(result) == NOTHING
    assert result.summary["warnings"] == []


def test_spaces_case_and_order_are_no_drift(desk):
    """Headers are compared without case and extra spaces, in any order."""
    path = report(desk, " DATE ,Sales,campaign,sku,CURRENCY,Impressions,clicks,cost,Orders  ",
                  "2026-03-01,59.90,C1,S1,USD,1000,20,12.50,2")  # fmt: skip
    result = desk.harmonize(path)
    assert drift(result) == NOTHING
    assert len(desk.table(result, "rmis")) == 1


def test_a_new_column_is_reported(desk):
    """A column that is neither read nor ignored is named in a warning."""
    result = desk.harmonize(report(desk, HEADER + ",Video Views", ROW + ",3"))
    assert drift(result) == NOTHING | {"new": ["Video Views"]}
    assert len(result.summary["warnings"]) == 1
    assert "Video Views" in result.summary["warnings"][0]


def test_an_ignored_column_is_not_new(desk):
    """Columns listed under `ignore`, by name or pattern, are known."""
    desk.mapping(ignore=["video*"])
    result = desk.harmonize(report(desk, HEADER + ",Video Views", ROW + ",3"))
    assert drift(result) == NOTHING


def test_a_contract_may_forbid_new_columns(desk):
    """With `new_columns: fail` a new column stops the run."""
    desk.mapping(contract={"new_columns": "fail"})
    with pytest.raises(InputError, match="Video Views"):
        desk.harmonize(report(desk, HEADER + ",Video Views", ROW + ",3"))


def test_a_missing_column_stops_the_run(desk):
    """A column of a field that is not optional must be there."""
    path = report(desk, HEADER.removesuffix(",Sales"), ROW.removesuffix(",59.90"))
    with pytest.raises(
        InputError, match=r"lacks columns that shop\.daily reads: 'Sales'"
    ) as caught:
        desk.harmonize(path)
    assert caught.value.details == {"missing": ["Sales"], "renamed": {}}


def test_a_renamed_column_is_guessed(desk):
    """A missing column is named with the new one that probably took its place."""
    path = report(desk, HEADER.replace("Impressions", "Impression"))
    with pytest.raises(InputError) as caught:
        desk.harmonize(path)
    renamed = {"Impressions": "Impression"}
    assert caught.value.details == {"missing": ["Impressions"], "renamed": renamed}
    assert "'Impressions' may now be 'Impression'" in caught.value.hint


def test_a_contract_may_allow_missing_columns(desk):
    """With `missing_columns: warn` the field stays unknown and the report says so."""
    desk.mapping(contract={"missing_columns": "warn"})
    result = desk.harmonize(report(desk, HEADER.removesuffix(",Sales"), ROW.removesuffix(",59.90")))
    assert drift(result) == NOTHING | {"missing": ["Sales"]}
    assert desk.table(result, "rmis", "revenue") == [{"revenue": None}]


def test_an_optional_column_may_be_missing(desk):
    """An optional field's column may be absent without a word."""
    desk.mapping(fields={"units": {"from": "Units", "optional": True}})
    assert drift(desk.harmonize(report(desk))) == NOTHING


def test_a_column_that_stands_twice_is_refused(desk):
    """Two columns of one name that the mapping reads are not chosen from."""
    with pytest.raises(InputError, match="two columns named 'cost'"):
        desk.harmonize(report(desk, HEADER + ",cost", ROW + ",1"))


@pytest.mark.parametrize(("level", "findings"), [("fail", 1), ("warn", 0)])
def test_a_retyped_column_is_found(desk, row, level, findings):
    """When most cells of a column no longer parse, the format has changed."""
    desk.mapping(contract={"retyped_columns": level})
    rows = [row(SKU=f"S{n}", Date="01/03/2026") for n in range(8)] + [row(), row(SKU="S9")]
    result = desk.harmonize(desk.write("r.csv", rows), thresholds={"quarantine_fail": 1.0})
    assert drift(result) == NOTHING | {"retyped": ["date"]}
    assert len(result.findings) == findings
    assert len(desk.table(result, "rmis")) == 2

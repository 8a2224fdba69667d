from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmnctl.config import Settings
from rmnctl.errors import Failure
from rmnctl.harmonization import reconcile
from rmnctl.harmonization.judge import Entry
from rmnctl.tables import connect, sha256_file

ARTIFACTS = ("rmis", "quarantine", "set_aside", "restatements")
#: Amounts as cells, with what they are worth; None where they cannot be read.
AMOUNTS = {
    "0": "0", "0.01": "0.01", "12.50": "12.5", "$1,234.56": "1234.56",
    "99999.999999": "99999.999999",
    "": None, "n/a": None, "-3.33": "-3.33", "(1.10)": "-1.1", "abc": None, "1,23": None,
    "€5.00": "5", "12%": None,
}  # fmt: skip

CELLS = {
    "Date": ["2026-03-01", "2026-03-02", "2026-03", "yesterday", "", "2027-01-01", "Total"],
    "Campaign": ["C1", "C2", "", 'Müller, "A"\nB'],
    "SKU": ["S1", "S2", "", "n/a"],
    "Currency": ["USD", "EUR", "", "XXX"],
    "Impressions": ["0", "10", "1,000", "-1", "1.5", ""],
    "Clicks": ["0", "5", "2000", "x"],
    "Cost": list(AMOUNTS),
    "Orders": ["0", "1", "2", ""],
    "Sales": list(AMOUNTS),
}
WELL = ("2026-03-01", "C1", "S1", "USD", "1,000", "5", "12.50", "1", "0.01")
# Mostly good rows, so that copies and conflicts come about.
ROW = st.one_of(
    st.tuples(
        st.sampled_from(["2026-03-01", "2026-03-02"]),
        st.sampled_from(["C1", "C2"]),
        *(st.just(cell) for cell in WELL[2:6]),
        st.sampled_from(["12.50", "0.01"]),
        *(st.just(cell) for cell in WELL[7:]),
    ),
    st.tuples(*(st.sampled_from(cells) for cells in CELLS.values())),
    st.just(WELL),
    st.just(("",) * 9),
    st.lists(st.sampled_from(["x", "1"]), min_size=1, max_size=8).map(tuple),
)


def places(desk, result):
    """Where every record number of a one-file run ended."""
    found = Counter()
    for name in ("rmis", "quarantine", "set_aside"):
        found.update(row["source_row"] for row in desk.table(result, name, "source_row"))
    return found


def total(cells):
    """The worth of amount cells."""
    return sum((Decimal(AMOUNTS[c]) for c in cells if AMOUNTS[c] is not None), Decimal(0))


def stated(text):
    """An amount of the report as a number."""
    return Decimal(text)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(ROW, min_size=1, max_size=30))
def test_every_row_and_cent_ends_in_one_place(desk, rows):
    """Whatever a report holds, rows and money in equal rows and money out."""
    with tempfile.TemporaryDirectory() as folder:
        desk.settings = Settings(runs=Path(folder), threads=2)
        result = desk.harmonize(desk.write("r.csv", rows))
        assert places(desk, result) == dict.fromkeys(range(1, len(rows) + 1), 1)
        book = result.summary["inputs"][0]
        assert book["rows_in"] == sum(book["rows"].values()) == len(rows)
        kept = desk.table(result, "rmis", "source_row, cost, revenue, currency")
        whole = [r for r in rows if len(r) == 9]
        for name, column in (("cost", 6), ("revenue", 8)):
            known = [r[column] for r in whole if r[column] in AMOUNTS]
            money = [m[name] for m in book["money"].values()]
            assert sum(stated(m["in"]) for m in money) == total(known)
            for line in money:
                parts = [stated(v) for k, v in line.items() if k != "in"]
                assert sum(parts, Decimal(0)) == stated(line["in"])
            own = total(rows[r["source_row"] - 1][column] for r in kept)
            assert sum((r[name] or Decimal(0) for r in kept), Decimal(0)) == own
            assert sum((stated(m.get("kept", "0")) for m in money), Decimal(0)) == own


def digests(result):
    """The sha256 of every artifact that holds results."""
    names = [f"{name}.parquet" for name in ARTIFACTS] + ["quarantine.jsonl", "report.json"]
    return {name: sha256_file(result.run.folder / name) for name in names}


def mixed(row):
    """A report with kept, faulty, doubled and blank rows."""
    return [
        row(),
        row(),
        row(SKU="S2"),
        row(SKU="S3", Cost="abc"),
        row(SKU="S4"),
        row(SKU="S4", Cost="1.00"),
        ("",) * 9,
        row(SKU="S0", Date="2026-03-02"),
        ("too", "short"),
        row(SKU="S1", Date="2026-02-28"),
    ]


def test_the_same_input_gives_the_same_bytes(desk, row):
    """Two runs write equal files, whatever the number of threads."""
    path = desk.write("r.csv", mixed(row) + [row(Campaign=f"C{n}") for n in range(2, 3000)])
    first = desk.harmonize(path)
    desk.settings = Settings(runs=desk.folder / "again", threads=7)
    assert digests(desk.harmonize(path)) == digests(first)


def test_rows_stay_in_input_order(desk, row):
    """RMIS has the files in the order they were listed, and the rows of each as they stood."""
    rows = [row(Campaign=f"C{n * 7919 % 5000}") for n in range(5000)]
    first = desk.write("b.csv", rows)
    second = desk.write(
        "a.csv", [row(Date="2026-02-01", Campaign=f"C{n}") for n in range(9, 0, -1)]
    )
    kept = desk.table(desk.harmonize(first, second), "rmis", "campaign_id, source_row, date")
    assert [k["source_row"] for k in kept] == [*range(1, 5001), *range(1, 10)]
    assert [k["campaign_id"] for k in kept[:5000]] == [r[1] for r in rows]
    assert [k["campaign_id"] for k in kept[5000:]] == [f"C{n}" for n in range(9, 0, -1)]
    assert {k["date"] for k in kept[5000:]} == {date(2026, 2, 1)}


def test_the_dispositions_of_a_mixed_report(desk, row):
    """Each row of a small report ends where its fault says, and the totals say the same."""
    result = desk.harmonize(desk.write("r.csv", mixed(row)))
    reasons = desk.reasons(result)
    assert "BLANK_ROW" in reasons.pop(7)
    assert reasons == {
        2: {"DUPLICATE"},
        4: {"E_NUM_PARSE"},
        5: {"E_DUP_CONFLICT"},
        6: {"E_DUP_CONFLICT"},
        9: {"E_ROW_SHAPE"},
    }
    rows = {
        "kept": 4,
        "quarantined": 4,
        "duplicate": 1,
        "superseded": 0,
        "total": 0,
        "blank": 1,
    }
    assert result.summary["inputs"][0]["rows"] == rows
    assert result.summary["inputs"][0]["money"]["USD"]["cost"] == {
        "in": "76.00",
        "kept": "50.00",
        "quarantined": "13.50",
        "duplicate": "12.50",
    }
    counts = {r["code"]: r["rows"] for r in result.summary["reasons"]}
    blank = dict.fromkeys(("E_DATE_PARSE", "E_CURRENCY_UNKNOWN", "E_SKU_MISSING"))
    assert {code: n for code, n in counts.items() if code not in blank} == {
        "E_NUM_PARSE": 1,
        "E_DUP_CONFLICT": 2,
        "E_ROW_SHAPE": 1,
        "BLANK_ROW": 1,
        "DUPLICATE": 1,
    }


def test_a_row_carries_all_its_reasons(desk, row):
    """A row with several faults is quarantined once, with every code and faulty field."""
    bad = row(Date="x", Currency="XXX", SKU="", Cost="-1", Clicks="many")
    result = desk.harmonize(desk.write("r.csv", [row(), bad]))
    (held,) = desk.table(result, "quarantine")
    codes = ["E_DATE_PARSE", "E_NUM_PARSE", "E_NEGATIVE", "E_CURRENCY_UNKNOWN", "E_SKU_MISSING"]
    assert held["reasons"].split() == codes
    assert held["fields"].split() == ["date", "clicks"]
    (line,) = desk.lines(result)
    assert tuple(line["cells"].values()) == bad


@pytest.fixture
def balanced(desk, row):
    """A finished run with the entries of its balance and the paths of its files."""
    rows = [row(), row(SKU="S2", Currency="EUR"), row(SKU="S3", Cost="x"), row()]
    result = desk.harmonize(desk.write("r.csv", rows))
    entries = [
        Entry(0, "EUR", "kept", 1, Decimal("12.5"), Decimal("59.9")),
        Entry(0, "USD", "kept", 1, Decimal("12.5"), Decimal("59.9")),
        Entry(0, "USD", "quarantined", 1, Decimal(0), Decimal("59.9")),
        Entry(0, "USD", "duplicate", 1, Decimal("12.5"), Decimal("59.9")),
    ]
    written = {n: result.run.folder / f"{n}.parquet" for n in ("rmis", "quarantine", "set_aside")}
    return entries, written


def test_true_books_balance(balanced):
    """The check accepts what was judged and written alike."""
    entries, written = balanced
    with connect() as connection:
        reconcile.check(connection, entries, written, ragged=0, carried=None)


@pytest.mark.parametrize(
    ("number", "change", "ragged"),
    [
        (0, {"cost": Decimal("12.51")}, 0),
        (1, {"revenue": Decimal("59.899999")}, 0),
        (1, {"rows": 2}, 0),
        (0, {"currency": "USD"}, 0),
        (2, {"rows": 2}, 0),
        (3, {"rows": 0}, 0),
        (3, {"disposition": "quarantined"}, 0),
        (0, {}, 1),
    ],
)
def test_tampered_books_fail(balanced, number, change, ragged):
    """A cent, a row or a place that differs stops the run."""
    entries, written = balanced
    entries[number] = replace(entries[number], **change)
    with connect() as connection, pytest.raises(Failure, match="books do not balance"):
        reconcile.check(connection, entries, written, ragged=ragged, carried=None)


def test_amounts_are_printed_exactly():
    """Money shows cents, and more digits only where there are any."""
    texts = [reconcile.money(Decimal(v)) for v in ("1", "1.10", "1.123000", "0", "100", "1E+3")]
    assert texts == ["1.00", "1.10", "1.123", "0.00", "100.00", "1000.00"]

from __future__ import annotations

import gzip
import json
import os
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rmnctl.errors import InputError
from rmnctl.harmonization.reading import ReadSpec, open_report

HEADER = ("Day", "Produkt", "Kosten €")
ROWS = [("2026-03-01", "Müsli, extra", "1.10"), ("2026-03-02", "Käse", "20.00")]
CSV = 'Day,Produkt,Kosten €\n2026-03-01,"Müsli, extra",1.10\n2026-03-02,Käse,20.00\n'
#: Stands in every bad file; no message may repeat it.
SECRET = "4711Geheim"


def put(folder, name, content, encoding="utf-8"):
    """Write a file and give its path."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(path, **layout):
    """Header, rows of cells, record numbers, and ragged records of a report."""
    report = open_report(path, ReadSpec(**layout))
    rows, numbers = [], []
    for batch in report.batches():
        *columns, places = (batch.column(i).to_pylist() for i in range(batch.num_columns))
        rows += list(zip(*columns, strict=True))
        numbers += places
    return report.header, rows, numbers, [(r.row, r.cells) for r in report.ragged]


def records():
    """The report as JSON objects."""
    return [dict(zip(HEADER, row, strict=True)) for row in ROWS]


def parquet(folder):
    """The report as Parquet."""
    path = folder / "report.parquet"
    pq.write_table(pa.Table.from_pylist(records()), path)
    return path


MAKERS = {
    "csv": lambda d: (put(d, "r.csv", CSV), {}),
    "crlf": lambda d: (put(d, "r.csv", CSV.replace("\n", "\r\n")), {}),
    "no final newline": lambda d: (put(d, "r.csv", CSV.rstrip("\n")), {}),
    "semicolons": lambda d: (
        put(
            d,
            "r.csv",
            CSV.replace('"Müsli, extra"', "Müsli# extra").replace(",", ";").replace("#", ","),
        ),
        {},
    ),
    "tsv": lambda d: (
        put(
            d,
            "r.tsv",
            CSV.replace('"Müsli, extra"', "Müsli# extra").replace(",", "\t").replace("#", ","),
        ),
        {},
    ),
    "preamble": lambda d: (put(d, "r.csv", "Report of\nMarch, 2026\n" + CSV), {"skip_rows": 2}),
    "csv.gz": lambda d: (put(d, "r.csv.gz", gzip.compress(CSV.encode())), {}),
    "gzip by content": lambda d: (put(d, "r.csv", gzip.compress(CSV.encode())), {}),
    "utf-8-sig": lambda d: (put(d, "r.csv", CSV, "utf-8-sig"), {}),
    "utf-16": lambda d: (put(d, "r.csv", CSV, "utf-16"), {}),
    "utf-16 named": lambda d: (put(d, "r.csv", CSV, "utf-16"), {"encoding": "utf-16"}),
    "cp1252": lambda d: (put(d, "r.csv", CSV, "cp1252"), {"encoding": "cp1252"}),
    "json": lambda d: (put(d, "r.json", json.dumps(records())), {}),
    "json indented": lambda d: (put(d, "r.json", json.dumps(records(), indent=2)), {}),
    "json utf-8-sig": lambda d: (put(d, "r.json", json.dumps(records()), "utf-8-sig"), {}),
    "ndjson": lambda d: (
        put(d, "r.ndjson", "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records())),
        {},
    ),
    "ndjson.gz": lambda d: (
        put(d, "r.json.gz", gzip.compress("\n".join(map(json.dumps, records())).encode())),
        {},
    ),
    "wrapped": lambda d: (
        put(d, "r.json", json.dumps({"meta": 1, "data": {"rows": records()}})),
        {"records": "data.rows"},
    ),
    "parquet": lambda d: (parquet(d), {}),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_every_format_gives_the_same_cells(tmp_path, kind):
    """Formats, packings and encodings of one report read as the same text cells."""
    path, layout = MAKERS[kind](tmp_path)
    assert read(path, **layout) == (HEADER, ROWS, [1, 2], [])


def test_reading_twice_gives_the_same(tmp_path):
    """A report may be streamed again, and its ragged records do not add up."""
    report = open_report(put(tmp_path, "r.csv", "a,b\n1,2\n3\n4,5\n"))
    first = [b.to_pylist() for b in report.batches()]
    assert [b.to_pylist() for b in report.batches()] == first
    assert [r.row for r in report.ragged] == [2]


def test_quotes_and_newlines_stay_inside_their_cell(tmp_path):
    """A quoted cell may hold delimiters, line ends and doubled quotes; it is one record."""
    path = put(tmp_path, "r.csv", 'a,b\n"x\ny","1,5"\n"say ""hi""",2\n,""\n')
    rows = [("x\ny", "1,5"), ('say "hi"', "2"), ("", "")]
    assert read(path) == (("a", "b"), rows, [1, 2, 3], [])


def test_a_header_cell_may_span_lines(tmp_path):
    """A header with a quoted line end is one record too."""
    path = put(tmp_path, "r.csv", '"Ad\nSpend",b\n1,2\n')
    assert read(path) == (("Ad\nSpend", "b"), [("1", "2")], [1], [])


def test_ragged_records_are_kept_aside_with_their_numbers(tmp_path):
    """Records with too few or many cells do not shift the numbers of the others."""
    path = put(tmp_path, "r.csv", 'a,b\n1,2\n3\n"4\n4",5\n6,7,8\n9\n10,11\n')
    rows = [("1", "2"), ("4\n4", "5"), ("10", "11")]
    assert read(path) == (("a", "b"), rows, [1, 3, 6], [(2, 1), (4, 3), (5, 1)])


def test_ragged_records_are_numbered_across_blocks(tmp_path):
    """Numbers stay right in a file much larger than the reader's block."""
    lines = [f"{n},{'x' * 90}" if n % 1000 else f"{n}" for n in range(1, 100_001)]
    path = put(tmp_path, "r.csv", "a,b\n" + "\n".join(lines) + "\n")
    _, rows, numbers, ragged = read(path)
    assert [int(r[0]) for r in rows] == numbers
    assert ragged == [(n, 1) for n in range(1000, 100_001, 1000)]


def test_json_numbers_keep_their_digits(tmp_path):
    """Numbers that a float would change are read as they were written."""
    text = '[{"a": 0.1000000000000000055, "b": 12345678901234567890, "c": 1.10, "d": 1e-7}]'
    path = put(tmp_path, "r.json", text)
    cells = [("0.1000000000000000055", "12345678901234567890", "1.10", "1e-7")]
    assert read(path)[1] == cells


def test_json_values_that_are_no_text(tmp_path):
    """Null stays unknown, booleans become words, nested values stay JSON."""
    path = put(tmp_path, "r.json", '[{"a": null, "b": true, "c": {"x": ["y"]}, "d": ""}]')
    assert read(path)[1] == [(None, "true", '{"x": ["y"]}', "")]


def test_json_records_may_lack_keys(tmp_path):
    """The header is the union of all keys; a missing key is an unknown cell."""
    path = put(tmp_path, "r.json", '{"a": "1"}\n{"b": "2", "a": "3"}\n\n{"c": "4"}\n')
    rows = [("1", None, None), ("3", "2", None), (None, None, "4")]
    assert read(path) == (("a", "b", "c"), rows, [1, 2, 3], [])


def test_parquet_columns_of_any_plain_type_become_text(tmp_path):
    """Numbers, dates and decimals of a Parquet report read as their plain text."""
    table = pa.table(
        {
            "i": pa.array([1, None], pa.int64()),
            "d": pa.array([0, 1], pa.date32()),
            "m": pa.array([None, "2.50"], pa.string()).cast(pa.decimal128(9, 2)),
        }
    )
    pq.write_table(table, tmp_path / "r.parquet")
    rows = [("1", "1970-01-01", None), (None, "1970-01-02", "2.50")]
    assert read(tmp_path / "r.parquet")[1] == rows


def empty_parquet(folder):
    """A Parquet file with a schema only."""
    path = folder / "bad.parquet"
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), path)
    return path


def workbook(folder):
    """A zip archive as Excel writes it."""
    path = folder / "bad.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", SECRET)
    return path


BODY = f"a,b\n{SECRET},1\n"
PACKED = gzip.compress("".join(f"{SECRET}{n},{n * 7919}\n" for n in range(9000)).encode())
BAD = {
    "missing": (lambda d: d / "bad.csv", {}, "does not exist"),
    "directory": (lambda d: d, {}, "is a directory"),
    "empty": (lambda d: put(d, "bad.csv", ""), {}, "is empty"),
    "only blank lines": (lambda d: put(d, "bad.csv", "\n\n \n"), {}, "is empty"),
    "header only": (lambda d: put(d, "bad.csv", "a,b\n"), {}, "has a header and no records"),
    "header without line end": (lambda d: put(d, "bad.csv", "a,b"), {}, "a header and no records"),
    "nothing after the skipped lines": (
        lambda d: put(d, "bad.csv", BODY),
        {"skip_rows": 9},
        "ends before line 10",
    ),
    "wrong delimiter": (lambda d: put(d, "bad.csv", BODY), {"delimiter": ";"}, "a single column"),
    "cut gzip": (lambda d: put(d, "bad.csv.gz", PACKED[: len(PACKED) // 2]), {}, "ends too early"),
    "gzip cut in its first bytes": (
        lambda d: put(d, "bad.csv.gz", PACKED[:15]),
        {},
        "ends too early",
    ),
    "damaged gzip": (
        lambda d: put(d, "bad.csv.gz", PACKED[:300] + b"\xff" * 200 + PACKED[500:]),
        {},
        "damaged gzip",
    ),
    "binary": (lambda d: put(d, "bad.csv", bytes(range(256)) * 9), {}, "is a binary file"),
    "workbook": (workbook, {}, "is an Excel workbook"),
    "old workbook": (
        lambda d: put(d, "bad.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600),
        {},
        "is an old Excel workbook",
    ),
    "pdf": (lambda d: put(d, "bad.csv", f"%PDF-1.7\n{SECRET}"), {}, "is a PDF document"),
    "mixed encodings": (
        lambda d: put(d, "bad.csv", "a,b\nMüsli,1\n".encode() + f"{SECRET}é,2\n".encode("cp1252")),
        {},
        "mixes encodings: line 2 is utf-8, line 3 is not",
    ),
    "undecodable": (
        lambda d: put(d, "bad.csv", f"a,b\n{SECRET}é,1\n", "cp1252"),
        {},
        r"is not utf-8 text \(line 2\)",
    ),
    "undecodable header": (
        lambda d: put(d, "bad.csv", f"a,é\n{SECRET},1\n", "cp1252"),
        {},
        r"is not utf-8 text \(line 1\)",
    ),
    "undecodable late": (
        lambda d: put(d, "bad.csv", b"a,b\n" + b"x,1\n" * 600_000 + b"\xe9,2\n"),
        {},
        r"is not utf-8 text \(line 600002\)",
    ),
    "unknown encoding": (
        lambda d: put(d, "bad.csv", BODY),
        {"encoding": "utf-99"},
        "unknown encoding",
    ),
    "unclosed quote": (
        lambda d: put(d, "bad.csv", 'a,b\n"' + f"{SECRET},1\n" * 900_000),
        {},
        "never closed|cannot be split",
    ),
    "unclosed quote in a small file": (
        lambda d: put(d, "bad.csv", f'a,b\n1,2\n"{SECRET},1\n3,4\n'),
        {},
        "never closed|cannot be split",
    ),
    "unclosed quote in the last cell": (
        lambda d: put(d, "bad.csv", f'a,b\n1,2\n3,"{SECRET}\n'),
        {},
        "never closed|cannot be split",
    ),
    "cut json": (
        lambda d: put(d, "bad.json", json.dumps([{"a": SECRET}] * 9)[:-5]),
        {},
        "is not complete JSON",
    ),
    "cut ndjson": (
        lambda d: put(d, "bad.json", f'{{"a": "{SECRET}"}}\n{{"a": "{SECRET}'),
        {},
        "is not complete JSON",
    ),
    "json of something else": (
        lambda d: put(d, "bad.json", f'["{SECRET}", "x"]'),
        {},
        "does not hold objects",
    ),
    "json without records": (lambda d: put(d, "bad.json", "[]"), {}, "holds no records"),
    "json with unnamed wrapper": (
        lambda d: put(d, "bad.json", json.dumps({"rows": [{"a": SECRET}]})),
        {},
        "wraps its records",
    ),
    "json without the named key": (
        lambda d: put(d, "bad.json", json.dumps({"rows": [{"a": SECRET}]})),
        {"records": "data"},
        "has no key data",
    ),
    "json in another encoding": (
        lambda d: put(d, "bad.json", f'[{{"a": "{SECRET}é"}}]', "cp1252"),
        {},
        "is not UTF-8",
    ),
    "parquet without records": (
        empty_parquet,
        {},
        "has columns and no records",
    ),
    "damaged parquet": (
        lambda d: put(d, "bad.parquet", b"PAR1" + SECRET.encode() * 50),
        {},
        "damaged Parquet",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_report_is_refused_by_name(tmp_path, kind):
    """A bad file ends in one clear message with its name and none of its values."""
    make, layout, message = BAD[kind]
    path = make(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        read(path, **layout)
    said = f"{caught.value.message} {caught.value.hint} {caught.value.details}"
    assert str(path) in caught.value.message
    assert SECRET not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_is_refused(tmp_path):
    """A file that may not be read says so."""
    path = put(tmp_path, "r.csv", CSV)
    path.chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        read(path)


LATE = {
    "header only": "{header}\n",
    "late byte": "{header}\n" + "x,x,x,x,1,1,1,1,1\n" * 300_000 + "\udce9,x,x,x,1,1,1,1,1\n",
    "open quote": "{header}\n" + 'x,x,x,x,1,1,1,1,"1\n' + "x,x,x,x,1,1,1,1,1\n" * 9,
    "long open quote": '{header}\n"' + "x,x,x,x,1,1,1,1,1\n" * 900_000,
}


@pytest.mark.parametrize("kind", LATE)
def test_a_file_that_fails_late_leaves_no_run(desk, kind):
    """A fault met only while rows stream by is the same clear error, before a run exists."""
    header = "Date,Campaign,SKU,Currency,Impressions,Clicks,Cost,Orders,Sales"
    content = LATE[kind].replace("{header}", header).encode("utf-8", "surrogateescape")
    path = desk.write("r.csv", content)
    with pytest.raises(InputError) as caught:
        desk.harmonize(path)
    assert str(path) in caught.value.message
    assert not desk.settings.runs.exists()


def test_a_closed_last_cell_may_hold_a_line_end(tmp_path):
    """A file may well end with a quoted cell of several lines."""
    path = put(tmp_path, "r.csv", 'a,b\n1,"x\ny\n"\n')
    assert read(path)[1] == [("1", "x\ny\n")]
    path = put(tmp_path, "r.csv", 'a,b\n1,"x\ny"\n', "utf-16")
    assert read(path)[1] == [("1", "x\ny")]

"""The report of a harmonize run: self-contained, true to its run, and safe to open."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.reporting.harmonize_balance import PLACES
from rmnctl.reporting.harmonize_page import harmonize_page
from rmnctl.reporting.tables import number
from tests.reporting.conftest import CLEAN, COLUMN, HOSTILE

VOID = {"meta", "link", "wbr", "br", "hr", "img", "input"}
#: Drawing elements that the page closes in the XML way.
CLOSED = {"rect", "path", "circle", "line"}


class Reader(HTMLParser):
    """Reads a page strictly: every tag closed in order, every attribute once."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._caption = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Note an element; open a row or cell of a table."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), self.get_starttag_text()
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self._caption = ""
        elif tag == "tr":
            self.tables.setdefault(self._caption, []).append([])
        elif tag in {"th", "td"}:
            self.tables[self._caption][-1].append("")

    def handle_startendtag(self, tag, attrs):
        """Note an element that closes itself."""
        assert tag in CLOSED, tag
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        """Check that the innermost element is the one closed."""
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        """Keep text, in the cell it belongs to."""
        if "style" not in self.open:
            self.text.append(data)
        if self.open[-2:] == ["span", "b"] and "caption" in self.open:
            self._caption = data
        elif self.open[-1:] in (["th"], ["td"]) or self.open[-2:] == ["th", "small"]:
            self.tables[self._caption][-1][-1] += data


@pytest.fixture(params=["clean", "hostile"])
def run(request, summaries):
    """The bytes of either page, read, with the content of its `report.json`."""
    page = (request.getfixturevalue(request.param) / "report.html").read_bytes()
    return page, Reader(page.decode()), summaries[request.param]


def test_the_page_is_one_well_formed_file(run):
    """Tags close in order, language and title are set, and the file has at most 300 KB."""
    page, reader, _ = run
    assert reader.open == []
    assert page.startswith(b'<!DOCTYPE html>\n<html lang="en">')
    assert b"<title>Harmonised reports</title>" in page
    assert len(page) <= 300_000


def test_the_page_loads_nothing(run):
    """No script, no address, no import: the one reference is an empty icon."""
    page, reader, _ = run
    assert not reader.tags & {"script", "img", "iframe", "object", "embed", "base", "form"}
    assert [v for n, v in reader.attributes if n in {"src", "href", "xlink:href"}] == ["data:,"]
    assert not re.search(rb"https?://|@import|url\((?!#)", page)
    assert [n for n, _ in reader.attributes if n.startswith("on")] == []


def test_ids_are_unique_and_every_fill_is_defined(run):
    """Bars refer to patterns that exist, each once."""
    _, reader, _ = run
    ids = [v for n, v in reader.attributes if n == "id"]
    used = {v for n, v in reader.attributes if n == "fill" and v.startswith("url(")}
    assert len(ids) == len(set(ids))
    assert used <= {f"url(#{i})" for i in ids}


def test_the_same_run_gives_the_same_bytes(run):
    """A page holds nothing but its summary, which it leaves as it was."""
    page, _, summary = run
    assert harmonize_page(summary).encode() == page


def plain(text):
    """A shown number as a number, any other text as it is."""
    bare = text.replace(",", "")
    return Decimal(bare) if re.fullmatch(r"-?\d+(\.\d+)?", bare) else text


def shown(reader, caption):
    """The cells of a table without its heading."""
    return [[plain(cell) for cell in row] for row in reader.tables[caption][1:]]


def picked(rows, *keys):
    """The same cells out of the run's own record."""
    return [[plain(str(row[key])) for key in keys] for row in rows]


def test_tables_show_what_the_run_recorded(run):
    """Placements, reasons, attribution and samples equal report.json, cell by cell."""
    _, reader, summary = run
    lines = [a | {"days": f"{a['first_day']} to {a['last_day']}"} for a in summary["attribution"]]
    currency = ["currency"] if len({a["currency"] for a in lines}) > 1 else []
    assert shown(reader, "By retailer and placement") == picked(
        summary["placements"],
        *("retailer_id", "placement_type", *currency, "rows", "skus", "impressions", "clicks"),
        *("cost", "revenue"),
    )
    assert shown(reader, "How sales are credited") == picked(
        lines,
        *("retailer_id", "attr_model", "interaction", "sales_channel", "conversion_basis"),
        *(*currency, "grain", "days", "rows", "final_rows", "cost", "revenue"),
    )
    if summary["reasons"]:
        assert shown(reader, "Reasons") == picked(summary["reasons"], "code", "rows", "meaning")
    if summary["samples"]:
        assert shown(reader, "Quarantined records") == picked(
            summary["samples"], "input", "row", "reasons"
        )


def test_balances_show_what_the_run_recorded_and_add_up(run):
    """Rows and money of every input equal report.json; each line and each column adds up."""
    _, reader, summary = run
    names = {name: place for place, name in PLACES.items()}
    books = {book["input"]: book for book in summary["inputs"]}
    expected = {"Rows": {name: b["rows"] | {"in": b["rows_in"]} for name, b in books.items()}}
    for currency, measures in summary["money"].items():
        for caption, key in (("Cost", "cost"), ("Attributed revenue", "revenue")):
            if Decimal(measures[key]["in"]):
                expected[f"{caption}, {currency}"] = {
                    name: b["money"][currency][key]
                    for name, b in books.items()
                    if currency in b["money"]
                }
    for caption, lines in expected.items():
        unit = re.escape(caption.partition(", ")[2] or "-")
        heading = [re.sub(f" {unit}$", "", h) for h in reader.tables[caption][0]]
        *rows, total = shown(reader, caption)
        assert [row[0] for row in rows] == list(lines)
        for row in rows:
            record = dict(zip(heading[1:], row[1:], strict=True))
            assert record.pop("in") == sum(record.values())
            for name, value in record.items():
                assert value == Decimal(lines[row[0]].get(names[name], 0)), (caption, name)
        assert total[1:] == [sum(column) for column in list(zip(*rows, strict=True))[1:]]


def test_money_shows_the_totals_of_each_currency(run):
    """The table of money equals the totals of report.json, which are the sums of its inputs."""
    _, reader, summary = run
    several = sum(Decimal(m["cost"]["in"]) > 0 for m in summary["money"].values()) > 1
    expected = []
    for currency, measures in summary["money"].items():
        for name, key in (("cost", "cost"), ("attributed revenue", "revenue")):
            places = measures[key]
            for place, amount in places.items():
                parts = [
                    Decimal(b["money"][currency][key].get(place, "0"))
                    for b in summary["inputs"]
                    if currency in b["money"]
                ]
                assert Decimal(amount) == sum(parts)
            if Decimal(places["in"]):
                start = [name, currency] if several else [name]
                expected.append([*start, Decimal(places["in"]), Decimal(places["kept"])])
    assert [row[: 4 if several else 3] for row in shown(reader, "Money")] == expected


def test_markup_in_names_is_only_text(hostile):
    """File and column names that hold tags and quotes are shown, and make no element."""
    page = (hostile / "report.html").read_text(encoding="utf-8")
    reader = Reader(page)
    text = "".join(reader.text)
    assert COLUMN in text
    assert HOSTILE in text
    assert "<script" not in page
    assert any(HOSTILE in value for name, value in reader.attributes if name == "aria-label")


def test_verdicts_match_the_findings(clean, hostile, summaries):
    """A clean run says so; findings and warnings are told first and word for word."""
    good = (clean / "report.html").read_text(encoding="utf-8")
    assert ('class="verdict good"' in good, summaries["clean"]["findings"]) == (True, [])
    bad = (hostile / "report.html").read_text(encoding="utf-8")
    text = "".join(Reader(bad).text)
    assert 'class="verdict bad"' in bad
    for line in (*summaries["hostile"]["findings"], *summaries["hostile"]["warnings"]):
        assert 0 < text.index(line) < text.index("What is in RMIS")


def test_a_page_of_very_many_inputs_stays_small(summaries):
    """Hundreds of inputs with thousands of strange columns are cut, which the page says."""
    base = summaries["hostile"]
    names = [f"{i:04d}-{'long_name_' * 12}{CLEAN}" for i in range(500)]
    columns = [f"<column {i}>" for i in range(2000)]
    summary = base | {
        "inputs": [base["inputs"][0] | {"input": name} for name in names],
        "drift": [base["drift"][0] | {"input": name, "new": columns} for name in names],
        "warnings": [f"{name}: new columns: {', '.join(columns)}." for name in names],
        "samples": [{"input": name, "row": 1, "reasons": "E_NUM_PARSE"} for name in names],
    }
    page = harmonize_page(summary)
    assert len(page.encode()) <= 300_000
    assert page.count("report.json lists all") >= 4
    assert names[0] in "".join(Reader(page).text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_a_shown_number_is_the_number(value):
    """Grouping digits changes neither worth, sign nor decimals."""
    text = f"{value:f}"
    assert number(text).replace(",", "") == text


def test_unknown_is_not_nought():
    """A missing number is called so; text is left alone."""
    assert [number(v) for v in (None, 0, "0.00", "-1234567.50", "1e5", "?")] == [
        "n/a", "0", "0.00", "-1,234,567.50", "1e5", "?",
    ]  # fmt: skip

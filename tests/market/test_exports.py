"""Each dialect is read back with nothing but the standard library, as a stranger would."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import time
from datetime import date

import pytest

from rmnctl.market.config import Dialect
from rmnctl.market.exports import export_files

REPORTS = [
    {"retailer": "alpha", "dialect": "console_csv", "placements": ["sponsored_product"]},
    {"retailer": "alpha", "dialect": "money_text", "placements": ["video", "onsite_display"]},
    {"retailer": "beta", "dialect": "api_json"},
]


def day(text: str, pattern: str) -> date:
    """A date as a dialect writes it."""
    return date(*time.strptime(text, pattern)[:3])


def read_console(data: bytes) -> list[dict]:
    """Rows of a console download without its total."""
    *rows, total = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))
    assert total["Start Date"] == "Total"
    return [
        row
        | {
            "day": day(row["Start Date"], "%m/%d/%Y"),
            "cost": cents(row["Spend"]),
            "revenue": cents(row["7 Day Total Sales "]),
        }
        for row in rows
    ]


def read_money(data: bytes) -> list[dict]:
    """Rows of the German sheet."""
    rows = csv.DictReader(io.StringIO(data.decode("cp1252"), newline=""), delimiter=";")
    return [
        row
        | {
            "day": day(row["Datum"], "%d.%m.%Y"),
            "cost": cents(row["Werbekosten"]),
            "revenue": cents(row["Umsatz"]),
        }
        for row in rows
    ]


def read_api(data: bytes) -> list[dict]:
    """Rows of the JSON array."""
    return [
        row
        | {
            "day": date.fromisoformat(row["date"]),
            "cost": round(row["spend"] * 100),
            "revenue": round(row["attributedSales"] * 100),
        }
        for row in json.loads(gzip.decompress(data))
    ]


def cents(text: str) -> int:
    """An amount in either locale."""
    assert re.fullmatch(r"\$\d{1,3}(,\d{3})*\.\d\d|USD \d{1,3}(\.\d{3})*,\d\d", text)
    return int(re.sub(r"\D", "", text))


READERS = {"console_csv": read_console, "money_text": read_money, "api_json": read_api}


@pytest.fixture(scope="module")
def market(small):
    """A market that uses all three dialects."""
    return small(exports=REPORTS)


@pytest.fixture(scope="module")
def files(market):
    """What is true of each file, and its bytes."""
    return [(f.truth, b"".join(f.chunks)) for f in export_files(market)]


def test_each_report_is_a_first_and_a_restated_file(files):
    """Names are flat and say retailer and dialect."""
    assert [truth["file"] for truth, _ in files] == [
        "export_alpha_console.csv",
        "export_alpha_console_restated.csv",
        "export_alpha_money.csv",
        "export_alpha_money_restated.csv",
        "export_beta_api.json.gz",
        "export_beta_api_restated.json.gz",
    ]


def test_files_hold_what_their_truth_says(files):
    """Rows, duplicates and totals in cents, read back from the text."""
    for truth, data in files:
        rows = READERS[truth["dialect"]](data)
        distinct = list({json.dumps(row, default=str): row for row in rows}.values())
        assert len(rows) == truth["rows"]
        assert len(rows) - len(distinct) == truth["duplicates"]
        columns = truth["columns"]
        for field in ("cost", "revenue"):
            assert sum(r[field] for r in distinct) == truth["totals"]["cents"][columns[field]]
        for field in ("impressions", "conversions"):
            name = columns[field]
            total = sum(int(str(r[name]).replace(".", "")) for r in distinct)
            assert total == truth["totals"]["counts"][name]
        assert {r[columns["placement_type"]] for r in distinct} <= set(truth["placements"].values())


def test_first_reports_repeat_a_few_rows(files):
    """Downloads have duplicates; later snapshots here do not."""
    assert [truth["duplicates"] for truth, _ in files] == [3, 0, 3, 0, 3, 0]


def test_restated_files_change_conversions_and_never_cost(files):
    """The last 42 days come again with more sales and the same cost."""
    for (first, one), (second, two) in zip(files[::2], files[1::2], strict=True):
        read = READERS[first["dialect"]]
        old, new = read(one), read(two)
        since = min(r["day"] for r in new)
        old = {json.dumps(r, default=str): r for r in old if r["day"] >= since}.values()
        assert len(old) == len(new) == first["superseded"]
        assert sum(r["cost"] for r in old) == sum(r["cost"] for r in new)
        assert sum(r["revenue"] for r in old) < sum(r["revenue"] for r in new)
        as_of = [date.fromisoformat(t["as_of"]) for t in (first, second)]
        assert as_of[0] == max(r["day"] for r in new)
        assert (as_of[1] - as_of[0]).days == 42


def test_reports_and_retailers_agree_in_the_end(market, files):
    """First file without superseded rows plus restated file is the world's own total."""
    reported = market.reported
    for (first, one), (_, two) in zip(files[::2], files[1::2], strict=True):
        read = READERS[first["dialect"]]
        new = read(two)
        since = min(r["day"] for r in new)
        old = {json.dumps(r, default=str): r for r in read(one) if r["day"] < since}.values()
        config = market.catalogue.config
        at = config.retailers.index(first["retailer_id"])
        wanted = [str(p) in first["placements"] for p in config.placements]
        for field in ("cost", "revenue"):
            total = sum(r[field] for r in (*old, *new))
            assert total == getattr(reported, field)[:, at, wanted].sum()


def test_dialects_keep_their_quirks(files):
    """Trailing spaces, quoted thousands, a total row, accents in cp1252, no time in gzip."""
    console, money, api = (files[i][1] for i in (0, 2, 4))
    assert b",7 Day Total Sales ,Total Advertising Cost of Sales (ACoS) ," in console
    assert re.search(rb'\nTotal,,,USD,.*"\$[\d,]+\.\d\d"', console)
    assert "– Frühjahr & Café".encode("cp1252") in money
    assert api[4:8] == bytes(4)
    assert set(Dialect) == set(READERS)


def test_item_numbers_lead_back_to_skus(market, files):
    """The API names items as the retailer does; the catalogue translates."""
    items = market.catalogue.item_ids[1]
    assert {row["advProductId"] for row in read_api(files[4][1])} <= set(items)


def test_an_empty_report_is_still_a_file(small):
    """A retailer without a single visit sends a header, or an empty array."""
    world = small(events=1)
    for file in export_files(world):
        rows = READERS[file.truth["dialect"]](b"".join(file.chunks))
        assert len(rows) == file.truth["rows"]

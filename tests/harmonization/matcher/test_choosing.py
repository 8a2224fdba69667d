"""What a chooser is told and asked, and what becomes of its answers."""

from __future__ import annotations

import pytest

from rmnctl.harmonization.matcher import Column, propose
from rmnctl.harmonization.matcher.describe import describe, kind_of
from rmnctl.harmonization.matcher.values import shapes
from tests.corpus.generate import load_reports
from tests.harmonization.matcher.evaluate import columns_of

CLICKS = tuple(str(c) for c in (10, 0, 20, 30, 0, 40, 25, 0))
COST = tuple(f"{int(c) * 0.5:.2f}" for c in CLICKS)
SHOWN = tuple(str(1000 + 100 * n) for n in range(8))
DAYS = tuple(f"2026-03-{n + 1:02d}" for n in range(8))


class Says:
    """A chooser with one answer a header; it keeps what it was asked."""

    def __init__(self, **answers: dict[str, float]) -> None:
        self.answers = answers
        self.asked = []

    def choose(self, columns):
        """The answers there are; nothing for all others."""
        self.asked += columns
        return [
            {a.field: self.answers.get(c.header, {}).get(a.field, 0.0) for a in c.candidates}
            for c in columns
        ]


def test_a_column_is_told_by_how_it_stands_to_what_is_known() -> None:
    """Amounts per known measure, rows on which both are zero, the place among means."""
    columns = [Column("Imps", SHOWN), Column("Clicks", CLICKS), Column("K1", COST)]
    told = describe(columns, shapes(columns), {"impressions": 0, "clicks": 1}, [2], 2)
    assert told.kind == "decimals"
    assert told.facts == ("0.006 per impression", "0.5 per click", "zero with clicks")
    assert told.size == "impressions > clicks > this"


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (DAYS, "days"), (CLICKS, "counts"), (COST, "decimals"), (("$1.20", "$3.00"), "money"),
        (("1.2%", "3.0%"), "percentages"), (("A-00123", "A-00456"), "codes"),
        (("100234", "100235"), "codes"), (("Top of Search", "Home"), "words"), (("", None), "nothing"),
    ],
)  # fmt: skip
def test_the_kind_of_cells(cells, kind) -> None:
    """What cells are decides which fields are asked about."""
    column = Column("X", cells)
    assert kind_of(column, shapes([column])[0]) == kind


def test_no_cell_is_told() -> None:
    """Texts and codes of a report stay in the report."""
    secret = tuple(f"Zebra-{n}" for n in (7, 8, 9, 7))
    chooser = Says()
    propose([Column("A", secret), Column("B", ("Quokka", "Numbat") * 2)], chooser)
    assert {c.header for c in chooser.asked} == {"A", "B"}
    told = repr(chooser.asked)
    assert not any(cell in told for cell in (*secret, "Quokka", "Numbat"))


def test_what_is_open_goes_to_the_likeliest_column() -> None:
    """A field goes to the column with the highest chance, once, and only above one half."""
    columns = [
        Column("Date", DAYS),
        Column("Clicks", CLICKS),
        Column("K1", COST),
        Column("K2", COST),
    ]
    chooser = Says(K1={"cost": 0.7, "revenue": 0.2}, K2={"cost": 0.8, "revenue": 0.1})
    found = {p.source: p.field for p in propose(columns, chooser)}
    assert found == {"Date": "date", "Clicks": "clicks", "K1": None, "K2": "cost"}
    unsure = {p.source: p.field for p in propose(columns, Says(K1={"cost": 0.4}, K2={"cost": 0.5}))}
    assert (unsure["K1"], unsure["K2"]) == (None, None)


def test_what_the_matcher_is_sure_of_is_not_asked() -> None:
    """Columns given surely, ratios and settings are no question."""
    columns = [
        Column("Date", DAYS), Column("Clicks", CLICKS), Column("Daily budget", COST),
        Column("CTR", tuple("0.02" for _ in DAYS)), Column("K1", COST),
    ]  # fmt: skip
    chooser = Says()
    propose(columns, chooser)
    assert [c.header for c in chooser.asked] == ["K1"]
    assert {a.field for a in chooser.asked[0].candidates} == {"cost", "revenue", "conversions"}


def test_a_chooser_without_opinion_changes_nothing() -> None:
    """Where it gives nothing a chance, proposals are those of the matcher alone."""
    for report in load_reports()[:12]:
        columns = columns_of(report, 1)
        assert propose(columns, Says()) == propose(columns)

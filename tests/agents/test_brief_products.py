"""Products called by their kind, as people say them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmnctl.agents.briefs import Code, Vocabulary, understand
from tests.agents.evaluate_briefs import is_right, load

BASE = "Spend $100,000 for Harbor. "
#: Briefs whose authors knew of fifteen products of each brand, by the end of the SKU.
KINDS = Path(__file__).with_name("kinds_briefs.jsonl")
KNOWN = {3, 4, 5, 6, 8, 9, 13, 15, 18, 24, 31, 36, 38, 43, 47}


@pytest.mark.parametrize(
    ("sentence", "limits"),
    [
        ("Hand cream at least 4%.", {"HRB-0031": {"min_share": 0.04}}),
        ("Give the sunscreen up to $9,000.", {"HRB-0043": {"max_spend": 9000}}),
        ("Vitamin D3 at most 10%, no cashews.", {"HRB-0018": {"max_share": 0}, "HRB-0024": {"max_share": 0.1}}),
        ("Keep the diapers out of it.", {f"HRB-00{n}": {"max_share": 0} for n in ("08", "20", "32")}),
        ("Nothing on dog food.", {f"HRB-00{n}": {"max_share": 0} for n in ("05", "17", "29", "41")}),
        ("We talked it over with coffee and food for 3 hours.", {}),
    ],
)  # fmt: skip
def test_a_kind_of_product_stands_for_those_that_it_names(asked, sentence, limits) -> None:
    """One product is limited or left out, several are left out together."""
    assert asked(BASE + sentence).get("limits", {}) == limits


def test_a_kind_of_several_products_is_not_limited(vocabulary) -> None:
    """Which one is meant is asked, with the ids that it can be."""
    [got] = understand([BASE + "Dog food up to 30%."], vocabulary)
    assert got.problem is not None
    assert got.problem.code is Code.UNKNOWN_SKU
    assert "HRB-0005, HRB-0017" in got.problem.hint


def test_briefs_about_a_smaller_catalogue_are_read_with_it(vocabulary: Vocabulary) -> None:
    """Of 124 briefs whose authors knew of fifteen products, at least 100 are exactly right by rules."""
    some = tuple(p for p in vocabulary.products if int(p.sku_id[-4:]) in KNOWN)
    rows = load(KINDS)
    read = understand([r["brief"] for r in rows], vocabulary.model_copy(update={"products": some}))
    done = [(row, got) for row, got in zip(rows, read, strict=True) if row["request"] is not None]
    assert len(done) == 124
    assert sum(is_right(row, got) for row, got in done) >= 100

"""The attacks find what is there, and nothing where there is nothing."""

from __future__ import annotations

import math
import random

import pytest

from rmnctl.training import audit
from tests.training.place import sft_row


def test_the_area_under_the_curve_counts_pairs():
    """Ties count half; separated scores are told apart for sure."""
    assert audit.area_under_curve([3, 4], [1, 2])[0] == 1
    assert audit.area_under_curve([1, 2], [3, 4])[0] == 0
    assert audit.area_under_curve([1, 2], [1, 2])[0] == 0.5
    assert audit.area_under_curve([2, 2, 0], [1, 1])[0] == pytest.approx(4 / 6)


def test_a_secret_that_was_never_inserted_shows_what_chance_shows():
    """On average 1/ln 2 bits, and never more than the secret has."""
    draw = random.Random(1)
    bits = []
    for _ in range(2000):
        scores = [draw.gauss(0, 1) for _ in range(audit.REFERENCES + 1)]
        bits.append(audit.exposure_bits(scores[0], scores[1:]))
    assert sum(bits) / len(bits) == pytest.approx(audit.RANDOM_BITS, rel=0.1)
    assert audit.exposure_bits(1e6, [0.0, 1.0, 2.0]) == math.log2(10**6)


def test_canaries_that_are_repeated_are_found_on_the_card(place):
    """Secrets trained on again and again stand out; the card says by how much."""
    place.rows = [sft_row(n, brand_id="brand_x") for n in range(60)]
    brand = {"adapter__adapter_type": "manufacturer", "adapter__brand_id": "brand_x"}
    done = place.train(
        **brand, audit={"canaries": 4, "repeats": 30, "membership": 10},
        optimiser__max_steps=60, optimiser__max_length=160, lora__rank=16,
    )  # fmt: skip
    found = done.trained.card.privacy
    assert found["canaries"]["count"] == 4
    assert found["canaries"]["exposure_bits_median"] > audit.RANDOM_BITS
    assert found["membership"]["members"] == found["membership"]["non_members"] == 10
    assert 0 <= found["membership"]["auc"] <= 1
    assert done.trained.metrics["rows_train"] == 60 - 12 - 10 + 4 * 30


def test_rows_held_out_for_the_audit_are_in_no_other_set(place):
    """Neither trained on nor in the held-out loss."""
    checked = place.check(audit={"membership": 10})
    sets = [{e.row.id for e in part} for part in (checked.train, checked.eval, checked.audit)]
    assert [len(s) for s in sets] == [38, 12, 10]
    assert len(set.union(*sets)) == 60


def test_a_brand_without_an_audit_is_remarked(place):
    """It is allowed, and said."""
    place.rows = [sft_row(n, brand_id="brand_x") for n in range(60)]
    found = place.check(adapter__adapter_type="manufacturer", adapter__brand_id="brand_x")
    assert found.faults == []
    assert [f.code for f in found.remarks] == ["NO_AUDIT"]


def test_the_estimate_counts_canaries(place):
    """Rows that the audit adds take steps too, and the estimate says so."""
    whole = {"optimiser__batch_size": 4, "optimiser__max_steps": None, "optimiser__epochs": 1}
    plain = place.check(**whole)
    audited = place.check(**whole, audit={"canaries": 4, "repeats": 3})
    assert audited.size.steps == plain.size.steps + 3

"""A design is judged only as it was drawn, even where its files' digests were made to fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from rmnctl.errors import InputError
from rmnctl.measurement import ExperimentConfig, Panel, analyse_experiment, design_experiment
from rmnctl.measurement.assignment import Assignment, lot_digest
from rmnctl.measurement.panel import PanelColumns
from tests.measurement.series import START, names, sales

UNITS, HISTORY, DAYS = 12, 98, 14
DESIGNS = [
    {"kind": "matched_pairs"},
    {"kind": "synthetic_control", "candidates": 60, "admissible": 40},
    {"kind": "switchback"},
]


def made(kind, **changes):
    """A design, and outcomes in which treated units spent what was planned without effect."""
    revenue = sales(3, UNITS, HISTORY + DAYS)
    days = tuple(START + timedelta(days=n) for n in range(HISTORY + DAYS))
    config = ExperimentConfig.model_validate(
        {
            "test_id": "t", "retailer_id": "a", "placement_type": "video", "currency": "USD",
            "history": "none", "design": kind, "start_date": days[HISTORY], "days": DAYS,
            "expected_iroas": 1.0,
        } | changes
    )  # fmt: skip
    before = Panel(names(UNITS), days[:HISTORY], revenue[:, :HISTORY], revenue[:, :HISTORY] * 0.01)
    designed = design_experiment(before, config)
    periods = len(designed.assignment.units) // UNITS
    cents = designed.assignment.planned_cents.reshape(UNITS, periods)
    spend = np.repeat(cents / 100 / (DAYS // periods), DAYS // periods, axis=1)
    after = revenue[:, HISTORY:]
    return designed, Panel(names(UNITS), days[HISTORY:], after, after * 0.01 + spend)


def analyse(designed, outcomes, **changes):
    parts = {"design": designed.document, "assignment": designed.assignment} | changes
    return analyse_experiment(parts["design"], parts["assignment"], designed.comparisons, outcomes)


@pytest.mark.parametrize("kind", DESIGNS, ids=lambda k: k["kind"])
def test_another_treatment_than_the_seed_draws_is_refused(kind) -> None:
    """Exchanging the arms is noticed by the digest, and by the seed where digests were redone."""
    designed, outcomes = made(kind)
    assert analyse(designed, outcomes).incremental_spend > 0
    other = replace(designed.assignment, treated=~designed.assignment.treated)
    with pytest.raises(InputError, match="assignment was altered"):
        analyse(designed, outcomes, assignment=other)
    lot = designed.document.randomisation
    lot = lot.model_copy(update={"digest": lot_digest(other, designed.comparisons)})
    forged = designed.document.model_copy(update={"randomisation": lot})
    with pytest.raises(InputError, match="design was altered"):
        analyse(designed, outcomes, assignment=other, design=forged)
    with pytest.raises(InputError, match="not what the seed"):
        analyse(designed, outcomes, assignment=other, design=forged.sealed())


def test_a_design_survives_its_files() -> None:
    """Document and assignment read back from plain data carry the same digests."""
    designed, outcomes = made(DESIGNS[0])
    again = type(designed.document).model_validate(designed.document.plain())
    rows = designed.assignment.table().to_pylist()
    result = analyse(designed, outcomes, design=again, assignment=Assignment.read(rows))
    assert result == analyse(designed, outcomes)


@pytest.mark.parametrize("kind", DESIGNS, ids=lambda k: k["kind"])
def test_money_in_another_unit_changes_nothing_but_money(kind) -> None:
    """Outcomes in cents instead of units give the same p-value, iROAS and interval."""
    designed, outcomes = made(kind)
    table = designed.assignment
    cents = replace(
        table,
        baseline_revenue=table.baseline_revenue * 100,
        baseline_spend=table.baseline_spend * 100,
    )
    lot = designed.document.randomisation
    lot = lot.model_copy(update={"digest": lot_digest(cents, designed.comparisons)})
    document = designed.document.model_copy(update={"randomisation": lot}).sealed()
    richer = replace(outcomes, revenue=outcomes.revenue * 100, spend=outcomes.spend * 100)
    here = analyse(designed, outcomes)
    there = analyse(designed, richer, design=document, assignment=cents)
    assert there.p_value == here.p_value
    assert there.iroas.ci95 == pytest.approx(here.iroas.ci95)
    assert there.incremental_revenue.estimate == pytest.approx(
        100 * here.incremental_revenue.estimate
    )


def test_usual_spend_is_not_taken_for_the_tests() -> None:
    """A history without spend cannot say what is incremental, so spend must be given."""
    designed, outcomes = made(DESIGNS[0], columns=PanelColumns(spend=None).plain())
    with pytest.raises(InputError, match="history had no spend"):
        analyse(designed, outcomes)
    result = analyse_experiment(designed.document, designed.assignment, None, outcomes, spend=500.0)
    assert result.incremental_spend == pytest.approx(500.0, abs=0.01)


def test_spend_far_from_the_plan_is_worth_a_warning() -> None:
    """Twice the planned spend is analysed, and said."""
    designed, outcomes = made(DESIGNS[0])
    planned = designed.document.spend.planned
    result = analyse_experiment(
        designed.document, designed.assignment, None, outcomes, spend=2 * planned
    )
    assert any("200% of what was planned" in w for w in result.warnings)
    assert result.diagnostics["spend_vs_planned"] == pytest.approx(2.0)


def test_longer_gaps_and_odd_lengths_are_warned_about() -> None:
    """Days between history and test, broken weeks and weak power are said in the design."""
    start = START + timedelta(days=HISTORY + 5)
    designed, _ = made(DESIGNS[0], start_date=start, days=10, spend=1.0)
    said = " ".join(designed.document.warnings)
    assert "5 days lie between" in said
    assert "whole weeks" in said
    assert "below the wanted 80%" in said

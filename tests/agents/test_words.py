"""Words about a plan hold no number that the plan does not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from rmnctl.agents.words import check_sentences, explain_plan, plan_facts, split_sentences
from rmnctl.agents.words.numbers import said_numbers
from rmnctl.planning import PlanRequest, plan
from tests.agents.wrong_numbers import plant

CELLS = 40


def document(seed=0):
    """A plan of a random market with limits, beside last period."""
    rng = np.random.default_rng(seed)
    keys = {
        "retailer_id": [("alpha", "beta")[i % 2] for i in range(CELLS)],
        "placement_type": [("video", "sponsored_product")[i // 2 % 2] for i in range(CELLS)],
        "sku_id": [f"HRB-{i // 4:04d}" for i in range(CELLS)],
    }
    c = rng.lognormal(6, 0.6, CELLS)
    table = pa.table(
        keys
        | {
            "family": ["saturating_exp"] * CELLS,
            "a": c * rng.uniform(2, 9, CELLS),
            "c": c,
            "margin_rate": rng.uniform(0.2, 0.5, CELLS),
        }
    )
    request = PlanRequest(
        budget=float(rng.integers(2000, 9000)),
        brand_id="brand_x",
        limits=({"scope": "placement", "id": "video", "max_share": 0.35},),
    )
    last = pa.table(keys | {"spend": rng.uniform(10, 400, CELLS)})
    return plan(table, request, last=last).plain()


@pytest.mark.parametrize("seed", range(8))
def test_what_is_said_of_a_plan_passes_its_own_check(seed) -> None:
    """No sentence of an explanation is dropped, and each has a number or names something."""
    said = explain_plan(document(seed))
    assert said.dropped == ()
    assert len(said.sentences) >= 6


def test_planted_wrong_numbers_are_dropped() -> None:
    """Of some hundred sentences with one wrong number at most one in a hundred is kept."""
    planted, kept = plant(document(seed) for seed in range(12))
    assert planted > 200
    assert kept <= 0.01 * planted


def test_rounding_is_by_the_last_place_that_is_said() -> None:
    """A number may be rounded, not bent: half of its last place, and at most 5 %."""
    made = document(1)
    facts = plan_facts(made)
    budget, spend = made["request"]["budget"], made["totals"]["spend"]
    right = [f"Budget {budget:,.0f}.", f"It spends {spend / 1000:.2f}k.", f"It spends {spend:.1f}."]
    assert check_sentences(right, facts).dropped == ()
    wrong = [f"It spends {spend * 1.002:,.0f}.", "It spends 0.0 million.", "It spends 90%."]
    assert check_sentences(wrong, facts).sentences == ()


def test_a_number_belongs_to_what_it_is_said_of() -> None:
    """One retailer's share said of the other is dropped, even where both are named."""
    made = document(2)
    facts = plan_facts(made)
    spent = {"alpha": 0.0, "beta": 0.0}
    for row in made["allocation"]:
        spent[row["retailer_id"]] += row["spend"] / made["totals"]["spend"]
    alpha, beta = f"{spent['alpha']:.1%}", f"{spent['beta']:.1%}"
    assert alpha != beta
    assert check_sentences([f"alpha {alpha}, beta {beta}."], facts).dropped == ()
    assert check_sentences([f"alpha {beta}, beta {alpha}."], facts).sentences == ()


def test_numbers_in_words_count_and_names_do_not() -> None:
    """`three` and `half` are numbers, `HRB-0003` is a name, and an unknown `Q3` cannot be checked."""
    facts = plan_facts(document(3))
    assert [n.value for n in said_numbers("Half of it, three times.", ())] == [0.5, 3.0]
    assert check_sentences(["HRB-0003 is in the plan.", "It has 1 limit."], facts).dropped == ()
    dropped = check_sentences(["It has three limits.", "Ready by Q3.", "HRB-0999 wins."], facts)
    assert [d.number for d in dropped.dropped] == ["three", "3", "-0999"]


def test_text_is_split_at_sentences_not_at_points_of_numbers() -> None:
    """`1.5` is one number."""
    assert split_sentences("It is 1.5 now. And 2,000!\nDone") == [
        "It is 1.5 now.",
        "And 2,000!",
        "Done",
    ]

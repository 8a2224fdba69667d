"""What adapters knew, and the same mistakes on other facts."""

from __future__ import annotations

import pyarrow as pa
import pytest

from rmnctl.comparison.recall import measure_confusion, recall_by_field, simulated_recall


def view(margins, stocks=None) -> pa.Table:
    n = len(margins)
    return pa.table(
        {
            "retailer_id": ["alpha"] * n,
            "sku_id": [f"S{i}" for i in range(n)],
            "margin_rate": pa.array(margins, pa.float64()),
            "price": pa.array([10.0] * n),
            "stock_units": pa.array(stocks or [None] * n, pa.float64()),
            "promo_multiplier": pa.array([1.0] * n),
        }
    )


def test_recall_is_measured_beside_the_best_single_guess() -> None:
    """Answered share, error and correlation are counted; the median guess stands beside them."""
    true = view([0.1, 0.2, 0.3, 0.4])
    found = recall_by_field(view([0.1, 0.2, None, 0.5]), true)["margin_rate"]
    assert found["n"] == 4
    assert found["answered"] == 0.75
    assert found["wape"] == pytest.approx(0.1 / 0.7)
    assert found["wape_of_median"] == pytest.approx(0.4 / 1.0)
    assert found["correlation"] == pytest.approx(0.97, abs=0.02)
    assert recall_by_field(true, true)["stock_units"]["answered"] is None


def test_mistakes_keep_to_their_quarter() -> None:
    """A model that doubles the largest quarter and knows the rest does so on other facts."""
    true = view([float(i) for i in range(1, 9)])
    told = view([float(i) for i in range(1, 7)] + [14.0, 16.0])
    confusion = measure_confusion(told, true)
    other = view([float(10 * i) for i in range(1, 9)])
    made = simulated_recall(other, confusion, 1)["margin_rate"].to_pylist()
    assert made == [10, 20, 30, 40, 50, 60, 140, 160]


def test_what_is_not_answered_there_is_not_answered_here() -> None:
    """A silent model stays silent, and what has no limit has none."""
    true = view([0.1, 0.2, 0.3, 0.4], [5.0, 6.0, None, 8.0])
    told = view([None] * 4, [5.0, 6.0, 7.0, 8.0])
    made = simulated_recall(true, measure_confusion(told, true), 0)
    assert made["margin_rate"].null_count == 4
    assert made["stock_units"].to_pylist() == [5.0, 6.0, None, 8.0]

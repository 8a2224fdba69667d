from __future__ import annotations

import pyarrow as pa
import pytest

from rmnctl.config import load_config
from rmnctl.errors import ConfigError, InputError
from rmnctl.federation import FederationConfig, LoRAFederation
from rmnctl.tables import write_table
from rmnctl.workflows.bands import SCALES
from rmnctl.workflows.planning_config import PlanConfig
from rmnctl.workflows.private_view import VIEW
from rmnctl.workflows.recalled_view import (
    RecalledView,
    _planned,
    products_of,
    recall,
    recalled_view,
)

PRODUCTS = {"HRB-0002": "Harbor Dark Roast Coffee 12 oz", "HRB-0001": "Harbor Cocoa Granola 12 oz"}


@pytest.fixture
def federation(small, settings):
    """The random adapters under shipped names."""
    opened = LoRAFederation(
        load_config(FederationConfig, small / "federation.yaml").model, settings
    )
    yield opened
    opened.close()


def test_the_table_is_that_of_the_private_view(federation):
    """One row a retailer and SKU in order, with the columns a planner joins to its curves."""
    view = recalled_view(federation, PRODUCTS, "brand_x", ("beta", "alpha"))
    assert view.table.column_names == ["retailer_id", "sku_id", *VIEW_ORDER]
    assert set(VIEW_ORDER) == set(VIEW)
    keys = [(r["retailer_id"], r["sku_id"]) for r in view.table.to_pylist()]
    assert keys == [(r, s) for r in ("alpha", "beta") for s in ("HRB-0001", "HRB-0002")]
    assert view.adapters == ("manufacturer_brand_x",)


VIEW_ORDER = ("margin_rate", "price", "stock_units", "promo_multiplier")


def test_answers_are_bands_of_their_fact(federation):
    """Every fact has one answer, a band of that fact, with the probability of its card."""
    view = recalled_view(federation, PRODUCTS, "brand_x", ("alpha", "beta"))
    rows = view.answers.to_pylist()
    assert len(rows) == 2 * (2 + 2 * 2)
    assert all(r["band"] in SCALES[r["field"]].labels for r in rows)
    assert all(0 < r["card_probability"] <= 1 for r in rows)


def test_a_brand_without_an_adapter_is_not_guessed_for(federation):
    """Where no adapter knows the brand, there is an error and no table of guesses."""
    with pytest.raises(InputError, match="No adapter knows"):
        recalled_view(federation, PRODUCTS, "brand_y", ("alpha",))


def test_no_promotion_leaves_the_margin_as_it_is():
    """Without promoted weeks margin and price are the bands' own; promotions cost margin."""
    quiet, busy = _planned(0.3, 10.0, 0.0), _planned(0.3, 10.0, 1.0)
    assert (quiet["margin_rate"], quiet["price"]) == (0.3, 10.0)
    assert busy["margin_rate"] < 0.3
    assert busy["price"] == pytest.approx(8.5)
    assert busy["promo_multiplier"] > quiet["promo_multiplier"]


def test_recall_counts_right_bands_beside_the_majority_guess():
    """Right, right or next to it, and the share that the commonest band alone would get."""
    answers = pa.table(
        {
            "sku_id": ["a", "b", "c", "d"],
            "retailer_id": pa.array([None] * 4, pa.string()),
            "field": ["margin"] * 4,
            "band": ["A", "B", "C", "H"],
            "probability": [1.0] * 4,
        }
    )
    truth = {(s, None, "margin"): b for s, b in zip("abcd", "ABBB", strict=True)}
    found = recall(RecalledView(answers, answers, ()), truth)
    assert found == {
        "margin": {
            "questions": 4.0,
            "right": 0.5,
            "right_or_next": 0.75,
            "majority_guess": 0.75,
        }
    }


def test_products_come_from_the_public_catalogue(tmp_path):
    """Names and retailers are read from the catalogue; one without names is refused."""
    rows = {
        "sku_id": ["a", "a", "b"],
        "retailer_id": ["r", "q", "r"],
        "brand_id": ["x", "x", "y"],
        "product_name": ["A", "A", "B"],
    }
    write_table(tmp_path / "c.parquet", pa.table(rows))
    assert products_of(tmp_path / "c.parquet", "x") == ({"a": "A"}, ("q", "r"))
    del rows["product_name"]
    write_table(tmp_path / "d.parquet", pa.table(rows))
    with pytest.raises(InputError, match="names no product"):
        products_of(tmp_path / "d.parquet", "x")


@pytest.mark.parametrize(
    ("mode", "data", "says"),
    [
        ("federated", {}, "needs data.federation"),
        ("federated", {"federation": "f.yaml", "private": "p"}, "may not see data.private"),
        ("clean_room", {"federation": "f.yaml"}, "has no use for data.federation"),
    ],
)
def test_a_mode_names_what_it_may_ask(mode, data, says):
    """The federation is asked in mode federated only, and the brand's table is not opened there."""
    from rmnctl.config.yaml_file import validate

    given = {
        "schema": "rmnctl/plan/v1",
        "mode": mode,
        "request": "configs/requests/demo.yaml",
        "data": {"releases": {"alpha": "latest"}, "catalogue": "c"} | data,
    }
    with pytest.raises(ConfigError, match=says):
        validate(PlanConfig, given)

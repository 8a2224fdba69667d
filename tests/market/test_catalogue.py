from __future__ import annotations

import numpy as np

from rmnctl.market import MarketConfig, build_catalogue
from rmnctl.market.artifacts import catalogue_table, private_table
from rmnctl.rmis import normalise


def build(**keys):
    """The catalogue of a configuration."""
    return build_catalogue(MarketConfig(**keys))


def test_the_catalogue_depends_on_its_own_seed_only():
    """Worlds share one catalogue; another catalogue seed gives other products' facts."""
    one, same, other = build(), build(world_seed=99), build(catalogue_seed=12)
    assert private_table(one).equals(private_table(same))
    assert not private_table(one).equals(private_table(other))


def test_products_are_distinct_and_carry_valid_numbers():
    """No two products share a name, SKU id, GTIN or retailer item number."""
    catalogue = build(skus=1500, brands=("a", "b", "c"), retailers=("r", "s", "t"))
    for column in ("sku_id", "product_name", "gtin14"):
        assert len({getattr(k, column) for k in catalogue.skus}) == 1500
    assert all(normalise(k.gtin14).gtin14 == k.gtin14 for k in catalogue.skus)
    for items in catalogue.item_ids:
        assert len(set(items)) == 1500


def test_a_product_reads_like_one():
    """Names are brand, variety, category and size; SKU ids follow the brand."""
    first = build().skus[0]
    assert (first.sku_id, first.product_name, first.department, first.category) == (
        "HRB-0001",
        "Harbor Vanilla Oat Granola 12 oz",
        "Breakfast",
        "Granola",
    )


def test_the_public_table_holds_nothing_private():
    """Everybody may know names, numbers and the hierarchy, and no more."""
    assert catalogue_table(build()).column_names == [
        *("sku_id", "retailer_id", "retailer_item_id", "gtin14", "brand_id", "brand_name"),
        *("department", "category", "product_line", "product_name"),
    ]


def test_knobs_at_zero_make_private_facts_equal():
    """With every knob at 0 nothing in the private table tells one SKU from another."""
    catalogue = build(
        margin={"dispersion": 0},
        stock={"tightness": 0},
        promo={"intensity": 0},
        price={"dispersion": 0},
    )
    private = catalogue.private
    assert set(private.margin_rate) == {0.32}
    assert np.isinf(private.stock_units).all()
    assert not private.promo.any()
    assert set(private.elasticity) == {-1.6}
    assert (private.planned_price == catalogue.price).all()
    table = private_table(catalogue)
    assert table["stock_units"].null_count == table.num_rows


def test_unit_economics_add_up_to_the_last_decimal():
    """Wholesale price minus cost of goods is the margin rate times the price, exactly."""
    catalogue = build()
    private = catalogue.private
    contribution = private.wholesale - private.unit_cogs
    assert (contribution == np.rint(private.margin_rate * 10_000) * catalogue.price).all()
    assert (private.unit_cogs > 0).all()


def test_knobs_give_what_they_say():
    """Mean margin, share of promotion weeks and share of short pairs follow the configuration."""
    private = build(skus=2000).private
    assert abs(private.margin_rate.mean() - 0.32) < 0.06  # departments share part of the spread
    assert abs(private.margin_rate.std() - 0.12) < 0.03
    assert abs(private.promo.mean() - 0.25) < 0.01
    assert abs(private.short.mean() - 0.3) < 0.03
    assert abs(private.elasticity.mean() + 1.6) < 0.03


def test_promotions_every_week_are_possible():
    """Intensity 1 is a limit of the model, not an error."""
    assert build(promo={"intensity": 1.0}).private.promo.mean() > 0.75

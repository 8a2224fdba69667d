from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from rmnctl import tables
from rmnctl.market import MarketConfig, write_market
from rmnctl.market.curves import respond


def write(world, sink):
    """Write a world under its own configuration."""
    return write_market(world.catalogue.config, world, sink)


def test_the_same_seed_gives_the_same_bytes(small, folder):
    """Every artifact of a world is the same to the byte when drawn again."""
    one, two, other = folder("one"), folder("two"), folder("other")
    write(small(5), one)
    write(small(5), two)
    write(small(6), other)
    assert one.digests() == two.digests()
    changed = {n for n, d in one.digests().items() if other.digests()[n] != d}
    assert {"truth.parquet", "events_alpha.parquet", "lift_tests.parquet"} <= changed
    assert not {"catalogue.parquet", "brand_private.parquet"} & changed


def test_every_party_gets_its_artifacts(world, folder):
    """Names are flat and schemas are versioned."""
    sink = folder("run")
    metrics = write(world, sink)
    assert sink.schemas == {
        "catalogue.parquet": "catalogue/v1",
        "brand_private.parquet": "brand_private/v1",
        "lift_tests.parquet": "lift_tests/v1",
        "truth.parquet": "truth/v1",
        "events_alpha.parquet": "events/v1",
        "events_beta.parquet": "events/v1",
        "export_alpha_console.csv": "raw/v1",
        "export_alpha_console_restated.csv": "raw/v1",
        "export_beta_api.json.gz": "raw/v1",
        "export_beta_api_restated.json.gz": "raw/v1",
        "exports.json": "exports/v1",
    }
    assert metrics == world.metrics()
    assert metrics["events"] == sum(
        pq.read_metadata(sink.path / f"events_{r}.parquet").num_rows for r in ("alpha", "beta")
    )
    files = json.loads((sink.path / "exports.json").read_text())["files"]
    assert {f["file"] for f in files} == {n for n in sink.schemas if n.startswith("export_")}


def test_money_is_decimal_everywhere(world, folder):
    """No amount in an artifact is a float."""
    sink = folder("run")
    write(world, sink)
    money = {
        *("price", "promo_price", "promo_funding", "wholesale_price", "unit_cogs", "revenue"),
        *("cost", "spend", "incremental_revenue", "standard_error", "a", "c"),
        *("spend_history", "revenue_history", "price_horizon"),
    }
    for path in sink.path.glob("*.parquet"):
        for column in pq.read_schema(path):
            if column.name in money:
                assert str(column.type) == "decimal128(18, 6)", (path.name, column.name)


@pytest.mark.parametrize("family", ["saturating_exp", "hill", "s_curve"])
def test_the_truth_table_is_enough_to_score_a_plan(small, folder, family):
    """Its columns give the same outcome as the world, where stock does not bind."""
    from rmnctl.market import expected_outcome

    world = small(response={"family": family}, stock={"tightness": 0})
    sink = folder("run")
    write(world, sink)
    truth = pq.read_table(sink.path / "truth.parquet")

    def column(name):
        return truth[name].cast("double").to_numpy()

    spend = column("spend_history")
    outcome = expected_outcome(world, spend)
    revenue = (
        column("promo_multiplier")
        * column("price_multiplier")
        * respond(world.response.family, spend, column("a"), column("c"), column("shape"))
    )
    assert revenue == pytest.approx(outcome.revenue, rel=1e-5, abs=1e-5)
    assert column("revenue_history") == pytest.approx(outcome.revenue, rel=1e-5, abs=1e-5)
    margin = column("margin_rate_horizon") * revenue - spend
    assert margin == pytest.approx(outcome.margin, rel=1e-4, abs=1e-3)
    assert set(truth["family"].to_pylist()) == {family}


def test_the_private_table_is_enough_to_know_the_multipliers(world, folder):
    """A brand can work out from its own table what the truth says about promotions and prices.

    Only the season within the horizon is missing, hence the tolerance.
    """
    sink = folder("run")
    write(world, sink)
    with tables.connect() as db:
        rows = db.execute(
            f"""
            SELECT avg(promo_lift * (promo_price / private.price) ** (1 + price_elasticity)),
                any_value(truth.promo_multiplier),
                any_value((private.price / truth.price) ** (1 + price_elasticity)),
                any_value(price_multiplier),
                any_value(private.stock_units) = any_value(truth.stock_units)
            FROM read_parquet('{sink.path}/brand_private.parquet') private
            JOIN read_parquet('{sink.path}/truth.parquet') truth USING (retailer_id, sku_id)
            WHERE in_horizon AND placement_type = 'video'
            GROUP BY sku_id, retailer_id ORDER BY ALL
            """
        ).fetchall()
    assert len(rows) == 24
    for promo, true_promo, price, true_price, same_stock in rows:
        assert promo == pytest.approx(true_promo, rel=0.05)
        assert price == pytest.approx(true_price)
        assert same_stock


def test_a_world_of_another_market_is_refused(world, folder):
    """A configuration must not be written beside a world it did not make."""
    with pytest.raises(ValueError, match="another configuration"):
        write_market(MarketConfig(), world, folder("run"))

"""One world: plans, scores and the truth they are scored by."""

from __future__ import annotations

import numpy as np
import pytest

from rmnctl.comparison.play import Play, Study, play_world
from rmnctl.comparison.studies import FIELDS, coalition_plays, dose_plays, mixed_view
from rmnctl.comparison.summary import Table
from rmnctl.comparison.truth import Cells, baselines, score, truth_curves
from rmnctl.market import build_catalogue, expected_outcome
from rmnctl.planning import plan
from rmnctl.workflows.compare_inputs import market_views
from tests.comparison.conftest import market, policy, request, world

NULL = {
    "margin": {"mean": 0.32, "dispersion": 0},
    "stock": {"tightness": 0},
    "promo": {"intensity": 0},
    "price": {"dispersion": 0},
}
ARMS = (
    Play("clean_room", "release", "public"),
    Play("joined", "release", "private"),
    Play("full_data", "events", "private"),
    Play("oracle", "truth", None),
)


def study(plays=ARMS, asked=None, policies=None, **changes) -> Study:
    config = market(**changes)
    views = market_views(build_catalogue(config), 0.32, everything=False)
    named = {"public": views[frozenset()], "private": views[frozenset(FIELDS)]}
    rules = policies or tuple(policy(r, grain="week", least=20) for r in config.retailers)
    return Study(config, asked or request(), rules, tuple(plays), named, 0)


def by_play(rows) -> dict:
    return {row["play"]: row for row in rows}


@pytest.mark.parametrize("family", ["saturating_exp", "hill", "s_curve"])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_plan_beats_the_oracle(family, seed) -> None:
    """Whatever the true family, the oracle is worth most, up to the gap that plans certify."""
    found = by_play(play_world(study(response={"family": family}, oos_pause=seed == 1), seed))
    best = found["oracle"]["incremental_margin"]
    for name in ("clean_room", "joined", "full_data"):
        assert found[name]["incremental_margin"] <= best + 2e-4 * abs(best), name


def test_the_oracle_promises_what_it_brings() -> None:
    """Planned on the truth and played in it, a plan brings what it predicts: rules are the same."""
    here = world(seed=4)
    cells = Cells.of(here, "brand_x")
    made = plan(truth_curves(here, cells), request())
    spend = cells.align(made.table, "spend")
    got = score(here, cells, spend, request())
    assert got["incremental_margin"] == pytest.approx(made.totals.incremental_margin, rel=1e-6)
    assert got["incremental_revenue"] == pytest.approx(made.totals.incremental_revenue, rel=1e-6)


def test_scores_add_up() -> None:
    """Scores are the sums of the market's own expected outcome over the brand's cells."""
    here = world(seed=5)
    cells = Cells.of(here, "brand_x")
    spend = baselines(here, cells, request())["equal_split"]
    found = expected_outcome(here, cells.spread(spend))
    got = score(here, cells, spend, request(roas_floor=100.0))
    assert got["incremental_margin"] == pytest.approx(found.margin.sum())
    assert got["roas"] == pytest.approx(found.attributed.sum() / found.spend.sum())
    assert got["iroas"] == pytest.approx(found.revenue.sum() / found.spend.sum())
    assert got["planned_spend"] == pytest.approx(4000)
    assert got["floor_broken"] == 1.0
    assert score(here, cells, spend, request())["floor_broken"] == 0.0
    assert score(here, cells, 0 * spend, request())["incremental_margin"] == 0.0


def test_spend_on_stocked_out_products_is_counted() -> None:
    """With hardly any stock all spend meets empty shelves; without a limit none does."""
    scarce = world(seed=5, stock={"tightness": 1.0})
    ample = world(seed=5, stock={"tightness": 0.0})
    for here, share in ((scarce, 1.0), (ample, 0.0)):
        cells = Cells.of(here, "brand_x")
        spend = np.full(len(cells), 1e5)
        got = score(here, cells, spend, request())
        assert got["stockout_spend_share"] == pytest.approx(share)


def test_baselines_spend_the_budget_and_no_more() -> None:
    """The equal split is equal, last period's mix is that of the reports, scaled down."""
    here = world(seed=6)
    cells = Cells.of(here, "brand_x")
    found = baselines(here, cells, request())
    assert set(found["equal_split"]) == {4000 / len(cells)}
    last = here.reported.cost[-28:].sum(axis=0).reshape(-1)[cells.flat] / 100
    assert found["last_period"] == pytest.approx(last * min(1, 4000 / last.sum()))
    rich = baselines(here, cells, request(budget=1e9))["last_period"]
    assert rich == pytest.approx(last)


def test_without_private_information_knowing_is_worth_exactly_nothing() -> None:
    """In a null market all 16 sets of known fields give one plan, so every share is exactly 0."""
    base = study(**NULL)
    catalogue = build_catalogue(base.market)
    views = market_views(catalogue, 0.32, everything=True)
    plays, known = coalition_plays(views, None)
    whole = Study(base.market, base.request, base.policies, (*ARMS[:2], *plays),
                  dict(base.views) | known, 0)  # fmt: skip
    rows = [row for seed in (1, 2) for row in play_world(whole, seed)]
    table = Table.of(rows, 4000, "incremental_margin", 500, 0)
    shares = table.shapley_by_world(
        "joined", ("clean_room", "joined"), FIELDS, "incremental_margin"
    )
    assert not shares.any()
    assert table.equivalence(shares[:, 0], 0.005).equivalent


def test_with_the_same_fit_and_nothing_private_full_data_is_the_clean_room() -> None:
    """Fitted on the same numbers in a null market, full_data minus clean_room is exactly 0."""
    plays = (Play("clean_room", "events", "public"), Play("full_data", "events", "private"))
    found = by_play(play_world(study(plays, **NULL), 3))
    for metric in ("incremental_margin", "incremental_revenue", "spend", "accuracy"):
        assert found["full_data"][metric] == found["clean_room"][metric]


def test_knowing_everything_is_worth_something_here() -> None:
    """In a market with much private information the private table earns more."""
    rich = {"margin": {"mean": 0.32, "dispersion": 0.25}, "stock": {"tightness": 0.6}}
    table = [by_play(play_world(study(**rich), seed)) for seed in (1, 2, 3)]
    gained = [
        t["joined"]["incremental_margin"] - t["clean_room"]["incremental_margin"] for t in table
    ]
    assert min(gained) > 0


def test_released_data_support_fewer_cells_than_events() -> None:
    """A strict release leaves fewer cells a curve of their own, and events leave none out."""
    strict = tuple(policy(r, grain="week", least=300) for r in ("alpha", "beta"))
    found = by_play(play_world(study(policies=strict), 1))
    cells = len(Cells.of(world(), "brand_x"))
    assert found["clean_room"]["cells_with_own_curve"] < cells
    assert found["full_data"]["cells_with_own_curve"] == cells
    assert found["clean_room"]["skus_with_own_curve"] <= found["full_data"]["skus_with_own_curve"]
    assert found["oracle"]["accuracy"] == pytest.approx(1.0)


def test_data_that_allow_no_fit_are_a_finding_of_a_lenient_study() -> None:
    """Monthly periods are too few for curves; the row says so, and a strict study refuses."""
    from dataclasses import replace

    from rmnctl.errors import InputError

    monthly = study(ARMS[:1], policies=tuple(policy(r, grain="month") for r in ("alpha", "beta")))
    with pytest.raises(InputError, match="periods"):
        play_world(monthly, 1)
    (row,) = play_world(replace(monthly, lenient=True), 1)
    assert row["play"] == "unfit"
    assert "periods" in row["reason"]


def test_views_mix_by_field() -> None:
    """A mixed view has the columns of the named fields from one table, all others from the other."""
    views = market_views(build_catalogue(market()), 0.32, everything=True)
    public, private = views[frozenset()], views[frozenset(FIELDS)]
    mixed = mixed_view(public, private, ("stock",))
    assert mixed["stock_units"].to_pylist() == private["stock_units"].to_pylist()
    assert mixed["margin_rate"].to_pylist() == public["margin_rate"].to_pylist()
    assert mixed_view(public, private, FIELDS).equals(private)


def test_what_nobody_told_is_the_public_prior() -> None:
    """Each field alone changes only what it speaks of; none at all is the same for every SKU."""
    views = market_views(build_catalogue(market()), 0.32, everything=True)
    none = views[frozenset()]
    assert set(none["margin_rate"].to_pylist()) == {0.32}
    assert set(none["promo_multiplier"].to_pylist()) == {1.0}
    assert none["stock_units"].null_count == none.num_rows
    stock = views[frozenset({"stock"})]
    assert stock.drop_columns("stock_units").equals(none.drop_columns("stock_units"))
    assert stock["stock_units"].null_count < stock.num_rows
    margin = views[frozenset({"margin"})]
    assert len(set(margin["margin_rate"].to_pylist())) > 1
    assert margin["promo_multiplier"].equals(none["promo_multiplier"])


def test_doses_hand_facts_to_the_wrong_products() -> None:
    """A share of 0 leaves the table as it is; at 1 every product has another's facts."""
    private = market_views(build_catalogue(market()), 0.32, everything=False)[frozenset(FIELDS)]
    _, views = dose_plays(private, (0.0, 0.5, 1.0), 3)
    none, half, whole = (views[f"dose:{s}"] for s in ("0", "0.5", "1"))
    assert none.equals(private)

    def moved(table) -> int:
        pairs = zip(table.to_pylist(), private.to_pylist(), strict=True)
        return sum(a != b for a, b in pairs)

    assert moved(half) == private.num_rows // 2
    assert moved(whole) == private.num_rows
    assert sorted(map(str, whole["margin_rate"].to_pylist())) == sorted(
        map(str, private["margin_rate"].to_pylist())
    )

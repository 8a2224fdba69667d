"""`rmnctl compare`, from configuration to document and gate."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from rmnctl.comparison import ComparisonResult
from rmnctl.comparison.studies import FIELDS
from rmnctl.market import build_catalogue
from rmnctl.tables import write_table
from rmnctl.workflows.compare_inputs import market_views
from tests.comparison.conftest import REQUEST, SMALL, market, write


@pytest.fixture(scope="module")
def done(shop):
    """A comparison with all side studies."""
    return shop.compare(
        dose={"shares": [0.5]},
        policy_study={"thresholds": [10, 400], "grains": ["week", "month"], "worlds": 2},
        robustness={"catalogues": 2, "worlds": 2, "markets": [str(shop.folder / "null.yaml")]},
        null_market={"market": str(shop.folder / "null.yaml"), "worlds": 2},
    )


def test_the_document_holds_every_part(done) -> None:
    """Arms, baselines, deltas, shares, side studies and what is missing are all there."""
    found = done.document
    assert list(found.arms) == [
        "clean_room", "joined", "reports", "full_data", "oracle", "last_period", "equal_split",
    ]  # fmt: skip
    assert found.deltas["joined_vs_clean_room"]["incremental_margin"].pct is not None
    assert found.deltas["clean_room_vs_last_period"]["roas"].pct is None
    assert set(found.ablation.fields) == set(FIELDS)
    assert [m.name for m in found.missing_capabilities] == ["federated"]
    assert found.null_market.passed
    assert len(found.robustness.rows) == 3
    assert found.robustness.catalogues == 2
    assert {p.grain: p.incremental_margin is None for p in found.policy_study} == {
        "week": False,
        "month": True,
    }
    assert [d.share_wrong for d in found.dose] == [0.5]
    assert len(found.objective_by_data.cells) == 4
    assert found.releases[0].grains == {"week": 3}
    written = ComparisonResult.model_validate_json(
        (done.run.folder / "comparison.json").read_text()
    )
    assert written == found


def test_shares_sum_to_the_delta_they_explain(done) -> None:
    """The four Shapley values add up to joined minus clean_room; granularity stands apart."""
    found = done.document
    whole = found.deltas["joined_vs_clean_room"]["incremental_margin"].mean
    assert sum(s.mean for s in found.ablation.fields.values()) == pytest.approx(whole)
    assert found.ablation.total.mean == pytest.approx(whole)
    full = found.deltas["full_data_vs_clean_room"]["incremental_margin"].mean
    assert found.granularity.mean == pytest.approx(full - whole)


def test_figures_are_means_of_the_rows(done) -> None:
    """Every world and play has a row, and the document's means are those of the rows."""
    rows = pq.read_table(done.run.folder / "comparison.parquet").to_pylist()
    for arm in ("clean_room", "oracle", "equal_split"):
        own = [r["incremental_margin"] for r in rows if r["play"] == arm]
        assert len(own) == 3
        assert done.document.arms[arm].metrics["incremental_margin"].mean == pytest.approx(
            sum(own) / 3
        )
    regret = done.document.arms["oracle"].metrics["regret"]
    assert regret.mean == 0


def test_the_verdict_reads_its_numbers_off_the_document(done) -> None:
    """Sentences hold the figures of the document, with their intervals and n."""
    text = "\n".join(done.document.verdict)
    delta = done.document.deltas["joined_vs_clean_room"]["incremental_margin"]
    assert f"{delta.mean:+,.0f}" in text
    assert f"{delta.pct:+.1f} %" in text
    assert "n = 3" in text
    assert "Missing: federated" in text
    assert any("simulation evidence" in c for c in done.document.caveats)


def test_the_same_comparison_is_the_same_bytes_whoever_plays(shop) -> None:
    """Two processes and a fresh cache give byte-identical artifacts."""
    small = {"ablation": None, "objectives": False, "experiment": False}
    first = shop.compare("one", **small)
    second = shop.compare("two", threads=2, **small)
    for name in ("comparison.json", "comparison.parquet"):
        assert (first.run.folder / name).read_bytes() == (second.run.folder / name).read_bytes()
    assert first.run.manifest.fingerprint == second.run.manifest.fingerprint


def test_finished_worlds_are_not_played_again(shop) -> None:
    """A second run finds all worlds done; one that lost a world plays that one only."""
    small = {"ablation": None, "objectives": False, "experiment": False}
    told: list[tuple[int, int]] = []
    first = shop.compare("resume", **small)
    cache = sorted((shop.folder / "resume" / ".cache" / "worlds").rglob("*.json"))
    assert len(cache) == 3
    shop.compare("resume", progress=lambda *x: told.append(x), **small)
    assert told == [(3, 3)]
    cache[0].write_text("{")
    told.clear()
    again = shop.compare("resume", progress=lambda *x: told.append(x), **small)
    assert told == [(2, 3), (3, 3)]
    for name in ("comparison.json", "comparison.parquet"):
        assert (first.run.folder / name).read_bytes() == (again.run.folder / name).read_bytes()


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    elif isinstance(value, float):
        yield path, value


def test_every_figure_moves_with_the_market(shop) -> None:
    """In another market no measured figure stays as it was, so none is a constant of the code."""
    other = write(
        shop.folder / "other.yaml",
        SMALL | {"catalogue_seed": 12, "margin": {"mean": 0.3, "dispersion": 0.2},
                 "stock": {"tightness": 0.8}, "price": {"dispersion": 0.5}},
    )  # fmt: skip
    small = {"dose": {"shares": [0.5]}}
    before = shop.compare(**small).document.plain()
    after = dict(leaves(shop.compare(market=str(other), **small).document.plain()))
    still = {
        path
        for path, value in leaves(before)
        if after.get(path) == value and not _may_stay(path, value)
    }
    assert not still


def _may_stay(path, value) -> bool:
    """What was asked, a budget spent whole, shares of three worlds, and an oracle's exact zeros."""
    return (
        path[0] in {"budget", "request", "recall", "p_loss"}
        or path[-1] in {"n", "win_rate", "share_wrong", "kept"}
        or any(p in {"planned_spend", "floor_broken", "regret", "skus_with_own_curve", "cells_with_own_curve"} for p in path)
        or (value in {0.0, 1.0} and path[:2] == ("arms", "oracle"))
    )  # fmt: skip


def test_a_model_that_knows_all_closes_the_gap_and_one_that_knows_nothing_none(shop) -> None:
    """The private table as answers closes the gap exactly; public priors close none of it."""
    views = market_views(build_catalogue(market()), 0.32, everything=False)
    for known, closed in ((frozenset(FIELDS), 1.0), (frozenset(), 0.0)):
        path = shop.folder / "answers.parquet"
        write_table(path, views[known])
        found = shop.compare(federated={"view": str(path)}, objectives=False).document
        assert found.gap_closed.mean == pytest.approx(closed)
        assert not found.missing_capabilities
        assert found.recall["margin_rate"]["answered"] == 1.0
        assert (found.recall["margin_rate"]["wape"] == 0.0) is (closed == 1.0)
        total = sum(s.mean for s in found.ablation.federated.fields.values())
        assert total == pytest.approx(
            found.deltas["federated_vs_clean_room"]["incremental_margin"].mean, abs=1e-6
        )


def test_recipes_stand_beside_what_they_give_away(shop) -> None:
    """Each adapter has its gain, its recall and the privacy audit of its card."""
    views = market_views(build_catalogue(market()), 0.32, everything=False)
    good, poor = shop.folder / "good.parquet", shop.folder / "poor.parquet"
    write_table(good, views[frozenset(FIELDS)])
    write_table(poor, views[frozenset()])
    card = shop.folder / "card.json"
    card.write_text(json.dumps({"privacy": {"above_majority": 0.4}}))
    found = shop.compare(
        "recipes", ablation=None, objectives=False, experiment=False,
        recipes=[{"name": "rank64", "view": str(good), "card": str(card)},
                 {"name": "rank1", "view": str(poor)}],
    ).document  # fmt: skip
    by_name = {point.name: point for point in found.frontier}
    assert by_name["rank64"].gap_closed.mean == pytest.approx(1.0)
    assert by_name["rank64"].leak == {"above_majority": 0.4}
    assert by_name["rank64"].recall["stock_units"]["wape"] == 0.0
    assert by_name["rank1"].gap_closed.mean == pytest.approx(0.0)
    assert by_name["rank1"].leak is None
    assert by_name["rank1"].recall["stock_units"]["answered"] == 0.0


def test_measured_mistakes_are_made_on_other_facts(shop) -> None:
    """A comparison with answers writes their confusion; elsewhere it simulates recall, and says so."""
    views = market_views(build_catalogue(market()), 0.32, everything=False)
    path = shop.folder / "told.parquet"
    write_table(path, views[frozenset(FIELDS)])
    small = {"ablation": None, "objectives": False, "experiment": False}
    first = shop.compare("measured", federated={"view": str(path)},
                         robustness={"catalogues": 2, "worlds": 1}, **small)  # fmt: skip
    deltas = [row.deltas for row in first.document.robustness.rows]
    for row in deltas:
        # Perfect answers make no mistakes anywhere.
        assert row["federated_vs_clean_room"].mean == pytest.approx(
            row["joined_vs_clean_room"].mean, rel=1e-6
        )
    other = write(shop.folder / "o.yaml", SMALL | {"catalogue_seed": 12})
    confusion = str(first.run.folder / "confusion.json")
    second = shop.compare(
        "measured", federated={"confusion": confusion}, market=str(other), **small
    )
    assert second.document.gap_closed.mean == pytest.approx(1.0)
    assert any("simulated" in c and "federated" in c for c in second.document.caveats)
    assert not any("federated" in c for c in first.document.caveats)


@pytest.mark.slow
def test_a_cluster_plays_the_same_worlds(shop) -> None:
    """On a local Ray cluster every byte is the same as in one process."""
    pytest.importorskip("ray")
    small = {"ablation": None, "objectives": False, "experiment": False}
    here = shop.compare("here", **small)
    # In a process of its own: Ray leaves sockets and files open that tests would be blamed for.
    runs = shop.folder / "there"
    done = subprocess.run(
        [sys.executable, "-m", "rmnctl", "compare", "-c", str(shop.path(**small)), "--executor",
         "ray", "--runs", str(runs), "--json"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    there = Path(json.loads(done.stdout)["run_dir"])
    for name in ("comparison.json", "comparison.parquet"):
        assert (here.run.folder / name).read_bytes() == (there / name).read_bytes()


def test_a_gate_lists_what_moved(run, shop) -> None:
    """A gate that holds exits 0; one that does not exits 5, and the run is complete."""
    path = shop.path(ablation=None, objectives=False, experiment=False)
    least = {"joined_vs_clean_room": -50}
    good = write(shop.folder / "good.yaml", {"schema": "rmnctl/gate/v1", "min_delta_pct": least})
    bad = write(
        shop.folder / "bad.yaml",
        {"schema": "rmnctl/gate/v1", "min_delta_pct": {"joined_vs_clean_room": 90},
         "require_null_market": True},
    )  # fmt: skip
    code, out, err = run("compare", "-c", path, "--gate", good, "--json")
    assert code == 0, err
    assert json.loads(out)["result"]["gate"]["passed"]
    code, out, err = run("compare", "-c", path, "--gate", bad)
    assert code == 5
    assert "joined_vs_clean_room at least 90" in err
    assert "null market: has not run" in err
    assert "incremental margin" in out
    code, _, err = run("compare", "-c", path, "--baseline", "latest:compare")
    assert code == 0, err


def test_a_baseline_that_moved_fails_and_one_of_another_request_is_refused(run, shop) -> None:
    """Exit 5 names the arm that moved; another request cannot be compared at all."""
    small = {"ablation": None, "objectives": False, "experiment": False}
    before = shop.compare("moved", **small).run.run_id
    path = shop.path(**small, first_seed=50)
    strict = write(shop.folder / "s.yaml", {"schema": "rmnctl/gate/v1", "max_move_pct": 0.001})
    code, _, err = run("compare", "-c", path, "--gate", strict, "--baseline", before, runs="moved")
    assert code == 5
    assert "clean_room moved" in err
    other = write(shop.folder / "other_request.yaml", REQUEST | {"budget": 5000})
    path = shop.path(**small, request=str(other))
    code, _, err = run("compare", "-c", path, "--baseline", before, runs="moved")
    assert code == 3
    assert "another request" in err


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"arms": ["joined"]}, 2, "clean_room"),
        ({"arms": ["clean_room"]}, 2, "joined"),
        ({"worlds": 1}, 2, "worlds"),
        ({"market": "none.yaml"}, 2, "none.yaml"),
        ({"request": "none.yaml"}, 2, "none.yaml"),
        ({"policies": "nowhere"}, 2, "policy of alpha"),
        ({"schema": "rmnctl/compare/v9"}, 2, "schema"),
        ({"ablation": {"method": "shapley", "fields": ["margin"]}}, 2, "all four"),
        ({"federated": {"view": "none.parquet"}}, 3, "none.parquet"),
        ({"federated": {"view": "a", "confusion": "b"}}, 2, "not both"),
        ({"federated": {"confusion": "configs/requests/demo.yaml"}}, 3, "confusion"),
    ],
)
def test_bad_comparisons_are_explained(run, shop, changes, code, says) -> None:
    """What is wrong is named, with the documented exit code and no traceback."""
    got, out, err = run("compare", "-c", shop.path(**changes))
    assert (got, out) == (code, ""), err
    assert says in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"brand_id": "brand_q"}, "brand_x"),
        ({"horizon_days": 14}, "horizon_days"),
        ({"currency": "EUR"}, "USD"),
        ({"objective": "conversions"}, "objective"),
        ({"retailers": ["gamma"]}, "gamma"),
    ],
)
def test_a_request_that_the_market_cannot_answer_is_refused(run, shop, changes, says) -> None:
    """Brand, horizon, currency, objective and retailers must be those of the market."""
    path = write(shop.folder / "odd.yaml", REQUEST | changes)
    code, _, err = run("compare", "-c", shop.path(request=str(path)))
    assert code == 2
    assert says in err


def test_answers_about_another_market_are_refused(run, shop) -> None:
    """A federated view of other products, or without the view's columns, exits 3 with the reason."""
    other = market_views(build_catalogue(market(brands=["brand_z"])), 0.32, everything=False)
    path = shop.folder / "other.parquet"
    table = other[frozenset()]
    write_table(path, table.slice(0, 3))
    code, _, err = run("compare", "-c", shop.path(federated={"view": str(path)}))
    assert code == 3
    assert "another market" in err
    write_table(path, table.drop_columns("margin_rate"))
    code, _, err = run("compare", "-c", shop.path(federated={"view": str(path)}))
    assert code == 3
    assert "margin_rate" in err


def test_dry_run_lists_the_plans_and_writes_nothing(run, shop) -> None:
    """--dry-run checks everything and leaves no run."""
    code, out, err = run("compare", "-c", shop.path(), "--dry-run", "--json", runs="dry")
    assert code == 0, err
    names = json.loads(out)["result"]
    assert "joined:margin+stock" in names
    assert "one_more_experiment" in names
    assert not (shop.folder / "dry").exists()

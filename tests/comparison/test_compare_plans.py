"""`rmnctl compare --plans`: two finished plans under the truth of their market."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from rmnctl.cli import main
from tests.comparison.conftest import REQUEST, SMALL, write


@pytest.fixture(scope="module")
def planned(shop):
    """Runs with two markets and plans on them; name to run id."""
    runs = shop.folder / "planned"
    elsewhere = write(shop.folder / "elsewhere.yaml", SMALL | {"catalogue_seed": 12})
    found = {}

    def command(*arguments) -> str:
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--runs", str(runs), "-q"])
        assert left.value.code == 0
        return max((p for p in runs.iterdir() if p.name[0] != "."), key=os.path.getmtime).name

    richer = write(shop.folder / "richer.yaml", REQUEST | {"budget": 5000})
    for name, drawn in (("market", shop.market), ("elsewhere", elsewhere)):
        found[name] = command("simulate", "-c", drawn)
        for mode, asked in (("equal", shop.request), ("richer", richer)):
            config = {
                "schema": "rmnctl/plan/v1",
                "mode": "full_data",
                "request": str(asked),
                "data": {
                    "events": [f"{found[name]}:events_{r}.parquet" for r in ("alpha", "beta")],
                    "private": f"{found[name]}:brand_private.parquet",
                    "lift_tests": f"{found[name]}:lift_tests.parquet",
                    "catalogue": f"{found[name]}:catalogue.parquet",
                },
            }
            path = write(shop.folder / "plan.yaml", config)
            found[f"{name}:{mode}"] = command("plan", "-c", path)
    config["data"] |= {k: v.replace(found["elsewhere"], found["market"]) if isinstance(v, str)
                       else [t.replace(found["elsewhere"], found["market"]) for t in v]
                       for k, v in config["data"].items()}  # fmt: skip
    config["data"] |= {"lift_tests": []}
    config["request"] = str(shop.request)
    found["market:untested"] = command("plan", "-c", write(shop.folder / "plan.yaml", config))
    return found


def test_two_plans_are_scored_by_their_market(run, planned) -> None:
    """Two plans of one request get expected scores, regret and a difference."""
    code, out, err = run(
        "compare", "--plans", planned["market:equal"], planned["market:untested"], "--json",
        runs="planned",
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(out)["result"]
    one, two = (found["plans"][planned[k]] for k in ("market:equal", "market:untested"))
    assert found["delta"]["incremental_margin"] == pytest.approx(
        two["incremental_margin"] - one["incremental_margin"]
    )
    assert min(one["regret"], two["regret"]) >= -1e-3 * abs(one["incremental_margin"])
    assert found["market"] == planned["market"]
    for key, own in ((k, found["plans"][planned[k]]) for k in ("market:equal", "market:untested")):
        spent = sum(by_plan[planned[key]] for by_plan in found["where"].values())
        assert spent == pytest.approx(own["planned_spend"])


def test_the_page_of_two_plans_shows_what_they_are_worth(run, shop, planned) -> None:
    """The report holds both plans' regret, as the document has it, and is one file."""
    code, out, err = run(
        "compare", "--plans", planned["market:equal"], planned["market:untested"], "--json",
        runs="planned",
    )  # fmt: skip
    assert code == 0, err
    answer = json.loads(out)
    page = (shop.folder / "planned" / answer["run_id"] / "report.html").read_text()
    for own in answer["result"]["plans"].values():
        assert f"{own['regret']:,.2f}" in page
    assert 'src="http' not in page


@pytest.mark.parametrize(
    ("second", "market_of", "says"),
    [
        ("market:richer", None, "budget"),
        ("elsewhere:equal", None, "made for the market"),
        ("market:untested", "elsewhere", "made for the market"),
    ],
)
def test_plans_that_do_not_belong_together_are_refused(
    run, planned, second, market_of, says
) -> None:
    """Another request, or another market than the one named, exits 3 with the reason."""
    more = ["--market", planned[market_of]] if market_of else []
    code, _, err = run(
        "compare", "--plans", planned["market:equal"], planned[second], *more, runs="planned"
    )
    assert code == 3, err
    assert says in err


def test_a_market_without_truth_scores_nothing(run, shop, planned) -> None:
    """A simulate run whose truth is gone is refused."""
    copied = shop.folder / "untrue"
    shutil.copytree(shop.folder / "planned", copied)
    manifest = copied / planned["market"] / "manifest.json"
    content = json.loads(manifest.read_text())
    content["artifacts"] = [a for a in content["artifacts"] if a["name"] != "truth.parquet"]
    manifest.write_text(json.dumps(content))
    code, _, err = run(
        "compare", "--plans", planned["market:equal"], planned["market:untested"], runs="untrue"
    )
    assert code == 3
    assert "without truth" in err


def test_plans_and_configurations_do_not_mix(run, shop) -> None:
    """--plans leaves nothing for a configuration to say, and --market needs --plans."""
    assert run("compare", "--plans", "a", "b", "-c", shop.path())[0] == 2
    assert run("compare", "--market", "latest")[0] == 2
    assert run("compare", "--plans", "nothing", "there")[0] == 3

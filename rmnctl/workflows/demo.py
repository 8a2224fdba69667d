"""`rmnctl demo`: the whole story on the embedded default, each step a run the next picks up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.cleanroom import load_policy
from rmnctl.config import Settings, load_config
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.market import MarketConfig
from rmnctl.runs import Run
from rmnctl.workflows.cleanroom_query import cleanroom_query
from rmnctl.workflows.cleanroom_release import ReleaseConfig, ReleaseResult, cleanroom_release
from rmnctl.workflows.harmonize import HarmonizeResult, harmonize
from rmnctl.workflows.plan import PlanResult, plan
from rmnctl.workflows.planning_config import PlanConfig, PlanData
from rmnctl.workflows.simulate import SimulateResult, simulate

MARKET = Path("configs/market/default.yaml")
HARMONIZE = Path("configs/harmonize/demo.yaml")
POLICIES = Path("configs/cleanroom")
QUERY = Path("configs/cleanroom/queries/placements.yaml")
PLANS = Path("configs/plan")


@dataclass(frozen=True)
class Demo:
    """How the demo ended.

    Attributes:
        run: Its last run.
        verdict: One or two sentences for the person at the screen.
        report: The page to open.
    """

    run: Run
    verdict: str
    report: Path


def demo(
    settings: Settings | None = None,
    *,
    say: Callable[[str], object] = str,
    seed: int | None = None,
) -> Demo:
    """Simulate a market, harmonise its reports, release and ask its clean rooms, plan.

    Args:
        settings: Where runs lie.
        say: Told what is going on.
        seed: World seed, in place of the configuration's.
    """
    settings = settings or Settings()
    overrides = [] if seed is None else [f"world_seed={seed}"]
    say(f"1/6 simulate a market ({MARKET}) …")
    market = simulate(load_config(MarketConfig, MARKET, overrides).model, settings)
    say(f"    {market.run.run_id}")
    say(f"2/6 harmonize what its networks report ({HARMONIZE}) …")
    done = harmonize(load_config(HarmonizeConfig, HARMONIZE).model, settings)
    say(f"    {done.run.run_id}")
    # Another world is another past: it never refreshes this one's releases.
    world = market.run.manifest.fingerprint.removeprefix("sha256:")[:12]
    history = settings.runs / ".demo" / world
    say(f"3/6 release what the retailers' policies allow ({POLICIES}) …")
    releases = _release(market.run, settings, history)
    for release in releases:
        say(f"    {release.run.run_id}")
    say(f"4/6 ask the clean room ({QUERY}) …")
    answer = cleanroom_query(releases[0].run.run_id, QUERY, settings, history=history)
    say(f"    {len(answer.cells)} cells")
    plans = {}
    for number, mode in enumerate(("clean_room", "full_data"), 5):
        path = PLANS / f"{mode}.yaml"
        say(f"{number}/6 plan from {mode.replace('_', '-')} knowledge ({path}) …")
        plans[mode] = plan(_plan_config(path, market.run, releases), settings)
        say(f"    {plans[mode].run.run_id}")
    verdict = _verdict(done, market, releases, plans)
    return Demo(done.run, verdict, done.run.folder / "report.html")


def _plan_config(path: Path, market: Run, releases: list[ReleaseResult]) -> PlanConfig:
    """The configuration of a plan, on this demo's own runs."""
    config = load_config(PlanConfig, path).model
    data = config.data.plain()
    own: dict[str, Any] = {
        name: value.replace("latest:simulate:", f"{market.run_id}:")
        for name, value in data.items()
        if isinstance(value, str)
    }
    for name in ("events", "lift_tests"):
        own[name] = [t.replace("latest:simulate:", f"{market.run_id}:") for t in data[name]]
    if data["releases"]:
        own["releases"] = {r.release.retailer: r.run.run_id for r in releases}
    return config.model_copy(update={"data": PlanData.model_validate(data | own)})


def _release(market: Run, settings: Settings, history: Path) -> list[ReleaseResult]:
    """Both retailers' releases, from the events that the market wrote."""
    return [
        cleanroom_release(
            ReleaseConfig(
                policy=load_policy(POLICIES / f"{retailer}.yaml"),
                events=f"{market.run_id}:events_{retailer}.parquet",
                catalogue=f"{market.run_id}:catalogue.parquet",
            ),
            settings,
            history=history,
        )
        for retailer in ("alpha", "beta")
    ]


def _verdict(
    done: HarmonizeResult,
    market: SimulateResult,
    releases: list[ReleaseResult],
    plans: dict[str, PlanResult],
) -> str:
    numbers, truth = done.summary["metrics"], market.metrics
    rooms = "; ".join(
        f"{r.release.retailer} answers by {r.release.grain.value} and keeps "
        f"{min(s['kept'] for s in r.owner['kept'].values()):.0%} of the rows"
        for r in releases
    )
    return (
        f"{numbers['rows_in']} report rows became {numbers['rows_kept']} RMIS rows; "
        f"{numbers['rows_superseded']} were restated, {numbers['rows_duplicate']} copies, "
        f"{numbers['rows_quarantined']} quarantined; the money balances to the cent.\n"
        f"The clean rooms: {rooms}.\n"
        f"{_planned(plans)}\n"
        f"The reports claim a ROAS of {truth['roas']:.2f}; what the ads truly added is "
        f"{truth['iroas']:.2f} (known, because the market is simulated)."
    )


def _planned(plans: dict[str, PlanResult]) -> str:
    """What each plan expects of itself; which is truly better only a comparison can say."""
    each = "; ".join(
        f"{mode.replace('_', '-')} spends {p.plan.totals.spend:,.0f} and expects an incremental "
        f"margin of {p.plan.totals.incremental_margin or 0:,.0f} (gap {p.plan.certificate.gap:.0e})"
        for mode, p in plans.items()
    )
    return f"Two plans, each by its own curves: {each}."

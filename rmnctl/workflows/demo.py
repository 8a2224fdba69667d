"""`rmnctl demo`: the whole story on the embedded default, each step a run the next picks up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rmnctl.cleanroom import load_policy
from rmnctl.config import Settings, load_config
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.market import MarketConfig
from rmnctl.runs import Run
from rmnctl.workflows.cleanroom_query import cleanroom_query
from rmnctl.workflows.cleanroom_release import ReleaseConfig, ReleaseResult, cleanroom_release
from rmnctl.workflows.harmonize import HarmonizeResult, harmonize
from rmnctl.workflows.simulate import SimulateResult, simulate

MARKET = Path("configs/market/default.yaml")
HARMONIZE = Path("configs/harmonize/demo.yaml")
POLICIES = Path("configs/cleanroom")
QUERY = Path("configs/cleanroom/queries/placements.yaml")


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
    """Simulate a market, harmonise its reports, release and ask its clean rooms, report.

    Args:
        settings: Where runs lie.
        say: Told what is going on.
        seed: World seed, in place of the configuration's.
    """
    settings = settings or Settings()
    overrides = [] if seed is None else [f"world_seed={seed}"]
    say(f"1/4 simulate a market ({MARKET}) …")
    market = simulate(load_config(MarketConfig, MARKET, overrides).model, settings)
    say(f"    {market.run.run_id}")
    say(f"2/4 harmonize what its networks report ({HARMONIZE}) …")
    done = harmonize(load_config(HarmonizeConfig, HARMONIZE).model, settings)
    say(f"    {done.run.run_id}")
    # Another world is another past: it never refreshes this one's releases.
    world = market.run.manifest.fingerprint.removeprefix("sha256:")[:12]
    history = settings.runs / ".demo" / world
    say(f"3/4 release what the retailers' policies allow ({POLICIES}) …")
    releases = _release(market.run, settings, history)
    for release in releases:
        say(f"    {release.run.run_id}")
    say(f"4/4 ask the clean room ({QUERY}) …")
    answer = cleanroom_query(releases[0].run.run_id, QUERY, settings, history=history)
    say(f"    {len(answer.cells)} cells")
    return Demo(done.run, _verdict(done, market, releases), done.run.folder / "report.html")


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


def _verdict(done: HarmonizeResult, market: SimulateResult, releases: list[ReleaseResult]) -> str:
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
        f"The reports claim a ROAS of {truth['roas']:.2f}; what the ads truly added is "
        f"{truth['iroas']:.2f} (known, because the market is simulated)."
    )

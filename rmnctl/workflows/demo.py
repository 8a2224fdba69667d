"""`rmnctl demo`: the whole story on the embedded default, each step a run the next picks up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rmnctl.config import Settings, load_config
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.market import MarketConfig
from rmnctl.runs import Run
from rmnctl.workflows.harmonize import harmonize
from rmnctl.workflows.simulate import simulate

MARKET = Path("configs/market/default.yaml")
HARMONIZE = Path("configs/harmonize/demo.yaml")


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
    """Simulate a market, harmonise what its networks report, and write the report.

    Args:
        settings: Where runs lie.
        say: Told what is going on.
        seed: World seed, in place of the configuration's.
    """
    settings = settings or Settings()
    overrides = [] if seed is None else [f"world_seed={seed}"]
    say(f"1/2 simulate a market ({MARKET}) …")
    market = simulate(load_config(MarketConfig, MARKET, overrides).model, settings)
    say(f"    {market.run.run_id}")
    say(f"2/2 harmonize what its networks report ({HARMONIZE}) …")
    done = harmonize(load_config(HarmonizeConfig, HARMONIZE).model, settings)
    say(f"    {done.run.run_id}")
    numbers, truth = done.summary["metrics"], market.metrics
    verdict = (
        f"{numbers['rows_in']} report rows became {numbers['rows_kept']} RMIS rows; "
        f"{numbers['rows_superseded']} were restated, {numbers['rows_duplicate']} copies, "
        f"{numbers['rows_quarantined']} quarantined; the money balances to the cent.\n"
        f"The reports claim a ROAS of {truth['roas']:.2f}; what the ads truly added is "
        f"{truth['iroas']:.2f} (known, because the market is simulated)."
    )
    return Demo(done.run, verdict, done.run.folder / "report.html")

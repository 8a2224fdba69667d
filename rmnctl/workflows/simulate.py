"""`rmnctl simulate`: draw a market whose truth is known, and write what each party sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rmnctl.config import Settings
from rmnctl.market import MarketConfig, build_catalogue, draw_world, write_market
from rmnctl.runs import Run

VERB = "simulate"


@dataclass(frozen=True)
class SimulateResult:
    """A finished simulation.

    Attributes:
        run: The run; its artifacts are events, exports, private table, lift tests and truth.
        metrics: Flat metrics of the world.
    """

    run: Run
    metrics: dict[str, Any]


def simulate(
    config: MarketConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
) -> SimulateResult:
    """Simulate one world of a market.

    Args:
        config: The market; `world_seed` picks the world.
        settings: Where runs lie.
        overrides: `--set` texts, for the record.
    """
    settings = settings or Settings()
    with Run.start(settings.runs, VERB, config, seed=config.world_seed, overrides=overrides) as run:
        world = draw_world(config, build_catalogue(config))
        metrics = write_market(config, world, run)
        run.metrics = dict(metrics)
        run.privacy = {
            "leaves_owner": False,
            "note": "simulated; events hold simulated customers, for the owner's side only",
        }
        run.log("simulated", **metrics)
    return SimulateResult(run, dict(metrics))

"""What the clean room keeps of a market as large as a brand's."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmnctl.cleanroom import load_policy
from rmnctl.config import Settings, load_config
from rmnctl.market import MarketConfig
from rmnctl.workflows.cleanroom_release import ReleaseConfig, cleanroom_release
from rmnctl.workflows.simulate import simulate


@pytest.mark.slow
def test_the_default_market_keeps_95_percent_of_its_rows(tmp_path: Path) -> None:
    """P17: at the automatic grain every metric of both retailers keeps 95 % of the rows."""
    settings = Settings(runs=tmp_path)
    market = simulate(
        load_config(MarketConfig, Path("configs/market/default.yaml")).model, settings
    )
    for retailer in ("alpha", "beta"):
        done = cleanroom_release(
            ReleaseConfig(
                policy=load_policy(Path(f"configs/cleanroom/{retailer}.yaml")),
                events=f"{market.run.run_id}:events_{retailer}.parquet",
                catalogue=f"{market.run.run_id}:catalogue.parquet",
            ),
            settings,
        )
        assert done.release.grain.value == "week"
        assert min(share["kept"] for share in done.owner["kept"].values()) >= 0.95

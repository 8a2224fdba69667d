"""Small markets, and what the commands write of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rmnctl.cleanroom import Policy
from rmnctl.cli import main
from rmnctl.comparison import CompareConfig
from rmnctl.config import Settings, load_config
from rmnctl.market import MarketConfig, build_catalogue, draw_world
from rmnctl.planning import PlanRequest
from rmnctl.workflows.compare import compare

SMALL = {
    "schema": "rmnctl/market/v1",
    "catalogue_seed": 11,
    "skus": 8,
    "placements": ["sponsored_product", "onsite_display", "video"],
    "history_days": 91,
}
REQUEST = {
    "schema": "rmnctl/request/v1",
    "budget": 4000,
    "brand_id": "brand_x",
    "limits": [{"scope": "retailer", "id": "alpha", "max_share": 0.7}],
}


def market(**changes) -> MarketConfig:
    """A small market."""
    return MarketConfig.model_validate(SMALL | changes)


def world(seed: int = 3, **changes):
    """A world of it."""
    config = market(**changes)
    return draw_world(config, build_catalogue(config), seed)


def request(**changes) -> PlanRequest:
    """A request that fits it."""
    return PlanRequest.model_validate(REQUEST | changes)


def policy(retailer: str = "alpha", **changes) -> Policy:
    """The shipped policy of a retailer, changed: least, grain, p_percent, skus, placements, metrics."""
    rules = yaml.safe_load(Path(f"configs/cleanroom/{retailer}.yaml").read_text())
    if "least" in changes:
        least = changes["least"]
        rules["thresholds"] |= {"min_records": least, "min_entities": least}
    if "contributors" in changes:
        rules["thresholds"]["min_contributors"] = changes["contributors"]
    if "p_percent" in changes:
        rules["dominance"]["p_percent"] = changes["p_percent"]
    if "grain" in changes:
        rules["dimensions"]["date"] = {"grain": changes["grain"]}
    if "dates" in changes:
        rules["dimensions"]["date"] |= changes["dates"]
    if changes.get("skus", True) is False:
        del rules["dimensions"]["sku_id"]
    if "placements" in changes:
        rules["dimensions"]["placement_type"] = {"domain": changes["placements"]}
    if "rounding" in changes:
        rules["rounding"] = changes["rounding"]
    return Policy.model_validate(rules)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A runs folder with a small market, as `simulate` writes it; settings, run, configuration."""
    from rmnctl.config import Settings
    from rmnctl.workflows.simulate import simulate

    config = market(world_seed=3)
    settings = Settings(runs=tmp_path_factory.mktemp("written") / "runs", threads=1)
    return settings, simulate(config, settings).run, config


NULL = {
    "margin": {"mean": 0.32, "dispersion": 0},
    "stock": {"tightness": 0},
    "promo": {"intensity": 0},
    "price": {"dispersion": 0},
}


def write(path: Path, content: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path


class Workshop:
    """A folder with a market, a request, policies and a comparison of two worlds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.market = write(folder / "market.yaml", SMALL)
        write(folder / "null.yaml", SMALL | NULL)
        self.request = write(folder / "request.yaml", REQUEST)
        for retailer in ("alpha", "beta"):
            rules = policy(retailer, grain="week", least=20).plain()
            write(folder / "policies" / f"{retailer}.yaml", rules)

    def config(self, **changes) -> dict:
        """The configuration as plain data."""
        return {
            "schema": "rmnctl/compare/v1",
            "market": str(self.market),
            "request": str(self.request),
            "policies": str(self.folder / "policies"),
            "worlds": 3,
            "bootstrap": 500,
        } | changes

    def path(self, **changes) -> Path:
        """The configuration as a file."""
        return write(self.folder / "compare.yaml", self.config(**changes))

    def compare(self, runs: str = "runs", threads: int = 1, **options):
        """Run it through the workflow."""
        settings = Settings(runs=self.folder / runs, threads=threads)
        changes = {k: options.pop(k) for k in list(options) if k not in _OPTIONS}
        model = load_config(CompareConfig, self.path(**changes)).model
        return compare(model, settings, **options)


_OPTIONS = {"executor", "progress", "gate", "baseline", "overrides"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("compare"))


@pytest.fixture
def run(shop, capsys):
    """Run a command on the workshop's runs; (exit code, stdout, stderr)."""

    def run(*arguments, runs="runs"):
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--runs", str(shop.folder / runs)])
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return run

"""The simulated market: known truth, and what each party would see of it."""

from rmnctl.market.catalogue import Catalogue, Sku, build_catalogue
from rmnctl.market.config import Dialect, Family, MarketConfig
from rmnctl.market.curves import marginal, respond
from rmnctl.market.outcome import Outcome, expected_outcome
from rmnctl.market.world import World, draw_world, extra_lift_test
from rmnctl.market.writing import Sink, write_market

__all__ = [
    "Catalogue",
    "Dialect",
    "Family",
    "MarketConfig",
    "Outcome",
    "Sink",
    "Sku",
    "World",
    "build_catalogue",
    "draw_world",
    "expected_outcome",
    "extra_lift_test",
    "marginal",
    "respond",
    "write_market",
]

"""One more geo experiment: what a brand could buy instead of private data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rmnctl.market import World, extra_lift_test
from rmnctl.response import LiftTest, Panel


def one_more_test(world: World, panel: Panel, skus: Sequence[str]) -> tuple[LiftTest, ...]:
    """The outcome of a geo experiment in the untested block that the brand spends most in.

    Which block is chosen on what the release shows, so anybody could choose it; its length and
    error are those of the market's past tests. Nothing is left to test: no experiment.

    Args:
        world: The world.
        panel: The released panel.
        skus: The brand's SKUs.
    """
    config = world.catalogue.config
    tested = {(t.retailer, t.placement) for t in world.lift_tests}
    own = np.isin(panel.sku.astype(str), np.array(skus))
    spend = np.nansum(np.where(own[:, None], panel.spend, 0.0), axis=1)
    best: tuple[float, int, int] | None = None
    for number, (retailer, placement) in enumerate(panel.blocks):
        r = config.retailers.index(retailer)
        p = [str(k) for k in config.placements].index(placement)
        size = float(spend[panel.block == number].sum())
        if (r, p) not in tested and (best is None or size > best[0]):
            best = (size, r, p)
    if best is None:
        return ()
    found = extra_lift_test(world, best[1], best[2])
    paid = max(found.spend, 1)
    return (
        LiftTest(
            retailer=config.retailers[found.retailer],
            placement=str(config.placements[found.placement]),
            start=world.catalogue.day(found.first_day),
            end=world.catalogue.day(found.first_day + found.days - 1),
            iroas=found.estimate / paid,
            iroas_se=found.standard_error / paid,
        ),
    )

"""Weights of adapters from a few examples: one number an adapter, searched one at a time.

A sum of deltas need not be best at weight 1 each. The grid holds 0, so that an adapter that only
hurts is dropped. Coordinates are searched from all ones, and the starting point is kept unless
something is strictly better, so calibration never makes the loss it sees worse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rmnctl.federation.federation import LoRAFederation

GRID = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5)


@dataclass(frozen=True)
class Calibration:
    """What a search found.

    Attributes:
        weights: By adapter_id; for `FederationConfig.weights`.
        before: Loss with all weights 1.
        after: Loss with these.
        tried: How many combinations were measured.
    """

    weights: dict[str, float]
    before: float
    after: float
    tried: int


def calibrate(
    federation: LoRAFederation,
    loss: Callable[[LoRAFederation], float],
    adapter_ids: Sequence[str],
    *,
    grid: Sequence[float] = GRID,
    rounds: int = 2,
) -> Calibration:
    """Search weights by coordinate descent.

    Args:
        federation: Whose base, adapters and strategy are used.
        loss: Measures a federation on examples kept apart from training and from evaluation.
        adapter_ids: Whose weights are searched, in this order.
        grid: Weights to try.
        rounds: Passes over all adapters; a pass without gain is the last.
    """
    seen: dict[tuple[float, ...], float] = {}

    def measure(weights: dict[str, float]) -> float:
        key = tuple(weights[a] for a in adapter_ids)
        if key not in seen:
            known = federation.config.weights
            seen[key] = loss(federation.with_config(weights=known | weights))
        return seen[key]

    best = dict.fromkeys(adapter_ids, 1.0)
    before = after = measure(best)
    for _ in range(rounds):
        start = after
        for adapter in adapter_ids:
            for weight in grid:
                found = measure(best | {adapter: weight})
                if found < after:
                    best, after = best | {adapter: weight}, found
        if after == start:
            break
    return Calibration(best, before, after, len(seen))

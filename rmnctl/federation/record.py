"""What is written down about every composition: which, how, how long, from the cache or not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class CompositionRecord:
    """One line of the composition log.

    Attributes:
        key: The cache key.
        tenant: Retailer and brand.
        task: What it was for.
        adapters: Ids, in order.
        digests: Their digests, in order.
        weights: In order.
        strategy: How they were put together.
        rank: Largest rank of a layer.
        retained: Share of energy kept.
        bytes: Size in memory.
        ms: Time from request to ready, milliseconds.
        cache_hit: Whether it was kept from before.
    """

    key: str
    tenant: str
    task: str | None
    adapters: tuple[str, ...]
    digests: tuple[str, ...]
    weights: tuple[float, ...]
    strategy: str
    rank: int
    retained: float
    bytes: int
    ms: float
    cache_hit: bool

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

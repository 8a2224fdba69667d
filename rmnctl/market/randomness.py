"""Random streams that depend on what they are for, never on the order of calls."""

from __future__ import annotations

import zlib

import numpy as np


def stream(purpose: str, *keys: int) -> np.random.Generator:
    """An independent generator for one purpose.

    Args:
        purpose: What the numbers are for; other purposes give unrelated numbers.
        keys: Seeds and indices, e.g. world seed, retailer, week.
    """
    entropy = [zlib.crc32(purpose.encode()), *keys]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def mixed(key: int, count: int) -> np.ndarray:
    """`count` distinct 64-bit numbers that look random: splitmix64, a bijection.

    Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
    """
    with np.errstate(over="ignore"):
        z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z += np.uint64(key % 2**64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))

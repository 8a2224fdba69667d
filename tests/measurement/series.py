"""Sales of regions as nature might make them: seasonal, autocorrelated, heavy-tailed."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import numpy as np

START = date(2026, 1, 5)


def sales(seed, units=16, days=140, *, rho=0.6, shared=0.5, noise=0.08, sims=None):
    """Daily revenue, (units, days), or (sims, units, days).

    AR(1) with Student-t(3) shocks, a part of them common to all units, weekly pattern, sizes that
    differ by a factor of several.
    """
    rng = np.random.default_rng([9, seed])
    lead = () if sims is None else (sims,)
    size = np.exp(rng.normal(7.0, 0.4, (*lead, units, 1)))
    week = 1 + 0.2 * np.sin(2 * np.pi * np.arange(days) / 7)

    def autoregressive(*shape):
        shocks = rng.standard_t(3, (*shape, days)) / np.sqrt(3)
        level = np.empty_like(shocks)
        level[..., 0] = shocks[..., 0]
        for t in range(1, days):
            level[..., t] = rho * level[..., t - 1] + np.sqrt(1 - rho**2) * shocks[..., t]
        return level

    common = autoregressive(*lead, 1)
    own = autoregressive(*lead, units)
    return size * week * (1 + noise * (np.sqrt(shared) * common + np.sqrt(1 - shared) * own))


def names(units):
    return tuple(f"g{i:02d}" for i in range(units))


def write_csv(path, revenue, first=START, spend=None):
    """One row a unit and day."""
    with path.open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["geo", "date", "revenue", "spend"])
        for i, name in enumerate(names(len(revenue))):
            for t in range(revenue.shape[1]):
                paid = 0.0 if spend is None else spend[i, t]
                day = first + timedelta(days=t)
                out.writerow([name, day, f"{revenue[i, t]:.2f}", f"{paid:.2f}"])
    return path

"""Losses and right answers by task and condition, with intervals over paired rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rmnctl.federation.grading import Grade


@dataclass(frozen=True)
class Cell:
    """One task under one condition, beside the bare base on the same rows.

    Attributes:
        task: Whose held-out text.
        condition: `base`, an adapter's id, or a strategy over the task's stack.
        rows: How many were asked.
        nll: Loss, nats a token.
        change: Loss over the base's, minus 1; -0.2 is a fifth less.
        change_ci95: Its interval.
        exact: Share of rows whose whole answer greedy decoding gives.
        exact_change: Share minus the base's.
        exact_change_ci95: Its interval.
    """

    task: str
    condition: str
    rows: int
    nll: float
    change: float
    change_ci95: tuple[float, float]
    exact: float
    exact_change: float
    exact_change_ci95: tuple[float, float]

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }


def cell(
    task: str,
    condition: str,
    base: Sequence[Grade],
    found: Sequence[Grade],
    *,
    resamples: int,
    seed: int,
) -> Cell:
    """Figures of one condition; rows are resampled together with the base's.

    Args:
        task: Name.
        condition: Name.
        base: Grades of the bare base, one a row.
        found: Grades of the condition on the same rows.
        resamples: How many.
        seed: Of the resamples; the same for all conditions, so that they pair up too.
    """
    tokens = np.array([g.tokens for g in base], dtype=float)
    before = np.array([g.nll for g in base])
    after = np.array([g.nll for g in found])
    right = np.array([g.exact for g in found], dtype=float)
    gained = right - np.array([g.exact for g in base], dtype=float)
    pick = np.random.default_rng(seed).integers(len(base), size=(resamples, len(base)))
    ratios = after[pick].sum(1) / before[pick].sum(1) - 1
    return Cell(
        task=task,
        condition=condition,
        rows=len(base),
        nll=float(after.sum() / tokens.sum()),
        change=float(after.sum() / before.sum() - 1),
        change_ci95=_interval(ratios),
        exact=float(right.mean()),
        exact_change=float(gained.mean()),
        exact_change_ci95=_interval(gained[pick].mean(1)),
    )


def _interval(draws: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)

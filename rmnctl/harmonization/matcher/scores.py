"""How well a column fits a field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.harmonization.matcher.values import Shape


@dataclass(frozen=True)
class Score:
    """How well a column fits a field, and why."""

    value: float
    preference: float
    evidence: tuple[str, ...]
    proved: bool = False
    refuted: bool = False


def mean(shape: Shape) -> float:
    """Mean of the numbers of a column, NaN if it has none."""
    if shape.numbers is None:
        return float("nan")
    good = shape.numbers[np.isfinite(shape.numbers)]
    return float(good.mean()) if len(good) else float("nan")

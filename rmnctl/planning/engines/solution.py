"""What an engine gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rmnctl.planning.draft import LinearModel

Status = Literal["optimal", "infeasible", "time", "failed"]


@dataclass(frozen=True)
class Solution:
    """The outcome of one solve.

    Attributes:
        status: `time` has a feasible but unproven solution, or none (`values` empty).
        values: By column.
        dual: By row, gain of the objective a unit of right-hand side; empty with binaries.
        objective: Value of `values`.
        upper: The solver's own bound; no solution of the model is worth more.
        name: The algorithm, for the record.
    """

    status: Status
    values: np.ndarray
    dual: np.ndarray
    objective: float
    upper: float
    name: str


#: Solves a model within so many seconds, binaries to a relative gap.
Solver = Callable[[LinearModel, float, float], Solution]

"""The same model in PuLP: named variables and rules that a person can read, and LP export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rmnctl.planning.engines.solution import Solution, Status
from rmnctl.planning.linear_model import LinearModel

if TYPE_CHECKING:
    import pulp


def readable(model: LinearModel) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """The model as a PuLP problem, with its variables in the order of columns.

    `spend_cell3_part2` is the third part of the spend of cell 3, `sales_1` what a stock sells;
    rules are numbered as in the problem, `rules_0` being the budget. Cells have the numbers of
    the problem, which is sorted by parameters, not by name.
    """
    import pulp

    problem = pulp.LpProblem("plan", pulp.LpMaximize)
    bounds = zip(_names(model), model.low.tolist(), model.high.tolist(), model.integer.tolist(), strict=True)
    variables = [
        problem.add_variable(
            name,
            None if np.isinf(low) else low,
            None if np.isinf(high) else high,
            pulp.LpBinary if integer else pulp.LpContinuous,
        )
        for name, low, high, integer in bounds
    ]
    gain = pulp.lpSum(v * g for v, g in zip(variables, model.gain.tolist(), strict=True) if g)
    problem += gain + model.constant, "objective"
    return problem, variables


def _names(model: LinearModel) -> list[str]:
    names = [""] * len(model.gain)
    for kind, span in model.columns.items():
        for number in range(span.stop - span.start):
            names[span.start + number] = f"{kind}_{number}"
    part: dict[int, int] = {}
    for number, cell in enumerate(model.cell.tolist()):
        part[cell] = part.get(cell, -1) + 1
        names[number] = f"spend_cell{cell}_part{part[cell]}"
    return names

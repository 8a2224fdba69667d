"""The same model in PuLP: named variables and rules that a person can read, and LP export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rmnctl.planning.engines.solution import Solution, Status
from rmnctl.planning.linear_model import LinearModel


def readable(model: LinearModel) -> Any:
    """The model as a `pulp.LpProblem`.

    Columns are called by kind and number (`spend_12`, `sales_3`), rows too (`rules_0` is the
    budget); cells and rules have the numbers they have in the problem.
    """
    import pulp

    problem = pulp.LpProblem("plan", pulp.LpMaximize)
    names = [""] * len(model.gain)
    for kind, span in model.columns.items():
        for number, column in enumerate(range(span.start, span.stop)):
            names[column] = f"{kind}_{number}"
    for number, cell in enumerate(model.cell.tolist()):
        names[model.columns["spend"].start + number] = f"spend_cell{cell}_part{number}"
    variables = [
        pulp.LpVariable(
            name, None if np.isinf(low) else low, None if np.isinf(high) else high,
            pulp.LpBinary if integer else pulp.LpContinuous,
        )
        for name, low, high, integer in zip(names, model.low.tolist(), model.high.tolist(), model.integer.tolist(), strict=True)
    ]
    problem += pulp.LpAffineExpression(zip(variables, model.gain.tolist(), strict=True), constant=model.constant)
    for name, expression, low, high in _rows(model, variables):
        if low == high:
            problem += pulp.LpConstraint(expression, pulp.LpConstraintEQ, name, low)
            continue
        if np.isfinite(low):
            problem += pulp.LpConstraint(expression, pulp.LpConstraintGE, f"{name}_min", low)
        if np.isfinite(high):
            problem += pulp.LpConstraint(expression.copy(), pulp.LpConstraintLE, f"{name}_max", high)
    return problem

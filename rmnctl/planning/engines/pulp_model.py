"""The same model in PuLP: named variables and rules that a person can read, and LP export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rmnctl import tables
from rmnctl.planning.draft import LinearModel
from rmnctl.planning.engines.solution import Solution, Status

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Readable:
    """A PuLP problem and where its parts are in the arrays.

    Attributes:
        problem: The `pulp.LpProblem`.
        variables: By column.
        rules: Row and constraint; a row with both bounds has two.
    """

    problem: Any
    variables: list[Any]
    rules: list[tuple[int, Any]]


def readable(model: LinearModel) -> Readable:
    """The model as a PuLP problem.

    `spend_cell3_part2` is the third part of the spend of cell 3, `sales_1` what a stock sells;
    rows are called after the rules of the request. Cells have the numbers of the problem, which
    is sorted by parameters, not by name.
    """
    import pulp

    problem = pulp.LpProblem("plan", pulp.LpMaximize)
    bounds = zip(
        _column_names(model),
        model.low.tolist(),
        model.high.tolist(),
        model.integer.tolist(),
        strict=True,
    )
    variables = [
        problem.add_variable(
            name,
            None if np.isinf(low) else low,
            None if np.isinf(high) else high,
            pulp.LpInteger if integer else pulp.LpContinuous,
        )
        for name, low, high, integer in bounds
    ]
    gains = zip(variables, model.gain.tolist(), strict=True)
    problem += pulp.LpAffineExpression([(v, g) for v, g in gains if g], constant=model.constant)
    rules = []
    for row, name, terms in _rows(model, variables):
        low, high = float(model.row_low[row]), float(model.row_high[row])
        sides = [(pulp.LpConstraintGE, low, "_min"), (pulp.LpConstraintLE, high, "_max")]
        if low == high:
            sides = [(pulp.LpConstraintEQ, low, "")]
        for sense, side, suffix in sides:
            if np.isfinite(side):
                rule = pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, name + suffix, side)
                problem.addConstraint(rule, name + suffix)
                rules.append((row, rule))
    return Readable(problem, variables, rules)


def _column_names(model: LinearModel) -> list[str]:
    names = [""] * len(model.gain)
    for kind, span in model.columns.items():
        for number in range(span.stop - span.start):
            names[span.start + number] = f"{kind}_{number}"
    part: dict[int, int] = {}
    for number, cell in enumerate(model.cell.tolist()):
        part[cell] = part.get(cell, -1) + 1
        names[number] = f"spend_cell{cell}_part{part[cell]}"
    return names


def _rows(
    model: LinearModel, variables: list[Any]
) -> Iterator[tuple[int, str, list[tuple[Any, float]]]]:
    """Row by row: position, name, terms."""
    column = np.repeat(np.arange(len(model.gain)), np.diff(model.start))
    order = np.argsort(model.index, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(model.index, minlength=len(model.row_low)))])
    for block, span in model.blocks.items():
        for row in range(span.start, span.stop):
            own = order[start[row] : start[row + 1]]
            terms = zip(column[own].tolist(), model.entry[own].tolist(), strict=True)
            number = row - span.start
            name = (
                model.rules[number].replace(".", "_") if block == "rules" else f"{block}_{number}"
            )
            yield row, name, [(variables[c], value) for c, value in terms]


def write_lp(model: LinearModel, path: Path) -> None:
    """Write the model in LP format, which people and every solver read.

    Args:
        model: For example a plan's `model`.
        path: The file.

    Raises:
        Failure: The disk refused.
    """
    with tables.replacing(path) as temporary:
        readable(model).problem.writeLP(str(temporary))


def solve_pulp(model: LinearModel, seconds: float, gap: float) -> Solution:
    """Solve a linear model through PuLP with HiGHS on one thread.

    Args:
        model: What to solve.
        seconds: Time limit.
        gap: Relative gap at which a search over binaries may stop.
    """
    import pulp

    read = readable(model)
    integer = bool(model.integer.any())
    read.problem.solve(
        pulp.HiGHS(
            msg=False,
            threads=1,
            timeLimit=max(seconds, 0.01),
            gapRel=gap if integer else None,
            random_seed=0,
            primal_feasibility_tolerance=_TOLERANCE,
            dual_feasibility_tolerance=_TOLERANCE,
            mip_feasibility_tolerance=_TOLERANCE,
        )
    )
    solver = read.problem.solverModel
    kinds: dict[str, Status] = {
        "kOptimal": "optimal",
        "kInfeasible": "infeasible",
        "kTimeLimit": "time",
    }
    status = kinds.get(solver.getModelStatus().name, "failed")
    values = np.array([np.nan if v.varValue is None else v.varValue for v in read.variables])
    info, found = solver.getInfo(), solver.getSolution()
    feasible = info.primal_solution_status == 2 and not np.isnan(values).any()
    dual = np.zeros(0 if integer else len(model.row_low))
    if not integer and len(found.row_dual):
        for row, rule in read.rules:
            dual[row] -= found.row_dual[rule.index]
    objective = float(model.gain @ values) + model.constant if feasible else -np.inf
    # PuLP hands HiGHS the negated objective, without its constant.
    upper = -float(info.mip_dual_bound) + model.constant if integer else objective
    return Solution(
        status, values if feasible else np.empty(0), dual, objective, upper, "pulp-highs"
    )

"""Why there is no plan: which rules contradict each other, and what would have to give."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from rmnctl.errors import Failure
from rmnctl.planning.arms import Arms
from rmnctl.planning.certificate import valuation
from rmnctl.planning.draft import LinearModel
from rmnctl.planning.engines import Solution, Solver
from rmnctl.planning.grid import Grid
from rmnctl.planning.linear_model import build_model
from rmnctl.planning.problem import Problem
from rmnctl.planning.refine import elastic_rounds, first_grid
from rmnctl.planning.request import PlanRequest

#: Relaxing one rule alone is tried for so many rules at most.
_MOST_ALONE = 40
_SEEN = 1e-7


@dataclass(frozen=True)
class Give:
    """How far one rule would have to give way.

    Attributes:
        rule: Its field in the request, e.g. `limits.0.max_share`.
        asked: What it asks for, in its own terms (currency units, ROAS, cells).
        needed: What would work instead.
    """

    rule: str
    asked: float
    needed: float

    def text(self, request: PlanRequest) -> str:
        """In words, with who a limit is about and what a share would have to be."""
        about = ""
        if self.rule.startswith("limits."):
            limit = request.limits[int(self.rule.split(".")[1])]
            about = f" ({limit.scope} {limit.id})"
        share = ""
        if self.rule.endswith("_share"):
            share = f", {self.needed / request.budget:.4%} of the budget"
        return f"{self.rule}{about}: {self.asked:,.4g} to {self.needed:,.6g}{share}"


def explain(
    problem: Problem, arms: Arms, request: PlanRequest, solver: Solver, *, seconds: float = 10.0
) -> Failure:
    """The failure that names the rules, how much each would have to give, and what works.

    Args:
        problem: A problem for which there is no plan.
        arms: Its arms.
        request: Where the rules come from.
        solver: Solves linear models.
        seconds: Time to look for explanations.
    """
    deadline = time.monotonic() + seconds
    grid, model, solution = _least_violation(problem, arms, solver, deadline)
    if -solution.objective <= _SEEN * len(problem) and arms.multiple.any():
        grid = _above(arms, grid)
        model = build_model(problem, arms, grid, binaries=True, elastic=True)
        solution = solver(model, seconds, 1e-6)
    together = _gives(problem, model, solution, arms)
    alone = []
    names = _names(model, problem)
    for column, rule in names[:_MOST_ALONE]:
        if time.monotonic() > deadline:
            break
        only = _only(model, [c for c, other in names if other == rule])
        answer = solver(only, 5.0, 1e-6)
        if answer.status == "optimal":
            alone += [g for g in _gives(problem, only, answer, arms) if g.rule == rule]
        del column
    return _failure(request, together, _unique(alone))


def _unique(gives: list[Give]) -> list[Give]:
    return list({g.rule: g for g in gives}.values())


def _least_violation(
    problem: Problem, arms: Arms, solver: Solver, deadline: float
) -> tuple[Grid, LinearModel, Solution]:
    best = None
    for model, solution, at, violation, grid in elastic_rounds(
        problem, arms, first_grid(problem, arms), solver, deadline
    ):
        best = (grid, model, solution)
        done = violation <= _SEEN or violation + at.upper <= 1e-6 * violation
        if done or time.monotonic() > deadline:
            break
    if best is None:
        raise Failure("No plan keeps all rules, and there was no time to say why.")
    return best


_SLACKS = {"rules_over": 1.0, "rules_under": -1.0, "floor_under": -1.0, "active_over": 1.0}


def _names(model: LinearModel, problem: Problem) -> list[tuple[int, str]]:
    """The slack columns with the rule that each lets give way."""
    over = [r for r in problem.rows if np.isfinite(r.high)]
    under = [r for r in problem.rows if np.isfinite(r.low)]
    texts = {
        "rules_over": [_path(r.name, r.high_field) for r in over],
        "rules_under": [_path(r.name, r.low_field) for r in under],
        "floor_under": ["roas_floor"],
        "active_over": ["max_active_cells"],
    }
    found = []
    for block, names in texts.items():
        if block in model.columns:
            start = model.columns[block].start
            found += [(start + i, name) for i, name in enumerate(names)]
    return found


def _path(name: str, field: str) -> str:
    return f"{name}.{field}" if name.startswith("limits.") else name


def _only(model: LinearModel, columns: list[int]) -> LinearModel:
    """The same model with only these slack columns allowed."""
    high = model.high.copy()
    for block in _SLACKS:
        if block in model.columns:
            high[model.columns[block]] = 0.0
    high[columns] = np.inf
    return replace(model, high=high)


def _gives(problem: Problem, model: LinearModel, solution: Solution, arms: Arms) -> list[Give]:
    """What gives way in a solution."""
    bounds = {_path(r.name, r.high_field): r.high for r in problem.rows}
    bounds |= {_path(r.name, r.low_field): r.low for r in problem.rows if np.isfinite(r.low)}
    found = []
    for column, rule in _names(model, problem):
        slack = float(solution.values[column])
        if slack <= _SEEN:
            continue
        if rule == "roas_floor" and problem.floor is not None:
            x = np.clip(model.x(solution.values), problem.least, problem.most)
            found.append(Give(rule, problem.floor, _attained(problem, x)))
        elif rule == "max_active_cells" and problem.max_active is not None:
            found.append(
                Give(rule, problem.max_active, problem.max_active + float(np.ceil(slack - _SEEN)))
            )
        else:
            over = column in range(*_span(model, "rules_over"))
            moved = bounds[rule] + (slack if over else -slack)
            found.append(Give(rule, bounds[rule] * problem.unit, moved * problem.unit))
    del arms
    return found


def _span(model: LinearModel, block: str) -> tuple[int, int]:
    found = model.columns.get(block, slice(0, 0))
    return found.start, found.stop


def _attained(problem: Problem, x: np.ndarray) -> float:
    sales = valuation(problem, x, 1.0).sales.mean(axis=1).sum()
    return float(sales / max(x.sum(), 1e-12))


def _failure(request: PlanRequest, together: list[Give], alone: list[Give]) -> Failure:
    lines = ["No plan keeps all rules at once. The smallest relaxation that works:"]
    lines += [f"  {give.text(request)}" for give in together]
    if alone:
        lines.append("Any one of these alone would do:")
        lines += [f"  {give.text(request)}" for give in alone]
    else:
        lines.append("No single rule, relaxed alone, would do.")
    return Failure(
        "\n".join(lines),
        hint="Change the request accordingly and plan again.",
        details={
            "relaxation": [vars(give) for give in together],
            "alone": [vars(give) for give in alone],
        },
    )


def _above(arms: Arms, grid: Grid) -> Grid:
    """The grid lifted until its interpolation lies nowhere below the envelope."""
    left = np.flatnonzero(grid.arm[:-1] == grid.arm[1:])
    right = left + 1
    lift = np.zeros_like(grid.value)
    part = arms.take(grid.arm[left])
    width = grid.x[right] - grid.x[left]
    for draw in range(grid.value.shape[1]):
        one = replace(
            part,
            contact=part.contact[:, draw : draw + 1],
            curves=part.curves.draw(np.full(len(part), draw)),
        )
        chord = (grid.value[right, draw] - grid.value[left, draw]) / width
        _, top = one.best(np.ones((len(left), 1)), chord, grid.x[left], grid.x[right])
        over = np.maximum(top - (grid.value[left, draw] - chord * grid.x[left]), 0.0)
        np.maximum.at(lift[:, draw], left, over)
        np.maximum.at(lift[:, draw], right, over)
    return replace(grid, value=grid.value + lift)

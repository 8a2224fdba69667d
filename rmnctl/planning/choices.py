"""Plans with a choice: cells that may be off, and curves with an inflection.

The tree (`tree`) decides where each cell stands; around that the problem is concave, and is
solved once more as such for the last digits and for prices.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from rmnctl.errors import Failure
from rmnctl.planning.arms import Arms, make_arms
from rmnctl.planning.certificate import Valuation
from rmnctl.planning.engines import Solver
from rmnctl.planning.losses import has_to_sell
from rmnctl.planning.master import Master
from rmnctl.planning.node import Node
from rmnctl.planning.problem import Problem
from rmnctl.planning.refine import (
    REQUIRED_GAP,
    ROUNDING,
    NoPlan,
    Relaxed,
    first_grid,
    solve_relaxed,
)
from rmnctl.planning.tree import Tree

#: The part of the required gap that the tree is searched to.
_WANTED = 0.5
#: How far a losing cell may move around a plan.
_HAIR = 1e-6


@dataclass(frozen=True)
class Chosen:
    """The best plan found, and the bound.

    Attributes:
        best: The plan.
        fixed: The continuous problem with what is on and where fixed, for prices.
        upper: No plan is worth more.
        nodes: How many nodes of the tree it took.
    """

    best: Valuation
    fixed: Relaxed
    upper: float
    nodes: int


def solve_choices(problem: Problem, arms: Arms, solver: Solver, *, deadline: float) -> Chosen:
    """Choose where cells stand to a certified gap, or until time is up.

    Args:
        problem: What to solve.
        arms: One a cell.
        solver: Solves the linear models around the choice.
        deadline: `time.monotonic()` at which to settle for what there is.

    Raises:
        NoPlan: The rules contradict each other.
        Failure: Time ran out without any plan.
    """
    arms = confined(problem, arms)
    grid = first_grid(problem, arms)
    master = Master(problem, arms, arms.cell[grid.arm], grid.x)
    tree = Tree(problem, master, _WANTED * REQUIRED_GAP, deadline)
    upper = tree.search(Node(arms, arms.high <= 0, np.inf))
    if tree.best is None:
        if time.monotonic() <= deadline:
            raise NoPlan
        raise Failure(
            "Time ran out before any plan that keeps all rules was found; there may be one.",
            hint="Allow more time, or relax active_min_spend, max_active_cells or the limits.",
        )
    fixed = _around(problem, arms, tree.best, solver, deadline)
    best = tree.best
    if fixed.best is not None and fixed.best.objective > best.objective:
        best = fixed.best
    return Chosen(best, fixed, max(upper, best.objective), tree.nodes)


def confined(problem: Problem, arms: Arms) -> Arms:
    """Arms without what no plan can use.

    A cell gets no more than a rule leaves it beside the minima of its other cells, and sells no
    more than its stock. Neither takes a plan away; both lower what mixtures promise.
    """
    room = np.full(len(problem), np.inf)
    for row in problem.rows:
        spare = max(row.high - float(problem.least[row.cells].sum()), 0.0)
        own = problem.least[row.cells] + spare * (1 + 1e-9)
        room[row.cells] = np.minimum(room[row.cells], own)
    high = np.maximum(np.minimum(arms.high, room[arms.cell]), arms.low)
    return make_arms(problem.capped, arms.cell, arms.low, high, arms.may_be_off)


def _around(
    problem: Problem, arms: Arms, best: Valuation, solver: Solver, deadline: float
) -> Relaxed:
    """The concave problem around a plan: the same cells on, each on its side of the inflection.

    A cell that has to sell stays where it is, within the width of a hair that prices need.
    """
    bend = arms.curves.inflection().max(axis=1)
    x = np.clip(best.x, arms.low, arms.high)
    off = arms.may_be_off & (best.x <= 0)
    low = np.where(x >= bend, np.maximum(arms.low, bend), x)
    high = np.where(x >= bend, arms.high, x)
    hair = np.where(has_to_sell(problem), _HAIR * (1 + x), np.inf)
    low, high = np.maximum(low, x - hair), np.minimum(high, x + hair)
    low, high = np.where(off, 0.0, low), np.where(off, 0.0, high)
    nothing = np.zeros(len(problem), dtype=bool)
    fixed = make_arms(problem.capped, arms.cell, low, high, nothing)
    until = max(deadline, time.monotonic() + 1.0)
    try:
        return solve_relaxed(problem, fixed, solver, deadline=until)
    except NoPlan:
        # The plan keeps the rules by a hair more than the solver allows itself.
        eased = solve_relaxed(_eased(problem), fixed, solver, deadline=until)
        return replace(eased, best=None)


def _eased(problem: Problem) -> Problem:
    """The same problem with rules wider by a rounding."""
    much = 10 * ROUNDING
    rows = tuple(
        replace(row, low=row.low - much * abs(row.low), high=row.high + much * abs(row.high))
        for row in problem.rows
    )
    floor = None if problem.floor is None else problem.floor * (1 - much)
    return replace(problem, rows=rows, floor=floor)

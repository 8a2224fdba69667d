"""The one way in: curves and a request in, a certified plan out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa

from rmnctl.errors import ConfigError, Failure
from rmnctl.planning.arms import Arms, first_arms
from rmnctl.planning.bisect import solve_bisect
from rmnctl.planning.cells import Cells, read_cells
from rmnctl.planning.certificate import Prices, Valuation
from rmnctl.planning.choices import solve_choices
from rmnctl.planning.draft import LinearModel
from rmnctl.planning.draws import with_draws
from rmnctl.planning.engines import Solver, solve_highs
from rmnctl.planning.experiment import earmark
from rmnctl.planning.infeasible import explain
from rmnctl.planning.outcome import Certificate, Plan, totals
from rmnctl.planning.problem import Problem, build
from rmnctl.planning.refine import REQUIRED_GAP, NoPlan, Relaxed, relative_gap, solve_relaxed
from rmnctl.planning.report import allocation_table, compare, last_spend, price_list
from rmnctl.planning.request import Cvar, PlanRequest

Engine = Literal["auto", "highs", "pulp", "bisect"]


@dataclass(frozen=True)
class _Solved:
    """What any engine gives back."""

    best: Valuation
    upper: float
    prices: Prices
    solver: str
    model: LinearModel | None


def plan(
    curves: pa.Table,
    request: PlanRequest,
    *,
    draws: pa.Table | None = None,
    cvar: Cvar | None = None,
    last: pa.Table | None = None,
    engine: Engine = "auto",
    time_limit: float = 60.0,
) -> Plan:
    """Allocate the budget, with a certificate of how good the allocation is.

    Args:
        curves: `curves/v1`, one row a cell.
        request: What is asked.
        draws: `curve_draws/v1`; the objective is then the mean over draws, stock holds in each.
        cvar: Caution: a part of the objective is the mean of the worst draws. Needs `draws`.
        last: Last period's allocation (key columns and spend), to compare with.
        engine: `auto` takes `bisect` where nothing but bounds and a budget binds, else `highs`.
        time_limit: Seconds; past it a plan is returned as it is, with status `gap_open`.

    Returns:
        The plan. Its certificate's lower is its own value on the exact curves.

    Raises:
        InputError: The curves or draws are wrong, by column and row.
        ConfigError: The request does not fit the curves or the engine.
        Failure: No plan keeps all rules; names them and what would have to give.
    """
    deadline = time.monotonic() + time_limit
    if cvar is not None and draws is None:
        raise ConfigError("cvar: needs curve draws; point estimates have no worst tail.")
    cells = read_cells(curves, request)
    if draws is not None:
        cells = with_draws(cells, draws)
    earmarked = None
    if request.experiment_share > 0:
        earmarked = earmark(cells, request, _plain(build(cells, request, None, None)))
    problem = build(cells, request, cvar, earmarked)
    solved = _solve(problem, first_arms(problem), request, engine, deadline)
    return _written(cells, problem, request, solved, earmarked, last)


def _written(
    cells: Cells,
    problem: Problem,
    request: PlanRequest,
    solved: _Solved,
    earmarked: np.ndarray | None,
    last: pa.Table | None,
) -> Plan:
    """The plan in money and names."""
    gap = relative_gap(solved.best.objective, solved.upper)
    spend = solved.best.x * problem.unit
    before, unmatched = last_spend(cells, last) if last is not None else (None, 0.0)
    return Plan(
        request=request,
        status="optimal" if gap <= REQUIRED_GAP else "gap_open",
        totals=totals(cells, spend, solved.best.sales.mean(axis=1) * problem.unit),
        certificate=Certificate(
            solved.best.objective * problem.value_unit,
            max(solved.upper, solved.best.objective) * problem.value_unit,
            gap,
        ),
        table=allocation_table(cells, problem, solved.best, earmarked, before),
        prices=price_list(cells, problem, request, solved.prices, solved.best),
        solver=solved.solver,
        comparison=None
        if before is None
        else compare(cells, problem, solved.best, before, unmatched),
        model=solved.model,
    )


def _plain(problem: Problem) -> Problem:
    """The same cells with nothing but bounds and a budget."""
    none = np.empty(0)
    pools = replace(
        problem.pools,
        of_cell=np.full(len(problem), -1),
        stock=none.astype(int),
        weight=none,
        rate=none,
        cap=none,
        reference=none,
    )
    return replace(
        problem,
        rows=problem.rows[:1],
        floor=None,
        pools=pools,
        cvar=None,
        min_active=0.0,
        max_active=None,
    )


def _solve(
    problem: Problem, arms: Arms, request: PlanRequest, engine: Engine, deadline: float
) -> _Solved:
    if engine == "bisect" and not problem.plain:
        raise ConfigError(
            "engine: bisect takes bounds and a budget on concave curves only.",
            hint="Use the engine highs, or leave it to auto.",
        )
    if engine in {"auto", "bisect"} and problem.plain:
        cleared = solve_bisect(problem, arms)
        return _Solved(cleared.best, cleared.upper, cleared.prices, "bisect", None)
    solver = _solver(engine)
    try:
        relaxed = None
        if not arms.multiple.any() and arms.exact.all():
            relaxed = solve_relaxed(problem, arms, solver, deadline=deadline)
        if relaxed is None or (problem.losing.any() and _open(relaxed)):
            chosen = solve_choices(problem, arms, solver, deadline=deadline)
            name = f"{chosen.fixed.solution.name}, branch and bound of {chosen.nodes} nodes"
            return _Solved(chosen.best, chosen.upper, chosen.fixed.prices, name, chosen.fixed.model)
    except NoPlan as error:
        raise explain(problem, arms, request, solver) from error
    if relaxed.best is None:
        raise Failure(
            "The solver's plan breaks a rule by more than rounding.",
            hint="Report this with the request and the curves.",
        )
    return _Solved(
        relaxed.best, relaxed.upper, relaxed.prices, relaxed.solution.name, relaxed.model
    )


def _open(relaxed: Relaxed) -> bool:
    """Whether lines below losing curves left the bound above the plan."""
    return (
        relaxed.best is None or relative_gap(relaxed.best.objective, relaxed.upper) > REQUIRED_GAP
    )


def _solver(engine: Engine) -> Solver:
    if engine == "pulp":
        from rmnctl.planning.engines.pulp_model import solve_pulp

        return solve_pulp
    return solve_highs

"""HiGHS, fed with arrays: no expression is ever built."""

from __future__ import annotations

from typing import Any

import numpy as np

from rmnctl.planning.draft import LinearModel
from rmnctl.planning.engines.solution import Solution, Status

#: From so many columns on with side rows, interior point beats simplex.
_MANY_COLUMNS = 100_000
#: Up to so many, a linear model is solved sooner than presolved.
_FEW_COLUMNS = 10_000
_TOLERANCE = 1e-9
_PRIMAL = 4


def solve_highs(model: LinearModel, seconds: float, gap: float) -> Solution:
    """Solve a linear model with HiGHS on one thread, the same way every time.

    Args:
        model: What to solve.
        seconds: Time limit.
        gap: Relative gap at which a search over binaries may stop.
    """
    solver = _quiet()
    solver.setOptionValue("time_limit", max(float(seconds), 0.01))
    name = "highs-simplex"
    if model.integer.any():
        name = "highs-mip"
        solver.setOptionValue("mip_rel_gap", gap)
        solver.setOptionValue("mip_abs_gap", 0.0)
        solver.setOptionValue("mip_feasibility_tolerance", _TOLERANCE)
    elif len(model.gain) > _MANY_COLUMNS and len(model.row_low) > 1:
        name = "highs-ipm"
        solver.setOptionValue("solver", "ipm")
    elif len(model.gain) <= _FEW_COLUMNS:
        # Many columns in few rows, the shape of chords, leave presolve little to find: with it
        # a model of 500 cells took ten times as long and ended at the same plan. With more rows
        # of stock it pays: 10,000 cells take three times as long without.
        solver.setOptionValue("presolve", "off")
    solver.passModel(_lp(model))
    solver.run()
    return _read(solver, model, name)


def open_highs(model: LinearModel) -> Any:
    """A solver that keeps a linear model and its last basis, for many solves of near models.

    Columns and bounds are changed on it directly; presolve would forget the basis, and after
    new columns the primal method goes on where the dual one begins anew.
    """
    solver = _quiet()
    solver.setOptionValue("presolve", "off")
    solver.setOptionValue("simplex_strategy", _PRIMAL)
    solver.passModel(_lp(model))
    return solver


def _quiet() -> Any:
    import highspy

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("primal_feasibility_tolerance", _TOLERANCE)
    solver.setOptionValue("dual_feasibility_tolerance", _TOLERANCE)
    return solver


def _lp(model: LinearModel) -> Any:
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_ = len(model.gain)
    lp.num_row_ = len(model.row_low)
    lp.sense_ = highspy.ObjSense.kMinimize
    lp.col_cost_ = -model.gain
    lp.col_lower_, lp.col_upper_ = model.low, model.high
    lp.row_lower_, lp.row_upper_ = model.row_low, model.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = model.start.astype(np.int32)
    lp.a_matrix_.index_ = model.index.astype(np.int32)
    lp.a_matrix_.value_ = model.entry
    if model.integer.any():
        kinds = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger])
        lp.integrality_ = list(kinds[model.integer.astype(int)])
    return lp


def _read(solver: Any, model: LinearModel, name: str) -> Solution:
    import highspy

    state = solver.getModelStatus()
    kinds: dict[object, Status] = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
        highspy.HighsModelStatus.kTimeLimit: "time",
    }
    status = kinds.get(state, "failed")
    info = solver.getInfo()
    found = solver.getSolution()
    has_values = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(found.col_value) if has_values else np.empty(0)
    integer = bool(model.integer.any())
    dual = np.empty(0) if integer else -np.array(found.row_dual)
    objective = -float(info.objective_function_value) + model.constant
    upper = -float(info.mip_dual_bound) + model.constant if integer else objective
    return Solution(status, values, dual, objective, upper, name)

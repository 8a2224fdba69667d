"""What solves a linear model: HiGHS through arrays, or PuLP as a readable model."""

from rmnctl.planning.engines.highs import solve_highs
from rmnctl.planning.engines.solution import Solution, Solver

__all__ = ["Solution", "Solver", "solve_highs"]

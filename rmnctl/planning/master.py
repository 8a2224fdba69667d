"""The linear model of a search tree: one for all nodes, growing by columns, kept warm.

Every column is a point of a cell: a spend and the exact revenue there. A node closes the points
outside its intervals; what is left mixes into the envelope of each cell (Dantzig and Wolfe 1960).
Rules are soft at a high price, so the model always has an answer and its prices always bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rmnctl.errors import Failure
from rmnctl.planning.arms import Arms
from rmnctl.planning.draft import LinearModel
from rmnctl.planning.engines.highs import open_highs
from rmnctl.planning.grid import Grid
from rmnctl.planning.linear_model import build_model
from rmnctl.planning.losses import least_losses, worst_loss
from rmnctl.planning.node import Node
from rmnctl.planning.problem import Problem

#: What breaking a rule costs, in objective units a unit of the rule.
_PENALTY = 1e5
#: Points closer than this part of the longest interval of their cell are one.
_NEAR = 1e-10


@dataclass(frozen=True)
class Mixture:
    """A solution of the model.

    Attributes:
        objective: Its value, penalties included.
        dual: By row, gain of the objective a unit of right-hand side.
        weight: By point.
        broken: How far rules are broken, summed.
    """

    objective: float
    dual: np.ndarray
    weight: np.ndarray
    broken: float


class Master:
    """The model and its points.

    Args:
        problem: What to solve.
        arms: One a cell, the widest there will be.
        cell: Cells of the first points.
        x: Spend there.
    """

    def __init__(self, problem: Problem, arms: Arms, cell: np.ndarray, x: np.ndarray) -> None:
        self.problem, self.arms = problem, arms
        self.cell, self.x = cell, x
        self.revenue = arms.curves.take(cell).revenue(x)
        self.model = self._part(cell, x, self.revenue)
        self.high = np.full(len(cell), np.inf)
        self.others = len(self.model.gain) - len(cell)
        self.place = np.arange(len(cell))
        self.must = ~arms.may_be_off
        self.solver: Any = open_highs(self.model)

    def _part(self, cell: np.ndarray, x: np.ndarray, revenue: np.ndarray) -> LinearModel:
        grid = Grid(cell, x, revenue)
        return build_model(self.problem, self.arms, grid, mixed=True, penalty=_PENALTY)

    def add(self, cell: np.ndarray, x: np.ndarray) -> bool:
        """Append points that are not there yet; says whether there were any."""
        fresh = self._fresh(cell, x)
        cell, x = cell[fresh], x[fresh]
        count = len(cell)
        if not count:
            return False
        revenue = self.arms.curves.take(cell).revenue(x)
        part = self._part(cell, x, revenue)
        stop = int(part.start[count])
        first = len(self.cell) + self.others
        self.solver.addCols(
            count,
            -part.gain[:count],
            np.zeros(count),
            np.full(count, np.inf),
            stop,
            part.start[:count].astype(np.int32),
            part.index[:stop].astype(np.int32),
            part.entry[:stop],
        )
        self.place = np.append(self.place, np.arange(first, first + count))
        self.cell, self.x = np.append(self.cell, cell), np.append(self.x, x)
        self.revenue = np.concatenate([self.revenue, revenue])
        self.high = np.append(self.high, np.full(count, np.inf))
        return True

    def _fresh(self, cell: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Mask of points that are new, and the first of their kind."""
        high = np.maximum(self.arms.high, 1e-300)
        have = np.sort(2.0 * self.cell + self.x / high[self.cell])
        want = 2.0 * cell + x / high[cell]
        right = np.clip(np.searchsorted(have, want), 0, len(have) - 1)
        left = np.maximum(right - 1, 0)
        fresh = np.minimum(np.abs(have[right] - want), np.abs(have[left] - want)) > _NEAR
        order = np.argsort(want, kind="stable")
        fresh[order[1:]] &= np.diff(want[order]) > _NEAR
        return np.asarray(fresh)

    def enter(self, node: Node) -> None:
        """Close the points that a node does not allow, and open those that it does."""
        low, high = node.arms.low, node.arms.high
        # Wider than what makes two points one.
        near = 1e-9 * (1 + high) + 2 * _NEAR * self.arms.high
        inside = (self.x >= (low - near)[self.cell]) & (self.x <= (high + near)[self.cell])
        wanted = np.where(inside & ~node.off[self.cell], np.inf, 0.0)
        moved = np.flatnonzero(wanted != self.high)
        if len(moved):
            self.solver.changeColsBounds(
                len(moved), self.place[moved].astype(np.int32), np.zeros(len(moved)), wanted[moved]
            )
            self.high = wanted
        must = node.must
        start = self.model.blocks["cells"].start
        for cell in np.flatnonzero(must != self.must).tolist():
            self.solver.changeRowBounds(start + cell, 1.0 if must[cell] else -np.inf, 1.0)
        self.must = must
        if "wanted" in self.model.columns:
            self._move_chords(node)

    def _move_chords(self, node: Node) -> None:
        """Ask of each stock with losing products what it sells at least in the node's intervals."""
        problem, model = self.problem, self.model
        losses = least_losses(problem, *node.arms.ends)
        stocks = np.flatnonzero(worst_loss(problem.pools) > 0)
        share, start = losses.share[stocks].ravel(), losses.start[stocks].ravel()
        row, column = model.blocks["forced"].start, model.columns["wanted"].start
        for place in range(len(share)):
            self.solver.changeCoeff(row + place, column + place, -float(share[place]))
            self.solver.changeRowBounds(row + place, float(start[place]), np.inf)

    def spend(self, mixture: Mixture) -> np.ndarray:
        """Mean spend by cell."""
        used = mixture.weight * self.x
        return np.asarray(np.bincount(self.cell, weights=used, minlength=len(self.arms)))

    def total(self, mixture: Mixture) -> np.ndarray:
        """Weight of all points, by cell: less than 1 where a cell is partly off."""
        weights = np.bincount(self.cell, weights=mixture.weight, minlength=len(self.arms))
        return np.asarray(weights)

    def mean_revenue(self, mixture: Mixture) -> np.ndarray:
        """Mean revenue by cell and draw."""
        mean = np.zeros((len(self.arms), self.revenue.shape[1]))
        np.add.at(mean, self.cell, mixture.weight[:, None] * self.revenue)
        return mean

    def solve(self) -> Mixture:
        """Mix the open points.

        Raises:
            Failure: The solver gave up.
        """
        import highspy

        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            # A basis that has become unusable: begin afresh.
            self.solver.clearSolver()
            self.solver.run()
        state = self.solver.getModelStatus()
        if state != highspy.HighsModelStatus.kOptimal:
            raise Failure(
                f"The solver gave up on a linear model of {len(self.high)} points ({state.name}).",
                hint="Report this with the request and the curves.",
            )
        found = self.solver.getSolution()
        values = np.array(found.col_value)
        objective = -float(self.solver.getInfo().objective_function_value) + self.model.constant
        return Mixture(
            objective, -np.array(found.row_dual), values[self.place], self._broken(values)
        )

    def _broken(self, values: np.ndarray) -> float:
        spans = [s for name, s in self.model.columns.items() if name.endswith(("_over", "_under"))]
        return float(sum(values[s].sum() for s in spans))

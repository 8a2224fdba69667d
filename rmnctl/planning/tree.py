"""Branch and bound over intervals of spend (Falk and Soland 1969), on one warm linear model.

A node gives each cell an interval, or nothing. Its bound is the Lagrangian one on the envelopes of
these intervals. What costs more than the gap at its prices is cut off; then the cell whose mixture
promises most above its curve is split there. The likelier side comes first, so plans come early.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from rmnctl.planning.certificate import Bound, Valuation, bound, prices_of, valuation
from rmnctl.planning.engines import solve_highs
from rmnctl.planning.losses import worst_loss
from rmnctl.planning.master import Master, Mixture
from rmnctl.planning.node import Node, Profile
from rmnctl.planning.problem import Problem
from rmnctl.planning.refine import ROUNDING, NoPlan, relative_gap, solve_relaxed, tidy

#: Most rounds of adding points to a node.
_ROUNDS = 40
#: Weights below this are a solver's rounding.
_SEEN = 1e-7
#: A node is solved to this part of the wanted gap.
_CLOSE = 0.05
#: Seconds past the deadline that may go into finding any plan at all.
_GRACE = 10.0
#: Of what revenue is worth before stock is paid for, the part that decides where to split.
_GROSS = 0.1
#: Intervals narrower than this are not split.
_NARROW = 1e-9


@dataclass
class Tree:
    """A search and what it has found.

    Attributes:
        problem: What to solve.
        master: Its linear model.
        wanted: Relative gap to stop at.
        deadline: `time.monotonic()` at which to stop.
        best: The best plan so far.
        nodes: How many nodes were looked at.
        closed: The bound of what was left unsearched because it promises too little.
    """

    problem: Problem
    master: Master
    wanted: float
    deadline: float
    best: Valuation | None = None
    nodes: int = 0
    closed: float = -np.inf
    worst: float = field(init=False)

    def __post_init__(self) -> None:
        # What a plan can be worth at least: less is a rule broken at the model's penalty.
        budget = self.problem.rows[0].high
        losing = np.maximum(-self.problem.rate, 0.0)
        loss = losing @ self.problem.curves.revenue(self.problem.most).max(axis=1)
        self.worst = -self.problem.cost * budget - float(loss) - 1.0

    @property
    def lower(self) -> float:
        """The value of the best plan."""
        return self.best.objective if self.best else self.worst

    @property
    def enough(self) -> float:
        """Nodes that promise no more than this are left."""
        if self.best is None:
            return self.worst
        return self.lower + self.wanted * max(abs(self.lower), 1e-9)

    def search(self, root: Node) -> float:
        """Look through a node.

        Returns:
            What no plan in it is worth more than.
        """
        number = count()
        heap = [(-root.upper, next(number), root)]
        while heap and -heap[0][0] > self.enough and not self._late():
            node: Node | None = heapq.heappop(heap)[2]
            while node is not None:
                node, other = self._step(node)
                if other is not None:
                    heapq.heappush(heap, (-other.upper, next(number), other))
                if node is not None and self._late():
                    heapq.heappush(heap, (-node.upper, next(number), node))
                    break
        return max(-heap[0][0] if heap else -np.inf, self.closed, self.lower)

    def _late(self) -> bool:
        """Whether time is up; without any plan there is some grace."""
        grace = 0.0 if self.best else _GRACE
        return time.monotonic() > self.deadline + grace

    def _step(self, node: Node) -> tuple[Node | None, Node | None]:
        """Bound a node and split it; the likelier side first."""
        self.nodes += 1
        node, at, mixture = self._bounded(node)
        if node.upper > self.enough:
            profile = Profile(node.arms, at)
            cut = self._cut(node, profile)
            split = self._split(cut, profile, mixture)
            if split is not None:
                return split
            if self._excluded(cut, mixture):
                return cut, None
            node = self._leaf(node, mixture)
        self.closed = max(self.closed, node.upper)
        return None, None

    def _excluded(self, node: Node, mixture: Mixture) -> bool:
        """Whether a mixture is none of a node's any more."""
        total, x = self.master.total(mixture), self.master.spend(mixture)
        near = 1e-7 * (1 + node.arms.high)
        outside = (x < node.arms.low - near) | (x > node.arms.high + near)
        half = (total > _SEEN) & (total < 1 - _SEEN)
        on = total >= 1 - _SEEN
        return bool(((on & outside) | (half & node.must) | ((total > _SEEN) & node.off)).any())

    def _leaf(self, node: Node, mixture: Mixture) -> Node:
        """A node without anything mixed; where its rules stay broken it may have no plan at all."""
        if mixture.broken <= ROUNDING:
            # What is left of the gap is rounding, or a loss valued by its bound.
            return node
        try:
            solved = solve_relaxed(self.problem, node.arms, solve_highs, deadline=self.deadline)
        except NoPlan:
            return replace(node, upper=-np.inf)
        return replace(node, upper=min(node.upper, solved.upper))

    def _bounded(self, node: Node) -> tuple[Node, Bound, Mixture]:
        """Solve a node's mixture and bound it, adding points until the two meet."""
        master = self.master
        on = np.flatnonzero(~node.off)
        master.add(np.tile(on, 2), np.concatenate([node.arms.low[on], node.arms.high[on]]))
        master.enter(node)
        mixture, at = self._mixed(node)
        found = at
        for _ in range(_ROUNDS):
            close = relative_gap(mixture.objective, found.upper) <= _CLOSE * self.wanted
            if close or found.upper <= self.enough:
                break
            gained = at.worth - mixture.dual[master.model.blocks["cells"]]
            least = 1e-9 * max(abs(at.upper), 1.0) / len(gained)
            useful = np.flatnonzero(~node.off & (gained > least))
            if not master.add(useful, at.x[useful]):
                break
            mixture, at = self._mixed(node)
            found = min(found, at, key=lambda one: one.upper)
        return replace(node, upper=min(node.upper, found.upper)), found, mixture

    def _mixed(self, node: Node) -> tuple[Mixture, Bound]:
        """Mix what points there are; the mean may be a plan, the prices give a bound."""
        mixture = self.master.solve()
        prices = prices_of(self.problem, self.master.model, mixture.dual)
        self._consider(node, mixture, prices.floor)
        return mixture, bound(self.problem, node.arms, prices)

    def _consider(self, node: Node, mixture: Mixture, floor: float) -> None:
        """Take the mean spend of a mixture as a plan where it keeps the rules."""
        x = tidy(self.problem, node.arms, self.master.spend(mixture))
        nothing = node.arms.may_be_off & (self.master.total(mixture) <= _SEEN)
        x = np.where(node.off | nothing, 0.0, x)
        here = valuation(self.problem, x, floor)
        if here.broken <= ROUNDING and (self.best is None or here.objective > self.lower):
            self.best = here

    def _cut(self, node: Node, profile: Profile) -> Node:
        """Leave what costs more than the gap at the node's prices."""
        room = self._room(profile)
        self.closed = max(self.closed, min(profile.at.upper, self.enough))
        low, high, empty = profile.kept(room)
        may_be_off = node.arms.may_be_off & (profile.best <= room)
        return node.narrowed(low, high, node.off | (node.arms.may_be_off & empty), may_be_off)

    def _room(self, profile: Profile) -> float:
        """How much may be lost at a node's prices before nothing worth looking at is left."""
        return (profile.at.upper - self.enough) * (1 + 1e-9)

    def _split(
        self, node: Node, profile: Profile, mixture: Mixture
    ) -> tuple[Node, Node | None] | None:
        """Split the worst cell; None where no cell is mixed."""
        master, arms = self.master, node.arms
        total = master.total(mixture)
        x = np.clip(master.spend(mixture), arms.low, arms.high)
        # What stock takes out of a sale does not make a mixture of it a plan.
        gross = np.outer(self.problem.gain, self.problem.weights)
        alone = (self.problem.pools.of_cell < 0)[:, None]
        weight = np.maximum(profile.at.weight, _GROSS * gross)
        weight = weight - np.where(alone, self._losses(profile)[0], 0.0)
        promised = (weight * master.mean_revenue(mixture)).sum(axis=1)
        half = arms.may_be_off & ~node.off & (total > _SEEN) & (total < 1 - _SEEN)
        stake = promised * np.minimum(total, 1 - total) / np.maximum(total, _SEEN)
        above = promised - (weight * arms.curves.revenue(x)).sum(axis=1)
        size = max(abs(self.lower) if self.best else abs(node.upper), 1e-9)
        least = 1e-3 * self.wanted * size / len(arms)
        score = np.where(arms.high > arms.low, above, 0.0)
        score = np.where(half, np.maximum(stake, 2 * least), np.where(total > _SEEN, score, 0.0))
        cell = int(np.argmax(score))
        if score[cell] <= least:
            return self._halved(node, profile, x, least)
        if half[cell]:
            on, off = node.switched(cell, on=True), node.switched(cell, on=False)
            return (on, off) if total[cell] >= 0.5 else (off, on)
        here = float(x[cell])
        start, stop = profile.hole(cell, here, self._room(profile))
        low, high = float(arms.low[cell]), float(arms.high[cell])
        if start < low:
            return node.at(cell, min(max(stop, low), high), high), None
        if stop > high:
            return node.at(cell, low, max(min(start, high), low)), None
        below, beyond = node.at(cell, low, start), node.at(cell, stop, high)
        return (beyond, below) if here - low >= high - here else (below, beyond)

    def _losses(self, profile: Profile) -> tuple[np.ndarray, np.ndarray]:
        """What a unit costs that has to be sold, by cell (n, D) and by stock (S, D).

        With caution a draw that the prices leave out may be the worst once its losses are seen.
        """
        weight = np.maximum(profile.at.draws, 1 / self.problem.curves.draws)
        cells = np.outer(np.maximum(-self.problem.rate, 0.0), weight)
        return cells, np.outer(worst_loss(self.problem.pools), weight)

    def _halved(
        self, node: Node, profile: Profile, x: np.ndarray, least: float
    ) -> tuple[Node, Node | None] | None:
        """Split the cell that makes the bound promise more than it is worth, if any.

        That is so where draws have envelopes of their own, and where sales lose money. It shows at
        the spend the bound speaks of, or at the mean of the mixture.
        """
        arms = node.arms
        # At its prices a mixture may be indifferent to a loss that its mean makes in full.
        at = profile.at
        spends = ((at.x, at.charge, at.forced), (x, *self._losses(profile)))
        found = [(*profile.loosest(self.problem, *one), one[0]) for one in spends]
        cell, over, spend = max(found, key=lambda one: one[1])
        low, high = float(arms.low[cell]), float(arms.high[cell])
        if over <= least:
            return None
        if arms.may_be_off[cell]:
            return node.switched(cell, on=True), node.switched(cell, on=False)
        if high - low <= _NARROW * (1 + high):
            # Where the cut has just decided the cell, the bound is worth another look.
            before = profile.arms
            decided = before.may_be_off[cell] or before.high[cell] - before.low[cell] > high - low
            return (node, None) if decided else None
        here = float(spend[cell])
        if not low + 0.05 * (high - low) < here < high - 0.05 * (high - low):
            here = (low + high) / 2
        return node.at(cell, low, here), node.at(cell, here, high)

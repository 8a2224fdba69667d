"""Plans with a choice: cells that may be off, and curves with an inflection.

Bounds come from three sides. The relaxation mixes arms and is bounded as always. What it rules
out at its prices is dropped from the arms. What is left goes to a search over binaries on a grid
that overestimates the curves, so the search's own bound holds for the true curves. A plan comes
from fixing the arms that a search or a rounding chose and solving what remains exactly.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from rmnctl.errors import Failure
from rmnctl.planning.arms import Arms, make_arms, split
from rmnctl.planning.certificate import Bound, Valuation
from rmnctl.planning.engines import Solver
from rmnctl.planning.linear_model import Grid, build_model, make_grid
from rmnctl.planning.problem import Problem
from rmnctl.planning.refine import REQUIRED_GAP, NoPlan, Relaxed, relative_gap, solve_relaxed

_ROUNDS = 40
_HALVINGS = 40
#: Up to so many cells a smaller gap than the required one costs little.
_FEW = 200
#: Most seconds of the first search; each later one may take twice as long.
_FIRST_SECONDS = 6.0
#: Most parts that arms are cut into at once.
_MOST_CUTS = 400


@dataclass(frozen=True)
class Chosen:
    """The best plan found with its arms fixed, and the bound.

    Attributes:
        best: The plan.
        fixed: The continuous problem at its arms, for prices; arms in the order of cells.
        arms: Those arms.
        upper: No plan is worth more.
        searches: How many searches over binaries it took.
    """

    best: Valuation
    fixed: Relaxed
    arms: Arms
    upper: float
    searches: int


def solve_choices(problem: Problem, arms: Arms, solver: Solver, *, deadline: float) -> Chosen:
    """Choose arms and spend to a certified gap, or until time is up.

    Raises:
        NoPlan: The rules contradict each other.
        Failure: Time ran out without any plan.
    """
    search = _Search(problem, arms, solver, deadline)
    for _ in range(_ROUNDS):
        search.round()
        if search.done() or time.monotonic() > deadline:
            break
    if search.best is None or search.fixed is None or search.fixed_arms is None:
        raise Failure(
            "Time ran out before any plan that keeps all rules was found; there may be one.",
            hint="Allow more time, or relax active_min_spend, max_active_cells or the limits.",
        )
    return Chosen(search.best, search.fixed, search.fixed_arms, search.upper, search.searches)


class _Search:
    """The state of a search: what is left to choose from, the best plan, the bound."""

    def __init__(self, problem: Problem, arms: Arms, solver: Solver, deadline: float) -> None:
        self.problem, self.arms, self.solver, self.deadline = problem, arms, solver, deadline
        self.best: Valuation | None = None
        self.fixed: Relaxed | None = None
        self.fixed_arms: Arms | None = None
        self.upper = np.inf
        self.root: Relaxed | None = None
        self.root_arms = arms
        self.tried: set[tuple[bytes, bytes]] = set()
        self.searches = 0
        #: Where searches ended: the next one must see the curve there.
        self.seen: list[np.ndarray] = []
        few = len(problem) <= _FEW and bool(arms.exact.all())
        self.wanted = REQUIRED_GAP * (0.4 if few else 0.9)

    @property
    def lower(self) -> float:
        return self.best.objective if self.best else -np.inf

    def done(self) -> bool:
        """Whether plan and bound meet."""
        return self.best is not None and relative_gap(self.lower, self.upper) <= self.wanted

    def round(self) -> None:
        """Relax, round, drop what cannot be best, search, and cut where the envelope is loose."""
        root = self._root()
        if root is None:
            return
        values = self._search(root)
        if not self.done():
            spend = root.model.x(root.solution.values)
            self._cut([spend] if values is None else [spend, values], root.at.weight)

    def _root(self) -> Relaxed | None:
        """The relaxation of what is left, with a plan rounded from it; None where that is all."""
        if self.root is None:
            try:
                self.root = solve_relaxed(
                    self.problem,
                    self.arms,
                    self.solver,
                    deadline=self.deadline,
                    wanted=self.wanted / 10,
                )
            except NoPlan:
                # Of what was left nothing keeps the rules, so nothing beats the best plan.
                self._nothing_better()
                return None
            self.root_arms = self.arms
            self._bound_by(self.root.upper)
            mixture = self.root.model.open_arms(self.root.solution.values, len(self.arms))
            spend = self.root.model.x(self.root.solution.values)
            for least in (0.5, 0.999):
                self._try(_rounded(self.problem, self.arms, mixture, spend, least), spend)
        if self.done():
            return None
        self._drop(self.root_arms, self.root.at, self.root.upper)
        return self.root

    def _nothing_better(self) -> None:
        if self.best is None:
            raise NoPlan
        self.upper = self.lower

    def _bound_by(self, upper: float) -> None:
        self.upper = min(self.upper, max(upper, self.lower))

    def _try(self, chosen: np.ndarray, spend: np.ndarray) -> None:
        """Solve with arms fixed; where the envelope is above the curve, also kept off that part."""
        arms = fixed_arms(self.problem, self.arms, chosen)
        tried = (arms.low.tobytes(), arms.high.tobytes())
        if tried in self.tried:
            return
        self.tried.add(tried)
        attempts = [arms, *self._kept_off(arms, spend)]
        for attempt in attempts:
            try:
                fixed = solve_relaxed(
                    self.problem,
                    attempt,
                    self.solver,
                    deadline=self.deadline,
                    wanted=self.wanted / 10,
                    start=_around(attempt, spend, 4, 1),
                )
            except NoPlan:
                continue
            if fixed.best is not None and fixed.best.objective > self.lower:
                self.best, self.fixed, self.fixed_arms = fixed.best, fixed, attempt

    def _kept_off(self, arms: Arms, spend: np.ndarray) -> list[Arms]:
        """Arms without the part where the envelope is above the curve, in two ways.

        Either spend stays where it is there, or it goes to the nearer end of that part.
        """
        touch = arms.contact.max(axis=1)
        loose = ~arms.exact & (spend > arms.low) & (spend < touch)
        if not loose.any():
            return []
        up = loose & (spend - arms.low >= touch - spend)
        ways = [
            (np.where(loose, spend, arms.low), np.where(loose, spend, arms.high)),
            (np.where(up, touch, arms.low), np.where(loose & ~up, arms.low, arms.high)),
        ]
        return [
            make_arms(self.problem.curves, arms.cell, low, high, arms.may_be_off)
            for low, high in ways
        ]

    def _drop(self, arms: Arms, at: Bound, upper: float) -> None:
        """Drop arms, and parts of arms, that cost more than the gap at the root's prices."""
        room = upper - self.lower
        if not np.isfinite(room):
            return
        room = max(room, 0.0) * (1 + 1e-6) + 1e-12 * abs(upper)
        cells = len(self.problem)
        best = np.full(cells, -np.inf)
        np.maximum.at(best, arms.cell, at.worth)
        best = np.where(arms.may_be_off, np.maximum(best, 0.0), best)
        may_be_off = arms.may_be_off & (best <= room)
        kept = np.flatnonzero(at.slack <= room)
        # A cell all of whose arms went is off: an arm of nothing.
        shut = np.setdiff1d(np.arange(cells), arms.cell[kept])
        left = arms.take(kept)
        low, high = _shrunk(
            left, at.weight[left.cell], at.price[left.cell], at.x[kept], room - at.slack[kept]
        )
        cell = np.concatenate([left.cell, shut])
        low, high = np.append(low, np.zeros(len(shut))), np.append(high, np.zeros(len(shut)))
        order = np.lexsort((low, cell))
        may_be_off[shut] = False
        self.arms = make_arms(self.problem.curves, cell[order], low[order], high[order], may_be_off)

    def _search(self, root: Relaxed) -> np.ndarray | None:
        """A search over binaries; returns its spend."""
        if not self.arms.multiple.any():
            return None
        # Every search sees the curves more closely than the one before.
        closer = self.searches if len(self.arms) <= 10 * _FEW else self.searches // 2
        centre = _response(root.at, self.root_arms)
        grid = _around(self.arms, centre, 6 + 2 * self.searches, 1 + closer)
        spends = [root.model.x(root.solution.values), *self.seen]
        if self.best is not None:
            spends.append(self.best.x)
        every = np.tile(np.arange(len(self.arms)), len(spends))
        extra = np.concatenate([spend[self.arms.cell] for spend in spends])
        arm, x = np.append(grid.arm, every), np.append(grid.x, extra)
        # Where the envelope is a straight line its ends say it all.
        touch = self.arms.contact.min(axis=1)
        bent = x > touch[arm]
        arm, x = np.append(arm[bent], np.arange(len(touch))), np.append(x[bent], touch)
        grid = make_grid(self.arms, arm, x)
        grid = above(self.arms, grid)
        model = build_model(self.problem, self.arms, grid, binaries=True)
        # A search that drags on learns less than a new one on a closer grid.
        seconds = min(max(self.deadline - time.monotonic(), 0.5), _FIRST_SECONDS * 2**self.searches)
        # While envelopes are loose, a search need not be closer than they are.
        rough = 0.0 if self.arms.exact.all() else 3e-3 * 0.1**self.searches
        solution = self.solver(model, seconds, max(self.wanted / 2.5, rough))
        self.searches += 1
        if solution.status == "infeasible":
            self._nothing_better()
            return None
        self._bound_by(solution.upper)
        if not len(solution.values):
            return None
        chosen = _taken(self.arms, model.open_arms(solution.values, len(self.arms)))
        spend = model.x(solution.values)
        self.seen.append(spend)
        self._try(chosen, spend)
        self._bound_by(self.upper)
        return spend

    def _cut(self, spends: list[np.ndarray], weight: np.ndarray) -> None:
        """Cut arms where the envelope is above the curve: in parts, and where solutions stand."""
        arms = self.arms
        error = _looseness(arms, weight[arms.cell])
        small = 0.2 * self.wanted * max(abs(self.lower), 1e-9) if self.best else np.inf
        loose = np.flatnonzero(error > min(small, 0.01 * error.max(initial=0.0)))
        # Halving a part quarters its error; the worst come first where there are too many.
        parts = np.clip(np.ceil(np.sqrt(error[loose] / max(small, 1e-300))), 2, 8).astype(int)
        order = np.argsort(-error[loose], kind="stable")
        room = np.cumsum(parts[order]) <= _MOST_CUTS
        cuts = []
        for arm, count in zip(
            loose[order][room].tolist(), parts[order][room].tolist(), strict=True
        ):
            width = arms.high[arm] - arms.low[arm]
            cuts += [(arm, float(arms.low[arm] + width * k / count)) for k in range(1, count)]
            cuts += [(arm, float(spend[arms.cell[arm]])) for spend in spends]
        if cuts:
            self.arms = split(arms, self.problem.curves, cuts)
            self.root = None


def _looseness(arms: Arms, weight: np.ndarray) -> np.ndarray:
    """How far the envelope is above the curve on each arm, at most, by value."""
    error = np.zeros(len(arms))
    if arms.exact.all():
        return error
    width = np.minimum(arms.contact.max(axis=1), arms.high) - arms.low
    for share in (0.25, 0.5, 0.75):
        x = arms.low + share * width
        over = (weight * (arms.value(x) - arms.curves.revenue(x))).sum(axis=1)
        error = np.maximum(error, over)
    return np.where(arms.exact, 0.0, error)


def _around(arms: Arms, spend: np.ndarray, doublings: int, parts: int) -> Grid:
    """A grid that is finest at the given spend of each cell; its steps double so many times.

    An error that grows with the square of the distance is everywhere small beside what is lost
    by going there, which grows likewise.
    """
    centre = np.clip(spend[arms.cell], arms.low, arms.high)
    shares = [2.0 ** (-k / parts) for k in range(1, doublings * parts + 1)]
    points = [centre] + [centre + (arms.high - centre) * s for s in shares]
    points += [centre - (centre - arms.low) * s for s in shares]
    every = np.arange(len(arms))
    return make_grid(arms, np.tile(every, len(points)), np.concatenate(points))


def _response(at: Bound, arms: Arms) -> np.ndarray:
    """The best spend of each cell among its arms, off aside."""
    order = np.lexsort((at.worth, arms.cell))
    last = np.searchsorted(arms.cell[order], np.arange(len(arms.may_be_off)), side="right") - 1
    return np.asarray(at.x[order[last]])


def fixed_arms(problem: Problem, arms: Arms, chosen: np.ndarray) -> Arms:
    """One arm a cell: the chosen one, or nothing where `chosen` is -1."""
    low = np.where(chosen >= 0, arms.low[chosen], 0.0)
    high = np.where(chosen >= 0, arms.high[chosen], 0.0)
    nothing = np.zeros(len(problem), dtype=bool)
    return make_arms(problem.curves, np.arange(len(problem)), low, high, nothing)


def _taken(arms: Arms, weight: np.ndarray) -> np.ndarray:
    """The arm of each cell with the largest weight, -1 where the cell is off."""
    cells = len(arms.may_be_off)
    weight = np.where(arms.multiple, weight, 1.0)
    order = np.lexsort((weight, arms.cell))
    last = np.searchsorted(arms.cell[order], np.arange(cells), side="right") - 1
    top = order[last]
    return np.where(arms.may_be_off & (weight[top] < 0.5), -1, top)


def _rounded(
    problem: Problem, arms: Arms, weight: np.ndarray, spend: np.ndarray, least: float
) -> np.ndarray:
    """Arms by rounding a mixture: on where weight enough, the arm that holds the mean spend."""
    cells = len(problem)
    total = np.bincount(arms.cell, weights=np.where(arms.multiple, weight, 1.0), minlength=cells)
    holds = (arms.low <= spend[arms.cell]) & (spend[arms.cell] <= arms.high)
    order = np.lexsort((weight + 10.0 * holds, arms.cell))
    top = order[np.searchsorted(arms.cell[order], np.arange(cells), side="right") - 1]
    on = ~arms.may_be_off | (total >= least)
    if problem.max_active is not None and on.sum() > problem.max_active:
        rank = np.lexsort((-spend, -(total + 10.0 * ~arms.may_be_off)))
        on[rank[problem.max_active :]] &= ~arms.may_be_off[rank[problem.max_active :]]
    return np.where(on, top, -1)


def _shrunk(
    arms: Arms, weight: np.ndarray, price: np.ndarray, x: np.ndarray, room: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The part of each arm where at most `room` is lost against its best spend x."""

    def worth(at: np.ndarray) -> np.ndarray:
        return np.asarray((weight * arms.value(at)).sum(axis=1) - price * at)

    least = worth(x) - room
    ends = []
    for end in (arms.low, arms.high):
        outside, inside = end.copy(), x.copy()
        for _ in range(_HALVINGS):
            middle = (outside + inside) / 2
            enough = worth(middle) >= least
            inside, outside = np.where(enough, middle, inside), np.where(enough, outside, middle)
        ends.append(np.where(worth(end) >= least, end, outside))
    return ends[0], ends[1]


def above(arms: Arms, grid: Grid) -> Grid:
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
            curves=type(part.curves)(
                *(v[:, draw : draw + 1] for v in (part.curves.a, part.curves.c, part.curves.k))
            ),
        )
        chord = (grid.value[right, draw] - grid.value[left, draw]) / width
        _, top = one.best(np.ones((len(left), 1)), chord, grid.x[left], grid.x[right])
        over = np.maximum(top - (grid.value[left, draw] - chord * grid.x[left]), 0.0)
        np.maximum.at(lift[:, draw], left, over)
        np.maximum.at(lift[:, draw], right, over)
    return replace(grid, value=grid.value + lift)

"""Attributed revenue as a concave function of spend, by cell, cells learning from one another.

Model: y_it = L_i h(A_it / x_i) d_it + noise, variance proportional to the mean. h mixes the
incremental curve with a straight line for organic buyers (shapes), A is advertising pressure, d the demand of the period: one factor for each
retailer and period, and a pooled one for each retailer, SKU and period, because promotions and
shocks move a SKU's sales in all placements at once, and move spend with them.
log u_i ~ N(m_placement, tau^2) with m and tau learned from all cells (empirical Bayes). For each
depth the level has a closed form, so a cell's posterior is a sum over a grid of depths, not a
search that may stop early.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.response.hidden import filled_spend
from rmnctl.response.panel import Panel
from rmnctl.response.shapes import CARRYOVERS, DEPTHS, credited, pressure

#: Hyperprior of the mean log depth, public and the same for everyone: at usual spend iROAS is
#: near three times its marginal value, as where margins of a third break even (docs/response.md).
DEPTH_PRIOR_MEAN, DEPTH_PRIOR_SD = float(np.log(1.8)), 0.25
#: What observational data say of the mean log depth keeps an error however many cells there are:
#: budgets follow demand, and sales are booked on the day of the ad.
SHAPE_BIAS_SD = 0.35
MEAN_DEPTH_SD = float((1 / DEPTH_PRIOR_SD**2 + 1 / SHAPE_BIAS_SD**2) ** -0.5)
#: Spread of log depth between cells, and how many cells that belief is worth.
DEPTH_SPREAD, DEPTH_SPREAD_WEIGHT = 0.35, 20.0
_ROUNDS = 12
_FLOOR = 1e-3
_LEAST_PERIODS = 6
_TINY = 1e-12
#: Least variance over mean, in parts of a cell's mean revenue: data without noise have none.
_LEAST_DISPERSION = 1e-6


@dataclass(frozen=True)
class Attributed:
    """Attributed response of N cells, per period of usual demand.

    Attributes:
        spend: (N, T) spend, hidden cells with their part of the remainder.
        usual: (N,) usual spend x0 a period, currency units.
        level: (N,) attributed revenue a period at usual spend.
        level_sd: (N,) its relative standard error.
        weights: (N, G) posterior of the depth over `shapes.DEPTHS`.
        carryover: (N,) share of pressure left a day later, by placement.
        dispersion: (N,) variance over mean of a period's revenue, currency units.
        demand: (R, T) demand by retailer and period, mean 1.
        retailers: Names of the R retailers.
        periods: (N,) periods in which the cell's own numbers were seen.
        supported: (N,) enough of them for a curve of its own.
        item_variance: Relative variance of a SKU's demand from period to period.
    """

    spend: np.ndarray
    usual: np.ndarray
    level: np.ndarray
    level_sd: np.ndarray
    weights: np.ndarray
    carryover: np.ndarray
    dispersion: np.ndarray
    demand: np.ndarray
    retailers: tuple[str, ...]
    periods: np.ndarray
    supported: np.ndarray
    item_variance: float

    @property
    def depth(self) -> np.ndarray:
        """(N,) posterior mean depth, on the log scale."""
        return np.asarray(np.exp(self.weights @ np.log(DEPTHS)))


@dataclass
class _State:
    """What the rounds change."""

    spend: np.ndarray
    revenue: np.ndarray
    seen: np.ndarray
    told: np.ndarray
    demand: np.ndarray
    level: np.ndarray
    depth: np.ndarray
    weights: np.ndarray
    carryover: np.ndarray
    dispersion: np.ndarray
    organic: np.ndarray


def fit_attributed(panel: Panel, organic: np.ndarray) -> Attributed:
    """Fit the attributed response of every cell.

    Args:
        panel: Spend and attributed revenue by cell and period.
        organic: (N,) organic share of attributed revenue at usual spend; not told by the panel.

    Returns:
        Posterior by cell. A cell seen in fewer than six periods has the pooled shape, and the
        level its share of the remainder gives it.
    """
    retailers, retailer_of = np.unique(panel.retailer.astype(str), return_inverse=True)
    _, placement_of = np.unique(panel.placement.astype(str), return_inverse=True)
    _, item_of = np.unique(
        np.array([f"{r}\0{s}" for r, s in zip(panel.retailer, panel.sku, strict=True)]),
        return_inverse=True,
    )
    spend = filled_spend(panel, item_of)
    usual = np.maximum(spend.mean(axis=1), 1e-9)
    state = _start(panel, spend, organic)
    item_variance = 0.0
    for round_ in range(_ROUNDS):
        curve = _curve(state, usual, panel.days)
        _allot_remainders(panel, state, curve)
        _levels(state, curve)
        item_variance = _demand(state, curve, retailer_of, item_of)
        _dispersions(state, curve, item_of)
        if round_ % 4 == 1:
            _carryovers(state, usual, panel.days, placement_of)
        _depths(state, usual, panel.days, placement_of)
    total = np.where(state.seen, state.revenue, 0.0).sum(axis=1)
    periods = state.seen.sum(axis=1)
    relative = np.sqrt(state.dispersion / np.maximum(total, state.dispersion))
    by_retailer = np.stack(
        [state.demand[retailer_of == r].mean(axis=0) for r in range(len(retailers))]
    )
    return Attributed(
        spend=spend,
        usual=usual,
        level=state.level,
        level_sd=relative,
        weights=state.weights,
        carryover=state.carryover,
        dispersion=state.dispersion,
        demand=by_retailer,
        retailers=tuple(str(r) for r in retailers),
        periods=periods,
        supported=periods >= _LEAST_PERIODS,
        item_variance=item_variance,
    )


def _start(panel: Panel, spend: np.ndarray, organic: np.ndarray) -> _State:
    cells = len(panel)
    seen = np.isfinite(panel.spend) & np.isfinite(panel.revenue)
    revenue = np.where(seen, np.nan_to_num(panel.revenue), 0.0)
    return _State(
        spend=spend,
        revenue=revenue,
        seen=seen,
        # What was withheld with its remainder is unknown, which is not 0.
        told=seen | np.isfinite(panel.rest_revenue)[panel.block],
        demand=np.ones_like(spend),
        level=np.zeros(cells),
        depth=np.full(cells, np.exp(DEPTH_PRIOR_MEAN)),
        weights=np.full((cells, len(DEPTHS)), 1 / len(DEPTHS)),
        carryover=np.full(cells, CARRYOVERS[2]),
        # A first guess in the currency's own unit, so that the unit changes nothing.
        dispersion=np.full(cells, max(revenue.sum() / max(seen.sum(), 1), _TINY)),
        organic=organic,
    )


def _curve(state: _State, usual: np.ndarray, days: int) -> np.ndarray:
    """(N, T) the curve over its value at usual spend, at each cell's depth."""
    out = np.empty(state.spend.shape)
    for carryover in np.unique(state.carryover):
        cells = state.carryover == carryover
        relative = pressure(state.spend[cells], float(carryover), days) / usual[cells, None]
        out[cells] = credited(relative, state.depth[cells, None], state.organic[cells, None])
    return np.asarray(np.maximum(out, _FLOOR))


def _allot_remainders(panel: Panel, state: _State, curve: np.ndarray) -> None:
    """Give unnamed cells their expected part of what the remainder earned."""
    # The first round has no levels yet: a cell earns as its spend.
    level = state.level if state.level.any() else state.spend.mean(axis=1)
    expected = np.maximum(level, 1e-12)[:, None] * curve * state.demand
    for b in range(len(panel.blocks)):
        cells = np.flatnonzero(panel.block == b)
        hidden = ~state.seen[cells]
        rest = np.nan_to_num(panel.rest_revenue[b])
        total = (expected[cells] * hidden).sum(axis=0)
        share = rest / np.maximum(total, 1e-12)
        state.revenue[cells] = np.where(hidden, expected[cells] * share, state.revenue[cells])


def _levels(state: _State, curve: np.ndarray) -> None:
    weight = np.where(state.told, curve * state.demand, 0.0).sum(axis=1)
    total = np.where(state.told, state.revenue, 0.0).sum(axis=1)
    # A cell of which nothing was ever told earns as all others do by their spend.
    usual = np.where(state.told, state.spend, 0.0).sum()
    rate = total.sum() / max(usual, _TINY)
    state.level = np.where(
        state.told.any(axis=1), total / np.maximum(weight, _TINY), rate * state.spend.mean(axis=1)
    )


def _demand(
    state: _State, curve: np.ndarray, retailer_of: np.ndarray, item_of: np.ndarray
) -> float:
    """Demand by retailer and period, times a factor by SKU that is shrunk towards 1.

    Returns the relative variance of that factor.
    """
    expected = state.level[:, None] * curve
    demand = np.ones_like(curve)
    for r in range(retailer_of.max() + 1):
        cells = retailer_of == r
        told = np.where(state.told[cells], expected[cells], 0.0).sum(axis=0)
        earned = np.where(state.told[cells], state.revenue[cells], 0.0).sum(axis=0)
        factor = np.where(told > 0, earned / np.maximum(told, _TINY), 1.0)
        demand[cells] = factor / factor.mean()
    expected *= demand
    items = item_of.max() + 1
    seen = state.seen
    above = _by_item(np.where(seen, state.revenue, 0.0), item_of, items)
    follows = _following(
        state, above, _by_item(np.where(seen, expected, 0.0), item_of, items), item_of
    )
    demand *= follows[item_of]
    expected *= follows[item_of]
    below = _by_item(np.where(seen, expected, 0.0), item_of, items)
    noise = np.bincount(item_of, state.dispersion, items) / np.bincount(item_of, minlength=items)
    known = below > 0
    ratio = np.where(known, above / np.maximum(below, 1e-12), 1.0)
    # Method of moments: spread of the ratios beyond what counting alone gives.
    chance = noise[:, None] / np.maximum(below, 1e-12)
    excess = np.where(known, (ratio - 1) ** 2 - chance, 0.0)
    weight = np.where(known, 1 / (chance + 0.05) ** 2, 0.0)
    variance = max(float((excess * weight).sum() / max(weight.sum(), 1e-12)), 1e-4)
    shrink = variance / (variance + chance)
    state.demand = demand * (1 + shrink * (ratio - 1))[item_of]
    return variance


def _following(
    state: _State, above: np.ndarray, below: np.ndarray, item_of: np.ndarray
) -> np.ndarray:
    """(I, T) demand that a SKU's spend follows, as a power of its spend over usual.

    Budgets follow demand. A pooled factor that knows nothing of spend would leave that part of
    demand in the curve and make it too straight (Mundlak 1978); with this term the curve is told
    by how placements of one SKU differ in a period.
    """
    items = len(above)
    spend = _by_item(np.where(state.seen, state.spend, 0.0), item_of, items)
    usual = _by_item(
        np.where(state.seen, state.spend.mean(axis=1, keepdims=True), 0.0), item_of, items
    )
    used = (usual > 0) & (below > 0) & (spend > 0.1 * usual)
    log = np.where(used, np.log(np.where(used, spend, 1.0) / np.where(used, usual, 1.0)), 0.0)
    power = 0.0
    for _ in range(6):
        mean = np.where(used, below * np.exp(power * log), 0.0)
        step = (log * np.where(used, above - mean, 0.0)).sum() / max((log**2 * mean).sum(), 1e-12)
        power = float(np.clip(power + step, -1.0, 2.0))
    return np.asarray(np.exp(power * log))


def _by_item(values: np.ndarray, item_of: np.ndarray, items: int) -> np.ndarray:
    out = np.zeros((items, values.shape[1]))
    np.add.at(out, item_of, values)
    return out


def _dispersions(state: _State, curve: np.ndarray, item_of: np.ndarray) -> None:
    """Variance over mean, pooled over the placements of a SKU."""
    expected = np.maximum(state.level[:, None] * curve * state.demand, 1e-9)
    squares = np.where(state.seen, (state.revenue - expected) ** 2 / expected, 0.0)
    count = state.seen.sum(axis=1)
    own = squares.sum(axis=1)
    items = item_of.max() + 1
    pooled_sum = np.bincount(item_of, own, items)
    pooled_count = np.bincount(item_of, count, items)
    overall = own.sum() / max(count.sum(), 1)
    pooled = (pooled_sum + 10 * overall) / (pooled_count + 10)
    least = _LEAST_DISPERSION * state.revenue[state.seen].sum() / max(state.seen.sum(), 1)
    state.dispersion = np.maximum(
        (own + 10 * pooled[item_of]) / np.maximum(count * 0.8 + 10, 1), max(least, _TINY)
    )


def _likelihoods(state: _State, usual: np.ndarray, days: int, carryover: np.ndarray) -> np.ndarray:
    """(N, G) quasi-Poisson log likelihood of each depth, the level profiled out.

    Up to a constant of each cell: that part of the mean which is demand says nothing of depth.
    """
    out = np.zeros((len(usual), len(DEPTHS)))
    revenue = np.where(state.seen, state.revenue, 0.0)
    demand = np.where(state.seen, state.demand, 0.0)
    total = revenue.sum(axis=1)
    for rate in np.unique(carryover):
        cells = np.flatnonzero(carryover == rate)
        relative = pressure(state.spend[cells], float(rate), days) / usual[cells, None]
        earned, asked = revenue[cells], demand[cells]
        organic = state.organic[cells, None]
        straight = organic * relative
        for g, depth in enumerate(DEPTHS):
            mean = np.expm1(-depth * relative)
            mean *= (1 - organic) / np.expm1(-depth)
            mean += straight
            np.maximum(mean, _FLOOR, out=mean)
            inside = np.einsum("nt,nt->n", mean, asked)
            fit = np.einsum("nt,nt->n", earned, np.log(mean, out=mean))
            fit -= total[cells] * np.log(np.maximum(inside, 1e-12))
            out[cells, g] = fit / state.dispersion[cells]
    return out


def _carryovers(state: _State, usual: np.ndarray, days: int, placement_of: np.ndarray) -> None:
    """The carry-over of each placement: the likeliest, depths integrated out."""
    prior = _log_normal(np.full(len(usual), DEPTH_PRIOR_MEAN), DEPTH_PRIOR_SD)
    scores = []
    for rate in CARRYOVERS:
        fits = _likelihoods(state, usual, days, np.full(len(usual), rate)) + prior
        top = fits.max(axis=1)
        each = top + np.log(np.exp(fits - top[:, None]).sum(axis=1))
        scores.append(np.bincount(placement_of, each))
    best = CARRYOVERS[np.argmax(np.stack(scores), axis=0)]
    state.carryover = best[placement_of]


def _log_normal(mean: np.ndarray, sd: float) -> np.ndarray:
    """(N, G) log density of log depth, up to a constant; the grid is even in the log."""
    return np.asarray(-0.5 * ((np.log(DEPTHS)[None, :] - mean[:, None]) / sd) ** 2)


def _depths(state: _State, usual: np.ndarray, days: int, placement_of: np.ndarray) -> None:
    """One step of empirical Bayes: posteriors, then means by placement and their spread."""
    fits = _likelihoods(state, usual, days, state.carryover)
    logs = np.log(DEPTHS)
    mean = np.full(len(usual), DEPTH_PRIOR_MEAN)
    spread = DEPTH_SPREAD
    for _ in range(8):
        posterior = fits + _log_normal(mean, spread)
        posterior -= posterior.max(axis=1, keepdims=True)
        weights = np.exp(posterior)
        weights /= weights.sum(axis=1, keepdims=True)
        first = weights @ logs
        counts = np.bincount(placement_of)
        told = np.bincount(placement_of, first) / counts
        precision = 1 / (SHAPE_BIAS_SD**2 + spread**2 / counts)
        prior = 1 / DEPTH_PRIOR_SD**2
        centre = (precision * told + prior * DEPTH_PRIOR_MEAN) / (precision + prior)
        mean = centre[placement_of]
        variance = (weights * (logs[None, :] - mean[:, None]) ** 2).sum(axis=1)
        spread = float(
            np.sqrt(
                (variance.sum() + DEPTH_SPREAD_WEIGHT * DEPTH_SPREAD**2)
                / (len(usual) + DEPTH_SPREAD_WEIGHT)
            )
        )
    state.weights = weights
    state.depth = np.exp(weights @ logs)

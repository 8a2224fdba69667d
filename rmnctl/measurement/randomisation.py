"""Randomisation tests of statistics that are linear in the outcomes.

Every design here draws one of A assignments with equal probability, and its estimate under
assignment a is a contrast of outcomes, `gap[a] = weights[a] @ outcome`. The statistic is
`|gap[a]| / scale[a]`, with a scale known before the experiment. If treatment does nothing, all A
statistics are known from the one experiment that was run, and the observed one is equally likely
to hold any rank: the p-value is exact whatever the outcomes are distributed like (Fisher 1935).
If each unit of spend adds `theta` to the outcome of the unit that received it, the same holds of
`gap - theta * paid`, so the thetas that are not rejected form a confidence set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: Statistics closer than this, relatively, are ties; ties count against the finding.
_TIE = 1e-9
#: Statistics held in memory at a time.
_HELD = 2_000_000


@dataclass(frozen=True)
class Contrasts:
    """What one experiment would have shown under each assignment.

    Attributes:
        gap: Estimated incremental revenue under each assignment, (A,), currency units.
        paid: The same contrast of spend, (A,), currency units.
        scale: Noise of each assignment, known before the experiment, (A,).
        observed: Index of the assignment that was drawn.
        drawn: The other assignments are a random sample rather than all there are.
    """

    gap: np.ndarray
    paid: np.ndarray
    scale: np.ndarray
    observed: int
    drawn: bool = False

    @property
    def ratio(self) -> float:
        """Point estimate of theta: incremental revenue per unit of spend."""
        return float(self.gap[self.observed] / self.paid[self.observed])


def p_value(contrasts: Contrasts, theta: float = 0.0) -> float:
    """Two-sided p-value of `revenue per unit of spend = theta`.

    The observed assignment is always one of those counted, so a random sample of assignments
    gives a valid test, too (Hemerik and Goeman 2018).
    """
    return float(_share_as_extreme(contrasts, np.array([theta]))[0])


def _share_as_extreme(c: Contrasts, thetas: np.ndarray) -> np.ndarray:
    """p-values at thetas, (N,)."""
    statistic = np.abs(c.gap[:, None] - c.paid[:, None] * thetas) / c.scale[:, None]
    least = statistic[c.observed] * (1 - _TIE)
    return np.asarray((statistic >= least).mean(axis=0))


def interval(contrasts: Contrasts, level: float) -> tuple[float, float]:
    """The thetas that a two-sided test at 1 - level does not reject, as an interval.

    Each assignment is at least as extreme as the observed one between its crossing points, so
    the p-value is a step function whose every step is looked at. Where the set of thetas has
    holes the interval spans them; an end that no theta closes is infinite.

    Args:
        contrasts: The experiment.
        level: Confidence, e.g. 0.95.
    """
    c, o = contrasts, contrasts.observed
    gap, paid = c.gap / c.scale, c.paid / c.scale
    with np.errstate(divide="ignore", invalid="ignore"):
        cuts = np.concatenate(
            [(gap - gap[o]) / (paid - paid[o]), (gap + gap[o]) / (paid + paid[o])]
        )
    cuts = np.unique(cuts[np.isfinite(cuts)])
    if not cuts.size:
        return (-np.inf, np.inf)
    reach = 1.0 + np.abs(cuts).max()
    inner = (cuts[:-1] + cuts[1:]) / 2
    probes = np.concatenate([[cuts[0] - reach], inner, [cuts[-1] + reach]])
    parts = np.array_split(probes, -(-len(probes) * len(c.gap) // _HELD))
    kept = np.concatenate([_share_as_extreme(c, part) for part in parts]) > 1 - level + _TIE
    if not kept.any():
        return (c.ratio, c.ratio)
    first, last = int(np.argmax(kept)), len(kept) - 1 - int(np.argmax(kept[::-1]))
    low = -np.inf if first == 0 else float(cuts[first - 1])
    high = np.inf if last == len(cuts) else float(cuts[last])
    return (low, high)


def standard_error(contrasts: Contrasts) -> float:
    """Noise of the observed gap, currency units: that of the other assignments at the estimate."""
    c = contrasts
    rest = np.abs(c.gap - c.ratio * c.paid) / c.scale
    others = np.delete(rest, c.observed)
    return float(np.sqrt(np.mean(others**2)) * c.scale[c.observed])


@dataclass(frozen=True)
class Placebos:
    """Experiments without effect, played in the history.

    Attributes:
        gap: Gaps of placebo outcomes, (A, W): assignment, placebo window.
        paid: Gap of a spend of 1 under assignment a when `drawn[b]` was drawn, (A, B).
        scale: Noise of each assignment, (A,).
        drawn: Which assignments are played as the drawn one, (B,).
    """

    gap: np.ndarray
    paid: np.ndarray
    scale: np.ndarray
    drawn: np.ndarray

    def power(self, effect: float, alpha: float) -> float:
        """Share of (window, drawn assignment) in which the test at alpha rejects.

        Args:
            effect: Incremental revenue of the whole test, currency units.
            alpha: Size of the test.
        """
        found = 0
        own = np.arange(len(self.drawn))
        for window in self.gap.T:
            statistic = np.abs(window[:, None] + effect * self.paid) / self.scale[:, None]
            least = statistic[self.drawn, own] * (1 - _TIE)
            found += int(((statistic >= least).mean(axis=0) <= alpha + _TIE).sum())
        return found / float(self.gap.shape[1] * len(self.drawn))


def minimum_detectable(power_at: Callable[[float], float], target: float, start: float) -> float:
    """The smallest effect that is found with the target power, to 1 %.

    Args:
        power_at: Power by effect, growing.
        target: Wanted power.
        start: An effect of the right order, above 0.

    Returns:
        The effect, or infinity where even 10 000 times `start` is not found often enough.
    """
    high = start
    while power_at(high) < target:
        high *= 2
        if high > 1e4 * start:
            return float("inf")
    low = 0.0 if high == start else high / 2
    while high - low > 0.005 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if power_at(middle) >= target else (middle, high)
    return high
